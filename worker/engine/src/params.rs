//! Parameters of a model in their canonical bytes.

use assay_numerics::{
	hash::{list_root, Root},
	program::{Layout, Program},
};

use crate::{
	error::ParamsError,
	layout::{self, Canonical},
	list::List,
};

/// The parameters of a model, tensor by tensor in the order of the checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Params(pub(crate) List);

impl Params {
	/// Checks that the tensors are those of a checkpoint of the program: their number and lengths,
	/// that every element is in range and that padding is +0.0.
	pub fn from_tensors(program: &Program, tensors: &[Vec<u8>]) -> Result<Self, ParamsError> {
		List::checked(layout::of_params(program), tensors.to_vec()).map(Params)
	}

	/// The same of the model that a program's adapters belong to. It can be large, so it is not copied.
	pub fn from_frozen(program: &Program, tensors: Vec<Vec<u8>>) -> Result<Self, ParamsError> {
		List::checked(layout::of_frozen(program), tensors).map(Params)
	}

	/// Each tensor's canonical bytes.
	pub fn tensors(&self) -> impl ExactSizeIterator<Item = &[u8]> {
		self.0.tensors()
	}

	/// The root of each tensor.
	pub fn roots(&self) -> Vec<Root> {
		self.0.roots()
	}

	/// The root of the list of tensors, which is how a checkpoint is named.
	pub fn root(&self) -> Root {
		list_root(&self.roots())
	}

	/// Shape and row-major elements of one tensor, for export; a vector has one dimension.
	///
	/// Nothing if there is no such tensor.
	pub fn tensor_f32(&self, index: usize) -> Option<(Vec<usize>, Vec<f32>)> {
		let (layout, bytes) = self.0.get(index)?;
		let [rows, cols] = layout.dimensions();
		let shape = match layout {
			Layout::Matrix { .. } => vec![rows, cols],
			_ => vec![cols],
		};
		let mut plain = vec![0.0; layout.len()];
		layout.unpack(bytes, &mut plain);
		Some((shape, plain))
	}
}
