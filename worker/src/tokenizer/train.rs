//! Byte-level tokenizers, trained on a user's own files.

use std::{
	path::{Path, PathBuf},
	sync::Mutex,
};

use assay_numerics::plan::MAX_VOCABULARY;
use tokenizers::{
	models::{
		bpe::{BpeTrainer, BPE},
		TrainerWrapper,
	},
	pre_tokenizers::byte_level::ByteLevel,
	AddedToken, ProgressFormat,
};

use super::{pieces, read_text, TokenizerError, PIECE};

/// All bytes and the separator.
const LEAST: u32 = 257;

/// Pairs that occur less often are not worth a token.
const OFTEN: u64 = 2;

/// A tokenizer that was trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trained {
	/// The file, as JSON.
	pub json: String,
	/// Its tokens: fewer than were asked for if no more pairs occur twice.
	pub vocabulary: u32,
}

/// Trains a tokenizer of so many tokens on files.
///
/// Its tokens are the separator, which has the id 0, the 256 bytes, so that every text has tokens, and
/// merges of tokens: each time of the two that most often follow one another within a word, a number
/// or blanks, as GPT-2 cuts text.
///
/// # Errors
/// A vocabulary out of bounds, a separator that is no name, and files that are no text.
pub fn train(
	files: &[PathBuf],
	vocabulary: u32,
	separator: &str,
) -> Result<Trained, TokenizerError> {
	if !(LEAST..=MAX_VOCABULARY).contains(&vocabulary) {
		return Err(TokenizerError::TrainedVocabulary {
			wanted: vocabulary,
			least: LEAST,
			most: MAX_VOCABULARY,
		});
	}
	if separator.chars().nth(1).is_none() {
		return Err(TokenizerError::SeparatorName(separator.into()));
	}
	let failed = |error: tokenizers::Error| TokenizerError::Train(error.to_string());
	let mut tokenizer = tokenizers::Tokenizer::new(BPE::default());
	let bytes = ByteLevel::new(false, false, true);
	tokenizer.with_pre_tokenizer(Some(bytes));
	tokenizer.with_decoder(Some(bytes));
	let trainer = BpeTrainer::builder()
		.vocab_size(vocabulary as usize)
		.min_frequency(OFTEN)
		.special_tokens(vec![AddedToken::from(separator, true)])
		.initial_alphabet(ByteLevel::alphabet().into_iter().collect())
		.show_progress(false)
		.progress_format(ProgressFormat::Silent)
		.build();
	// The trainer takes texts only: what is wrong with a file is kept until it has ended.
	let wrong = Mutex::new(None);
	let note = |error: TokenizerError| {
		let mut wrong = wrong.lock().unwrap_or_else(|poison| poison.into_inner());
		wrong.get_or_insert(error);
	};
	let texts = files
		.iter()
		.map_while(|path: &PathBuf| read_pieces(path).map_err(&note).ok())
		.flatten();
	tokenizer
		.train(&mut TrainerWrapper::from(trainer), texts)
		.map_err(failed)?;
	if let Some(error) = wrong
		.into_inner()
		.unwrap_or_else(|poison| poison.into_inner())
	{
		return Err(error);
	}
	let json = tokenizer.to_string(true).map_err(failed)? + "\n";
	Ok(Trained {
		vocabulary: tokenizer.get_vocab_size(true) as u32,
		json,
	})
}

fn read_pieces(path: &Path) -> Result<Vec<String>, TokenizerError> {
	let text = read_text(path)?;
	Ok(pieces(&text, PIECE).map(str::to_owned).collect())
}
