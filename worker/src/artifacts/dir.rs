//! A directory as a store, shared by workers of one machine.

use std::{
	fs::{self, File, OpenOptions},
	io::{self, Read, Write},
	path::{Path, PathBuf},
	sync::atomic::{AtomicU64, Ordering},
};

use assay_numerics::Root;
use assay_protocol::{JobId, Round, TaskKey};

use super::{Artifact, ArtifactError, Artifacts};
use crate::compute::off_thread;
use crate::roots::Hex32;

/// The folder of an attempt may be removed while somebody publishes there: then it is made again, so
/// often at most.
const REMOVALS: u32 = 100;

/// Files named by their root, in 256 folders. Any number of processes may use it at once: a file
/// appears whole, by a rename, or not at all.
#[derive(Debug, Clone)]
pub struct DirStore {
	dir: PathBuf,
	/// Whether what is published outlasts a power cut. Waiting for the disk takes longer than
	/// everything else about a small file.
	is_lasting: bool,
}

impl DirStore {
	/// A store in this directory, which is made when something is published.
	pub fn new(dir: impl Into<PathBuf>) -> Self {
		Self {
			dir: dir.into(),
			is_lasting: true,
		}
	}

	/// Where an artifact lies, or would.
	pub fn path_of(&self, root: &Root) -> PathBuf {
		let name = hex::encode(root);
		self.dir.join(&name[..2]).join(name)
	}

	pub(super) fn dir(&self) -> &Path {
		&self.dir
	}

	/// The file of an artifact and its length.
	fn find(&self, root: &Root) -> Result<(PathBuf, u64), ArtifactError> {
		let path = self.path_of(root);
		match fs::metadata(&path) {
			Ok(found) => Ok((path, found.len())),
			Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ArtifactError::Missing {
				root: Hex32(*root),
				place: self.dir.display().to_string(),
			}),
			Err(source) => Err(ArtifactError::Io { path, source }),
		}
	}

	fn read_with<T>(
		&self,
		artifact: Artifact,
		read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
	) -> Result<T, ArtifactError> {
		let (path, found) = self.find(&artifact.root)?;
		if found != artifact.len {
			return Err(ArtifactError::WrongLength {
				root: Hex32(artifact.root),
				found,
				expected: artifact.len,
			});
		}
		File::open(&path)
			.and_then(|mut file| read(&mut file))
			.map_err(|source| ArtifactError::Io { path, source })
	}

	fn read(&self, artifact: Artifact) -> Result<Vec<u8>, ArtifactError> {
		let (path, found) = self.find(&artifact.root)?;
		let io = |source| ArtifactError::Io {
			path: path.clone(),
			source,
		};
		// The length first: a file of the wrong size is never read into memory.
		if found != artifact.len {
			// Whoever asks may be wrong, and then the file is not.
			let mut hasher = blake3::Hasher::new();
			let file = File::open(&path).map_err(io)?;
			hasher.update_reader(file).map_err(io)?;
			if *hasher.finalize().as_bytes() == artifact.root {
				return Err(ArtifactError::WrongLength {
					root: Hex32(artifact.root),
					found,
					expected: artifact.len,
				});
			}
			remove(&path);
			return Err(ArtifactError::Length {
				path,
				found,
				expected: artifact.len,
			});
		}
		let bytes = fs::read(&path).map_err(io)?;
		let root = *blake3::hash(&bytes).as_bytes();
		if root != artifact.root {
			remove(&path);
			return Err(ArtifactError::Content {
				path,
				found: Hex32(root),
				expected: Hex32(artifact.root),
			});
		}
		Ok(bytes)
	}

	fn write(&self, bytes: &[u8]) -> Result<Root, ArtifactError> {
		let root = *blake3::hash(bytes).as_bytes();
		let path = self.path_of(&root);
		if fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64) {
			// Somebody else has published it. Only a sound copy counts.
			if self
				.read(Artifact {
					root,
					len: bytes.len() as u64,
				})
				.is_ok()
			{
				return Ok(root);
			}
		}
		self.place(&path, &|file| file.write_all(bytes))?;
		Ok(root)
	}

	/// Writes a file that appears whole, and, if it is to last, returns when a power cut could not undo
	/// it.
	fn place(
		&self,
		path: &Path,
		write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
	) -> Result<(), ArtifactError> {
		for _ in 0..REMOVALS {
			match self.place_once(path, write) {
				Err(ArtifactError::Io { source, .. })
					if source.kind() == io::ErrorKind::NotFound => {}
				placed => return placed,
			}
		}
		self.place_once(path, write)
	}

	fn place_once(
		&self,
		path: &Path,
		write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
	) -> Result<(), ArtifactError> {
		let temporary = self.temporary(path);
		let io = |path: &Path| {
			let path = path.to_owned();
			move |source| ArtifactError::Io { path, source }
		};
		let folder = path.parent().unwrap_or(&self.dir);
		fs::create_dir_all(folder).map_err(io(folder))?;
		let written = OpenOptions::new()
			.write(true)
			.create_new(true)
			.open(&temporary)
			.and_then(|mut file| {
				write(&mut file)?;
				match self.is_lasting {
					true => file.sync_all(),
					false => Ok(()),
				}
			})
			.and_then(|()| fs::rename(&temporary, path));
		if written.is_err() {
			remove(&temporary);
		}
		written.map_err(io(path))?;
		if !self.is_lasting {
			return Ok(());
		}
		// The rename itself must survive a power cut.
		File::open(folder)
			.and_then(|folder| folder.sync_all())
			.map_err(io(folder))
	}

	/// A name that no other process and no other thread uses.
	fn temporary(&self, path: &Path) -> PathBuf {
		static COUNTER: AtomicU64 = AtomicU64::new(0);
		let count = COUNTER.fetch_add(1, Ordering::Relaxed);
		path.with_extension(format!("{}.{count}.tmp", std::process::id()))
	}
}

