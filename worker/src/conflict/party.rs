//! What a side shows, chooses and adds up.

use assay_engine::Params;
use assay_numerics::{
	hash::{opening::ROOTS, DescentError, Node, Tree},
	program::Outline,
	referee::{Opened, WitnessError},
	Root,
};
use assay_protocol::dispute::{
	ClosingCase, ClosingStage, ClosingTree, Layer, OpenedParam, Sum, MAX_ADDENDS,
};

use super::Move;
use crate::{chain::ConflictView, dispute::DisputeError};

/// What the next move of a conflict needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
	/// The side's own checkpoint.
	Checkpoint,
	/// Tiles at one place.
	Addends {
		/// The tensor.
		param: u32,
		/// Its tile.
		tile: u32,
		/// Whether the parent's is needed.
		parent: bool,
		/// The updates whose tiles are next.
		updates: Vec<Root>,
	},
}

/// What the move needs that a conflict waits for.
pub fn next_move(view: &ConflictView) -> Opening {
	let ClosingStage::Sum(Sum {
		param,
		tile,
		parent,
		added,
		..
	}) = &view.stage
	else {
		return Opening::Checkpoint;
	};
	let next = view.updates.iter().skip(*added as usize);
	Opening::Addends {
		param: *param,
		tile: *tile,
		parent: parent.is_none(),
		updates: next.take(MAX_ADDENDS as usize).copied().collect(),
	}
}

/// What is below the node that is asked for in one's own checkpoint, or the first of those shown that is
/// another one there.
pub(super) fn show_or_choose(
	outline: &Outline,
	view: &ConflictView,
	own: &Params,
) -> Result<Move, DisputeError> {
	let case = ClosingCase {
		outline,
		parent: &view.parent,
		updates: &view.updates,
		claimed: &view.claimed,
	};
	let refused = |error| DisputeError::Useless(format!("{error:?}"));
	match &view.stage {
		ClosingStage::Asked { tree, node } => {
			let layer = layer(own, *tree, node)?;
			// What the chain would refuse is not worth a fee.
			case.show(&view.stage, &layer).map_err(refused)?;
			Ok(Move::Show(layer))
		}
		ClosingStage::Shown {
			tree,
			node,
			layer: shown,
		} => {
			let own = layer(own, *tree, node)?;
			let differs = own.iter().zip(shown).position(|(own, shown)| own != shown);
			let index = differs.ok_or(DisputeError::NoDifference("nodes"))? as u32;
			case.choose(&view.stage, index).map_err(refused)?;
			Ok(Move::Choose(index))
		}
		ClosingStage::Sum(_) => Err(DisputeError::Useless("a tile is added up".into())),
	}
}

/// A tile of a checkpoint, opened in its root.
///
/// # Errors
/// [`DisputeError::Witness`] if the checkpoint has no such place.
pub fn opened(params: &Params, param: u32, tile: u32) -> Result<OpenedParam, DisputeError> {
	let roots = params.roots();
	let list = roots.as_flattened();
	let tensor = params
		.tensors()
		.nth(param as usize)
		.ok_or(WitnessError::NoPlace(param))?;
	Ok(OpenedParam {
		root: open(list, param / ROOTS)?,
		tile: open(tensor, tile)?,
	})
}

fn open<const N: u32>(bytes: &[u8], chunk: u32) -> Result<Opened<N>, DisputeError> {
	let siblings = Tree::new(bytes).siblings(chunk.into());
	let at = bytes.chunks(1_024).nth(chunk as usize);
	let (siblings, at) = siblings.zip(at).ok_or(WitnessError::NoPlace(chunk))?;
	Ok(Opened {
		chunk: at.to_vec().try_into().map_err(|_| WitnessError::TooMuch)?,
		siblings: siblings.try_into().map_err(|_| WitnessError::TooMuch)?,
	})
}

/// What is below a node of one's own checkpoint: nodes, or the roots in a chunk of its list.
fn layer(own: &Params, tree: ClosingTree, node: &Node) -> Result<Layer, DisputeError> {
	let other = DisputeError::Descent(DescentError::OtherValue);
	let nodes = match tree {
		ClosingTree::List if node.is_leaf() => {
			let first = node.first_root() as usize;
			let roots = own.roots();
			let end = roots.len().min(first.saturating_add(ROOTS as usize));
			roots.get(first..end).map(<[Root]>::to_vec)
		}
		ClosingTree::List => Tree::new(own.roots().as_flattened()).layer(node),
		ClosingTree::Tensor { param } => {
			let tensor = own.tensors().nth(param as usize);
			tensor.and_then(|tensor| Tree::new(tensor).layer(node))
		}
	};
	Ok(Layer::truncate_from(nodes.ok_or(other)?))
}
