//! What the claims about the next checkpoint come to, before the round closes.

use super::RoundState;
use crate::ids::BlockNumber;
use assay_numerics::{Loss, Root};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The deadline of a round that waits for the end of a conflict. One below the last block's number, so
/// that a job still has a place in the queue of deadlines.
pub const NO_DEADLINE: BlockNumber = BlockNumber::MAX - 1;

/// What the claims of a window of CLOSE come to so far.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Outlook {
	/// Too few claims are equal: at the deadline the window begins again.
	#[codec(index = 0)]
	Awaited,
	/// Enough claims are equal and nobody claims another checkpoint, but not everybody has spoken. At
	/// the deadline the round closes with them.
	#[codec(index = 1)]
	Agreed {
		/// Root of the next checkpoint.
		checkpoint: Root,
		/// Its loss on the held-out set.
		loss: Loss,
	},
	/// Two claims name other checkpoints, and the chain finds out which one is wrong. The window stands
	/// still: no deadline passes meanwhile.
	#[codec(index = 2)]
	Contested,
}

impl RoundState {
	/// The claims come to something else. A conflict puts the deadline off; once it is over the round
	/// goes on in this block or later, as it would have.
	pub(super) fn stands(&mut self, outlook: Outlook, now: BlockNumber) {
		let (was, is) = (self.outlook, outlook);
		if was != Outlook::Contested && is == Outlook::Contested {
			self.put_off = self.deadline;
			self.deadline = NO_DEADLINE;
		}
		if was == Outlook::Contested && is != Outlook::Contested {
			self.deadline = self.put_off.max(now);
			self.put_off = 0;
		}
		self.outlook = outlook;
	}
}
