//! How long each side has.

use crate::ids::BlockNumber;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::Side;

/// The time, as disputes count it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
	/// The block.
	pub block: BlockNumber,
	/// How many blocks so far were so full that a move may not have fitted.
	pub full: BlockNumber,
}

/// The clocks of both sides. Only that of the side whose turn it is runs.
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
pub struct Clock {
	/// Blocks that the challenger has left.
	challenger: BlockNumber,
	/// Blocks that the provider has left.
	provider: BlockNumber,
	/// The block in which the turn began.
	since: BlockNumber,
	/// Full blocks until then.
	full: BlockNumber,
}

/// Where the clock of the side stands whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lateness {
	/// It has time.
	InTime,
	/// Its time is over, and its move still counts.
	Grace,
	/// Its move does not count any more.
	Over,
}

impl Clock {
	/// Clocks with `blocks` for each side; the turn begins now.
	pub fn start(blocks: BlockNumber, now: Now) -> Self {
		Self {
			challenger: blocks,
			provider: blocks,
			since: now.block,
			full: now.full,
		}
	}

	/// The blocks that the turn has taken, full ones not counted.
	pub fn spent(&self, now: Now) -> BlockNumber {
		let full = now.full.saturating_sub(self.full);
		now.block.saturating_sub(self.since).saturating_sub(full)
	}

	/// What a side has left at the start of the turn.
	pub fn left(&self, side: Side) -> BlockNumber {
		match side {
			Side::Challenger => self.challenger,
			Side::Provider => self.provider,
		}
	}

	/// Where the clock of `side` stands, whose turn it is. A move counts for `grace` blocks more.
	pub fn lateness(&self, side: Side, now: Now, grace: BlockNumber) -> Lateness {
		let (spent, left) = (self.spent(now), self.left(side));
		if spent <= left {
			Lateness::InTime
		} else if spent <= left.saturating_add(grace) {
			Lateness::Grace
		} else {
			Lateness::Over
		}
	}

	/// The turn of `side` ends, and the next one begins.
	pub fn turn(&mut self, side: Side, now: Now) {
		let left = self.left(side).saturating_sub(self.spent(now));
		match side {
			Side::Challenger => self.challenger = left,
			Side::Provider => self.provider = left,
		}
		self.since = now.block;
		self.full = now.full;
	}
}
