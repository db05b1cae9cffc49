//! The optimiser's moments in their canonical bytes.

use assay_numerics::{
	hash::{list_root, Root},
	program::Program,
};

use crate::{error::ParamsError, layout, list::List};

/// The moments of a state: all first ones, then all second ones, each in the order of the checkpoint.
///
/// There are none before the first step of a task, where they are zero and not materialised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moments(pub(crate) List);

impl Moments {
	/// Checks that the tensors are the moments of a state of the program: two for each parameter, of its
	/// length, with every element in range and with padding that is +0.0.
	///
	/// # Errors
	/// As [`Params::from_tensors`](crate::Params::from_tensors); tensors are counted in the order of
	/// this list.
	pub fn from_tensors(program: &Program, tensors: Vec<Vec<u8>>) -> Result<Self, ParamsError> {
		List::checked(layout::of_moments(program), tensors).map(Moments)
	}

	/// Each tensor's canonical bytes.
	pub fn tensors(&self) -> impl ExactSizeIterator<Item = &[u8]> {
		self.0.tensors()
	}

	/// The root of each tensor.
	pub fn roots(&self) -> Vec<Root> {
		self.0.roots()
	}

	/// The root of the list of tensors, which a state holds.
	pub fn root(&self) -> Root {
		list_root(&self.roots())
	}
}
