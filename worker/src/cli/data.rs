//! `assay data`.

mod pack;
mod train_tokenizer;

use std::path::PathBuf;

use clap::Subcommand;

use super::CliError;
use crate::data::{self, Source};

/// Prepare data.
#[derive(Debug, Subcommand)]
pub(super) enum Data {
	/// Make the stream that a plan trains on, and print its root. Files are sorted by path.
	Pack(Box<pack::Pack>),
	/// Train a byte-level tokenizer on files.
	TrainTokenizer(train_tokenizer::TrainTokenizer),
}

impl Data {
	pub(super) async fn run(self) -> Result<(), CliError> {
		match self {
			Self::Pack(pack) => pack.run(),
			Self::TrainTokenizer(train) => train.run(),
		}
	}
}

/// Which files are read.
#[derive(Debug, clap::Args)]
struct SourceArgs {
	/// A directory, or a single file.
	#[arg(value_name = "PATH", conflicts_with = "list")]
	path: Option<PathBuf>,
	/// A file with one crate per line, `name version`: their sources are read.
	#[arg(long, value_name = "FILE")]
	list: Option<PathBuf>,
	/// Where crates are unpacked. Without it, where cargo does it.
	#[arg(long, value_name = "DIR", requires = "list")]
	registry: Vec<PathBuf>,
	/// Take files of this extension only. May be given several times.
	#[arg(long = "kind", value_name = "EXTENSION")]
	kinds: Vec<String>,
}

impl SourceArgs {
	fn source(&self) -> Result<Source, CliError> {
		match (&self.path, &self.list) {
			(Some(path), _) => Ok(Source::Path(path.clone())),
			(None, Some(list)) => Ok(Source::Crates {
				list: list.clone(),
				registries: self.registry.clone(),
			}),
			(None, None) => Err(CliError::NothingToPack),
		}
	}

	fn files(&self) -> Result<Vec<PathBuf>, CliError> {
		Ok(data::files(&self.source()?, &self.kinds)?)
	}
}
