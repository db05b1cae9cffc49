//! Conflicts about the next checkpoint: two validators drawn to close a round have named others.
//!
//! Every tile of the next checkpoint follows from what is agreed, the parent and the accepted updates in
//! the order of their slots. So only the claimed checkpoint is descended, and at its first wrong tile
//! the runtime adds the updates up itself; the challenger's own checkpoint is never shown.
//!
//! ```text
//! claimant, or anyone                        challenger
//! show: the first nodes of the list       ─▶ choose: the first that differs
//! show, show, …: down to roots            ─▶ choose: the first tensor that differs
//! show, show, …: nodes of that tensor     ─▶ choose: the first that differs
//!                                            add, add, …: the tiles of 32 updates a call, by anyone
//! ```
//! After the last update the tile is finished and compared with the value of the claimed chunk.
//!
//! # Properties
//! - P40: what is shown belongs to the claimed root, and what is added to the agreed ones.
//! - P41: the right checkpoint is never found wrong, whatever its challenger asks.
//! - P42: a wrong checkpoint is found wrong, or its claimant falls silent, if the challenger chooses the
//!   first difference from the right one.
//! - P43: a proof that a tile is right shows that the challenger is wrong, and nothing about what it has
//!   claimed itself: others that claim the same go on.

use alloc::boxed::Box;

use assay_numerics::{
	add_update, finish_aggregate,
	hash::Node,
	program::Outline,
	referee::{OpenedRoot, OpenedTile, RefereeError},
	Root, Tile,
};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{DisputeError, Layer, Side};
use crate::limits::MAX_TASKS;

/// Updates of which one call shows the tiles, at most: some 100 KB.
pub const MAX_ADDENDS: u32 = 32;

/// The accepted updates of a round, in the order of their slots.
pub type Updates = BoundedVec<Root, ConstU32<MAX_TASKS>>;
/// Tiles of the next updates, in the order of their slots.
pub type Addends = BoundedVec<OpenedParam, ConstU32<MAX_ADDENDS>>;
/// The bytes of a tile.
type TileBytes = [u8; 1_024];

/// A tile of a tensor of a checkpoint, opened in the checkpoint's root.
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
pub struct OpenedParam {
	/// The root of the tensor, opened in the checkpoint's list.
	pub root: OpenedRoot,
	/// The tile, opened in that root.
	pub tile: OpenedTile,
}

/// The tree of the claimed checkpoint that is descended.
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
pub enum ClosingTree {
	/// The list of its tensors.
	#[codec(index = 0)]
	List,
	/// One of them.
	#[codec(index = 1)]
	Tensor {
		/// Its place in the list.
		param: u32,
	},
}

/// A tile of the next checkpoint, as far as it is added up.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Sum {
	/// The place of its tensor in the list.
	pub param: u32,
	/// The tile.
	pub tile: u32,
	/// The value of its chunk, as claimed.
	pub claimed: Node,
	/// The bytes of the parent's tile, once they were shown.
	pub parent: Option<TileBytes>,
	/// The bytes of the sum.
	pub sum: TileBytes,
	/// How many updates are in it: the first ones.
	pub added: u32,
}

/// What a conflict waits for.
#[expect(
	clippy::large_enum_variant,
	reason = "there is one at a time, in storage"
)]
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum ClosingStage {
	/// The claimant, or anyone, shows what is below a node.
	#[codec(index = 0)]
	Asked {
		/// The tree.
		tree: ClosingTree,
		/// The node.
		node: Node,
	},
	/// The challenger chooses among what is below a node.
	#[codec(index = 1)]
	Shown {
		/// The tree.
		tree: ClosingTree,
		/// The node.
		node: Node,
		/// What is below it: nodes, or the roots in a chunk of the list.
		layer: Layer,
	},
	/// The challenger, or anyone, shows the tiles that the chosen one is made of.
	#[codec(index = 2)]
	Sum(Sum),
}

/// What a move leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Added {
	/// More updates are needed.
	More(Box<ClosingStage>),
	/// Somebody is wrong.
	Ruled(ClosingRuling),
}

