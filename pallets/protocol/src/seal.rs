//! Seals: commitments to work, to claims of failure and to verdicts, and the check of an opened one.
//!
//! A seal is `blake2_256(prefix ++ SCALE(fields))` of a struct below, fields in order. It names the
//! chain, the job, the round, the slot, the attempt and the account, so a copied, replayed or
//! inherited seal opens to nothing. The salt keeps it closed.

use crate::{
	hash,
	ids::{Attempt, Digest, JobId, Round, Slot},
	judgement::Verdict,
	limits::MAX_BORDERS,
	round::{Failure, Work},
};
use alloc::vec::Vec;
use assay_numerics::{list_root, state_root, Loss, Root, ZERO_ROOT};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The roots of the states at the borders of a task's segments, the first and the last included.
pub type Trace = BoundedVec<Root, ConstU32<MAX_BORDERS>>;

/// What makes a seal impossible to guess from what it hides.
pub type Salt = [u8; 32];

/// What a provider shows in REVEAL.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct TaskReveal {
	/// The state roots at the segment borders: one more than segments.
	pub trace: Trace,
	/// Root of the parameters after the last step.
	pub update_root: Root,
	/// Root of the optimiser's moments after the last step.
	pub moments_root: Root,
	/// Root of what the slot carries into the next round.
	pub slot_root: Root,
	/// Mean training loss of the task.
	pub loss: Loss,
	/// The salt of the seal.
	pub salt: Salt,
}

impl TaskReveal {
	/// Whether the trace has the borders of so many segments, begins at the agreed checkpoint and
	/// slot state, without moments, and ends at what is revealed.
	pub fn trace_agrees(&self, segments: u32, parent: &Root, slot_root_in: &Root) -> bool {
		let first = state_root(*parent, ZERO_ROOT, *slot_root_in);
		let last = state_root(self.update_root, self.moments_root, self.slot_root);
		u32::try_from(self.trace.len()).ok() == segments.checked_add(1)
			&& self.trace.first() == Some(&first)
			&& self.trace.last() == Some(&last)
	}

	/// The root of the trace, which the seal binds.
	pub fn trace_root(&self) -> Root {
		list_root(&self.trace)
	}

	/// What later rounds need of it.
	pub fn work(&self) -> Work {
		Work {
			update: self.update_root,
			trace_root: self.trace_root(),
			slot_root: self.slot_root,
			loss: self.loss,
		}
	}
}

/// What a provider shows in REVEAL whose training has ended.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct FailureReveal {
	/// The state roots at the segment borders, up to the start of the segment in which training ends.
	pub trace: Trace,
	/// The place where it ends.
	pub place: Failure,
	/// The salt of the seal.
	pub salt: Salt,
}

impl FailureReveal {
	/// What is judged of it.
	pub fn failure(&self) -> Failure {
		self.place
	}

	/// The root of the trace, which the seal binds.
	pub fn trace_root(&self) -> Root {
		list_root(&self.trace)
	}
}

/// What every seal names first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct SealContext<AccountId> {
	/// Hash of the chain's first block.
	pub genesis: Digest,
	/// The job.
	pub job: JobId,
	/// The round.
	pub round: Round,
	/// The slot.
	pub slot: Slot,
	/// The attempt.
	pub attempt: Attempt,
	/// The stash of whoever seals; 32 bytes on the chain.
	pub account: AccountId,
}

/// Everything that the seal of a task binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct TaskClaim<AccountId> {
	/// Where it counts and for whom.
	pub context: SealContext<AccountId>,
	/// The checkpoint that the round starts from.
	pub parent: Root,
	/// What the slot carried into the round.
	pub slot_root_in: Root,
	/// Root of the trace.
	pub trace_root: Root,
	/// Root of the update.
	pub update_root: Root,
	/// What the slot carries out of the round.
	pub slot_root_out: Root,
	/// The claimed loss.
	pub loss: Loss,
	/// The salt.
	pub salt: Salt,
}

impl<AccountId: Encode> TaskClaim<AccountId> {
	/// What a reveal claims, in the round that starts from `parent`.
	pub fn of(
		context: SealContext<AccountId>,
		parent: Root,
		slot_root_in: Root,
		reveal: &TaskReveal,
	) -> Self {
		Self {
			context,
			parent,
			slot_root_in,
			trace_root: reveal.trace_root(),
			update_root: reveal.update_root,
			slot_root_out: reveal.slot_root,
			loss: reveal.loss,
			salt: reveal.salt,
		}
	}

	/// The bytes that [`seal`](Self::seal) hashes, for callers that have a faster hash.
	pub fn preimage(&self) -> Vec<u8> {
		hash::preimage(hash::TASK, self)
	}

	/// The seal: `blake2_256("assay/task/v1" ++ SCALE(self))`.
	pub fn seal(&self) -> Digest {
		hash::blake2_256(&self.preimage())
	}
}

/// Everything that the seal of a claim of failure binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct FailureClaim<AccountId> {
	/// Where it counts and for whom.
	pub context: SealContext<AccountId>,
	/// The checkpoint that the round starts from.
	pub parent: Root,
	/// What the slot carried into the round.
	pub slot_root_in: Root,
	/// Root of the trace.
	pub trace_root: Root,
	/// The place where training ends.
	pub place: Failure,
	/// The salt.
	pub salt: Salt,
}

impl<AccountId: Encode> FailureClaim<AccountId> {
	/// What a reveal claims, in the round that starts from `parent`.
	pub fn of(
		context: SealContext<AccountId>,
		parent: Root,
		slot_root_in: Root,
		reveal: &FailureReveal,
	) -> Self {
		Self {
			context,
			parent,
			slot_root_in,
			trace_root: reveal.trace_root(),
			place: reveal.place,
			salt: reveal.salt,
		}
	}

	/// The bytes that [`seal`](Self::seal) hashes, for callers that have a faster hash.
	pub fn preimage(&self) -> Vec<u8> {
		hash::preimage(hash::FAILURE, self)
	}

	/// The seal: `blake2_256("assay/failure/v1" ++ SCALE(self))`.
	pub fn seal(&self) -> Digest {
		hash::blake2_256(&self.preimage())
	}
}

/// Everything that the seal of a verdict binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct VerdictClaim<AccountId> {
	/// Where it counts and for whom.
	pub context: SealContext<AccountId>,
	/// Which draw of the round gave the seat, so that a redraw is sealed anew.
	pub draw_index: u32,
	/// The verdict.
	pub verdict: Verdict,
	/// The salt.
	pub salt: Salt,
}

impl<AccountId: Encode> VerdictClaim<AccountId> {
	/// The bytes that [`seal`](Self::seal) hashes, for callers that have a faster hash.
	pub fn preimage(&self) -> Vec<u8> {
		hash::preimage(hash::VERDICT, self)
	}

	/// The seal: `blake2_256("assay/verdict/v1" ++ SCALE(self))`.
	pub fn seal(&self) -> Digest {
		hash::blake2_256(&self.preimage())
	}
}
