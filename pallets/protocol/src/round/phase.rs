//! The phases of a round and how long each waits.

use crate::{ids::BlockNumber, limits, terms::Windows};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What a round waits for.
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
pub enum Phase {
	/// Providers train and send the seals of their work.
	#[codec(index = 0)]
	Train,
	/// Providers open their seals.
	#[codec(index = 1)]
	Reveal,
	/// The beacon's outputs after the last reveal are awaited, then read.
	#[codec(index = 2)]
	Draw,
	/// The drawn validators recompute and send the seals of their verdicts.
	#[codec(index = 3)]
	Assay,
	/// The drawn validators open their seals.
	#[codec(index = 4)]
	Unseal,
	/// Validators claim the root and the loss of the next checkpoint.
	#[codec(index = 5)]
	Close,
	/// The round is over. It takes no events and has no deadline.
	#[codec(index = 6)]
	Ended,
}

impl Phase {
	/// Blocks that the phase waits; `None` once the round is over.
	pub fn window(self, windows: &Windows) -> Option<BlockNumber> {
		match self {
			Self::Train => Some(windows.train),
			Self::Reveal => Some(windows.reveal),
			Self::Draw => Some(limits::DRAW_WINDOW),
			Self::Assay => Some(windows.assay),
			Self::Unseal => Some(windows.unseal),
			Self::Close => Some(windows.close),
			Self::Ended => None,
		}
	}
}
