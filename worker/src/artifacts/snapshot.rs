//! States between segments as artifacts.
//!
//! The root of a state is that of a list of three roots: parameters, moments and what the slot carries.
//! That list lies in the store as well, so a border of a trace leads to every byte of its state.

use assay_engine::{Moments, Snapshot};
use assay_numerics::{program::Program, Root, ZERO_ROOT};

use super::{
	checkpoint::{fetch_tensors, publish_list, unfit},
	fetch_params, publish_params, Artifact, ArtifactError, Artifacts, CheckpointError,
};
use crate::roots::Hex32;

/// Bytes of a state's list of roots.
const LIST_BYTES: u64 = 96;

/// Why a state is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
	/// A list or a tensor is missing or bad, or has a shape that is not the model's.
	#[error(transparent)]
	Checkpoint(#[from] CheckpointError),
	/// The slot carries something, which no slot does in this version.
	#[error("state {root} carries {slot} from round to round, where nothing belongs: train the task from its parent instead")]
	SlotState {
		/// The state.
		root: Hex32,
		/// What it says the slot carries.
		slot: Hex32,
	},
}

impl From<ArtifactError> for SnapshotError {
	fn from(error: ArtifactError) -> Self {
		Self::Checkpoint(error.into())
	}
}

/// Publishes a state after at least one step: the tensors first, the list of its roots last, so that
/// whoever finds the list finds the rest. Returns the root of the state.
pub async fn publish_snapshot<A: Artifacts>(
	store: &A,
	snapshot: &Snapshot,
) -> Result<Root, ArtifactError> {
	let params = publish_params(store, &snapshot.params).await?;
	let moments = match &snapshot.moments {
		Some(moments) => publish_list(store, moments.tensors()).await?,
		None => ZERO_ROOT,
	};
	store
		.publish_bytes([params, moments, ZERO_ROOT].concat())
		.await
}

/// Fetches the state that a task has after `step` steps, at least one, by its root. Every byte is
/// verified.
///
/// # Errors
/// [`SnapshotError`] if something is missing, is damaged, or is sound and no state of this model.
pub async fn fetch_snapshot<A: Artifacts>(
	store: &A,
	program: &Program,
	step: u32,
	root: Root,
) -> Result<Snapshot, SnapshotError> {
	let len = LIST_BYTES;
	let list = store.fetch(Artifact { root, len }).await?;
	let mut roots = [ZERO_ROOT; 3];
	for (to, from) in roots.iter_mut().zip(list.chunks_exact(32)) {
		to.copy_from_slice(from);
	}
	let [params, moments, slot] = roots;
	if slot != ZERO_ROOT {
		let (root, slot) = (Hex32(root), Hex32(slot));
		return Err(SnapshotError::SlotState { root, slot });
	}
	let params = fetch_params(store, program, params).await?;
	let tensors = fetch_tensors(store, program, program.moments(), moments).await?;
	let moments = Moments::from_tensors(program, tensors).map_err(unfit(moments))?;
	Ok(Snapshot {
		step,
		params,
		moments: Some(moments),
	})
}

#[cfg(test)]
mod tests {
	use assay_engine::{Engine, TaskInput};
	use assay_numerics::samples;

	use super::{super::DirStore, *};

	/// A store with the state of a small task after its first step, which is not its last.
	async fn published() -> (tempfile::TempDir, DirStore, Engine, Snapshot, Root) {
		let engine = Engine::new(&samples::byte_mlp(4, 16, &[16], 16), 1).unwrap();
		let parent = engine.init(&[5; 32]);
		let data: Vec<u8> = (0..4_096_u32).map(|i| (i * i % 251) as u8).collect();
		let task = TaskInput {
			parent: &parent,
			data: &data,
			seed: [5; 32],
			round: 0,
			slot: 0,
			steps: 2,
			stride: 1,
			part: None,
			fault: None,
		};
		let mut states = Vec::new();
		let output = engine
			.train_in_segments(&task, &mut |_| {}, &mut |border| {
				states.push(border.snapshot());
			})
			.unwrap();
		let dir = tempfile::tempdir().unwrap();
		let store = DirStore::new(dir.path());
		let state = states.swap_remove(0);
		let root = publish_snapshot(&store, &state).await.unwrap();
		assert_eq!(root, output.trace[1]);
		(dir, store, engine, state, root)
	}

