//! What the claims about the next checkpoint come to.
//!
//! Those drawn to close a round each name a checkpoint and its loss. Which checkpoint is right is no
//! matter of votes: two that differ are a conflict, which the runtime judges
//! ([`ClosingCase`](crate::dispute::ClosingCase)), and whoever is convicted in it leaves the seats that a
//! quorum is counted of. So one honest seat that speaks is enough, whatever the others are.
//!
//! # Properties
//! - P44: nothing closes while two claims that stand name other checkpoints.
//! - P45: if every honest seat speaks and can pledge, no checkpoint closes that one of them contradicts.
//! - P46: claims in the same number of seats come to the same, whatever the order in which they came.

use crate::ids::{JobId, Round, TaskKey};
use assay_numerics::{Loss, Root};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What a validator says about the next checkpoint.
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
pub struct AggregateClaim {
	/// Its root.
	pub checkpoint: Root,
	/// Its loss on the held-out set.
	pub loss: Loss,
}

/// What a seat that was drawn to close a round has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
	/// It has claimed nothing yet.
	Nothing,
	/// Its claim stands.
	Claims(AggregateClaim),
	/// Its claim does not count: nothing stands behind it. It has spoken, and agrees to nothing.
	Struck,
	/// It has lost a conflict: it is no seat any more.
	Convicted,
}

/// What all seats come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closing {
	/// Too few claims are equal.
	Awaited,
	/// Enough are equal and none contradicts, but somebody has not spoken.
	Agreed(AggregateClaim),
	/// The same, and everybody has spoken.
	Closes(AggregateClaim),
	/// Two seats name other checkpoints: the first claim that stands, and the first that contradicts it.
	Conflict {
		/// The seat whose checkpoint is looked at.
		claimant: usize,
		/// The seat that contradicts it.
		challenger: usize,
	},
}

/// What these seats come to, in the order of the draw, where so many equal claims are asked for.
///
/// Of seats that were convicted nothing is asked: the quorum is no more than all others. An honest seat
/// is never convicted, so that it is among these.
pub fn closing(seats: &[Said], quorum: u32) -> Closing {
	let mut standing = seats
		.iter()
		.enumerate()
		.filter_map(|(seat, said)| match said {
			Said::Claims(claim) => Some((seat, claim)),
			_ => None,
		});
	let Some((claimant, first)) = standing.next() else {
		return Closing::Awaited;
	};
	if let Some((challenger, _)) = standing.find(|(_, other)| other.checkpoint != first.checkpoint)
	{
		return Closing::Conflict {
			claimant,
			challenger,
		};
	}
	let count = |is_it: &dyn Fn(&Said) -> bool| {
		let counted = seats.iter().filter(|said| is_it(said)).count();
		u32::try_from(counted).unwrap_or(u32::MAX)
	};
	let needed = quorum.min(count(&|said| *said != Said::Convicted)).max(1);
	let agreed = seats.iter().find_map(|said| match said {
		Said::Claims(claim) if count(&|other| other == said) >= needed => Some(*claim),
		_ => None,
	});
	match agreed {
		None => Closing::Awaited,
		Some(claim) if seats.contains(&Said::Nothing) => Closing::Agreed(claim),
		Some(claim) => Closing::Closes(claim),
	}
}

/// What stands behind the claim of a seat in a conflict: the key of its pledge.
///
/// No task has these slots: rounds have fewer.
pub fn seat_key(job: JobId, round: Round, restarts: u8, seat: u32) -> TaskKey {
	TaskKey {
		job,
		round,
		slot: u32::MAX.saturating_sub(seat),
		attempt: restarts,
	}
}
