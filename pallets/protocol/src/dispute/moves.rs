//! What the sides of a dispute say.

use crate::limits::MAX_STATES;
use alloc::boxed::Box;
use assay_numerics::{
	hash::descent::LAYER,
	referee::{Evidence, Held, OpenedRoot},
	Root,
};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

use super::StateRoots;

/// The states before a segment's first step and after each of its steps.
pub type States = BoundedVec<StateRoots, ConstU32<MAX_STATES>>;
/// Nodes of a tree, side by side, or the roots in one chunk of a list.
pub type Layer = BoundedVec<Root, ConstU32<LAYER>>;

/// What a challenger asks. Numbers count from 0.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Ask {
	/// The states inside a segment: at its start both agree, at its end they do not.
	#[codec(index = 0)]
	Segment {
		/// The segment.
		segment: u32,
	},
	/// The outputs of the ops of a step of the segment: the states before it agree, after it they do
	/// not.
	#[codec(index = 1)]
	Step {
		/// The step, counted in the segment.
		step: u32,
	},
	/// What is below one of the nodes that are shown, or the tensor of one of the roots that are.
	#[codec(index = 2)]
	Child {
		/// Its place among those that are shown.
		index: u32,
	},
	/// The list of the state after the step: all outputs agree, and the state does not.
	#[codec(index = 3)]
	State {
		/// Which of its lists: that of the parameters, or, with either moment, that of the moments.
		of: Held,
	},
	/// Nothing more: all accumulators agree, and what the fold makes of the last one does not.
	#[codec(index = 4)]
	Finish,
	/// Nothing more of a claim that training ends: all before that place agrees, or all outputs before
	/// its op do, and its accumulators are asked for.
	#[codec(index = 5)]
	Ending,
}

/// What a provider answers.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Answer {
	/// To [`Ask::Segment`]: the states before its first step and after each step, of a segment in which
	/// training is claimed to end after each one before that.
	#[codec(index = 0)]
	States(States),
	/// To [`Ask::Step`]: the list of all outputs, and the first nodes below its root. Of a step in which
	/// training is claimed to end, what stands from that op on is of no account: zeros by agreement.
	#[codec(index = 1)]
	Outputs {
		/// The root of the list.
		root: Root,
		/// The nodes below, or the roots themselves if they are at most 32.
		layer: Layer,
	},
	/// To [`Ask::Child`] and [`Ask::State`]: the nodes below, or the roots in a chunk of a list.
	#[codec(index = 2)]
	Layer(Layer),
	/// To the choice of a tile whose fold has several steps: the accumulators after each of them; to
	/// [`Ask::Ending`] those before the claimed place, and then anything, zeros by agreement.
	#[codec(index = 3)]
	Fold {
		/// The root of the accumulators, one tile each.
		root: Root,
		/// The nodes below.
		layer: Layer,
	},
}

/// What ends a dispute: it is judged at once.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Proof {
	/// The tiles that the fold step reads that was reached.
	#[codec(index = 0)]
	Tile(Box<Evidence>),
	/// The root, in the list of outputs, of what the reached entry of the state has to be.
	#[codec(index = 1)]
	Entry(Box<OpenedRoot>),
}
