//! What is wrong with a model that adapters are to be trained on.

use std::{io, path::PathBuf};

use crate::roots::Hex32;

/// Why a directory holds no model that a plan can have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
	/// A file cannot be read or written.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The config is no JSON of a model.
	#[error("{path}: {reason}: give the directory of a model with its config.json")]
	Config {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// The config says something that no plan computes.
	#[error("{path}: {key} is {found}: {wanted}")]
	Unsupported {
		/// The file.
		path: PathBuf,
		/// The key.
		key: String,
		/// What it says.
		found: String,
		/// What this version can do instead.
		wanted: &'static str,
	},
	/// More positions than the model knows.
	#[error("{path}: the model knows {most} positions, and {context} are asked for: choose a context of at most {most}")]
	Context {
		/// The config.
		path: PathBuf,
		/// What is asked for.
		context: u64,
		/// What the model knows.
		most: u64,
	},
	/// The numbers are out of a plan's bounds.
	#[error("{path}: no plan can have this model ({reason}): choose another model, or, for its context, a shorter one with --context")]
	Refused {
		/// The config.
		path: PathBuf,
		/// The number and its bound.
		reason: String,
	},
	/// There are no tensors of a kind that is read.
	#[error("{dir}: neither model.safetensors nor model.safetensors.index.json is there: convert the model to safetensors first")]
	NoTensors {
		/// The directory.
		dir: PathBuf,
	},
	/// A file of tensors, or the index of several, is broken.
	#[error("{path}: {reason}: download or export the model again")]
	File {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// A tensor that the model needs is not there.
	#[error("{dir}: tensor {tensor} is missing: the config describes another model, or a file is missing; download or export it again")]
	Missing {
		/// The directory.
		dir: PathBuf,
		/// The tensor's name.
		tensor: String,
	},
	/// A tensor that the model does not have.
	#[error("{path}: tensor {tensor} is unknown to the model of the config: give the config that belongs to these tensors, or a model without it")]
	Unknown {
		/// The file.
		path: PathBuf,
		/// The tensor's name.
		tensor: String,
	},
	/// A tensor of another shape.
	#[error("{path}: tensor {tensor} is {found:?}, but the config says {expected:?}: give the config that belongs to these tensors")]
	Shape {
		/// The file.
		path: PathBuf,
		/// The tensor's name.
		tensor: String,
		/// Its shape.
		found: Vec<usize>,
		/// The shape that the config gives it.
		expected: Vec<usize>,
	},
	/// Numbers of a kind that is not read.
	#[error("{path}: tensor {tensor} holds {found}: convert the model to F32, F16 or BF16")]
	Type {
		/// The file.
		path: PathBuf,
		/// The tensor's name.
		tensor: String,
		/// The kind of its numbers.
		found: String,
	},
	/// A number that no model has.
	#[error("{path}: tensor {tensor} holds {value} at {index:?}: numbers are finite and below 2^50; download or train the model again")]
	Number {
		/// The file.
		path: PathBuf,
		/// The tensor's name.
		tensor: String,
		/// The number's place: row and column, or the place in a vector.
		index: Vec<usize>,
		/// The number.
		value: f32,
	},
	/// The tensors of an export of ours are not those of its record.
	#[error("{path}: the model has the root {found}, but {recorded} is recorded: a file was changed; export the model again")]
	Root {
		/// The config.
		path: PathBuf,
		/// The root of what is there.
		found: Hex32,
		/// What the record says.
		recorded: Hex32,
	},
}
