//! What is wrong with a model's files.

use std::{io, path::PathBuf};

use crate::{plan_file::PlanFileError, roots::Hex32, tokenizer::TokenizerError};

/// Why a model cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
	/// A file cannot be read or written.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The config is not one of ours.
	#[error("{path}: {reason}: export the model again with `assay model export`")]
	Config {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// The parameters are not a model of the config.
	#[error("{path}: {reason}: export the model again with `assay model export`")]
	Tensors {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// The parameters have another root.
	#[error("{path}: its parameters have the root {found}, but {recorded} is recorded: the file was changed; export the model again")]
	Root {
		/// The file.
		path: PathBuf,
		/// The root of what it holds.
		found: Hex32,
		/// The root in the config.
		recorded: Hex32,
	},
	/// The model has another loss.
	#[error("the loss is {found} ({found_fixed} x 2^-24), but {recorded} ({recorded_fixed} x 2^-24) is recorded: the record is wrong, or this machine computes wrongly")]
	Loss {
		/// In nats.
		found: f64,
		/// As the chain counts.
		found_fixed: u64,
		/// What the config says, in nats.
		recorded: f64,
		/// What the config says, as the chain counts.
		recorded_fixed: u64,
	},
	/// Another program's model would be replaced.
	#[error("{0}: was written by another program and is not replaced: name another directory with --out")]
	NotOurs(PathBuf),
	/// Adapters of a model that nobody else knows.
	#[error("only adapters of a Llama are merged: others read no model of another kind; keep base and adapters apart")]
	NotMerged,
	/// Another tokenizer lies beside the model than the recorded one.
	#[error("{path}: has the root {found}, but {recorded} is recorded: put back the tokenizer that the model was exported with")]
	OtherTokenizer {
		/// The file.
		path: PathBuf,
		/// Its root.
		found: Hex32,
		/// The root in the config.
		recorded: Hex32,
	},
	/// No tokenizer lies beside a model of tokens.
	#[error("{path}: is not there, and the model's tokens are no bytes: put the tokenizer there that its data was packed with, or give and get numbers with --ids")]
	NoTokenizer {
		/// Where it should be.
		path: PathBuf,
	},
	/// The tokenizer cannot be read, or is not the model's.
	#[error(transparent)]
	Tokenizer(#[from] TokenizerError),
	/// The plan in the config is none.
	#[error(transparent)]
	Plan(#[from] PlanFileError),
}
