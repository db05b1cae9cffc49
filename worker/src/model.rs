//! Models as users keep them: safetensors and a JSON config, and back.

mod describe;
mod error;
pub mod import;
mod merge;
mod peft;
mod tensors;
mod text;
mod tokenizer;

use std::{
	fs,
	path::{Path, PathBuf},
};

use assay_engine::Params;
use assay_numerics::{lower, Adapter, Loss, Model, Root};
use assay_protocol::Plan;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::{
	error::ModelError,
	merge::write_merged,
	text::printable,
	tokenizer::{add_tokenizer, check_tokenizer, tokenizer_for, tokenizer_of, TOKENIZER_FILE},
};
use crate::{plan_file::PlanFile, roots::Hex32};

/// The file of the parameters.
pub const TENSORS_FILE: &str = "model.safetensors";
/// The file of everything else.
pub const CONFIG_FILE: &str = "config.json";

/// The config: what other programs read of the model, and our record.
#[derive(Debug, Serialize, Deserialize)]
struct Config {
	#[serde(flatten)]
	model: Map<String, Value>,
	assay: Record,
}

impl Config {
	/// Compares what the config says of the model with the recorded plan.
	///
	/// # Errors
	/// A plan that is none, and the first key that says something else.
	fn check_described(&self) -> Result<(), String> {
		let step = self.assay.plan.step_plan();
		let step = step.map_err(|error| error.to_string())?;
		for (key, expected) in describe::describe(&step.model) {
			let found = self.model.get(&key).unwrap_or(&Value::Null);
			// Numbers are compared as they are read from a text.
			let expected: Value = serde_json::from_str(&expected.to_string()).unwrap_or(expected);
			if *found != expected {
				return Err(format!("{key} is {found}, but the plan says {expected}"));
			}
		}
		Ok(())
	}
}

/// What is recorded about a model. `assay model eval` checks all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
	/// The plan, without terms.
	pub plan: PlanFile,
	/// The root of the parameters.
	pub checkpoint: Hex32,
	/// The loss on the held-out set, in 2^-24 nats: what the chain holds.
	pub loss_fixed: u64,
	/// The same in nats, for people.
	pub loss: f64,
	/// The job, if one trained it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub job: Option<u64>,
	/// The rounds it was trained for.
	pub rounds: u32,
	/// BLAKE3 of the tokenizer beside it, if it was exported with one.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub tokenizer: Option<Hex32>,
}

/// Which file has a model's parameters, and what is put before their names.
struct FileLayout {
	file: &'static str,
	prefix: &'static str,
}

impl FileLayout {
	/// Adapters are laid out as others expect them, whole models as well.
	fn of(model: &Model) -> Self {
		match adapter_of(model) {
			Some(_) => Self {
				file: peft::TENSORS_FILE,
				prefix: peft::PREFIX,
			},
			None => Self {
				file: TENSORS_FILE,
				prefix: "",
			},
		}
	}
}

/// The adapters that are trained instead of the model, if they are.
pub fn adapter_of(model: &Model) -> Option<&Adapter> {
	match model {
		Model::Gpt(model) => model.adapter.as_ref(),
		_ => None,
	}
}

/// Where a model comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
	/// The job, if one trained it.
	pub job: Option<u64>,
	/// The rounds it was trained for.
	pub rounds: u32,
	/// Its loss on the held-out set.
	pub loss: Loss,
}

/// Writes a model into a directory. Adapters are written without the model that they belong to, whose
/// root is in the recorded plan.
pub fn write(dir: &Path, plan: &Plan, params: &Params, origin: Origin) -> Result<(), ModelError> {
	let config = Config {
		model: describe::describe(&plan.step.model),
		assay: Record {
			checkpoint: Hex32(params.root()),
			loss_fixed: origin.loss.0,
			loss: origin.loss.to_nats(),
			job: origin.job,
			rounds: origin.rounds,
			tokenizer: None,
			plan: PlanFile::of(plan),
		},
	};
	let at = |name: &str| dir.join(name);
	let io = |path: PathBuf| move |source| ModelError::Io { path, source };
	check_place(dir)?;
	fs::create_dir_all(dir).map_err(io(dir.to_owned()))?;
	// One that lies there belongs to what was there: the model's own comes after it.
	match fs::remove_file(at(TOKENIZER_FILE)) {
		Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
			return Err(io(at(TOKENIZER_FILE))(error))
		}
		_ => {}
	}
	let layout = FileLayout::of(&plan.step.model);
	let tensors_path = at(layout.file);
	let bad = |reason| ModelError::Tensors {
		path: tensors_path.clone(),
		reason,
	};
	let program = lower(&plan.step).map_err(|error| bad(error.to_string()))?;
	let bytes = tensors::write(&program, params, layout.prefix).map_err(bad)?;
	write_file(&tensors_path, &bytes)?;
	if let Some(adapter) = adapter_of(&plan.step.model) {
		write_json(&at(peft::CONFIG_FILE), &peft::config(adapter))?;
	}
	config.write(&at(CONFIG_FILE))
}

