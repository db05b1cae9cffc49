//! Tensors of a program in their canonical bytes, checked.

use assay_numerics::{
	arith::RANGE_END,
	hash::{list_root, tensor_root, Root},
	program::Layout,
};
use rayon::prelude::*;

use crate::{error::ParamsError, hash, layout::Canonical};

/// Tensors in the order of a list whose root names them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct List {
	tensors: Vec<Tensor>,
}

#[derive(Clone, PartialEq, Eq)]
struct Tensor {
	layout: Layout,
	bytes: Vec<u8>,
}

impl List {
	/// Checks number and lengths, that every element is in range and that padding is +0.0.
	pub(crate) fn checked(
		layouts: Vec<Layout>,
		tensors: Vec<Vec<u8>>,
	) -> Result<Self, ParamsError> {
		if layouts.len() != tensors.len() {
			return Err(ParamsError::Count {
				expected: layouts.len(),
				found: tensors.len(),
			});
		}
		for (tensor, (layout, bytes)) in layouts.iter().zip(&tensors).enumerate() {
			if layout.byte_len() != bytes.len() {
				let (expected, found) = (layout.byte_len(), bytes.len());
				return Err(ParamsError::Length {
					tensor,
					expected,
					found,
				});
			}
			let patterns = bytes
				.chunks_exact(4)
				.map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
			for (element, bits) in patterns.enumerate() {
				if bits & 0x7FFF_FFFF >= RANGE_END {
					return Err(ParamsError::OutOfRange {
						tensor,
						element,
						bits,
					});
				}
			}
			if let Some(element) = layout.dirty_padding(bytes) {
				return Err(ParamsError::Padding { tensor, element });
			}
		}
		Ok(List::of_bytes(layouts, tensors))
	}

	/// What is known to be in order.
	pub(crate) fn of_bytes(layouts: Vec<Layout>, tensors: Vec<Vec<u8>>) -> Self {
		let tensors = layouts.into_iter().zip(tensors);
		List {
			tensors: tensors
				.map(|(layout, bytes)| Tensor { layout, bytes })
				.collect(),
		}
	}

	/// Each tensor's canonical bytes.
	pub(crate) fn tensors(&self) -> impl ExactSizeIterator<Item = &[u8]> {
		self.tensors.iter().map(|tensor| tensor.bytes.as_slice())
	}

	/// The layout and the canonical bytes of one tensor.
	pub(crate) fn get(&self, index: usize) -> Option<(Layout, &[u8])> {
		let tensor = self.tensors.get(index)?;
		Some((tensor.layout, &tensor.bytes))
	}

	/// The root of each tensor.
	pub(crate) fn roots(&self) -> Vec<Root> {
		self.tensors().map(tensor_root).collect()
	}

	/// The root of the list, on all threads of the pool that it is called in.
	pub(crate) fn root_on_pool(&self) -> Root {
		let roots = self.tensors.par_iter();
		let roots: Vec<Root> = roots.map(|tensor| hash::root(&tensor.bytes)).collect();
		list_root(&roots)
	}

	/// The layouts of the tensors.
	pub(crate) fn layouts(&self) -> impl ExactSizeIterator<Item = Layout> + '_ {
		self.tensors.iter().map(|tensor| tensor.layout)
	}
}

impl std::fmt::Debug for List {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter.debug_list().entries(self.layouts()).finish()
	}
}
