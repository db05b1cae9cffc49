//! How the tensors of a step are read: whole, by the tile, as a tree and as a root.

use std::{
	borrow::Cow,
	ops::Deref,
	sync::{Arc, PoisonError},
};

use assay_numerics::{
	eval,
	hash::{Root, Tree},
	ops,
	program::{Layout, Op, OpKind, TensorId, TileRef},
	referee::Tensors,
	tile::{Tile, BYTES},
	Tiles,
};
use rayon::prelude::*;

use super::StepTranscript;
use crate::{hash, tensor::Tensor};

/// Tensors that are not held and are kept when they were made. The steps of no op read more of them
/// than this.
const KEPT: usize = 2;

/// The canonical bytes of a tensor, without a copy of those that are kept.
enum Whole<'a> {
	Held(Cow<'a, [u8]>),
	/// A virtual tensor.
	Made(Arc<Vec<u8>>),
}

impl Deref for Whole<'_> {
	type Target = [u8];

	fn deref(&self) -> &[u8] {
		match self {
			Whole::Held(bytes) => bytes,
			Whole::Made(bytes) => bytes,
		}
	}
}

impl StepTranscript {
	/// A tensor, if it is there.
	fn whole(&self, tensor: TensorId) -> Option<Whole<'_>> {
		if let Some(place) = self.place_before(tensor) {
			return Some(Whole::Held(match self.before.get(place) {
				Some(bytes) => Cow::Borrowed(bytes),
				// Moments that are all zero.
				None => {
					let layout = self.program.tensor(tensor)?.layout;
					Cow::Owned(vec![0; layout.bytes() as usize])
				}
			}));
		}
		if let Some(held) = self.held(tensor) {
			return Some(Whole::Held(held.bytes()));
		}
		let (_, op) = self.made_by(tensor)?;
		if let OpKind::StateList { .. } = op.kind {
			return Some(Whole::Held(Cow::Owned(self.state_list())));
		}
		let made = self.known(tensor).or_else(|| self.make(op));
		made.map(Whole::Made)
	}

	/// The roots of the state after the step, in whole tiles.
	fn state_list(&self) -> Vec<u8> {
		let lists = [self.program.next_params(), self.program.next_moments()];
		let roots = |_| lists.map(|ids| self.memory.roots(ids)).concat();
		let mut list = self.pool.run(roots).into_flattened();
		list.resize(list.len().next_multiple_of(BYTES), 0);
		list
	}

	/// A virtual tensor that was made not long ago.
	fn known(&self, id: TensorId) -> Option<Arc<Vec<u8>>> {
		let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
		let found = made.iter().find(|(known, _)| *known == id);
		found.map(|(_, bytes)| bytes.clone())
	}

	/// Makes a virtual tensor, and keeps it for a while.
	fn make(&self, op: &Op) -> Option<Arc<Vec<u8>>> {
		let mut bytes = vec![0; ops::tiles(op) as usize * BYTES];
		let tensor = op.output;
		self.pool.run(|_| {
			let tiles = bytes.par_chunks_exact_mut(BYTES).enumerate();
			tiles.try_for_each(|(tile, to)| {
				let tile = tile as u32;
				let tile = Tiles::tile(self, TileRef { tensor, tile })?;
				to.copy_from_slice(&tile.to_bytes());
				Some(())
			})
		})?;
		let bytes = Arc::new(bytes);
		let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
		made.truncate(KEPT - 1);
		made.push_front((tensor, bytes.clone()));
		Some(bytes)
	}

	/// A tensor that is in memory. The list of the state's roots has a place there, but no bytes.
	pub(super) fn held(&self, tensor: TensorId) -> Option<&Tensor> {
		let layout = self.program.tensor(tensor)?.layout;
		let held = self.memory.held(tensor);
		held.filter(|_| !matches!(layout, Layout::Roots { .. }))
	}

	/// The op that makes a tensor, and its place in the program.
	fn made_by(&self, tensor: TensorId) -> Option<(usize, &Op)> {
		let place = self.program.outline().op_of(tensor)? as usize;
		Some((place, self.program.ops().get(place)?))
	}

	/// The place of a tensor in the state before the step: parameters, then moments.
	fn place_before(&self, tensor: TensorId) -> Option<usize> {
		let params = self.program.params();
		let mut ids = params.iter().chain(self.program.moments());
		ids.position(|id| *id == tensor)
	}
}

impl Tensors for StepTranscript {
	fn bytes(&self, tensor: TensorId) -> Option<Cow<'_, [u8]>> {
		Some(match self.whole(tensor)? {
			Whole::Held(bytes) => bytes,
			Whole::Made(bytes) => Cow::Owned(bytes.to_vec()),
		})
	}

	fn tile(&self, at: TileRef) -> Option<Tile> {
		Tiles::tile(self, at)
	}

	fn tree(&self, tensor: TensorId) -> Option<Tree> {
		self.whole(tensor).map(|bytes| Tree::new(&bytes))
	}

	fn root(&self, tensor: TensorId) -> Option<Root> {
		Tiles::root(self, tensor)
	}
}

/// Tiles of what is not in memory are made one by one.
impl Tiles for StepTranscript {
	fn tile(&self, at: TileRef) -> Option<Tile> {
		if let Some(place) = self.place_before(at.tensor) {
			return match self.before.get(place) {
				Some(bytes) => {
					let tiles = bytes.as_chunks().0;
					tiles.get(at.tile as usize).map(Tile::from_bytes)
				}
				None => {
					let layout = self.program.tensor(at.tensor)?.layout;
					(at.tile < layout.tiles()).then_some(Tile::ZERO)
				}
			};
		}
		if let Some(held) = self.held(at.tensor) {
			return held.tile(at.tile);
		}
		// Every input of a virtual tensor is at the same place, or is a statistic: nothing is made twice.
		let (place, _) = self.made_by(at.tensor)?;
		eval(&self.program, place, at.tile, &self.env(), self).ok()
	}

	fn root(&self, tensor: TensorId) -> Option<Root> {
		let bytes = self.whole(tensor)?;
		Some(self.pool.run(|_| hash::root(&bytes)))
	}
}
