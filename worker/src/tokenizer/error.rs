//! What is wrong with a tokenizer or a text.

use std::{io, path::PathBuf};

/// Why there are no tokens of a text, or no text of tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
	/// A file cannot be read.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The file is no tokenizer.
	#[error("{path}: {reason}: give a tokenizer.json of Hugging Face's tokenizers, or make one with `assay data train-tokenizer`")]
	NoTokenizer {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// More tokens than a plan can name.
	#[error(
		"{path}: its vocabulary is {found}, and a plan's is at most {most}: take a smaller one"
	)]
	Vocabulary {
		/// The file.
		path: PathBuf,
		/// The greatest id plus one.
		found: u64,
		/// What a plan can name.
		most: u32,
	},
	/// A file is no text.
	#[error("{path}: byte {at} is not UTF-8: convert the file, for instance with iconv, or leave its kind out with --kind")]
	NotText {
		/// The file.
		path: PathBuf,
		/// The first byte that is of no character, from 0.
		at: usize,
	},
	/// The separator is no token.
	#[error("--separator {0}: the tokenizer has no such token: name one that it has, or give --no-separator")]
	NoSeparator(String),
	/// The model cannot have it.
	#[error("the tokenizer's vocabulary is {tokens}, but {model}: give the tokenizer that the data was packed with")]
	NotForModel {
		/// The tokenizer's vocabulary.
		tokens: u32,
		/// What the model has instead.
		model: String,
	},
	/// A text cannot be encoded.
	#[error("a text cannot be encoded: {0}: give a tokenizer that knows all characters")]
	Encode(String),
	/// Tokens cannot be decoded.
	#[error("tokens cannot be decoded: {0}: print them with --ids")]
	Decode(String),
	/// A vocabulary that cannot be trained.
	#[error(
		"--vocabulary {wanted}: use {least} to {most}: all bytes and the separator are tokens"
	)]
	TrainedVocabulary {
		/// What was asked for.
		wanted: u32,
		/// The bytes and the separator.
		least: u32,
		/// What a plan can name.
		most: u32,
	},
	/// A separator that is nothing, or a character that has a token already.
	#[error("--separator `{0}`: write a name of more than one character, such as <|endoftext|>")]
	SeparatorName(String),
	/// The trainer gives up.
	#[error("no tokenizer can be trained: {0}: give other text")]
	Train(String),
}
