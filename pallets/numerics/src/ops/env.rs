//! What ops know beside their tiles.

/// What an op may depend on beside tiles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Env<'a> {
	/// The job's seed.
	pub seed: [u8; 32],
	/// The round.
	pub round: u32,
	/// The slot.
	pub slot: u32,
	/// The step in this round, from 0.
	pub step: u32,
	/// The step in this round, from 1: what the moments' bias correction counts.
	pub t_in_round: u32,
	/// The step in the job, from 0: what the warm-up counts.
	pub t_global: u32,
	/// Items of the data that training may read, bytes, tokens or records: [`crate::batch::train_items`].
	pub train_items: u64,
	/// How far pairs of a head turn at each position: [`crate::Outline::turns`].
	pub turns: &'a [u64],
}

impl<'a> Env<'a> {
	/// The environment of step `step` of `steps` in a round; counters that overflow stay at the
	/// greatest number.
	pub fn new(
		seed: [u8; 32],
		round: u32,
		slot: u32,
		step: u32,
		steps: u32,
		train_items: u64,
	) -> Self {
		let t_in_round = step.saturating_add(1);
		let t_global = round.saturating_mul(steps).saturating_add(step);
		Env {
			seed,
			round,
			slot,
			step,
			t_in_round,
			t_global,
			train_items,
			turns: &[],
		}
	}

	/// The same for a model with rotary positions.
	pub fn with_turns(self, turns: &'a [u64]) -> Self {
		Env { turns, ..self }
	}
}