impl Artifacts for DirStore {
	async fn publish(&self, root: Root, path: &Path) -> Result<(), ArtifactError> {
		let (store, path) = (self.clone(), path.to_owned());
		off_thread(move || {
			let bytes = fs::read(&path).map_err(|source| ArtifactError::Io {
				path: path.clone(),
				source,
			})?;
			let found = *blake3::hash(&bytes).as_bytes();
			if found != root {
				return Err(ArtifactError::WrongSource {
					path,
					found: Hex32(found),
					expected: Hex32(root),
				});
			}
			store.write(&bytes).map(|_| ())
		})
		.await
	}

	async fn publish_bytes(&self, bytes: Vec<u8>) -> Result<Root, ArtifactError> {
		let store = self.clone();
		off_thread(move || store.write(&bytes)).await
	}

	async fn fetch(&self, artifact: Artifact) -> Result<Vec<u8>, ArtifactError> {
		let store = self.clone();
		off_thread(move || store.read(artifact)).await
	}

	fn publish_with(
		&self,
		root: Root,
		write: &dyn Fn(&mut dyn Write) -> io::Result<()>,
	) -> Result<(), ArtifactError> {
		self.place(&self.path_of(&root), write)
	}

	async fn fetch_with<T: Send + 'static>(
		&self,
		artifact: Artifact,
		read: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
	) -> Result<T, ArtifactError> {
		let store = self.clone();
		off_thread(move || store.read_with(artifact, read)).await
	}

	fn passing(&self) -> Self {
		Self {
			is_lasting: false,
			..self.clone()
		}
	}

	fn of_task(&self, genesis: &[u8; 32], task: &TaskKey) -> Self {
		self.attempt(genesis, task)
	}

	async fn attempted(&self, genesis: &[u8; 32]) -> Result<Vec<JobId>, ArtifactError> {
		self.jobs_attempted(genesis).await
	}

	async fn forget(
		&self,
		genesis: &[u8; 32],
		job: JobId,
		before: Option<Round>,
	) -> Result<(), ArtifactError> {
		self.remove_attempts(genesis, job, before).await
	}
}

