//! Judges what a state holds after a step whose ops are all right.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{judged_ops, Commitments, OpenedRoot, RefereeError, Verdict};
use crate::{
	hash::Root,
	program::{Outline, Role},
};

/// What of a parameter a state holds.
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
pub enum Held {
	/// The parameter.
	#[codec(index = 0)]
	Param,
	/// Its first moment.
	#[codec(index = 1)]
	FirstMoment,
	/// Its second moment.
	#[codec(index = 2)]
	SecondMoment,
}

impl Held {
	/// Roots in the list that holds it: of the parameters, or of the first and then the second moments.
	pub fn entries(self, outline: &Outline) -> u32 {
		let count = outline.param_count();
		match self {
			Held::Param => count,
			Held::FirstMoment | Held::SecondMoment => count.saturating_mul(2),
		}
	}

	/// Where that list has it of the parameter at this place.
	///
	/// # Errors
	/// [`RefereeError::NoSuchParam`].
	pub fn entry(self, outline: &Outline, place: u32) -> Result<u32, RefereeError> {
		let count = outline.param_count();
		match self {
			_ if place >= count => Err(RefereeError::NoSuchParam { place, count }),
			Held::Param | Held::FirstMoment => Ok(place),
			Held::SecondMoment => Ok(count.saturating_add(place)),
		}
	}

	/// The number of the op whose output it is after a step, of the parameter at this place.
	///
	/// # Errors
	/// [`RefereeError::NoSuchParam`].
	pub fn op(self, outline: &Outline, place: u32) -> Result<u32, RefereeError> {
		self.entry(outline, place)?;
		let id = place as u16;
		let role = match self {
			Held::Param => Role::NextParam(id),
			Held::FirstMoment => Role::NextFirstMoment(id),
			Held::SecondMoment => Role::NextSecondMoment(id),
		};
		// Every parameter has all three.
		Ok(outline.op_of(outline.next(place, role)).unwrap_or(u32::MAX))
	}
}

/// Whether the state after the step has the root that the op's output has, for a parameter or moment.
/// `in_state` is the provider's [`Held::entry`] of the list after the step, to which a descent has
/// led; [`ZERO_ROOT`](crate::ZERO_ROOT) of moments that are not materialised, which are wrong there.
///
/// What else a state holds, the slot's root, and the loss that is claimed, the caller compares.
///
/// # Errors
/// A parameter that there is not, and a root that does not open.
pub fn judge_state(
	outline: &Outline,
	commitments: &Commitments,
	(place, held): (u32, Held),
	in_state: &Root,
	in_outputs: &OpenedRoot,
) -> Result<Verdict, RefereeError> {
	let op = held.op(outline, place)?;
	let count = judged_ops(outline);
	let made = in_outputs
		.opening()
		.listed(&commitments.outputs, count, op)?;
	Ok(if *in_state == made {
		Verdict::Right
	} else {
		Verdict::Differs
	})
}
