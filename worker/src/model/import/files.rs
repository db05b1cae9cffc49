//! Safetensors in one file or several, of which only the headers are kept in memory.

use std::{
	collections::{BTreeMap, BTreeSet},
	fs::{self, File},
	io::{Read, Seek, SeekFrom},
	path::{Path, PathBuf},
};

use assay_numerics::TensorInfo;
use safetensors::{
	tensor::{Metadata, TensorInfo as Stored},
	Dtype,
};
use serde::Deserialize;

use super::{
	number::{widen, width},
	ImportError,
};
use crate::model::{tensors::shape_of, TENSORS_FILE};

/// The file that says in which of several files a tensor is.
const INDEX_FILE: &str = "model.safetensors.index.json";
/// The longest header, as the format says.
const MOST_HEADER: u64 = 100_000_000;
/// Old files hold the frequencies of their positions in every block. They follow from the config, so
/// that nobody reads them.
const DERIVED: &str = ".self_attn.rotary_emb.inv_freq";

/// A model's tensors by their names.
#[derive(Debug)]
pub(super) struct Files {
	dir: PathBuf,
	tensors: BTreeMap<String, Place>,
}

/// Where a tensor is.
#[derive(Debug)]
struct Place {
	path: PathBuf,
	/// Where its bytes begin in the file.
	start: u64,
	bytes: usize,
	dtype: Dtype,
	shape: Vec<usize>,
}

/// The index, as far as it is read.
#[derive(Deserialize)]
struct Index {
	weight_map: BTreeMap<String, String>,
}

impl Files {
	/// Reads the headers of a directory's files.
	pub(super) fn open(dir: &Path) -> Result<Self, ImportError> {
		let mut files = Self {
			dir: dir.to_owned(),
			tensors: BTreeMap::new(),
		};
		let (single, index) = (dir.join(TENSORS_FILE), dir.join(INDEX_FILE));
		if single.exists() {
			files.add(&single)?;
		} else if index.exists() {
			files.add_indexed(&index)?;
		} else {
			return Err(ImportError::NoTensors {
				dir: dir.to_owned(),
			});
		}
		files
			.tensors
			.retain(|name, _| !(name.starts_with("model.layers.") && name.ends_with(DERIVED)));
		Ok(files)
	}

	/// Every file that the index names, and a look at whether it names what they hold.
	fn add_indexed(&mut self, path: &Path) -> Result<(), ImportError> {
		let broken = |reason: String| ImportError::File {
			path: path.to_owned(),
			reason,
		};
		let text = fs::read_to_string(path).map_err(|source| ImportError::Io {
			path: path.to_owned(),
			source,
		})?;
		let index: Index =
			serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
		let names: BTreeSet<&String> = index.weight_map.values().collect();
		for name in names {
			if Path::new(name).file_name() != Some(name.as_ref()) {
				return Err(broken(format!("{name:?} is no file of the directory")));
			}
			self.add(&self.dir.join(name))?;
		}
		for (tensor, file) in &index.weight_map {
			let place = self.tensors.get(tensor).map(|place| &place.path);
			if place != Some(&self.dir.join(file)) {
				return Err(broken(format!("{file} does not hold {tensor}")));
			}
		}
		match self
			.tensors
			.keys()
			.find(|name| !index.weight_map.contains_key(*name))
		{
			Some(name) => Err(broken(format!("tensor {name} is not in the index"))),
			None => Ok(()),
		}
	}

	fn add(&mut self, path: &Path) -> Result<(), ImportError> {
		let broken = |reason: String| ImportError::File {
			path: path.to_owned(),
			reason,
		};
		let (header, first) = header_of(path)?;
		let mut end = 0;
		for (name, stored) in header.tensors() {
			end = end.max(stored.data_offsets.1 as u64);
			let place = Place::of(path, first, stored);
			if self.tensors.insert(name.clone(), place).is_some() {
				return Err(broken(format!("tensor {name} is in another file, too")));
			}
		}
		let expected = first.saturating_add(end);
		let found = fs::metadata(path).map_or(0, |data| data.len());
		if found != expected {
			return Err(broken(format!(
				"it has {found} bytes, and its header describes {expected}"
			)));
		}
		Ok(())
	}