/// Best effort: whoever comes next finds the same fault and tries again.
fn remove(path: &Path) {
	if let Err(error) = fs::remove_file(path) {
		if error.kind() != io::ErrorKind::NotFound {
			tracing::warn!(target: "assay::artifacts", path = %path.display(), %error, "not removed");
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn store() -> (tempfile::TempDir, DirStore) {
		let dir = tempfile::tempdir().unwrap();
		let store = DirStore::new(dir.path());
		(dir, store)
	}

	#[tokio::test]
	async fn what_is_published_is_fetched_by_its_root() {
		// GIVEN bytes and a file of other bytes, both published
		let (dir, store) = store();
		let root = store.publish_bytes(b"tensor".to_vec()).await.unwrap();
		let file = dir.path().join("file");
		fs::write(&file, b"data").unwrap();
		store
			.publish(Artifact::of(b"data").root, &file)
			.await
			.unwrap();
		// WHEN they are fetched
		let tensor = store.fetch(Artifact { root, len: 6 }).await.unwrap();
		let data = store.fetch(Artifact::of(b"data")).await.unwrap();
		// THEN they are what they were
		assert_eq!((&tensor[..], &data[..]), (&b"tensor"[..], &b"data"[..]));
	}

	#[tokio::test]
	async fn an_artifact_that_nobody_published_is_missing() {
		// GIVEN an empty store
		let (_dir, store) = store();
		// WHEN something is fetched
		let error = store.fetch(Artifact::of(b"absent")).await.unwrap_err();
		// THEN the error names its root
		assert!(matches!(error, ArtifactError::Missing { .. }));
		assert!(error
			.to_string()
			.contains(&hex::encode(Artifact::of(b"absent").root)));
	}

	#[tokio::test]
	async fn a_wrong_length_in_the_question_leaves_a_sound_artifact_alone() {
		// GIVEN an artifact
		let (_dir, store) = store();
		let root = store.publish_bytes(b"tensor".to_vec()).await.unwrap();
		// WHEN it is asked for with another length
		let error = store.fetch(Artifact { root, len: 7 }).await.unwrap_err();
		// THEN the error tells the true one, and the artifact is still there
		assert!(matches!(
			error,
			ArtifactError::WrongLength {
				found: 6,
				expected: 7,
				..
			}
		));
		assert_eq!(
			store.fetch(Artifact { root, len: 6 }).await.unwrap(),
			b"tensor"
		);
	}

	#[tokio::test]
	async fn a_truncated_artifact_is_an_error_and_is_removed() {
		// GIVEN an artifact whose file lost its last byte
		let (_dir, store) = store();
		let root = store.publish_bytes(b"tensor".to_vec()).await.unwrap();
		fs::write(store.path_of(&root), b"tenso").unwrap();
		// WHEN it is fetched
		let error = store.fetch(Artifact { root, len: 6 }).await.unwrap_err();
		// THEN the error tells both lengths, the file is gone, and publishing again heals it
		assert!(matches!(
			error,
			ArtifactError::Length {
				found: 5,
				expected: 6,
				..
			}
		));
		assert!(!store.path_of(&root).exists());
		store.publish_bytes(b"tensor".to_vec()).await.unwrap();
		assert_eq!(
			store.fetch(Artifact { root, len: 6 }).await.unwrap(),
			b"tensor"
		);
	}

	#[tokio::test]
	async fn a_corrupt_artifact_is_an_error_and_is_removed() {
		// GIVEN an artifact of which one byte was changed
		let (_dir, store) = store();
		let root = store.publish_bytes(b"tensor".to_vec()).await.unwrap();
		fs::write(store.path_of(&root), b"tensoR").unwrap();
		// WHEN it is fetched
		let error = store.fetch(Artifact { root, len: 6 }).await.unwrap_err();
		// THEN the error tells both roots and the file is gone
		assert!(matches!(error, ArtifactError::Content { .. }));
		assert!(!store.path_of(&root).exists());
	}

	#[tokio::test]
	async fn a_file_is_not_published_under_another_root() {
		// GIVEN a file
		let (dir, store) = store();
		let file = dir.path().join("file");
		fs::write(&file, b"data").unwrap();
		// WHEN it is published under the root of something else
		let wrong = Artifact::of(b"other");
		let error = store.publish(wrong.root, &file).await.unwrap_err();
		// THEN it is refused and nothing can be fetched
		assert!(matches!(error, ArtifactError::WrongSource { .. }));
		assert!(matches!(
			store.fetch(wrong).await,
			Err(ArtifactError::Missing { .. })
		));
	}

	#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
	async fn many_publish_the_same_at_once_and_readers_never_see_a_part() {
		// GIVEN a store and a megabyte
		let (_dir, store) = store();
		let bytes: Vec<u8> = (0..1 << 20).map(|i| (i % 251) as u8).collect();
		let artifact = Artifact::of(&bytes);
		// WHEN eight tasks publish it while eight others fetch it
		let mut tasks = Vec::new();
		for _ in 0..8 {
			let (writer, reader, bytes) = (store.clone(), store.clone(), bytes.clone());
			tasks.push(tokio::spawn(async move {
				writer.publish_bytes(bytes).await.map(|_| ())
			}));
			tasks.push(tokio::spawn(async move {
				match reader.fetch(artifact).await {
					Ok(_) | Err(ArtifactError::Missing { .. }) => Ok(()),
					Err(error) => Err(error),
				}
			}));
		}
		// THEN nobody fails, nobody reads a part, and no temporary file stays
		for task in tasks {
			task.await.unwrap().unwrap();
		}
		assert_eq!(store.fetch(artifact).await.unwrap(), bytes);
		let folder = store.path_of(&artifact.root);
		assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
	}
}