/// Refuses a directory that holds a model which another program wrote: it is not ours to replace.
///
/// # Errors
/// [`ModelError::NotOurs`].
pub fn check_place(dir: &Path) -> Result<(), ModelError> {
	let path = dir.join(CONFIG_FILE);
	let config = fs::read(&path).ok();
	let ours = |bytes: &Vec<u8>| {
		let config = serde_json::from_slice::<Map<String, Value>>(bytes);
		config.is_ok_and(|config| config.contains_key("assay"))
	};
	match config {
		Some(bytes) if !ours(&bytes) => Err(ModelError::NotOurs(path)),
		_ => Ok(()),
	}
}

/// Writes a file beside its place and then puts it there: it is there whole, or as it was.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
	let mut name = path.file_name().unwrap_or_default().to_owned();
	name.push(".part");
	let part = path.with_file_name(name);
	let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
	written.map_err(|source| ModelError::Io {
		path: path.to_owned(),
		source,
	})
}

/// Writes a JSON file for people and programs.
fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ModelError> {
	let json = serde_json::to_string_pretty(value).map_err(|error| ModelError::Config {
		path: path.to_owned(),
		reason: error.to_string(),
	})?;
	write_file(path, (json + "\n").as_bytes())
}

impl Config {
	fn read(path: &Path) -> Result<Self, ModelError> {
		let text = fs::read_to_string(path).map_err(|source| ModelError::Io {
			path: path.to_owned(),
			source,
		})?;
		serde_json::from_str(&text).map_err(|error| ModelError::Config {
			path: path.to_owned(),
			reason: error.to_string(),
		})
	}

	fn write(&self, path: &Path) -> Result<(), ModelError> {
		write_json(path, self)
	}
}

/// Reads a model and checks that its parameters are the recorded ones, and that the config describes
/// the model of the recorded plan.
pub fn read(dir: &Path) -> Result<(Record, Plan, Params), ModelError> {
	let config_path = dir.join(CONFIG_FILE);
	let io = |path: &Path| {
		let path = path.to_owned();
		move |source| ModelError::Io { path, source }
	};
	let config = Config::read(&config_path)?;
	let wrong = |reason| ModelError::Config {
		path: config_path.clone(),
		reason,
	};
	let plan = config.assay.plan.plan(None)?;
	config.check_described().map_err(wrong)?;
	let record = config.assay;
	let layout = FileLayout::of(&plan.step.model);
	let tensors_path = dir.join(layout.file);
	let bytes = fs::read(&tensors_path).map_err(io(&tensors_path))?;
	let bad = |reason| ModelError::Tensors {
		path: tensors_path.clone(),
		reason,
	};
	let program = lower(&plan.step).map_err(|error| bad(error.to_string()))?;
	let params = tensors::read(&program, &bytes, layout.prefix).map_err(bad)?;
	let found: Root = params.root();
	if Hex32(found) != record.checkpoint {
		return Err(ModelError::Root {
			path: tensors_path,
			found: Hex32(found),
			recorded: record.checkpoint,
		});
	}
	Ok((record, plan, params))
}

/// Compares a loss with the recorded one, bit by bit.
pub fn check_loss(record: &Record, found: Loss) -> Result<(), ModelError> {
	if found.0 == record.loss_fixed {
		return Ok(());
	}
	Err(ModelError::Loss {
		found: found.to_nats(),
		found_fixed: found.0,
		recorded: Loss(record.loss_fixed).to_nats(),
		recorded_fixed: record.loss_fixed,
	})
}
