//! How often a task is checked: the standing of a provider, and the draws that follow from it.
//!
//! A task of value `v` is drawn with probability `max(floor, 1 / n)`, `n = proven / v`, where
//! `proven` is the value of the provider's work that drawn checks have found valid. Whoever has
//! proven nothing is always drawn; old proof decays by a fiftieth in every round, and any fault
//! takes all of it away.
//!
//! # What the rate resists
//! - Dust: `n` counts value and not tasks, so a thousand tasks of one unit prove as much as one
//!   task of a thousand, and a task worth all that was proven is drawn for certain.
//! - Many accounts: proof that is split, or begun anew, never lowers the number of drawn tasks that
//!   is to be expected.
//! - Own jobs: a submitter can let its own provider prove value at the price of the fees alone. The
//!   caller must not count value that is paid by the provider's own deposits.
//!
//! The committee of every task fetches its update, drawn or not, so that work that cannot be had never
//! counts. Of a drawn task it recomputes one segment: [`drawn_segment`].

use crate::{
	hash,
	ids::{Attempt, Balance, Digest, Round, Slot},
	limits::PPM,
	round::{Phase, RoundState, SlotState},
	wide::{self, Wide},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// One part in so many of the proven value is lost in each round: what is left is 0.98 of it.
pub const DECAY_DIVISOR: u128 = 50;
/// After so many rounds nothing is left, not even of the largest balance.
pub const FORGOTTEN_AFTER: Round = 4_227;

/// What a provider has proven, and up to when that is decayed.
///
/// The default is a newcomer's.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Standing {
	/// Value of the work that drawn checks found valid, decayed.
	pub proven: Balance,
	/// The round that `proven` is decayed to, in the count of rounds that the caller keeps.
	pub round: Round,
}

impl Standing {
	/// After a drawn check that found work of this value valid. Saturates.
	#[must_use]
	pub fn proved(self, value: Balance) -> Self {
		Self {
			proven: self.proven.saturating_add(value),
			..self
		}
	}

	/// So many rounds later: in each of them `proven` becomes `floor(proven * 49 / 50)`.
	///
	/// Rounded in each round, so that `a` rounds and then `b` are exactly `a + b` rounds. At most
	/// [`FORGOTTEN_AFTER`] divisions, however many rounds have passed.
	#[must_use]
	pub fn decayed(self, rounds: Round) -> Self {
		let mut proven = self.proven;
		for _ in 0..rounds.min(FORGOTTEN_AFTER) {
			if proven == 0 {
				break;
			}
			// What is lost is rounded up: proof never stays for good.
			proven = proven.saturating_sub(proven.div_ceil(DECAY_DIVISOR));
		}
		Self {
			proven,
			round: self.round.saturating_add(rounds),
		}
	}

	/// The same in this round; unchanged if it is decayed to a later one already.
	#[must_use]
	pub fn at(self, round: Round) -> Self {
		self.decayed(round.saturating_sub(self.round))
	}

	/// After any fault: a newcomer again.
	#[must_use]
	pub fn fault(self) -> Self {
		Self { proven: 0, ..self }
	}

	/// The probability that a task of this value is drawn, in parts per million, rounded up:
	/// `max(floor, min(1, value / proven))`, and one for a newcomer.
	///
	/// A floor above a million counts as a million.
	pub fn rate_ppm(&self, value: Balance, floor_ppm: u32) -> u32 {
		let floor = floor_ppm.min(PPM);
		if self.proven <= value {
			return PPM;
		}
		// Below one, so the quotient is at most a million.
		let inverse = wide::mul_div_up(value, u128::from(PPM), self.proven)
			.and_then(|ppm| u32::try_from(ppm).ok())
			.unwrap_or(PPM);
		inverse.clamp(floor, PPM)
	}
}

/// Whether a task is drawn for a check, by the seed of the round's draw.
///
/// A pure function: whoever knows the seed knows the answer. What a rate draws, every higher rate
/// draws as well; a million always does, 0 never. 256 bits are reduced modulo a million, so no
/// chance differs from its rate by more than 2^-236.
pub fn is_drawn(seed: &Digest, slot: Slot, attempt: Attempt, rate_ppm: u32) -> bool {
	below(hash::SAMPLE, seed, slot, attempt, PPM).is_some_and(|random| random < rate_ppm)
}

/// Which of a task's segments is drawn, each as likely as the others; 0 if there are none.
pub fn segment(seed: &Digest, slot: Slot, attempt: Attempt, segments: u32) -> u32 {
	below(hash::SEGMENT, seed, slot, attempt, segments).unwrap_or(0)
}

/// The segment that the round's current draw names for an attempt at a slot with this rate; none if
/// the task is not drawn, or is not being judged, in ASSAY or UNSEAL. The latest draw of a round may be
/// one of an earlier pass until then.
pub fn drawn_segment(
	round: &RoundState,
	slot: Slot,
	attempt: Attempt,
	state: SlotState,
	segments: u32,
	rate_ppm: u32,
) -> Option<u32> {
	let is_judged = matches!(state, SlotState::Revealed | SlotState::Judging { .. })
		&& matches!(round.phase, Phase::Assay | Phase::Unseal);
	let draw = round
		.draw
		.filter(|draw| is_judged && is_drawn(&draw.seed, slot, attempt, rate_ppm))?;
	Some(segment(&draw.seed, slot, attempt, segments))
}

/// A number below the bound; nothing is below 0.
fn below(prefix: &[u8], seed: &Digest, slot: Slot, attempt: Attempt, bound: u32) -> Option<u32> {
	let random = hash::blake2_256(&hash::preimage(prefix, &(seed, slot, attempt)));
	let rest = Wide::from_le_bytes(random).rem(u128::from(bound))?;
	u32::try_from(rest).ok()
}
