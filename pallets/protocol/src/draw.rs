//! Who checks: the seed of a draw, and committees by stake.
//!
//! A draw is a pure function of its seed and of the stakes of one session, in the order in which
//! they are stored.
//!
//! # Bias
//! - Each seat reduces 256 bits of hash output modulo the total stake, which is below 2^128. No
//!   validator's chance differs from its share of the stake by more than 2^-128.
//! - Seats are drawn WITHOUT replacement: the first by stake, each further one by stake among those
//!   left. The chance to be in a committee of several seats is therefore less than proportional for
//!   large stakes, and splitting a stake over many accounts raises it. The figures of the threat
//!   model assume nothing better.
//! - Authors of the last blocks that the seed is made of can withhold some of them, which is a second
//!   try for each: see [`window`].

pub mod window;

use crate::{
	hash,
	ids::{Attempt, Balance, Digest, JobId, Round, Slot},
	limits::MAX_COMMITTEE,
	wide::Wide,
};
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::Encode;

/// The validators of one committee, in the order of their seats.
pub type Committee<AccountId> = BoundedVec<AccountId, ConstU32<MAX_COMMITTEE>>;

/// Seats that committees grow to when earlier draws of their pass did not decide.
pub const GROWN_SEATS: u32 = 12;
/// Seats more for each such draw.
pub const MORE_SEATS: u32 = 3;

/// Seats of a committee after so many draws of the same pass that did not decide.
///
/// Validators that do not answer are what leaves a draw without a decision; who is right where
/// verdicts differ is no matter of numbers, so a dissent makes no committee grow. A draw that nobody
/// made in time is one that did not decide. A committee that the terms make larger than
/// [`GROWN_SEATS`] stays as large as it is.
pub fn seats(committee: u32, redraws: u8) -> u32 {
	MORE_SEATS
		.saturating_mul(u32::from(redraws))
		.saturating_add(committee)
		.min(GROWN_SEATS)
		.max(committee)
}

/// Equal verdicts that decide at least, of seven seats or more; of seven or eight, all but one.
const GROWN_QUORUM: u32 = 8;

/// Equal verdicts that decide at least, of so many seats: a strict majority, so that two different
/// verdicts never both have it, two thirds, rounded down, and of seven seats and more eight, but never
/// the last seat, so that an adversary needs more seats where honest validators are silent.
///
/// With nine seats and a third of the stake adversarial, wrong work is accepted in 2 of 100,000
/// draws, and with a tenth of the others silent in 8; two thirds of nine would leave 15. Twelve seats,
/// with two thirds, leave fewer than 1: `docs/security.md` has the figures.
pub fn least_quorum(seats: u32) -> u32 {
	let majority = (seats >> 1).saturating_add(1);
	let two_thirds = u64::from(seats).saturating_mul(2).checked_div(3);
	let two_thirds = two_thirds.and_then(|n| u32::try_from(n).ok());
	let grown = match seats {
		0..7 => 0,
		_ => GROWN_QUORUM.min(seats.saturating_sub(1)),
	};
	majority.max(two_thirds.unwrap_or(seats)).max(grown)
}

/// In place of a slot: the committee that closes a round. No task has it.
pub const CLOSE_SLOT: Slot = Slot::MAX;

/// The seed of a draw: `blake2_256("assay/draw/v1" ++ SCALE(job, round, draw index, outputs))`.
///
/// `outputs` are the author and the VRF output of every block of the draw's [`window`] that has one,
/// in the order of the blocks. `draw_index` is [`RoundState::draw_index`](crate::round::RoundState).
pub fn draw_seed<AccountId: Encode>(
	job: JobId,
	round: Round,
	draw_index: u32,
	outputs: &[(AccountId, Digest)],
) -> Digest {
	hash::blake2_256(&draw_preimage(job, round, draw_index, outputs))
}

/// The bytes that [`draw_seed`] hashes, for callers that have a faster hash.
pub fn draw_preimage<AccountId: Encode>(
	job: JobId,
	round: Round,
	draw_index: u32,
	outputs: &[(AccountId, Digest)],
) -> Vec<u8> {
	hash::preimage(hash::DRAW, &(job, round, draw_index, outputs))
}

/// The committee of one attempt at a slot: up to `seats` distinct validators, drawn by stake
/// without replacement, never the excluded account, never one without stake.
///
/// Shorter than `seats` if fewer can be drawn, and never longer than
/// [`MAX_COMMITTEE`].
pub fn committee<AccountId: Clone + PartialEq>(
	seed: &Digest,
	slot: Slot,
	attempt: Attempt,
	stakes: &[(AccountId, Balance)],
	seats: u32,
	excluded: &AccountId,
) -> Committee<AccountId> {
	let eligible = stakes.iter().filter(|(account, _)| account != excluded);
	draw(seed, slot, attempt, eligible, seats)
}

/// The committee whose equal claims close a round. Nobody is excluded: the next checkpoint follows
/// from accepted work. `restarts` is [`RoundState::restarts`](crate::round::RoundState), and each
/// restart of the window draws anew from the same seed.
pub fn closers<AccountId: Clone + PartialEq>(
	seed: &Digest,
	restarts: u8,
	stakes: &[(AccountId, Balance)],
	seats: u32,
) -> Committee<AccountId> {
	draw(seed, CLOSE_SLOT, restarts, stakes.iter(), seats)
}

fn draw<'a, AccountId: Clone + PartialEq + 'a>(
	seed: &Digest,
	slot: Slot,
	attempt: Attempt,
	eligible: impl Iterator<Item = &'a (AccountId, Balance)>,
	seats: u32,
) -> Committee<AccountId> {
	let mut eligible: Vec<&(AccountId, Balance)> = eligible.collect();
	let mut committee = Committee::new();
	for seat in 0..seats.min(MAX_COMMITTEE) {
		// Saturates only beyond any issuance; the walk still ends then, and favours the first.
		let total = eligible
			.iter()
			.fold(0u128, |sum, (_, stake)| sum.saturating_add(*stake));
		let random = hash::blake2_256(&hash::preimage(hash::SEAT, &(seed, slot, attempt, seat)));
		let Some(mut left) = Wide::from_le_bytes(random).rem(total) else {
			break;
		};
		let drawn = eligible
			.iter()
			.find(|(_, stake)| match left.checked_sub(*stake) {
				Some(rest) => {
					left = rest;
					false
				}
				None => true,
			});
		let Some(drawn) = drawn.map(|(account, _)| account.clone()) else {
			break;
		};
		// All of an account's entries leave, so that nobody has two seats.
		eligible.retain(|(account, _)| *account != drawn);
		if committee.try_push(drawn).is_err() {
			break;
		}
	}
	committee
}
