//! Packs texts as tokens.

use std::path::PathBuf;

use assay_numerics::plan::MAX_VOCABULARY;

use super::{PackError, Stream};
use crate::tokenizer::{read_text, Tokenizer, TokenizerError};

/// What stands between two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Separator {
	/// The token that ends a text, if the tokenizer has exactly one of the usual names.
	Usual,
	/// This token.
	Named(String),
	/// Nothing.
	Nothing,
}

/// What was packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStream {
	/// Files.
	pub files: usize,
	/// Their bytes.
	pub text_bytes: u64,
	/// Tokens, separators included.
	pub tokens: u64,
	/// The vocabulary that a plan for them names.
	pub vocabulary: u32,
	/// Bytes of a token.
	pub item_bytes: u32,
	/// The token between two files, if there is one.
	pub separator: Option<String>,
}

/// Encodes files, one at a time, as little-endian ids of as many bytes as a plan's vocabulary asks for.
///
/// The vocabulary is the tokenizer's, or a greater one that the plan is to have. Files without tokens
/// are left out, so that no two separators follow one another.
///
/// # Errors
/// A vocabulary out of bounds, a separator that is no token, files that are no text, and texts without
/// a token.
pub fn pack_tokens(
	files: &[PathBuf],
	tokenizer: &Tokenizer,
	separator: &Separator,
	vocabulary: Option<u32>,
	stream: &mut Stream,
) -> Result<TokenStream, PackError> {
	let least = tokenizer.vocabulary();
	let vocabulary = vocabulary.unwrap_or(least);
	if !(least..=MAX_VOCABULARY).contains(&vocabulary) {
		return Err(PackError::Vocabulary {
			wanted: vocabulary,
			least,
			most: MAX_VOCABULARY,
		});
	}
	let separator = find(separator, tokenizer)?;
	let mut packed = TokenStream {
		files: files.len(),
		text_bytes: 0,
		tokens: 0,
		vocabulary,
		item_bytes: token_bytes(vocabulary),
		separator: separator.as_ref().map(|(name, _)| name.clone()),
	};
	for path in files {
		let text = read_text(path)?;
		let ids = tokenizer.encode(&text)?;
		packed.text_bytes += text.len() as u64;
		if ids.is_empty() {
			continue;
		}
		let between = separator.iter().map(|(_, id)| *id);
		let between = between.filter(|_| packed.tokens > 0);
		let ids: Vec<u32> = between.chain(ids).collect();
		packed.tokens += ids.len() as u64;
		let bytes = ids.iter().flat_map(|id| {
			let bytes = id.to_le_bytes().into_iter();
			bytes.take(packed.item_bytes as usize)
		});
		stream.write(&bytes.collect::<Vec<u8>>())?;
	}
	if packed.tokens == 0 {
		return Err(PackError::NoTokens(packed.text_bytes));
	}
	Ok(packed)
}

/// Bytes of a token of a vocabulary: those of the numerics' `Outline::item_bytes`.
fn token_bytes(vocabulary: u32) -> u32 {
	match vocabulary {
		0..=0x100 => 1,
		0x101..=0x1_0000 => 2,
		_ => 4,
	}
}

fn find(
	separator: &Separator,
	tokenizer: &Tokenizer,
) -> Result<Option<(String, u32)>, TokenizerError> {
	match separator {
		Separator::Usual => {
			let usual = tokenizer.end_of_text();
			Ok(usual.map(|(name, id)| (name.into(), id)))
		}
		Separator::Named(name) => match tokenizer.id_of(name) {
			Some(id) => Ok(Some((name.clone(), id))),
			None => Err(TokenizerError::NoSeparator(name.clone())),
		},
		Separator::Nothing => Ok(None),
	}
}

#[cfg(test)]
mod tests;
