//! Where a dispute is.

use assay_numerics::{
	hash::descent::Node,
	referee::{Held, Part},
	Root,
};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{Layer, States};

/// The sides of a dispute.
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
pub enum Side {
	/// Who says that the work is wrong.
	#[codec(index = 0)]
	Challenger,
	/// Whose work it is.
	#[codec(index = 1)]
	Provider,
}

/// What a state is made of, but for the slot's root.
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
pub struct StateRoots {
	/// The list of the parameters.
	pub params: Root,
	/// The list of the moments.
	pub moments: Root,
}

/// A step, as its provider claims it.
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
pub struct StepClaim {
	/// The step, counted in the task.
	pub step: u32,
	/// The state before it.
	pub before: StateRoots,
	/// The state after it; none of a step in which training is claimed to end.
	pub after: Option<StateRoots>,
}

/// The tree that is descended.
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
pub enum Tree {
	/// The list of the outputs.
	#[codec(index = 0)]
	Outputs,
	/// The list of the parameters after the step.
	#[codec(index = 1)]
	Params,
	/// The list of the moments after the step.
	#[codec(index = 2)]
	Moments,
	/// The output of an op.
	#[codec(index = 3)]
	Output {
		/// The op, by its number in the program.
		op: u32,
	},
	/// The accumulators of a tile of an op's output.
	#[codec(index = 4)]
	Accumulators {
		/// The op.
		op: u32,
		/// The tile.
		tile: u32,
		/// What is claimed of the tile.
		claimed: Root,
		/// The root of the accumulators.
		root: Root,
	},
	/// The accumulators of the tile in which training is claimed to end. Those behind the claimed place
	/// are of no account.
	#[codec(index = 5)]
	EndingFold {
		/// The root of the accumulators.
		root: Root,
	},
}

impl Tree {
	/// Whether its chunks are roots.
	pub fn is_list(&self) -> bool {
		matches!(self, Tree::Outputs | Tree::Params | Tree::Moments)
	}
}

/// The place that is searched within a step.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Place {
	/// The provider shows what is below a node.
	#[codec(index = 0)]
	Asked {
		/// The tree.
		tree: Tree,
		/// The node.
		node: Node,
	},
	/// The challenger chooses among what is below a node.
	#[codec(index = 1)]
	Shown {
		/// The tree.
		tree: Tree,
		/// The node.
		node: Node,
		/// What is below it.
		layer: Layer,
	},
	/// The provider commits the accumulators of a tile.
	#[codec(index = 2)]
	Fold {
		/// The op.
		op: u32,
		/// The tile.
		tile: u32,
		/// What is claimed of the tile.
		claimed: Root,
	},
	/// The challenger proves that a tile, or an accumulator of it, is another one.
	#[codec(index = 3)]
	Tile {
		/// The op.
		op: u32,
		/// The tile.
		tile: u32,
		/// What of it.
		part: Part,
		/// The value of its chunk, as committed.
		claimed: Root,
		/// The accumulators, if they were asked for.
		accumulators: Option<Root>,
	},
	/// The challenger proves that an entry of the state is not what the op made.
	#[codec(index = 4)]
	Entry {
		/// Parameter or moment.
		held: Held,
		/// Which of them.
		place: u32,
		/// The root that the state has for it.
		root: Root,
	},
	/// The provider commits the accumulators before the place where training is claimed to end.
	#[codec(index = 5)]
	EndingFold,
	/// The challenger proves that there is a tile where training is claimed to end.
	#[codec(index = 6)]
	Ending {
		/// The accumulators, if there are any before.
		accumulators: Option<Root>,
	},
}

/// What a dispute waits for.
#[expect(
	clippy::large_enum_variant,
	reason = "there is one at a time, and its lists are on the heap"
)]
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Stage {
	/// The challenger names a segment.
	#[codec(index = 0)]
	Opened,
	/// The provider shows the states of a segment.
	#[codec(index = 1)]
	Segment {
		/// Its first step.
		first: u32,
		/// Its steps.
		steps: u32,
		/// The root of the state before it.
		start: Root,
		/// The root of the state after it; none of a segment in which training is claimed to end.
		end: Option<Root>,
	},
	/// The challenger names a step.
	#[codec(index = 2)]
	States {
		/// The first step of the segment.
		first: u32,
		/// The states.
		states: States,
	},
	/// The provider commits the outputs of a step.
	#[codec(index = 3)]
	Step(StepClaim),
	/// A place within the step is searched.
	#[codec(index = 4)]
	Search(Search),
}

/// Layers that are shown of one tree, at most: enough for any list and any fold.
pub const MAX_PATH: u32 = 4;

/// What was shown of a tree, from its top down to where the sides part. Who proves needs it: an
/// opening of what lies before that place has these nodes among its siblings.
pub type Path = BoundedVec<ShownLayer, ConstU32<MAX_PATH>>;

/// Nodes that were shown below a node.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ShownLayer {
	/// The node.
	pub node: Node,
	/// What is below it: nodes, or the roots in a chunk of a list.
	pub layer: Layer,
}

/// A search within a step.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Search {
	/// The step.
	pub step: StepClaim,
	/// The root of the list of its outputs.
	pub outputs: Root,
	/// What was shown of that list.
	pub list: Path,
	/// What was shown of the accumulators of a fold.
	pub fold: Path,
	/// The place that was reached.
	pub place: Place,
}

impl Stage {
	/// Whose turn it is.
	pub fn turn(&self) -> Side {
		match self {
			Stage::Opened | Stage::States { .. } => Side::Challenger,
			Stage::Segment { .. } | Stage::Step(_) => Side::Provider,
			Stage::Search(Search { place, .. }) => match place {
				Place::Asked { .. } | Place::Fold { .. } | Place::EndingFold => Side::Provider,
				Place::Shown { .. }
				| Place::Tile { .. }
				| Place::Entry { .. }
				| Place::Ending { .. } => Side::Challenger,
			},
		}
	}
}
