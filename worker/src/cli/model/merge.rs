//! `assay model merge`.

use std::{fs, path::PathBuf};

use serde_json::json;

use crate::{
	base::BaseError,
	cli::{
		args::{OutputArgs, StoreArgs},
		base::BaseArgs,
		output::print,
		CliError,
	},
	compute::{check_memory, off_thread},
	model::{self, CONFIG_FILE, TENSORS_FILE, TOKENIZER_FILE},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Merge {
	/// The directory of the exported adapters.
	adapters: PathBuf,
	/// Where to write the model.
	#[arg(long, value_name = "DIR")]
	out: PathBuf,
	#[command(flatten)]
	base: BaseArgs,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Merge {
	pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
		for name in [CONFIG_FILE, TENSORS_FILE] {
			let path = self.out.join(name);
			if path.exists() {
				return Err(CliError::FileThere(path));
			}
		}
		let (record, plan, adapters) = model::read(&self.adapters)?;
		let tokenizer = match record.tokenizer {
			Some(_) => model::tokenizer_of(&self.adapters, &record, &plan)?,
			None => None,
		};
		let base = self.base.find(&plan, &self.store.open()).await?;
		let base = base.ok_or(BaseError::NotAdapters(self.adapters))?;
		// The merged numbers, and the file that is made of them.
		let bytes: usize = base.tensors().map(<[u8]>::len).sum();
		check_memory(2 * bytes as u64)?;
		let out = self.out.clone();
		off_thread(move || model::write_merged(&out, &plan, &base, &adapters)).await?;
		if let Some(tokenizer) = tokenizer {
			let path = self.out.join(TOKENIZER_FILE);
			fs::write(&path, tokenizer.bytes()).map_err(|source| CliError::Io { path, source })?;
		}
		print(self.output.json, &json!({ "out": self.out }), || {
			format!("wrote the whole model to {}", self.out.display())
		});
		Ok(())
	}
}
