//! Models as users keep them: safetensors and a JSON config, and back.

mod describe;
mod error;
mod tensors;
mod text;

use std::{
	fs,
	path::{Path, PathBuf},
};

use assay_engine::Params;
use assay_numerics::{lower, Loss, Root};
use assay_protocol::Plan;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::{error::ModelError, text::printable};
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

/// Writes a model into a directory.
pub fn write(dir: &Path, plan: &Plan, params: &Params, origin: Origin) -> Result<(), ModelError> {
	let config = Config {
		model: describe::describe(&plan.step.model),
		assay: Record {
			checkpoint: Hex32(params.root()),
			loss_fixed: origin.loss.0,
			loss: origin.loss.to_nats(),
			job: origin.job,
			rounds: origin.rounds,
			plan: PlanFile::of(plan),
		},
	};
	let at = |name: &str| dir.join(name);
	let io = |path: PathBuf| move |source| ModelError::Io { path, source };
	fs::create_dir_all(dir).map_err(io(dir.to_owned()))?;
	let program = lower(&plan.step).map_err(|error| ModelError::Tensors {
		path: at(TENSORS_FILE),
		reason: error.to_string(),
	})?;
	let bytes = tensors::write(&program, params).map_err(|reason| ModelError::Tensors {
		path: at(TENSORS_FILE),
		reason,
	})?;
	fs::write(at(TENSORS_FILE), bytes).map_err(io(at(TENSORS_FILE)))?;
	let json = serde_json::to_string_pretty(&config).map_err(|error| ModelError::Config {
		path: at(CONFIG_FILE),
		reason: error.to_string(),
	})?;
	fs::write(at(CONFIG_FILE), json + "\n").map_err(io(at(CONFIG_FILE)))
}

/// Reads a model and checks that its parameters are the recorded ones, and that the config describes
/// the model of the recorded plan.
pub fn read(dir: &Path) -> Result<(Record, Plan, Params), ModelError> {
	let (tensors_path, config_path) = (dir.join(TENSORS_FILE), dir.join(CONFIG_FILE));
	let io = |path: &Path| {
		let path = path.to_owned();
		move |source| ModelError::Io { path, source }
	};
	let text = fs::read_to_string(&config_path).map_err(io(&config_path))?;
	let wrong = |reason| ModelError::Config {
		path: config_path.clone(),
		reason,
	};
	let config: Config = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
	let record = config.assay;
	let plan = record.plan.plan(None)?;
	for (key, expected) in describe::describe(&plan.step.model) {
		let found = config.model.get(&key).unwrap_or(&Value::Null);
		// Numbers are compared as they are read from a text.
		let expected: Value = serde_json::from_str(&expected.to_string()).unwrap_or(expected);
		if *found != expected {
			return Err(wrong(format!(
				"{key} is {found}, but the plan says {expected}"
			)));
		}
	}
	let bytes = fs::read(&tensors_path).map_err(io(&tensors_path))?;
	let bad = |reason| ModelError::Tensors {
		path: tensors_path.clone(),
		reason,
	};
	let program = lower(&plan.step).map_err(|error| bad(error.to_string()))?;
	let params = tensors::read(&program, &bytes).map_err(bad)?;
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
