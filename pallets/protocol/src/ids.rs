//! Names of things: jobs, rounds, slots, attempts, and the units they are counted in.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// An amount of the job's asset, in its smallest unit.
pub type Balance = u128;

/// A block's number: the clock of the protocol.
pub type BlockNumber = u32;

/// A slot of the chain: a time in which at most one block is authored. Not a [`Slot`] of a round.
pub type BlockSlot = u64;

/// A round of a job, counted from 0.
pub type Round = u32;

/// The position of a task in its round, counted from 0. Shard state belongs to the slot.
pub type Slot = u32;

/// How often a slot of this round was given out before, counted from 0.
pub type Attempt = u8;

/// A session of the validator set.
pub type SessionIndex = u32;

/// 32 bytes of BLAKE2b-256: plan ids, seals and seeds. BLAKE3 roots are [`Root`](crate::Root)s.
pub type Digest = [u8; 32];

/// A job, counted from 0 in the order of posting.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct JobId(pub u64);

/// One attempt at one task: what a stake is held for and what an offence names.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct TaskKey {
	/// The job.
	pub job: JobId,
	/// The round, from 0.
	pub round: Round,
	/// The slot, from 0.
	pub slot: Slot,
	/// The attempt, from 0.
	pub attempt: Attempt,
}
