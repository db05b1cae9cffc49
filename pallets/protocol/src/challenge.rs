//! How long accepted work can be disputed, and its stake is held.
//!
//! ```text
//! (accepted) ─▶ open ◀──── challenger has lost ────┐
//!                │ └─────────▶ disputed ───────────┘
//!                ▼                 │
//!              over             convicted
//! ```
//! Most work is not recomputed when it is accepted. So for [`Windows::challenge`] blocks more anyone
//! with a bond can dispute it, and its stake is held until then.
//!
//! A dispute that its challenger loses begins the window anew: who disputes the work of an accomplice
//! in order to lose at once, or to keep others out until the window is over, saves nothing. The stake
//! is free only after a whole window in which nobody disputed the work.
//!
//! [`Windows::challenge`]: crate::Windows::challenge

use crate::ids::BlockNumber;
use assay_numerics::Root;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Accepted work whose stake is held, with what a dispute about it needs.
///
/// The trace is no part of it, but its root: whoever disputes shows the trace that was revealed.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AcceptedTask<AccountId> {
	/// The stash whose work it is.
	pub provider: AccountId,
	/// The checkpoint that the task started from.
	pub parent: Root,
	/// Root of the trace that was revealed.
	pub trace_root: Root,
	/// Blocks of the window.
	pub challenge: BlockNumber,
	/// The last block that takes a dispute, unless there is one.
	pub until: BlockNumber,
	/// Whether a dispute is open: the window waits for it.
	pub is_disputed: bool,
}

/// Why accepted work cannot be disputed. Nothing changes then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChallengeError {
	/// There is a dispute about it.
	AlreadyDisputed,
	/// The window is over.
	WindowOver {
		/// Its last block.
		until: BlockNumber,
	},
}

impl<AccountId> AcceptedTask<AccountId> {
	/// Work that is accepted in block `now`.
	pub fn accept(
		provider: AccountId,
		(parent, trace_root): (Root, Root),
		now: BlockNumber,
		challenge: BlockNumber,
	) -> Self {
		Self {
			provider,
			parent,
			trace_root,
			challenge,
			// Saturates: a window beyond the last block number is as good as that block.
			until: now.saturating_add(challenge),
			is_disputed: false,
		}
	}

	/// A dispute opens.
	///
	/// # Errors
	/// If there is one, or the window is over.
	pub fn dispute(&mut self, now: BlockNumber) -> Result<(), ChallengeError> {
		if self.is_disputed {
			return Err(ChallengeError::AlreadyDisputed);
		}
		if now > self.until {
			return Err(ChallengeError::WindowOver { until: self.until });
		}
		self.is_disputed = true;
		Ok(())
	}

	/// The dispute is over, and its last challenger has lost: the window begins anew. Without a dispute
	/// nothing changes.
	pub fn reopen(&mut self, now: BlockNumber) {
		if self.is_disputed {
			self.is_disputed = false;
			self.until = now.saturating_add(self.challenge);
		}
	}

	/// Whether nobody can dispute the work any more, so that its stake is free.
	pub fn is_over(&self, now: BlockNumber) -> bool {
		!self.is_disputed && now > self.until
	}
}
