//! What attempts at tasks leave in the store: an update each, and the states between its segments.
//!
//! A checkpoint stays, because later rounds, exports and audits begin there. Of an attempt nothing is
//! asked any more once its round is over, and a round leaves many times a checkpoint. So each attempt
//! has a folder of its own, which is removed as a whole: nobody has to know who else has the same
//! bytes. The folder is a store like any other.

use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};

use assay_protocol::{JobId, Round, TaskKey};

use super::{ArtifactError, DirStore};
use crate::compute::off_thread;

/// The folder of all attempts, beside those of shared artifacts, which have two digits.
const ATTEMPTS: &str = "attempts";
/// How folders begin that are being removed.
const REMOVED: &str = "removed-";

/// Where what concerns one attempt lies.
#[derive(Debug, Clone)]
pub struct Stores<A> {
	/// Checkpoints, data and bases.
	pub shared: Arc<A>,
	/// What the attempt leaves.
	pub attempt: A,
}

impl DirStore {
	pub(super) fn attempt(&self, genesis: &[u8; 32], key: &TaskKey) -> Self {
		let round = self.job(genesis, key.job).join(key.round.to_string());
		Self::new(round.join(format!("{}.{}", key.slot, key.attempt)))
	}

	pub(super) async fn jobs_attempted(
		&self,
		genesis: &[u8; 32],
	) -> Result<Vec<JobId>, ArtifactError> {
		let chain = self.chain(genesis);
		off_thread(move || Ok(numbered(&chain)?.into_iter().map(JobId).collect())).await
	}

	pub(super) async fn remove_attempts(
		&self,
		genesis: &[u8; 32],
		job: JobId,
		before: Option<Round>,
	) -> Result<(), ArtifactError> {
		let (chain, folder) = (self.chain(genesis), self.job(genesis, job));
		off_thread(move || {
			let Some(before) = before else {
				return remove(&chain, &folder);
			};
			for round in numbered(&folder)? {
				if round < before.into() {
					remove(&chain, &folder.join(round.to_string()))?;
				}
			}
			Ok(())
		})
		.await
	}

	/// The folder of a chain, by the beginning of its genesis hash: several may share a store.
	fn chain(&self, genesis: &[u8; 32]) -> PathBuf {
		self.dir().join(ATTEMPTS).join(hex::encode(&genesis[..8]))
	}

	fn job(&self, genesis: &[u8; 32], job: JobId) -> PathBuf {
		self.chain(genesis).join(job.0.to_string())
	}
}

/// The folders in a folder whose names are numbers.
fn numbered(folder: &Path) -> Result<Vec<u64>, ArtifactError> {
	let io = |source| ArtifactError::Io {
		path: folder.to_owned(),
		source,
	};
	let entries = match fs::read_dir(folder) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
		read => read.map_err(io)?,
	};
	let mut found = Vec::new();
	for entry in entries {
		let name = entry.map_err(io)?.file_name();
		found.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
	}
	found.sort_unstable();
	Ok(found)
}