	async fn error_of(store: &DirStore, engine: &Engine, root: Root) -> SnapshotError {
		fetch_snapshot(store, engine.program(), 1, root)
			.await
			.unwrap_err()
	}

	#[tokio::test]
	async fn a_border_of_the_trace_leads_to_the_whole_state() {
		// GIVEN a state that was published under the root that its trace has
		let (_dir, store, engine, state, root) = published().await;
		// WHEN it is fetched by that root
		let fetched = fetch_snapshot(&store, engine.program(), 1, root).await;
		// THEN it is the same
		assert_eq!(fetched.unwrap(), state);
	}

	#[tokio::test]
	async fn a_state_that_nobody_published_is_missing() {
		let (_dir, store, engine, ..) = published().await;
		// WHEN another root is asked for THEN it is missing, and may still come
		let error = error_of(&store, &engine, [9; 32]).await;
		assert!(matches!(
			error,
			SnapshotError::Checkpoint(CheckpointError::Artifact(ArtifactError::Missing { .. }))
		));
	}

	#[tokio::test]
	async fn a_tensor_that_was_changed_is_no_part_of_a_state() {
		// GIVEN a state of whose last tensor of moments one bit was changed
		let (_dir, store, engine, state, root) = published().await;
		let tensor = *state.moments.unwrap().roots().last().unwrap();
		let path = store.path_of(&tensor);
		let mut bytes = std::fs::read(&path).unwrap();
		bytes[0] ^= 1;
		std::fs::write(&path, bytes).unwrap();
		// WHEN it is fetched THEN its content is refused
		assert!(matches!(
			error_of(&store, &engine, root).await,
			SnapshotError::Checkpoint(CheckpointError::Artifact(ArtifactError::Content { .. }))
		));
	}

	#[tokio::test]
	async fn what_is_sound_and_no_state_of_the_model_is_refused_by_its_shape() {
		let (_dir, store, engine, state, _) = published().await;
		let params = state.params.root();
		let moments = state.moments.as_ref().unwrap().root();
		// GIVEN a list of another length under the root of a border
		let short = store
			.publish_bytes([params, moments].concat())
			.await
			.unwrap();
		// THEN its length is refused
		assert!(matches!(
			error_of(&store, &engine, short).await,
			SnapshotError::Checkpoint(CheckpointError::Artifact(ArtifactError::WrongLength {
				found: 64,
				expected: 96,
				..
			}))
		));
		// GIVEN the parameters in the place of the moments, of which there are twice as many
		let list = [params, params, ZERO_ROOT].concat();
		let mixed = store.publish_bytes(list).await.unwrap();
		assert!(matches!(
			error_of(&store, &engine, mixed).await,
			SnapshotError::Checkpoint(CheckpointError::Artifact(ArtifactError::WrongLength { .. }))
		));
		// GIVEN moments of the right lengths that are no numbers
		let wrong = state.moments.as_ref().unwrap().tensors();
		let wrong: Vec<Vec<u8>> = wrong.map(|tensor| vec![0xff; tensor.len()]).collect();
		let wrong = publish_list(&store, wrong.iter().map(Vec::as_slice)).await;
		let list = [params, wrong.unwrap(), ZERO_ROOT].concat();
		let unfit = store.publish_bytes(list).await.unwrap();
		// THEN the shape is refused
		assert!(matches!(
			error_of(&store, &engine, unfit).await,
			SnapshotError::Checkpoint(CheckpointError::Shape { .. })
		));
	}

	#[tokio::test]
	async fn a_slot_that_carries_something_is_refused() {
		// GIVEN a state with a third root
		let (_dir, store, engine, state, _) = published().await;
		let moments = state.moments.as_ref().unwrap().root();
		let list = [state.params.root(), moments, [7; 32]].concat();
		let carried = store.publish_bytes(list).await.unwrap();
		// WHEN it is fetched
		let error = error_of(&store, &engine, carried).await;
		// THEN it is refused with what it carries
		assert!(matches!(&error, SnapshotError::SlotState { .. }));
		assert!(error.to_string().contains(&hex::encode([7; 32])));
	}
}
