//! What is stored, and its bounds.

use alloc::vec::Vec;
use assay_protocol::{
	claims::Said,
	draw::Committee,
	limits::{MAX_ATTEMPTS, MAX_COMMITTEE, MAX_REDRAWS},
	reward, AggregateClaim, Attempt, BlockNumber, Digest, DrawRecord, SessionIndex, Trace, Verdict,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Draws of one round, at most: the first one and the redraws of each pass.
pub const MAX_DRAWS: u32 = 12;
/// Slots of an ended round that one call removes, at most.
///
/// Each can settle the uptime of the committees of a whole pass, so the number is small.
pub const CLEAR_LIMIT: u32 = 8;
/// Sessions whose beginning is remembered.
///
/// A draw asks for the session of a block at most `limits::DRAW_WINDOW` (200) blocks ago: enough for
/// sessions of 13 blocks and more.
pub const MAX_SESSION_STARTS: u32 = 16;

/// A round that this pallet has records of.
#[derive(
	Clone,
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
pub struct OpenRound {
	/// The draws made in it, oldest first.
	pub draws: BoundedVec<DrawRecord, ConstU32<MAX_DRAWS>>,
	/// Whether it has closed, or claims about its checkpoint are there: all its panels had their time.
	pub is_closed: bool,
}

/// Asserts the relations between the bounds.
pub(crate) fn assert_bounds() {
	let passes = u32::from(MAX_ATTEMPTS);
	let draws = u32::from(MAX_REDRAWS).saturating_add(1);
	assert_eq!(
		passes.saturating_mul(draws),
		MAX_DRAWS,
		"a round has a pass for each attempt, and a pass one draw and its redraws",
	);
}

/// What was submitted for a slot in its latest attempt.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Submission<AccountId> {
	/// The attempt.
	pub attempt: Attempt,
	/// The stash that submitted it.
	pub provider: AccountId,
	/// The seal, until it is opened.
	pub seal: Option<Digest>,
	/// The borders of its segments, once it is opened: a validator looks there for the states between
	/// which it recomputes. A claim of failure has those before the segment in which training ends.
	pub trace: Option<Trace>,
	/// The first draw of the round that concerns what was opened, except for those settled before.
	pub draws_from: u32,
	/// The committee of the latest draw in which a verdict was sealed, until it has decided.
	pub panel: Option<Panel<AccountId>>,
}

/// The committee of a slot in one draw, and its verdicts.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Panel<AccountId> {
	/// The draw.
	pub draw_index: u32,
	/// One for each drawn stash, in the order of the draw.
	pub seats: BoundedVec<Seat<AccountId>, ConstU32<MAX_COMMITTEE>>,
}

/// A drawn validator and its verdict.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Seat<AccountId> {
	/// The validator's stash.
	pub validator: AccountId,
	/// Its verdict.
	pub ballot: Ballot,
}

/// How far a verdict is.
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
pub enum Ballot {
	/// Nothing came.
	#[codec(index = 0)]
	Awaited,
	/// The seal came.
	#[codec(index = 1)]
	Sealed(Digest),
	/// The seal was opened.
	#[codec(index = 2)]
	Opened(Verdict),
}

impl<AccountId: Clone + PartialEq> Panel<AccountId> {
	/// A panel whose seats are all awaited.
	pub fn form(draw_index: u32, committee: Committee<AccountId>) -> Self {
		let mut seats = BoundedVec::new();
		for validator in committee {
			// A committee has as many places as a panel.
			let _ = seats.try_push(Seat {
				validator,
				ballot: Ballot::Awaited,
			});
		}
		Self { draw_index, seats }
	}

	/// The ballot of a stash, if it has a seat.
	pub fn ballot_of(&mut self, validator: &AccountId) -> Option<&mut Ballot> {
		self.seats
			.iter_mut()
			.find(|seat| seat.validator == *validator)
			.map(|seat| &mut seat.ballot)
	}

	/// The number of seats.
	pub fn places(&self) -> u32 {
		u32::try_from(self.seats.len()).unwrap_or(MAX_COMMITTEE)
	}

	/// Whether a sealed verdict is not open yet.
	pub fn awaits_openings(&self) -> bool {
		self.seats
			.iter()
			.any(|seat| matches!(seat.ballot, Ballot::Sealed(_)))
	}

	/// Whether any verdict is open. Without one a panel cannot have decided.
	pub fn has_openings(&self) -> bool {
		self.seats
			.iter()
			.any(|seat| matches!(seat.ballot, Ballot::Opened(_)))
	}

