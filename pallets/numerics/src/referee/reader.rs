//! Opens what a step reads, tile by tile.

use alloc::vec::Vec;

use core::slice::Iter;

use super::{
	accumulator_bytes, source, Commitments, Evidence, List, OpenedRoot, OpenedTile, RefereeError,
	Source,
};
use crate::{
	hash::{OpeningError, Root, ZERO_ROOT},
	program::{Outline, TensorId, TileRef},
	tile::Tile,
};

/// Takes openings from the evidence in the order in which they are needed.
pub(super) struct Reader<'a> {
	outline: &'a Outline,
	commitments: &'a Commitments,
	/// The op that is judged.
	op: u32,
	evidence: &'a Evidence,
	roots: Iter<'a, OpenedRoot>,
	tiles: Iter<'a, OpenedTile>,
	/// Tensors whose roots are known, with their bytes.
	known: Vec<(TensorId, Root, u64)>,
	/// Tiles that were opened.
	opened: Vec<(TileRef, Tile)>,
	before_taken: bool,
}

impl<'a> Reader<'a> {
	pub(super) fn new(
		outline: &'a Outline,
		commitments: &'a Commitments,
		op: u32,
		evidence: &'a Evidence,
	) -> Self {
		Reader {
			outline,
			commitments,
			op,
			evidence,
			roots: evidence.roots.iter(),
			tiles: evidence.tiles.iter(),
			known: Vec::new(),
			opened: Vec::new(),
			before_taken: false,
		}
	}

	/// The tiles of these places.
	pub(super) fn tiles(&mut self, refs: &[TileRef]) -> Result<Vec<Tile>, RefereeError> {
		refs.iter().map(|at| self.tile(*at)).collect()
	}

	fn tile(&mut self, at: TileRef) -> Result<Tile, RefereeError> {
		if let Some((_, tile)) = self.opened.iter().find(|(known, _)| *known == at) {
			return Ok(*tile);
		}
		let TileRef { tensor, tile } = at;
		let missing = RefereeError::Missing { tensor, tile };
		let from = source(self.outline, tensor, self.op).ok_or(missing)?;
		if from.list() == Some(List::Moments) && self.commitments.moments == ZERO_ROOT {
			return Ok(Tile::ZERO);
		}
		let known = self.known.iter().find(|(known, ..)| *known == tensor);
		let (root, bytes) = match known {
			Some((_, root, bytes)) => (*root, *bytes),
			None => {
				let (root, bytes) = self.root(tensor, from).ok_or(missing)??;
				self.known.push((tensor, root, bytes));
				(root, bytes)
			}
		};
		let next = self.tiles.next().ok_or(missing)?;
		let opened = next.opening().tile(&root, bytes, tile)?;
		self.opened.push((at, opened));
		Ok(opened)
	}

	/// The root of a tensor, opened in its list, and its bytes; nothing if it is not given.
	fn root(
		&mut self,
		tensor: TensorId,
		from: Source,
	) -> Option<Result<(Root, u64), OpeningError>> {
		let Source::Listed { list, count, place } = from else {
			return Some(Ok((self.commitments.data, self.commitments.data_bytes)));
		};
		let bytes = self.outline.layout(tensor)?.bytes();
		let list = match list {
			List::Params => &self.commitments.params,
			List::Moments => &self.commitments.moments,
			List::Base => &self.commitments.base,
			List::Outputs => &self.commitments.outputs,
		};
		let root = self.roots.next()?.opening().listed(list, count, place);
		Some(root.map(|root| (root, bytes)))
	}

	/// The accumulator that a step starts from or an output is made of.
	pub(super) fn before(
		&mut self,
		root: &Root,
		steps: u32,
		step: u32,
	) -> Result<Tile, RefereeError> {
		self.before_taken = true;
		let before = self.evidence.before.as_ref();
		let before = before.ok_or_else(|| RefereeError::Missing {
			tensor: self.outline.output(self.op),
			tile: step,
		})?;
		Ok(before
			.opening()
			.tile(root, accumulator_bytes(steps), step)?)
	}

	/// That nothing was given which nobody has looked at.
	pub(super) fn finish(self) -> Result<(), RefereeError> {
		let unused = self.roots.len() > 0
			|| self.tiles.len() > 0
			|| self.evidence.before.is_some() != self.before_taken;
		if unused {
			Err(RefereeError::Unused)
		} else {
			Ok(())
		}
	}
}
