//! `assay model import`.

use std::{fs, path::PathBuf, sync::Arc};

use serde_json::json;

use crate::{
	base,
	cli::{
		args::{OutputArgs, StoreArgs},
		output::print,
		CliError,
	},
	compute::off_thread,
	model::import::Source,
	plan_file::ModelFile,
	roots::Hex32,
	tokenizer::Tokenizer,
};

/// The plan that is written.
const PLAN_FILE: &str = "plan.json";
/// What the model's tokens are: it goes with the plan, because its data are packed with it.
const TOKENIZER_FILE: &str = "tokenizer.json";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Import {
	/// The directory of a model of the Llama family, with config.json and safetensors, or of one that
	/// `assay model export` wrote.
	model: PathBuf,
	/// Positions of a sequence that adapters are trained with: a multiple of 16, at most 4096. Without
	/// it, as many as the model knows.
	#[arg(long, value_name = "COUNT")]
	context: Option<u64>,
	/// Rank of the adapters in the plan that is written: a multiple of 16.
	#[arg(long, value_name = "COUNT", default_value_t = 16)]
	rank: u64,
	/// Their scale, the usual alpha / rank.
	#[arg(long, value_name = "NUMBER", default_value = "2")]
	scale: String,
	/// Where to write a plan that trains adapters of the model, and its tokenizer.json if it has one.
	#[arg(long, value_name = "DIR")]
	out: Option<PathBuf>,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Import {
	pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
		let source = Arc::new(Source::open(&self.model, self.context)?);
		// Whatever is wrong with rank and scale is told before the tensors are read.
		source.plan([0; 32], self.rank, &self.scale).step_plan()?;
		let path = self.place(PLAN_FILE)?;
		let tokenizer = self.model.join(TOKENIZER_FILE);
		let copy = match tokenizer.is_file() {
			true => {
				let model = source
					.plan([0; 32], self.rank, &self.scale)
					.step_plan()?
					.model;
				Tokenizer::read(&tokenizer)?.check_model(&model)?;
				self.place(TOKENIZER_FILE)?
			}
			false => None,
		};
		// All of it is read and found in order before any of it is stored.
		let reader = Arc::clone(&source);
		let root = off_thread(move || reader.root()).await?;
		let stored = base::publish(&self.store.open(), &source).await?;
		// Unless somebody has changed it meanwhile.
		base::check_root(&self.model.display().to_string(), stored, root)?;
		let plan = source.plan(root, self.rank, &self.scale);
		if let Some(copy) = &copy {
			fs::copy(&tokenizer, copy).map_err(|source| CliError::Io {
				path: copy.clone(),
				source,
			})?;
		}
		if let Some(path) = &path {
			let io = |error| CliError::Io {
				path: path.clone(),
				source: error,
			};
			let text = serde_json::to_string_pretty(&plan).map_err(|error| io(error.into()))?;
			fs::write(path, text + "\n").map_err(io)?;
		}
		let value = json!({
			"base": Hex32(root),
			"tensors": source.tensors(),
			"parameters": source.parameters(),
			"bytes": source.bytes(),
			"model": ModelFile::Gpt(source.file().clone()),
			"plan": path,
			"tokenizer": copy,
		});
		print(self.output.json, &value, || {
			let (parameters, tensors) = (source.parameters(), source.tensors());
			let plan = match &path {
				Some(path) => format!("; a plan for adapters of it is in {}", path.display()),
				None => String::new(),
			};
			format!(
				"{} {parameters} parameters in {tensors} tensors are in the store{plan}",
				Hex32(root)
			)
		});
		Ok(())
	}

	/// Where a file is written. One that is there may be somebody's work.
	fn place(&self, name: &str) -> Result<Option<PathBuf>, CliError> {
		let Some(out) = &self.out else {
			return Ok(None);
		};
		let path = out.join(name);
		if path.exists() {
			return Err(CliError::FileThere(path));
		}
		fs::create_dir_all(out).map_err(|source| CliError::Io {
			path: out.clone(),
			source,
		})?;
		Ok(Some(path))
	}
}