	/// The stashes that have said valid.
	pub fn assenters(&self) -> Committee<AccountId> {
		let mut assenters = Committee::new();
		for seat in &self.seats {
			if seat.ballot == Ballot::Opened(Verdict::Valid) {
				// A committee has as many places as a panel.
				let _ = assenters.try_push(seat.validator.clone());
			}
		}
		assenters
	}

	/// The stashes whose verdict is not open.
	pub fn unanswered(&self) -> impl Iterator<Item = &AccountId> {
		self.seats
			.iter()
			.filter(|seat| !matches!(seat.ballot, Ballot::Opened(_)))
			.map(|seat| &seat.validator)
	}

	/// The stashes in the order of their seats.
	pub fn validators(&self) -> Committee<AccountId> {
		let mut validators = Committee::new();
		for seat in &self.seats {
			// A committee has as many places as a panel.
			let _ = validators.try_push(seat.validator.clone());
		}
		validators
	}
}

/// Why a claim does not count any more.
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
pub enum Struck {
	/// It was contradicted, and its validator's bond has not what stands behind a claim then.
	#[codec(index = 0)]
	Unpledged,
	/// Its validator has lost a conflict, or its checkpoint was found wrong.
	#[codec(index = 1)]
	Convicted,
}

/// A validator drawn to close a round, and its claim.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Closer<AccountId> {
	/// The validator's stash.
	pub validator: AccountId,
	/// Its claim, if it came.
	pub claim: Option<AggregateClaim>,
	/// Whether the claim was struck, and why.
	pub struck: Option<Struck>,
}

/// The claims of one window of CLOSE.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Aggregation<AccountId> {
	/// How often the window had begun again.
	pub restarts: u8,
	/// One for each drawn stash, in the order of the draw.
	pub closers: BoundedVec<Closer<AccountId>, ConstU32<MAX_COMMITTEE>>,
}

impl<AccountId: Clone + PartialEq> Aggregation<AccountId> {
	/// A window in which nobody has claimed.
	pub fn form(restarts: u8, committee: Committee<AccountId>) -> Self {
		let mut closers = BoundedVec::new();
		for validator in committee {
			// A committee has as many places as there are closers.
			let _ = closers.try_push(Closer {
				validator,
				claim: None,
				struck: None,
			});
		}
		Self { restarts, closers }
	}

	/// The claim of a stash, if it was drawn.
	pub fn claim_of(&mut self, validator: &AccountId) -> Option<&mut Option<AggregateClaim>> {
		self.closers
			.iter_mut()
			.find(|closer| closer.validator == *validator)
			.map(|closer| &mut closer.claim)
	}

	/// What every seat has come to.
	pub fn said(&self) -> Vec<Said> {
		let said = self.closers.iter().map(|closer| match closer {
			Closer {
				struck: Some(Struck::Convicted),
				..
			} => Said::Convicted,
			Closer {
				struck: Some(Struck::Unpledged),
				..
			} => Said::Struck,
			Closer {
				claim: Some(claim), ..
			} => Said::Claims(*claim),
			Closer { claim: None, .. } => Said::Nothing,
		});
		said.collect()
	}

	/// The claims that count, with the places of their seats.
	pub fn standing(&self) -> impl Iterator<Item = (u32, &AccountId, &AggregateClaim)> {
		let seats = (0..).zip(&self.closers);
		seats
			.filter(|(_, closer)| closer.struck.is_none())
			.filter_map(|(place, closer)| Some((place, &closer.validator, closer.claim.as_ref()?)))
	}
}

/// How often a validator was drawn into a panel that was settled, and how often it answered.
///
/// Both stay at the highest number once there, which no validator reaches.
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
pub struct Uptime {
	/// Panels that it answered or that were settled without its answer.
	pub drawn: u32,
	/// Panels that it answered.
	pub answered: u32,
}

impl Uptime {
	/// One more panel was answered.
	#[must_use]
	pub fn with_answer(self) -> Self {
		Self {
			drawn: self.drawn.saturating_add(1),
			answered: self.answered.saturating_add(1),
		}
	}

	/// One more panel was settled without an answer.
	#[must_use]
	pub fn with_absence(self) -> Self {
		Self {
			drawn: self.drawn.saturating_add(1),
			answered: self.answered,
		}
	}

	/// The uptime bonus in parts per million, 500,000..=1,250,000.
	pub fn ppm(&self) -> u32 {
		reward::uptime_ppm(self.drawn, self.answered)
	}
}

/// The first block of a session.
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
pub struct SessionStart {
	/// The block.
	pub block: BlockNumber,
	/// The session.
	pub session: SessionIndex,
}