/// Who is wrong.
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
pub enum ClosingRuling {
	/// The claimed checkpoint, and everybody that claims it: the runtime has made another tile, or there
	/// is none.
	#[codec(index = 0)]
	CheckpointWrong,
	/// The claimant, which fell silent. Others that claim the same may go on.
	#[codec(index = 1)]
	ClaimantSilent,
	/// The challenger: the tile that it chose is right. Others that claim the same may go on.
	#[codec(index = 2)]
	ChallengerWrong,
	/// The challenger, which fell silent. Others that claim the same may go on.
	#[codec(index = 3)]
	ChallengerSilent,
}

impl ClosingRuling {
	/// The side that has lost.
	pub fn loser(self) -> Side {
		match self {
			Self::CheckpointWrong | Self::ClaimantSilent => Side::Provider,
			Self::ChallengerWrong | Self::ChallengerSilent => Side::Challenger,
		}
	}
}

/// What two claims differ about: all of it is agreed or was claimed before the conflict.
#[derive(Clone, Copy, Debug)]
pub struct ClosingCase<'a> {
	/// The outline of the job's plan.
	pub outline: &'a Outline,
	/// The checkpoint that the round started from.
	pub parent: &'a Root,
	/// The accepted updates, in the order of their slots.
	pub updates: &'a [Root],
	/// The checkpoint that is claimed.
	pub claimed: &'a Root,
}

impl ClosingStage {
	/// Whose turn it is. The claimant plays the provider's part.
	pub fn turn(&self) -> Side {
		match self {
			Self::Asked { .. } => Side::Provider,
			Self::Shown { .. } | Self::Sum(_) => Side::Challenger,
		}
	}
}