/// Removes a folder, and what an earlier removal left that was cut off.
///
/// It gets another name first. So only one of several processes removes it, and whoever publishes
/// there meanwhile begins a new one instead of losing half of its files.
fn remove(chain: &Path, folder: &Path) -> Result<(), ArtifactError> {
	static COUNTER: AtomicU64 = AtomicU64::new(0);
	let count = COUNTER.fetch_add(1, Ordering::Relaxed);
	let aside = chain.join(format!("{REMOVED}{}.{count}", std::process::id()));
	match fs::rename(folder, &aside) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
		renamed => renamed.map_err(|source| ArtifactError::Io {
			path: folder.to_owned(),
			source,
		})?,
	}
	for entry in fs::read_dir(chain).into_iter().flatten().flatten() {
		let name = entry.file_name();
		if name.to_str().is_some_and(|name| name.starts_with(REMOVED)) {
			// Another process may be at it.
			let _ = fs::remove_dir_all(entry.path());
		}
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::{
		super::{Artifact, Artifacts},
		*,
	};

	const GENESIS: [u8; 32] = [7; 32];

	fn key(job: u64, round: Round, slot: u32) -> TaskKey {
		TaskKey {
			job: JobId(job),
			round,
			slot,
			attempt: 0,
		}
	}

	/// A store in which attempts of two jobs and three rounds have left something, which is also
	/// shared.
	async fn store() -> (tempfile::TempDir, DirStore) {
		let dir = tempfile::tempdir().unwrap();
		let store = DirStore::new(dir.path());
		for job in 0..2 {
			for round in 0..3 {
				for slot in 0..2 {
					let attempt = store.of_task(&GENESIS, &key(job, round, slot));
					attempt.publish_bytes(b"state".to_vec()).await.unwrap();
				}
			}
		}
		store.publish_bytes(b"state".to_vec()).await.unwrap();
		(dir, store)
	}

	async fn has(store: &DirStore, key: TaskKey) -> bool {
		let attempt = store.of_task(&GENESIS, &key);
		attempt.fetch(Artifact::of(b"state")).await.is_ok()
	}

	/// The rounds of a job of which everything is there.
	async fn rounds(store: &DirStore, job: u64) -> Vec<Round> {
		let mut found = Vec::new();
		for round in 0..3 {
			match (
				has(store, key(job, round, 0)).await,
				has(store, key(job, round, 1)).await,
			) {
				(true, true) => found.push(round),
				(false, false) => {}
				_ => panic!("half of round {round} of job {job} is there"),
			}
		}
		found
	}

	fn entries(store: &DirStore) -> Vec<String> {
		let chain = store.chain(&GENESIS);
		let mut names: Vec<_> = fs::read_dir(chain)
			.unwrap()
			.map(|entry| entry.unwrap().file_name().into_string().unwrap())
			.collect();
		names.sort();
		names
	}

	#[tokio::test]
	async fn what_an_attempt_leaves_is_its_own() {
		// GIVEN bytes that one attempt has published
		let dir = tempfile::tempdir().unwrap();
		let store = DirStore::new(dir.path());
		let mine = store.of_task(&GENESIS, &key(3, 1, 2));
		mine.publish_bytes(b"update".to_vec()).await.unwrap();
		// THEN it has them, and neither the shared store, nor another attempt, nor another chain has
		let update = Artifact::of(b"update");
		assert_eq!(mine.fetch(update).await.unwrap(), b"update");
		let again = TaskKey {
			attempt: 1,
			..key(3, 1, 2)
		};
		for other in [
			store.clone(),
			store.of_task(&GENESIS, &again),
			store.of_task(&[8; 32], &key(3, 1, 2)),
		] {
			let error = other.fetch(update).await.unwrap_err();
			assert!(matches!(error, ArtifactError::Missing { .. }));
		}
		assert_eq!(store.attempted(&GENESIS).await.unwrap(), [JobId(3)]);
		assert_eq!(store.attempted(&[8; 32]).await.unwrap(), []);
	}

	#[tokio::test]
	async fn rounds_that_are_over_are_removed_and_nothing_else() {
		// GIVEN what two jobs have left in three rounds
		let (_dir, store) = store().await;
		// WHEN the first two rounds of one are removed
		store.forget(&GENESIS, JobId(0), Some(2)).await.unwrap();
		// THEN its third round, the other job and the same bytes in the shared store are still there
		assert_eq!(rounds(&store, 0).await, [2]);
		assert_eq!(rounds(&store, 1).await, [0, 1, 2]);
		assert!(store.fetch(Artifact::of(b"state")).await.is_ok());
		// WHEN all of it is removed, twice
		for _ in 0..2 {
			store.forget(&GENESIS, JobId(0), None).await.unwrap();
		}
		// THEN nothing of the job is left
		assert_eq!(entries(&store), ["1"]);
		assert_eq!(store.attempted(&GENESIS).await.unwrap(), [JobId(1)]);
	}

	#[tokio::test]
	async fn a_removal_that_was_cut_off_is_finished_by_the_next() {
		// GIVEN a folder that a killed process has set aside
		let (_dir, store) = store().await;
		let chain = store.chain(&GENESIS);
		fs::rename(chain.join("0"), chain.join("removed-1.0")).unwrap();
		// WHEN something else is removed
		store.forget(&GENESIS, JobId(1), Some(1)).await.unwrap();
		// THEN both are gone
		assert_eq!(entries(&store), ["1"]);
		assert_eq!(rounds(&store, 1).await, [1, 2]);
	}

	#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
	async fn many_remove_and_publish_at_once_and_nobody_fails() {
		// GIVEN a store that eight tasks publish in while eight others remove it
		let (_dir, store) = store().await;
		let mut tasks = Vec::new();
		for n in 0..8_u32 {
			let (writer, remover) = (store.clone(), store.clone());
			tasks.push(tokio::spawn(async move {
				for count in 0..50_u32 {
					let attempt = writer.of_task(&GENESIS, &key(0, count % 3, n));
					let bytes = count.to_le_bytes().to_vec();
					attempt.publish_bytes(bytes).await.map(|_| ())?;
				}
				Ok::<_, ArtifactError>(())
			}));
			tasks.push(tokio::spawn(async move {
				for _ in 0..50 {
					remover.forget(&GENESIS, JobId(0), None).await?;
				}
				Ok(())
			}));
		}
		// THEN nobody fails, and what is removed at last is gone
		for task in tasks {
			task.await.unwrap().unwrap();
		}
		store.forget(&GENESIS, JobId(0), None).await.unwrap();
		assert_eq!(store.attempted(&GENESIS).await.unwrap(), [JobId(1)]);
	}
}
