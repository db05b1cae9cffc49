//! Parameters of a model in their canonical bytes.

use assay_numerics::{
	arith::RANGE_END,
	hash::{list_root, tensor_root, Root},
	program::{Layout, Program},
};
use rayon::prelude::*;

use crate::{
	error::ParamsError,
	hash,
	layout::{self, Canonical},
};

/// The parameters of a model, tensor by tensor in the order of the checkpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Params {
	tensors: Vec<Tensor>,
}

#[derive(Clone, PartialEq, Eq)]
struct Tensor {
	layout: Layout,
	bytes: Vec<u8>,
}

impl Params {
	/// Checks that the tensors are those of a checkpoint of the program: their number and lengths,
	/// that every element is in range and that padding is +0.0.
	pub fn from_tensors(program: &Program, tensors: &[Vec<u8>]) -> Result<Self, ParamsError> {
		Params::checked(layout::of_params(program), tensors.to_vec())
	}

	/// The same of the model that a program's adapters belong to. It can be large, so it is not copied.
	pub fn from_frozen(program: &Program, tensors: Vec<Vec<u8>>) -> Result<Self, ParamsError> {
		Params::checked(layout::of_frozen(program), tensors)
	}

	fn checked(layouts: Vec<Layout>, tensors: Vec<Vec<u8>>) -> Result<Self, ParamsError> {
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
		Ok(Params::of_bytes(layouts, tensors))
	}

	/// What is known to be in order.
	pub(crate) fn of_bytes(layouts: Vec<Layout>, tensors: Vec<Vec<u8>>) -> Self {
		let tensors = layouts.into_iter().zip(tensors);
		Params {
			tensors: tensors
				.map(|(layout, bytes)| Tensor { layout, bytes })
				.collect(),
		}
	}

	/// Each tensor's canonical bytes.
	pub fn tensors(&self) -> impl ExactSizeIterator<Item = &[u8]> {
		self.tensors.iter().map(|tensor| tensor.bytes.as_slice())
	}

	/// The root of each tensor.
	pub fn roots(&self) -> Vec<Root> {
		self.tensors().map(tensor_root).collect()
	}

	/// The root of the list of tensors, which is how a checkpoint is named.
	pub fn root(&self) -> Root {
		list_root(&self.roots())
	}

	/// [`root`](Self::root) on all threads of the pool that it is called in.
	pub(crate) fn root_on_pool(&self) -> Root {
		let roots = self.tensors.par_iter();
		let roots: Vec<Root> = roots.map(|tensor| hash::root(&tensor.bytes)).collect();
		list_root(&roots)
	}

	/// Shape and row-major elements of one tensor, for export; a vector has one dimension.
	///
	/// Nothing if there is no such tensor.
	pub fn tensor_f32(&self, index: usize) -> Option<(Vec<usize>, Vec<f32>)> {
		let tensor = self.tensors.get(index)?;
		let [rows, cols] = tensor.layout.dimensions();
		let shape = match tensor.layout {
			Layout::Matrix { .. } => vec![rows, cols],
			_ => vec![cols],
		};
		let mut plain = vec![0.0; tensor.layout.len()];
		tensor.layout.unpack(&tensor.bytes, &mut plain);
		Some((shape, plain))
	}

	/// The layouts of the tensors.
	pub(crate) fn layouts(&self) -> impl ExactSizeIterator<Item = Layout> + '_ {
		self.tensors.iter().map(|tensor| tensor.layout)
	}
}

impl std::fmt::Debug for Params {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		let layouts: Vec<_> = self.layouts().collect();
		formatter
			.debug_struct("Params")
			.field("layouts", &layouts)
			.finish_non_exhaustive()
	}
}
