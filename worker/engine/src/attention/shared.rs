//! One output that several threads write, each its own tiles.

use std::marker::PhantomData;

use crate::tensor::TILE;

/// The tiles of a tensor, to be written from several threads.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedTiles<'a> {
	first: *mut f32,
	tiles: usize,
	lifetime: PhantomData<&'a mut [f32]>,
}

// SAFETY: `tiles` is the only access, and its callers share no tile.
unsafe impl Send for SharedTiles<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedTiles<'_> {}

impl<'a> SharedTiles<'a> {
	pub(super) fn new(floats: &'a mut [f32]) -> Self {
		assert!(
			floats.len().is_multiple_of(TILE),
			"a matrix consists of whole tiles"
		);
		SharedTiles {
			first: floats.as_mut_ptr(),
			tiles: floats.len() / TILE,
			lifetime: PhantomData,
		}
	}

	/// Some tiles that follow one another.
	///
	/// # Safety
	/// Nobody else may hold any of them at the same time.
	#[expect(clippy::mut_from_ref, reason = "callers share no tile")]
	pub(super) unsafe fn tiles(&self, first: usize, count: usize) -> &mut [f32] {
		assert!(
			first + count <= self.tiles,
			"the tiles lie inside of their tensor"
		);
		// SAFETY: inside of the slice that `new` took, and nobody else's, as the caller promises.
		unsafe { std::slice::from_raw_parts_mut(self.first.add(first * TILE), count * TILE) }
	}
}
