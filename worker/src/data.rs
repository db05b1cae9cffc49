//! The bytes that a plan trains on.

mod pack;
mod records;
mod stream;
mod tokens;

use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::Arc,
};

use assay_numerics::Root;
use assay_protocol::DataRef;

pub use self::{
	pack::{files, pack, PackError, Source},
	records::{pack_idx, Records},
	stream::{Stream, Written},
	tokens::{pack_tokens, Separator, TokenStream},
};
use crate::{
	artifacts::{Artifact, ArtifactError, Artifacts},
	roots::Hex32,
};

/// Why the data of a plan is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
	/// The file has other bytes than the plan names.
	#[error("{path}: holds {found_bytes} bytes with the root {found}, but the plan trains on {expected_bytes} bytes with the root {expected}: give the file that the plan was made for")]
	Mismatch {
		/// The file.
		path: PathBuf,
		/// Its root.
		found: Hex32,
		/// Its length.
		found_bytes: u64,
		/// The plan's root.
		expected: Hex32,
		/// The plan's length.
		expected_bytes: u64,
	},
	/// The file cannot be read.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The store does not have it either.
	#[error("the plan's data cannot be fetched ({0}): give its file with --data")]
	Unavailable(#[from] ArtifactError),
}

/// A file of data and its root.
#[derive(Debug, Clone)]
pub struct DataFile {
	path: PathBuf,
	root: Root,
	bytes: Arc<Vec<u8>>,
}

impl DataFile {
	/// Reads a file and hashes it.
	pub fn read(path: &Path) -> Result<Self, DataError> {
		let bytes = fs::read(path).map_err(|source| DataError::Io {
			path: path.to_owned(),
			source,
		})?;
		let root = *blake3::hash(&bytes).as_bytes();
		Ok(Self {
			path: path.to_owned(),
			root,
			bytes: Arc::new(bytes),
		})
	}

	/// What a plan writes to name it.
	pub fn reference(&self) -> DataRef {
		DataRef {
			root: self.root,
			bytes: self.bytes.len() as u64,
		}
	}

	/// The bytes, if they are the ones that the plan names.
	pub fn expect(&self, wanted: DataRef) -> Result<Arc<Vec<u8>>, DataError> {
		if self.reference() == wanted {
			return Ok(self.bytes.clone());
		}
		Err(DataError::Mismatch {
			path: self.path.clone(),
			found: Hex32(self.root),
			found_bytes: self.bytes.len() as u64,
			expected: Hex32(wanted.root),
			expected_bytes: wanted.bytes,
		})
	}

	/// The bytes, whatever they are.
	pub fn bytes(&self) -> Arc<Vec<u8>> {
		self.bytes.clone()
	}
}

/// Finds data: first among the files that were given, then in the store.
///
/// When neither has it and a file was given, the error is about the file, because its giver
/// thought that it fits.
pub async fn find<A: Artifacts>(
	files: &[DataFile],
	store: &A,
	wanted: DataRef,
) -> Result<Arc<Vec<u8>>, DataError> {
	let mut mismatch = None;
	for file in files {
		match file.expect(wanted) {
			Ok(bytes) => return Ok(bytes),
			Err(error) => mismatch = Some(error),
		}
	}
	match store
		.fetch(Artifact {
			root: wanted.root,
			len: wanted.bytes,
		})
		.await
	{
		Ok(bytes) => Ok(Arc::new(bytes)),
		Err(error) => Err(mismatch.unwrap_or(DataError::Unavailable(error))),
	}
}
