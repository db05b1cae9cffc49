//! Checkpoints and updates as artifacts: a list blob and its tensors.

use assay_engine::{Params, ParamsError};
use assay_numerics::{program::Program, Root, TensorId};

use super::{Artifact, ArtifactError, Artifacts};
use crate::roots::Hex32;

/// Why a checkpoint is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
	/// A blob is missing or bad.
	#[error(transparent)]
	Artifact(#[from] ArtifactError),
	/// The tensors are there and are no parameters of this model.
	#[error(
		"checkpoint {root} does not fit the plan's model ({reason}): check the plan and the root"
	)]
	Shape {
		/// The checkpoint.
		root: Hex32,
		/// What the engine said.
		reason: String,
	},
}

impl CheckpointError {
	/// Whether it may only be late: not published yet, or published in a broken way.
	pub fn is_unavailable(&self) -> bool {
		matches!(self, Self::Artifact(error) if !matches!(error, ArtifactError::WrongLength { .. }))
	}
}

/// Publishes parameters: tensors first, the list last, so that a list is never there without its
/// tensors. Returns the root of the list. One tensor is copied at a time.
pub async fn publish_params<A: Artifacts>(
	store: &A,
	params: &Params,
) -> Result<Root, ArtifactError> {
	let tensors = params.tensors();
	let mut list = Vec::with_capacity(32 * tensors.len());
	for tensor in tensors {
		list.extend_from_slice(&store.publish_bytes(tensor.to_vec()).await?);
	}
	store.publish_bytes(list).await
}

/// Fetches the parameters of a Program by the root of their list.
pub async fn fetch_params<A: Artifacts>(
	store: &A,
	program: &Program,
	root: Root,
) -> Result<Params, CheckpointError> {
	let tensors = fetch_tensors(store, program, program.params(), root).await?;
	Params::from_tensors(program, &tensors).map_err(unfit(root))
}

/// Fetches the model that a Program's adapters belong to.
pub async fn fetch_base<A: Artifacts>(
	store: &A,
	program: &Program,
	root: Root,
) -> Result<Params, CheckpointError> {
	let tensors = fetch_tensors(store, program, program.frozen(), root).await?;
	Params::from_frozen(program, tensors).map_err(unfit(root))
}

/// What is wrong with the tensors of a list.
pub(super) fn unfit(root: Root) -> impl Fn(ParamsError) -> CheckpointError {
	move |error| CheckpointError::Shape {
		root: Hex32(root),
		reason: error.to_string(),
	}
}

/// The list of a root and the tensors in it, which have the lengths of these.
pub(super) async fn fetch_tensors<A: Artifacts>(
	store: &A,
	program: &Program,
	ids: &[TensorId],
	root: Root,
) -> Result<Vec<Vec<u8>>, ArtifactError> {
	let infos = ids.iter().filter_map(|id| program.tensor(*id));
	let lengths: Vec<u64> = infos.map(|info| info.layout.bytes()).collect();
	let list = store
		.fetch(Artifact {
			root,
			len: 32 * lengths.len() as u64,
		})
		.await?;
	let mut tensors = Vec::with_capacity(lengths.len());
	for (tensor, len) in list.chunks_exact(32).zip(lengths) {
		let mut root = [0; 32];
		root.copy_from_slice(tensor);
		tensors.push(store.fetch(Artifact { root, len }).await?);
	}
	Ok(tensors)
}
