//! `assay data pack`.

use std::path::PathBuf;

use serde_json::{json, Value};

use super::SourceArgs;
use crate::{
	cli::{args::OutputArgs, output::print, CliError},
	data::{pack, pack_idx, pack_tokens, Separator, Stream},
	roots::Hex32,
	tokenizer::Tokenizer,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Pack {
	#[command(flatten)]
	source: SourceArgs,
	/// Pack tokens instead of bytes: a tokenizer.json of Hugging Face's tokenizers.
	#[arg(long, value_name = "FILE")]
	tokenizer: Option<PathBuf>,
	/// The token between two files. Without it, the one that ends a text.
	#[arg(
		long,
		value_name = "TOKEN",
		requires = "tokenizer",
		conflicts_with = "no_separator"
	)]
	separator: Option<String>,
	/// Put no token between files.
	#[arg(long, requires = "tokenizer")]
	no_separator: bool,
	/// The vocabulary of the plan, if it is greater than the tokenizer's.
	#[arg(long, value_name = "COUNT", requires = "tokenizer")]
	vocabulary: Option<u32>,
	/// Pack records for a classifier: a file of images and one of their labels, in MNIST's format.
	/// May be given several times.
	#[arg(
		long,
		num_args = 2,
		value_names = ["IMAGES", "LABELS"],
		conflicts_with_all = ["path", "list", "kinds", "tokenizer"]
	)]
	idx: Vec<PathBuf>,
	/// Where to write the stream. Without it, only the root is printed.
	#[arg(long, value_name = "FILE")]
	out: Option<PathBuf>,
	/// Fail unless the stream has this root.
	#[arg(long, value_name = "ROOT")]
	expect: Option<String>,
	#[command(flatten)]
	output: OutputArgs,
}

impl Pack {
	pub(super) fn run(self) -> Result<(), CliError> {
		let expected = self.expect.as_ref().map(|root| root.parse::<Hex32>());
		let expected = expected.transpose()?;
		let mut stream = Stream::create(self.out.as_deref())?;
		let (mut value, text) = if !self.idx.is_empty() {
			self.records(&mut stream)?
		} else if let Some(path) = &self.tokenizer {
			self.tokens(&Tokenizer::read(path)?, &mut stream)?
		} else {
			self.bytes(&mut stream)?
		};
		let written = stream.finish()?;
		let (root, bytes) = (Hex32(written.root), written.bytes);
		if let Some(expected) = expected.filter(|expected| *expected != root) {
			return Err(CliError::UnexpectedRoot {
				found: root,
				expected,
			});
		}
		written.keep()?;
		value["root"] = json!(root);
		value["bytes"] = bytes.into();
		value["out"] = json!(self.out);
		print(self.output.json, &value, || {
			format!("{root} {bytes} bytes{text}")
		});
		Ok(())
	}

	/// Packs in one of three ways: what is said of it as JSON, and in words.
	fn bytes(&self, stream: &mut Stream) -> Result<(Value, String), CliError> {
		let files = pack(&self.source.source()?, &self.source.kinds, stream)?;
		Ok((json!({ "files": files }), format!(" of {files} files")))
	}

	fn tokens(
		&self,
		tokenizer: &Tokenizer,
		stream: &mut Stream,
	) -> Result<(Value, String), CliError> {
		let separator = match (&self.separator, self.no_separator) {
			(Some(name), _) => Separator::Named(name.clone()),
			(None, true) => Separator::Nothing,
			(None, false) => Separator::Usual,
		};
		let files = self.source.files()?;
		let packed = pack_tokens(&files, tokenizer, &separator, self.vocabulary, stream)?;
		let bytes_per_token = packed.text_bytes as f64 / packed.tokens as f64;
		let between = match &packed.separator {
			Some(name) => format!("{name} between files"),
			None if self.no_separator => "nothing between files".into(),
			None => "nothing between files: the tokenizer has not exactly one token of the usual \
			         names, so name one with --separator"
				.into(),
		};
		let text = format!(
			": {} tokens of {} bytes, vocabulary {}, {bytes_per_token:.2} bytes of text to a token, \
			 of {} files, {between}",
			packed.tokens, packed.item_bytes, packed.vocabulary, packed.files,
		);
		let value = json!({
			"files": packed.files,
			"text_bytes": packed.text_bytes,
			"tokens": packed.tokens,
			"vocabulary": packed.vocabulary,
			"item_bytes": packed.item_bytes,
			"bytes_per_token": bytes_per_token,
			"separator": packed.separator,
			"tokenizer": Hex32(tokenizer.root()),
		});
		Ok((value, text))
	}

	fn records(&self, stream: &mut Stream) -> Result<(Value, String), CliError> {
		let pairs = self.idx.chunks_exact(2);
		let pairs: Vec<_> = pairs
			.map(|pair| (pair[0].clone(), pair[1].clone()))
			.collect();
		let packed = pack_idx(&pairs, stream)?;
		let text = format!(
			": {} records, inputs {} ({} bytes of an image, then zeros), classes {}",
			packed.records, packed.inputs, packed.pixels, packed.classes,
		);
		let value = json!({
			"files": self.idx.len(),
			"records": packed.records,
			"pixels": packed.pixels,
			"inputs": packed.inputs,
			"classes": packed.classes,
			"item_bytes": packed.inputs + 1,
		});
		Ok((value, text))
	}
}