impl ClosingCase<'_> {
	/// The first stage: the claimant shows the first nodes of its list.
	pub fn start(&self) -> ClosingStage {
		let bytes = u64::from(self.outline.param_count()).saturating_mul(32);
		ClosingStage::Asked {
			tree: ClosingTree::List,
			node: Node::top(*self.claimed, bytes),
		}
	}

	/// What follows from showing what is below the node that was asked for.
	///
	/// # Errors
	/// [`DisputeError::NotYourTurn`], [`DisputeError::Descent`] if it is not what was claimed.
	pub fn show(&self, stage: &ClosingStage, layer: &Layer) -> Result<ClosingStage, DisputeError> {
		let ClosingStage::Asked { tree, node } = stage else {
			return Err(DisputeError::NotYourTurn { turn: stage.turn() });
		};
		match tree {
			ClosingTree::List if node.is_leaf() => node.roots(layer)?,
			_ => node.verify_layer(layer)?,
		}
		Ok(ClosingStage::Shown {
			tree: *tree,
			node: *node,
			layer: layer.clone(),
		})
	}

	/// What follows from choosing a node, or a root, among those that are shown.
	///
	/// # Errors
	/// [`DisputeError::NotYourTurn`], [`DisputeError::NotAwaited`] once a tile is chosen,
	/// [`DisputeError::NoSuchPlace`], [`DisputeError::Descent`] past the last node.
	pub fn choose(&self, stage: &ClosingStage, index: u32) -> Result<ClosingStage, DisputeError> {
		let (tree, node, layer) = match stage {
			ClosingStage::Shown { tree, node, layer } => (*tree, node, layer),
			ClosingStage::Asked { .. } => {
				return Err(DisputeError::NotYourTurn { turn: stage.turn() })
			}
			ClosingStage::Sum(_) => return Err(DisputeError::NotAwaited),
		};
		let (tree, child) = match tree {
			ClosingTree::List if node.is_leaf() => {
				let (param, root) = listed(node, layer, index)?;
				let top = Node::top(root, self.bytes_of(param)?);
				(ClosingTree::Tensor { param }, top)
			}
			_ => (tree, node.child(layer, index)?),
		};
		let ClosingTree::Tensor { param } = tree else {
			return Ok(ClosingStage::Asked { tree, node: child });
		};
		if !child.is_leaf() {
			return Ok(ClosingStage::Asked { tree, node: child });
		}
		let zero = Tile::ZERO.to_bytes();
		Ok(ClosingStage::Sum(Sum {
			param,
			tile: u32::try_from(child.first()).map_err(|_| DisputeError::Inconsistent)?,
			claimed: child,
			parent: None,
			sum: zero,
			added: 0,
		}))
	}

	/// What follows from showing the tiles of the next updates, the parent's before the first ones.
	///
	/// # Errors
	/// [`DisputeError::NotYourTurn`], [`DisputeError::NotAwaited`] while no tile is chosen, without any
	/// update, without the parent's tile or with it once more; [`DisputeError::NoSuchPlace`] with more
	/// updates than are left; [`DisputeError::Evidence`] if a tile is not the agreed one.
	pub fn add(
		&self,
		stage: &ClosingStage,
		parent: Option<&OpenedParam>,
		updates: &[OpenedParam],
	) -> Result<Added, DisputeError> {
		let mut sum = match stage {
			ClosingStage::Sum(sum) => sum.clone(),
			ClosingStage::Asked { .. } => {
				return Err(DisputeError::NotYourTurn { turn: stage.turn() })
			}
			ClosingStage::Shown { .. } => return Err(DisputeError::NotAwaited),
		};
		let base = match (sum.parent, parent) {
			(None, Some(shown)) => self.opened(&sum, self.parent, shown)?,
			(Some(bytes), None) => Tile::from_bytes(&bytes),
			_ => return Err(DisputeError::NotAwaited),
		};
		let count = u32::try_from(self.updates.len()).map_err(|_| DisputeError::Inconsistent)?;
		let given = u32::try_from(updates.len()).map_err(|_| DisputeError::Inconsistent)?;
		let left = count.saturating_sub(sum.added);
		if given == 0 {
			return Err(DisputeError::NotAwaited);
		}
		if given > left {
			return Err(DisputeError::NoSuchPlace {
				place: given,
				count: left,
			});
		}
		let first = usize::try_from(sum.added).map_err(|_| DisputeError::Inconsistent)?;
		let mut acc = Tile::from_bytes(&sum.sum);
		for (root, shown) in self.updates.iter().skip(first).zip(updates) {
			let update = self.opened(&sum, root, shown)?;
			match add_update(&acc, &base, &update) {
				Ok(next) => acc = next,
				// There is no such tile, so whoever claims one is wrong.
				Err(_) => return Ok(Added::Ruled(ClosingRuling::CheckpointWrong)),
			}
		}
		sum.parent = Some(base.to_bytes());
		sum.sum = acc.to_bytes();
		sum.added = sum.added.saturating_add(given);
		if sum.added < count {
			return Ok(Added::More(Box::new(ClosingStage::Sum(sum))));
		}
		let is_right = finish_aggregate(&base, &acc, count)
			.is_ok_and(|tile| sum.claimed.leaf_is(&tile.to_bytes()));
		Ok(Added::Ruled(match is_right {
			true => ClosingRuling::ChallengerWrong,
			false => ClosingRuling::CheckpointWrong,
		}))
	}

	/// The tile of an agreed checkpoint at the place of the sum.
	fn opened(
		&self,
		sum: &Sum,
		checkpoint: &Root,
		shown: &OpenedParam,
	) -> Result<Tile, DisputeError> {
		let count = self.outline.param_count();
		let root = shown.root.opening().listed(checkpoint, count, sum.param);
		let root = root.map_err(RefereeError::from)?;
		let bytes = self.bytes_of(sum.param)?;
		let tile = shown.tile.opening().tile(&root, bytes, sum.tile);
		Ok(tile.map_err(RefereeError::from)?)
	}

	fn bytes_of(&self, param: u32) -> Result<u64, DisputeError> {
		let layout = self.outline.layout(self.outline.param(param));
		Ok(layout.ok_or(DisputeError::Inconsistent)?.bytes())
	}
}

/// A root of those that are shown of a chunk of the list, and its place in it.
fn listed(node: &Node, layer: &Layer, index: u32) -> Result<(u32, Root), DisputeError> {
	let absent = DisputeError::NoSuchPlace {
		place: index,
		count: u32::try_from(layer.len()).unwrap_or(u32::MAX),
	};
	let place = usize::try_from(index).map_err(|_| absent)?;
	let root = layer.get(place).copied().ok_or(absent)?;
	let param = node.first_root().saturating_add(index.into());
	let param = u32::try_from(param).map_err(|_| DisputeError::Inconsistent)?;
	Ok((param, root))
}
