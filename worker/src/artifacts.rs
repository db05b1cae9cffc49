//! Tensors, checkpoints and data by the root of their content.
//!
//! The chain holds roots; the bytes travel between workers. Whoever fetches checks length and hash
//! before using a byte, so a store needs no trust. A checkpoint is a list blob, the roots of its
//! tensors in the Program's order, and one blob per tensor.

mod attempts;
mod checkpoint;
mod dir;
mod snapshot;

use std::{
	future::Future,
	io,
	path::{Path, PathBuf},
};

use assay_numerics::Root;
use assay_protocol::{JobId, Round, TaskKey};

#[cfg(test)]
pub(crate) use self::snapshot::publish_snapshot;
pub use self::{
	attempts::Stores,
	checkpoint::{fetch_base, fetch_params, publish_params, CheckpointError},
	dir::DirStore,
	snapshot::{fetch_snapshot, publish_border, SnapshotError},
};
use crate::roots::Hex32;

/// What is fetched: a root and how many bytes it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Artifact {
	/// BLAKE3 of the bytes.
	pub root: Root,
	/// Their number.
	pub len: u64,
}

impl Artifact {
	/// The artifact that these bytes are.
	pub fn of(bytes: &[u8]) -> Self {
		Self {
			root: *blake3::hash(bytes).as_bytes(),
			len: bytes.len() as u64,
		}
	}
}

/// Why an artifact is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
	/// Nobody has published it here.
	#[error("{root}: not in {place}: wait for whoever made it, or publish it there")]
	Missing {
		/// The root asked for.
		root: Hex32,
		/// Where it was looked for.
		place: String,
	},
	/// Fewer or more bytes than the root stands for.
	#[error("{path}: truncated: {found} bytes where {expected} belong; it is removed and must be published again")]
	Length {
		/// The file.
		path: PathBuf,
		/// Its length.
		found: u64,
		/// The length asked for.
		expected: u64,
	},
	/// The artifact is sound and has another length than it is said to have.
	#[error("{root}: is {found} bytes long, not {expected}: correct the length where it is named")]
	WrongLength {
		/// The root asked for.
		root: Hex32,
		/// The true length.
		found: u64,
		/// The length asked for.
		expected: u64,
	},
	/// The bytes do not have the root.
	#[error("{path}: corrupt: its content has the root {found}, not {expected}; it is removed and must be published again")]
	Content {
		/// The file.
		path: PathBuf,
		/// The root of what it holds.
		found: Hex32,
		/// The root asked for.
		expected: Hex32,
	},
	/// What is published does not have the root it is published under.
	#[error("{path}: has the root {found}, not {expected}: it is not published")]
	WrongSource {
		/// The source.
		path: PathBuf,
		/// Its root.
		found: Hex32,
		/// The root given.
		expected: Hex32,
	},
	/// The disk does not do what it is asked.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
}

/// Where artifacts are published and fetched.
pub trait Artifacts: Clone + Send + Sync + 'static {
	/// Makes a file's content available under its root, for good, and returns when a power cut
	/// could not undo it.
	fn publish(
		&self,
		root: Root,
		path: &Path,
	) -> impl Future<Output = Result<(), ArtifactError>> + Send;

	/// The same for bytes in memory. Returns their root.
	fn publish_bytes(
		&self,
		bytes: Vec<u8>,
	) -> impl Future<Output = Result<Root, ArtifactError>> + Send;

	/// The bytes of an artifact, verified.
	fn fetch(
		&self,
		artifact: Artifact,
	) -> impl Future<Output = Result<Vec<u8>, ArtifactError>> + Send;

	/// Makes what is written available under a root that it leads to, in place of what was there.
	/// Whoever fetches it verifies it. Blocks, so that nothing has to be copied before.
	fn publish_with(
		&self,
		root: Root,
		write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>,
	) -> Result<(), ArtifactError>;

	/// Reads what lies under a root, so many bytes. Whoever reads verifies it.
	fn fetch_with<T: Send + 'static>(
		&self,
		artifact: Artifact,
		read: impl FnOnce(&mut dyn io::Read) -> io::Result<T> + Send + 'static,
	) -> impl Future<Output = Result<T, ArtifactError>> + Send;

	/// The same store for what anybody can make again: a power cut may undo what is published there.
	fn passing(&self) -> Self;

	/// Where an attempt at a task publishes its update and the states between its segments, on the
	/// chain with this genesis hash.
	fn of_task(&self, genesis: &[u8; 32], task: &TaskKey) -> Self;

	/// The jobs of that chain of which attempts have left something here.
	fn attempted(
		&self,
		genesis: &[u8; 32],
	) -> impl Future<Output = Result<Vec<JobId>, ArtifactError>> + Send;

	/// Removes what the attempts of a job have left in the rounds before this one, or in all.
	fn forget(
		&self,
		genesis: &[u8; 32],
		job: JobId,
		before: Option<Round>,
	) -> impl Future<Output = Result<(), ArtifactError>> + Send;
}
