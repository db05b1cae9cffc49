//! Text as tokens and back, by a `tokenizer.json` of Hugging Face's tokenizers.

mod error;
mod text;
mod train;

use std::{fs, path::Path};

use assay_numerics::{plan::MAX_VOCABULARY, Model, Root};
use serde::Deserialize;
use tokenizers::ModelWrapper;

pub use self::{
	error::TokenizerError,
	text::{pieces, read_text, PIECE},
	train::{train, Trained},
};

/// Names under which tokenizers know the token that ends a text.
pub const END_OF_TEXT: [&str; 7] = [
	"<|endoftext|>",
	"<|end_of_text|>",
	"</s>",
	"<eos>",
	"<|eos|>",
	"[EOS]",
	"<|end\u{2581}of\u{2581}sentence|>",
];

/// Pieces of a text that are encoded at once, on as many threads as there are.
const AT_ONCE: usize = 8;

/// A tokenizer, and the file that it was read from.
#[derive(Debug, Clone)]
pub struct Tokenizer {
	inner: tokenizers::Tokenizer,
	bytes: Vec<u8>,
	root: Root,
	vocabulary: u32,
}

/// What is read of the file besides, to check what the library made of it.
#[derive(Deserialize)]
struct Added {
	#[serde(default)]
	added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct AddedToken {
	id: u32,
	content: String,
}

impl Tokenizer {
	/// Reads a file.
	///
	/// What it says of cutting and filling up texts, and of merges that are left out at random, does
	/// not count: a text always becomes the same tokens, and all of them.
	///
	/// # Errors
	/// A file that cannot be read, is no tokenizer, or has no tokens or more than a plan can name.
	pub fn read(path: &Path) -> Result<Self, TokenizerError> {
		let bytes = fs::read(path).map_err(|source| TokenizerError::Io {
			path: path.to_owned(),
			source,
		})?;
		let (inner, vocabulary) = parse(&bytes).map_err(|reason| TokenizerError::NoTokenizer {
			path: path.to_owned(),
			reason,
		})?;
		if vocabulary > MAX_VOCABULARY.into() {
			return Err(TokenizerError::Vocabulary {
				path: path.to_owned(),
				found: vocabulary,
				most: MAX_VOCABULARY,
			});
		}
		Ok(Self {
			inner,
			root: *blake3::hash(&bytes).as_bytes(),
			bytes,
			vocabulary: vocabulary as u32,
		})
	}

	/// BLAKE3 of the file.
	pub fn root(&self) -> Root {
		self.root
	}

	/// The file.
	pub fn bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// The greatest id plus one: a plan's vocabulary is at least as great.
	pub fn vocabulary(&self) -> u32 {
		self.vocabulary
	}

	/// The tokens of a text, without any that a tokenizer would put at its beginning or end.
	///
	/// A long text is encoded in [`pieces`], so that memory is bounded.
	///
	/// # Errors
	/// A text that the tokenizer has no tokens for.
	pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
		let mut ids = Vec::new();
		let pieces: Vec<&str> = pieces(text, PIECE).collect();
		for some in pieces.chunks(AT_ONCE) {
			let encoded = self
				.inner
				.encode_batch_fast(some.to_vec(), false)
				.map_err(|error| TokenizerError::Encode(error.to_string()))?;
			ids.extend(encoded.iter().flat_map(|encoding| encoding.get_ids()));
		}
		Ok(ids)
	}

	/// The text of tokens that follow others. Bytes that are no whole character become U+FFFD.
	///
	/// All tokens are decoded together: a character can be several of them, and whether a word begins
	/// with a space can depend on what stands before it. Ids without a token, which a model of a
	/// greater vocabulary has, have no text.
	///
	/// # Errors
	/// Tokens that the tokenizer has no text for.
	pub fn continuation(&self, before: &[u32], ids: &[u32]) -> Result<String, TokenizerError> {
		let decode = |ids: &[u32]| {
			let text = self.inner.decode(ids, false);
			text.map_err(|error| TokenizerError::Decode(error.to_string()))
		};
		let whole = decode(&[before, ids].concat())?;
		match whole.strip_prefix(&decode(before)?) {
			Some(text) => Ok(text.to_owned()),
			// What follows changes how the end of what came before is written.
			None => decode(ids),
		}
	}

	/// The id of a token, by its name.
	pub fn id_of(&self, token: &str) -> Option<u32> {
		self.inner.token_to_id(token)
	}

	/// The token that ends a text, if there is exactly one of the usual names.
	pub fn end_of_text(&self) -> Option<(&'static str, u32)> {
		let mut known = END_OF_TEXT
			.iter()
			.filter_map(|name| Some((*name, self.id_of(name)?)));
		match (known.next(), known.next()) {
			(Some(only), None) => Some(only),
			_ => None,
		}
	}

	/// Refuses a model that cannot have this tokenizer.
	///
	/// # Errors
	/// [`TokenizerError::NotForModel`] for one that is no decoder, or has a smaller vocabulary.
	pub fn check_model(&self, model: &Model) -> Result<(), TokenizerError> {
		let model = match model {
			Model::Gpt(model) if model.vocabulary >= self.vocabulary => return Ok(()),
			Model::Gpt(model) => format!("the model's vocabulary is {}", model.vocabulary),
			Model::ByteMlp(_) => "the model reads bytes".into(),
			Model::Classifier(_) => "the model reads records".into(),
		};
		Err(TokenizerError::NotForModel {
			tokens: self.vocabulary,
			model,
		})
	}
}

/// The tokenizer of a file, and its greatest id plus one.
fn parse(bytes: &[u8]) -> Result<(tokenizers::Tokenizer, u64), String> {
	let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| error.to_string())?;
	inner
		.with_truncation(None)
		.map_err(|error| error.to_string())?;
	inner.with_padding(None);
	if let ModelWrapper::BPE(model) = inner.get_model() {
		if model.dropout.is_some() {
			let mut model = model.clone();
			model.dropout = None;
			inner.with_model(model);
		}
	}
	let added: Added = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
	for AddedToken { id, content } in added.added_tokens {
		// The library counts on by itself where a file leaves ids out, and says nothing.
		if inner.token_to_id(&content) != Some(id) {
			return Err(format!(
				"the id {id} of the added token {content} is not the next one"
			));
		}
	}
	let ids = inner.get_vocab(true).into_values();
	let greatest = ids.max().ok_or("it has no tokens")?;
	Ok((inner, u64::from(greatest) + 1))
}

#[cfg(test)]
mod tests;
