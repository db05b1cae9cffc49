//! Who works on what: the order in which members are asked for a slot.
//!
//! The order follows from the plan's seed, the job, the round and the members' order of joining,
//! never from chain randomness. Data order and initialisation depend on the slot only, so whoever
//! is chosen computes the same bits.

use crate::{
	hash,
	ids::{Attempt, Digest, JobId, Round, Slot},
	limits::MAX_MEMBERS,
};
use alloc::vec::Vec;

/// The members of a job in the order of one round.
///
/// A permutation of the members' positions. Slot `s` asks, in its attempt `a`, first the one at
/// place `s + a` of the permutation and then the following ones, round and round: so the slots of a
/// round are spread evenly, and a slot to redo begins with another member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
	places: Vec<u32>,
}

/// The seed of a round's order: `blake2_256("assay/assign/v1" ++ SCALE(plan seed, job, round))`.
pub fn assign_seed(plan_seed: &[u8; 32], job: JobId, round: Round) -> Digest {
	hash::blake2_256(&hash::preimage(hash::ASSIGN, &(plan_seed, job, round)))
}

impl Order {
	/// The order of `members` members, at most [`MAX_MEMBERS`]: a Fisher-Yates shuffle from the end,
	/// each place drawn from 64 bits of hash output. No place is likelier than another by more than
	/// 2^-54.
	pub fn new(seed: &Digest, members: u32) -> Self {
		let members = members.min(MAX_MEMBERS);
		let mut places: Vec<u32> = (0..members).collect();
		let mut random = Shuffle {
			seed,
			block: 0,
			rest: Vec::new(),
		};
		for last in (1..places.len()).rev() {
			let choices = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
			let place = random.draw().checked_rem(choices).unwrap_or(0);
			places.swap(last, usize::try_from(place).unwrap_or(last));
		}
		Self { places }
	}

	/// Positions of the members to ask for an attempt at a slot, each once, best first.
	pub fn candidates(&self, slot: Slot, attempt: Attempt) -> impl Iterator<Item = u32> + '_ {
		let first = u64::from(slot).saturating_add(u64::from(attempt));
		let members = u64::try_from(self.places.len()).unwrap_or(u64::MAX);
		let skip = usize::try_from(first.checked_rem(members).unwrap_or(0)).unwrap_or(0);
		self.places
			.iter()
			.copied()
			.cycle()
			.skip(skip)
			.take(self.places.len())
	}

	/// The first member, in the order of an attempt at a slot, that can take it.
	pub fn pick<'a, AccountId>(
		&self,
		members: &'a [AccountId],
		slot: Slot,
		attempt: Attempt,
		mut can_take: impl FnMut(&AccountId) -> bool,
	) -> Option<&'a AccountId> {
		self.candidates(slot, attempt)
			.filter_map(|place| members.get(usize::try_from(place).ok()?))
			.find(|member| can_take(member))
	}
}

/// 64-bit words of `blake2_256("assay/shuffle/v1" ++ SCALE(seed, block))`, little-endian, the last
/// word of each block first.
struct Shuffle<'a> {
	seed: &'a Digest,
	block: u32,
	rest: Vec<u64>,
}

impl Shuffle<'_> {
	fn draw(&mut self) -> u64 {
		if self.rest.is_empty() {
			let bytes = hash::blake2_256(&hash::preimage(hash::SHUFFLE, &(self.seed, self.block)));
			self.block = self.block.saturating_add(1);
			self.rest.extend(bytes.chunks_exact(8).map(|word| {
				word.iter()
					.rev()
					.fold(0u64, |number, byte| (number << 8) | u64::from(*byte))
			}));
		}
		self.rest.pop().unwrap_or(0)
	}
}
