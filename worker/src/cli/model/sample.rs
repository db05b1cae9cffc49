//! `assay model sample`.

use std::path::PathBuf;

use assay_engine::Engine;
use serde_json::json;

use crate::{
	cli::{
		args::{OutputArgs, StoreArgs},
		base::BaseArgs,
		output::print,
		CliError,
	},
	compute::{off_thread, ComputeError},
	model::{self, printable},
	tokenizer::Tokenizer,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Sample {
	/// The directory of the model.
	model: PathBuf,
	/// What it goes on from.
	#[arg(long, value_name = "TEXT", default_value = "")]
	prompt: String,
	/// Tokens to write: bytes, for a model of bytes.
	#[arg(
		long,
		visible_alias = "bytes",
		value_name = "COUNT",
		default_value_t = 240
	)]
	tokens: usize,
	/// 0 takes the likeliest token each time, 1 draws as the model says.
	#[arg(long, value_name = "NUMBER", default_value_t = 0.7)]
	temperature: f32,
	/// The seed of the draws. The same seed gives the same text.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	seed: u64,
	/// Take and print numbers of tokens, with blanks between them, instead of text.
	#[arg(long)]
	ids: bool,
	#[command(flatten)]
	base: BaseArgs,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Sample {
	pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
		let (record, plan, params) = model::read(&self.model)?;
		let tokenizer = if self.ids {
			None
		} else {
			model::tokenizer_of(&self.model, &record, &plan)?
		};
		let base = self.base.find(&plan, &self.store.open()).await?;
		let prompt = self.tokens_of_prompt(tokenizer.as_ref())?;
		let mut seed = [0; 32];
		seed[..8].copy_from_slice(&self.seed.to_le_bytes());
		let given = prompt.clone();
		let ids = off_thread(move || {
			let mut engine = Engine::new(&plan.step, 1)?;
			if let Some(base) = base {
				engine = engine.with_base(base)?;
			}
			engine.generate(&params, &given, self.tokens, self.temperature, &seed)
		});
		let ids = ids.await.map_err(ComputeError::from)?;
		if self.ids {
			let value = json!({ "prompt": prompt, "ids": ids });
			let words: Vec<String> = ids.iter().map(u32::to_string).collect();
			print(self.output.json, &value, || words.join(" "));
			return Ok(());
		}
		let text = match &tokenizer {
			Some(tokenizer) => printable(tokenizer.continuation(&prompt, &ids)?.as_bytes()),
			// The tokens are bytes: a model that is left here has no others.
			None => printable(&ids.iter().map(|id| *id as u8).collect::<Vec<_>>()),
		};
		let mut value = json!({ "prompt": self.prompt, "text": text });
		if tokenizer.is_some() {
			value["ids"] = json!(ids);
		}
		print(self.output.json, &value, || {
			format!("{}{text}", self.prompt)
		});
		Ok(())
	}

	fn tokens_of_prompt(&self, tokenizer: Option<&Tokenizer>) -> Result<Vec<u32>, CliError> {
		if self.ids {
			let words = self.prompt.split_whitespace();
			let ids = words.map(|word| word.parse().map_err(|_| CliError::NoToken(word.into())));
			return ids.collect();
		}
		let Some(tokenizer) = tokenizer else {
			return Ok(self.prompt.bytes().map(u32::from).collect());
		};
		let ids = tokenizer.encode(&self.prompt)?;
		Ok(match tokenizer.end_of_text() {
			// A text begins behind the end of another one.
			Some((_, end)) if ids.is_empty() => vec![end],
			_ => ids,
		})
	}
}
