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
	let dir = tempfile::tempdir().unwrap();
	let store = DirStore::new(dir.path());
	let mut states = Vec::new();
	let output = engine
		.train_in_segments(&task, &mut |_| {}, &mut |border| {
			if states.is_empty() {
				states.push((border.snapshot(), publish_border(&store, border).unwrap()));
			}
		})
		.unwrap();
	let (state, root) = states.swap_remove(0);
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

/// Publishes these bytes under this root.
fn put(store: &DirStore, root: Root, bytes: Vec<u8>) {
	store
		.publish_with(root, &|file| file.write_all(&bytes))
		.unwrap();
}

#[tokio::test]
async fn what_was_changed_anywhere_is_found_and_named() {
	// GIVEN a state
	let (_dir, store, engine, state, root) = published().await;
	let path = store.path_of(&root);
	let sound = std::fs::read(&path).unwrap();
	let (params, moments) = (engine.program().params(), engine.program().moments());
	let lists = LIST_BYTES + 32 * params.len();
	let tensors = lists + 32 * moments.len();
	for (at, expected) in [
		(0, "its list"),
		(LIST_BYTES, "its list of parameters"),
		(lists, "its list of moments"),
		(tensors, "a tensor of its parameters"),
		(sound.len() - 1, "a tensor of its moments"),
	] {
		// WHEN one bit of a part of it is changed
		let mut bytes = sound.clone();
		bytes[at] ^= 1;
		std::fs::write(&path, bytes).unwrap();
		// THEN that part is refused
		match error_of(&store, &engine, root).await {
			SnapshotError::Damaged { part, .. } => assert_eq!(part, expected),
			error => panic!("{error}"),
		}
	}
	// AND publishing it again heals it
	publish_snapshot(&store, &state).unwrap();
	let fetched = fetch_snapshot(&store, engine.program(), 1, root).await;
	assert_eq!(fetched.unwrap(), state);
}

#[tokio::test]
async fn what_is_sound_and_no_state_of_the_model_is_refused_by_its_shape() {
	let (_dir, store, engine, state, root) = published().await;
	// GIVEN a state that lost its last byte, or has one too many
	let sound = std::fs::read(store.path_of(&root)).unwrap();
	for bytes in [sound[1..].to_vec(), [&sound[..], &[0]].concat()] {
		put(&store, root, bytes);
		// THEN its length is refused
		assert!(matches!(
			error_of(&store, &engine, root).await,
			SnapshotError::Checkpoint(CheckpointError::Artifact(ArtifactError::WrongLength { .. }))
		));
	}
	// GIVEN moments of the right lengths that are no numbers
	let wrong = state.moments.as_ref().unwrap().tensors();
	let wrong: Vec<Vec<u8>> = wrong.map(|tensor| vec![0xff; tensor.len()]).collect();
	let hashes: Vec<Root> = wrong
		.iter()
		.map(|of| *blake3::hash(of).as_bytes())
		.collect();
	let (params, moments) = (state.params.roots(), list_root(&hashes));
	let roots = [list_root(&params), moments, ZERO_ROOT];
	let root = state_root(roots[0], roots[1], roots[2]);
	let lists = roots.iter().chain(&params).chain(&hashes);
	let mut bytes: Vec<u8> = lists.flatten().copied().collect();
	state.params.tensors().for_each(|of| bytes.extend(of));
	wrong.iter().for_each(|of| bytes.extend(of));
	put(&store, root, bytes);
	// THEN the shape is refused
	assert!(matches!(
		error_of(&store, &engine, root).await,
		SnapshotError::Checkpoint(CheckpointError::Shape { .. })
	));
}

#[tokio::test]
async fn a_slot_that_carries_something_is_refused() {
	// GIVEN a state with a third root
	let (_dir, store, engine, state, root) = published().await;
	let moments = state.moments.as_ref().unwrap().root();
	let list = [state.params.root(), moments, [7; 32]].concat();
	let mut bytes = std::fs::read(store.path_of(&root)).unwrap();
	bytes[..LIST_BYTES].copy_from_slice(&list);
	let carried = *blake3::hash(&list).as_bytes();
	put(&store, carried, bytes);
	// WHEN it is fetched
	let error = error_of(&store, &engine, carried).await;
	// THEN it is refused with what it carries
	assert!(matches!(&error, SnapshotError::SlotState { .. }));
	assert!(error.to_string().contains(&hex::encode([7; 32])));
}

#[tokio::test]
async fn what_is_published_in_passing_is_there_as_well() {
	// GIVEN a state that need not outlast a power cut
	let (dir, _, engine, state, root) = published().await;
	let store = DirStore::new(dir.path().join("passing")).passing();
	publish_snapshot(&store, &state).unwrap();
	// WHEN it is fetched THEN it is the same
	let fetched = fetch_snapshot(&store, engine.program(), 1, root).await;
	assert_eq!(fetched.unwrap(), state);
}
