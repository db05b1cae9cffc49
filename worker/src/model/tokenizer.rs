//! The tokenizer that travels with a model of tokens.

use std::{
	fs, io,
	path::{Path, PathBuf},
};

use assay_numerics::{Model, Outline};
use assay_protocol::Plan;

use super::{Config, ModelError, Record, CONFIG_FILE};
use crate::{roots::Hex32, tokenizer::Tokenizer};

/// The file of the tokenizer, beside a model or a plan file.
pub const TOKENIZER_FILE: &str = "tokenizer.json";

/// Puts a tokenizer beside a written model and into its record.
///
/// # Errors
/// A tokenizer that the model cannot have, and files that cannot be read or written.
pub fn add_tokenizer(dir: &Path, plan: &Plan, tokenizer: &Tokenizer) -> Result<(), ModelError> {
	tokenizer.check_model(&plan.step.model)?;
	let (path, config_path) = (dir.join(TOKENIZER_FILE), dir.join(CONFIG_FILE));
	let mut config = Config::read(&config_path)?;
	config.assay.tokenizer = Some(Hex32(tokenizer.root()));
	fs::write(&path, tokenizer.bytes()).map_err(|source| ModelError::Io { path, source })?;
	config.write(&config_path)
}

/// Refuses a model whose tokenizer is another one than the recorded one. One that is not there is fine:
/// only text needs it.
///
/// # Errors
/// [`ModelError::OtherTokenizer`], and a file that cannot be read.
pub fn check_tokenizer(dir: &Path, record: &Record) -> Result<(), ModelError> {
	let path = dir.join(TOKENIZER_FILE);
	let Some(recorded) = record.tokenizer else {
		return Ok(());
	};
	let found = match fs::read(&path) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
		Err(source) => return Err(ModelError::Io { path, source }),
		Ok(bytes) => Hex32(*blake3::hash(&bytes).as_bytes()),
	};
	if found == recorded {
		return Ok(());
	}
	Err(ModelError::OtherTokenizer {
		path,
		found,
		recorded,
	})
}

/// What a model's text is made of: the tokenizer beside it, or nothing if its tokens are bytes.
///
/// Where none is recorded, tokens of one byte are bytes, and others those of the file that lies there.
///
/// # Errors
/// [`ModelError::NoTokenizer`], a tokenizer that is not the recorded one, cannot be read or has more
/// tokens than the model.
pub fn tokenizer_of(
	dir: &Path,
	record: &Record,
	plan: &Plan,
) -> Result<Option<Tokenizer>, ModelError> {
	if record.tokenizer.is_none() && !is_of_tokens(plan) {
		return Ok(None);
	}
	check_tokenizer(dir, record)?;
	let path = dir.join(TOKENIZER_FILE);
	if !path.exists() {
		return Err(ModelError::NoTokenizer { path });
	}
	let tokenizer = Tokenizer::read(&path)?;
	tokenizer.check_model(&plan.step.model)?;
	Ok(Some(tokenizer))
}

/// The tokenizer that is to travel with a model: the one that was named, or else the one beside the plan
/// file, if the plan is for tokens of several bytes.
///
/// # Errors
/// A tokenizer that cannot be read, or has more tokens than the plan.
pub fn tokenizer_for(
	named: Option<&Path>,
	plan_file: Option<&Path>,
	plan: &Plan,
) -> Result<Option<Tokenizer>, ModelError> {
	let beside = || -> Option<PathBuf> {
		let path = plan_file?.with_file_name(TOKENIZER_FILE);
		(is_of_tokens(plan) && path.exists()).then_some(path)
	};
	let Some(path) = named.map(Path::to_owned).or_else(beside) else {
		return Ok(None);
	};
	let tokenizer = Tokenizer::read(&path)?;
	tokenizer.check_model(&plan.step.model)?;
	Ok(Some(tokenizer))
}

/// Whether a model's tokens have more than one byte each.
fn is_of_tokens(plan: &Plan) -> bool {
	let several = |outline: Outline| outline.item_bytes() > 1;
	matches!(plan.step.model, Model::Gpt(_)) && Outline::new(&plan.step).is_ok_and(several)
}
