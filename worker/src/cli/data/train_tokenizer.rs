//! `assay data train-tokenizer`.

use std::path::PathBuf;

use serde_json::json;

use super::SourceArgs;
use crate::{
	cli::{args::OutputArgs, output::print, CliError},
	data::Stream,
	roots::Hex32,
	tokenizer,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TrainTokenizer {
	#[command(flatten)]
	source: SourceArgs,
	/// Tokens: all bytes, the separator, and what is merged of them.
	#[arg(long, value_name = "COUNT", default_value_t = 4_096)]
	vocabulary: u32,
	/// The token that will stand between files.
	#[arg(long, value_name = "TOKEN", default_value = "<|endoftext|>")]
	separator: String,
	/// Where to write the tokenizer.
	#[arg(long, value_name = "FILE", default_value = "tokenizer.json")]
	out: PathBuf,
	#[command(flatten)]
	output: OutputArgs,
}

impl TrainTokenizer {
	pub(super) fn run(self) -> Result<(), CliError> {
		if self.out.exists() {
			// Models need the one that their data was packed with.
			return Err(CliError::FileThere(self.out));
		}
		let files = self.source.files()?;
		let trained = tokenizer::train(&files, self.vocabulary, &self.separator)?;
		let mut stream = Stream::create(Some(&self.out))?;
		stream.write(trained.json.as_bytes())?;
		let written = stream.finish()?;
		let root = Hex32(written.root);
		written.keep()?;
		let value = json!({
			"tokenizer": root,
			"vocabulary": trained.vocabulary,
			"separator": self.separator,
			"files": files.len(),
			"out": self.out,
		});
		print(self.output.json, &value, || {
			let fewer = if trained.vocabulary < self.vocabulary {
				format!(
					" of the {} asked for: no other pair occurs twice",
					self.vocabulary
				)
			} else {
				String::new()
			};
			format!(
				"{root} {} tokens{fewer}, of {} files, in {}",
				trained.vocabulary,
				files.len(),
				self.out.display()
			)
		});
		Ok(())
	}
}