	/// Compares names, shapes and kinds of numbers with those of a model.
	pub(super) fn check(&self, infos: &[TensorInfo]) -> Result<(), ImportError> {
		for info in infos {
			let place = self.find(info)?;
			let expected = shape_of(&info.layout);
			if place.shape != expected {
				return Err(ImportError::Shape {
					path: place.path.clone(),
					tensor: info.name.clone(),
					found: place.shape.clone(),
					expected,
				});
			}
			if width(place.dtype).is_none() {
				return Err(ImportError::Type {
					path: place.path.clone(),
					tensor: info.name.clone(),
					found: format!("{:?}", place.dtype),
				});
			}
		}
		let known: BTreeSet<&str> = infos.iter().map(|info| info.name.as_str()).collect();
		match self
			.tensors
			.iter()
			.find(|(name, _)| !known.contains(name.as_str()))
		{
			Some((name, place)) => Err(ImportError::Unknown {
				path: place.path.clone(),
				tensor: name.clone(),
			}),
			None => Ok(()),
		}
	}

	/// A tensor's numbers, row-major, as little-endian floats of 32 bits.
	pub(super) fn read(&self, info: &TensorInfo) -> Result<Vec<u8>, ImportError> {
		let place = self.find(info)?;
		let mut bytes = vec![0; place.bytes];
		File::open(&place.path)
			.and_then(|mut file| {
				file.seek(SeekFrom::Start(place.start))?;
				file.read_exact(&mut bytes)
			})
			.map_err(|source| ImportError::Io {
				path: place.path.clone(),
				source,
			})?;
		widen(place.dtype, bytes).map_err(|(at, value)| ImportError::Number {
			path: place.path.clone(),
			tensor: info.name.clone(),
			index: index_of(&place.shape, at),
			value,
		})
	}

	fn find(&self, info: &TensorInfo) -> Result<&Place, ImportError> {
		self.tensors
			.get(&info.name)
			.ok_or_else(|| ImportError::Missing {
				dir: self.dir.clone(),
				tensor: info.name.clone(),
			})
	}
}

impl Place {
	fn of(path: &Path, first: u64, stored: &Stored) -> Self {
		let (start, end) = stored.data_offsets;
		Self {
			path: path.to_owned(),
			start: first.saturating_add(start as u64),
			bytes: end.saturating_sub(start),
			dtype: stored.dtype,
			shape: stored.shape.clone(),
		}
	}
}

/// The header of a file, and where its tensors begin.
fn header_of(path: &Path) -> Result<(Metadata, u64), ImportError> {
	let io = |source| ImportError::Io {
		path: path.to_owned(),
		source,
	};
	let broken = |reason: String| ImportError::File {
		path: path.to_owned(),
		reason,
	};
	let mut file = File::open(path).map_err(io)?;
	let available = file.metadata().map_err(io)?.len();
	let mut length = [0; 8];
	if available >= 8 {
		file.read_exact(&mut length).map_err(io)?;
	}
	let length = u64::from_le_bytes(length);
	if available < 8 || length > MOST_HEADER || length > available - 8 {
		return Err(broken("it is cut short or holds no safetensors".into()));
	}
	let mut header = vec![0; length as usize];
	file.read_exact(&mut header).map_err(io)?;
	let header = serde_json::from_slice(&header).map_err(|error| broken(error.to_string()))?;
	Ok((header, 8 + length))
}

/// Row and column of an element, or its place in a vector.
fn index_of(shape: &[usize], at: usize) -> Vec<usize> {
	match *shape {
		[_, cols] => vec![
			at.checked_div(cols).unwrap_or(0),
			at.checked_rem(cols).unwrap_or(0),
		],
		_ => vec![at],
	}
}
