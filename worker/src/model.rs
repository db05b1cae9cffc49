//! Models as users keep them: safetensors and a JSON config, and back.

mod tensors;

use std::{
	fs, io,
	path::{Path, PathBuf},
};

use assay_engine::Params;
use assay_numerics::{lower, Loss, Root};
use assay_protocol::Plan;
use serde::{Deserialize, Serialize};

use crate::{
	plan_file::{ModelFile, PlanFile, PlanFileError},
	roots::Hex32,
};

/// The file of the parameters.
pub const TENSORS_FILE: &str = "model.safetensors";
/// The file of everything else.
pub const CONFIG_FILE: &str = "config.json";

/// What the config says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
	/// `byte_mlp`.
	pub model_type: String,
	/// Tokens: the 256 bytes.
	pub vocab_size: u32,
	/// Bytes that a prediction sees.
	pub context_length: u32,
	/// Width of a byte's embedding.
	pub embedding_size: u32,
	/// Widths of the hidden layers.
	pub hidden_sizes: Vec<u32>,
	/// Between the layers.
	pub hidden_act: String,
	/// How dense weights lie: rows are inputs.
	pub weight_layout: String,
	/// The precision of the parameters.
	pub torch_dtype: String,
	/// Where the model comes from, and what is recorded about it.
	pub assay: Record,
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

/// Why a model cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
	/// A file cannot be read or written.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The config is not one of ours.
	#[error("{path}: {reason}: export the model again with `assay model export`")]
	Config {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// The parameters are not a model of the config.
	#[error("{path}: {reason}: export the model again with `assay model export`")]
	Tensors {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// The parameters have another root.
	#[error("{path}: its parameters have the root {found}, but {recorded} is recorded: the file was changed; export the model again")]
	Root {
		/// The file.
		path: PathBuf,
		/// The root of what it holds.
		found: Hex32,
		/// The root in the config.
		recorded: Hex32,
	},
	/// The model has another loss.
	#[error("the loss is {found} ({found_fixed} x 2^-24), but {recorded} ({recorded_fixed} x 2^-24) is recorded: the record is wrong, or this machine computes wrongly")]
	Loss {
		/// In nats.
		found: f64,
		/// As the chain counts.
		found_fixed: u64,
		/// What the config says, in nats.
		recorded: f64,
		/// What the config says, as the chain counts.
		recorded_fixed: u64,
	},
	/// The plan in the config is none.
	#[error(transparent)]
	Plan(#[from] PlanFileError),
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
	let plan_file = PlanFile::of(plan);
	let ModelFile::ByteMlp {
		context,
		embedding,
		hidden,
	} = &plan_file.model;
	let config = ModelConfig {
		model_type: "byte_mlp".into(),
		vocab_size: 256,
		context_length: (*context).into(),
		embedding_size: (*embedding).into(),
		hidden_sizes: hidden.iter().map(|width| u32::from(*width)).collect(),
		hidden_act: "relu".into(),
		weight_layout: "in_out".into(),
		torch_dtype: "float32".into(),
		assay: Record {
			checkpoint: Hex32(params.root()),
			loss_fixed: origin.loss.0,
			loss: origin.loss.to_nats(),
			job: origin.job,
			rounds: origin.rounds,
			plan: plan_file,
		},
	};
	let at = |name: &str| dir.join(name);
	let io = |path: PathBuf| move |source| ModelError::Io { path, source };
	fs::create_dir_all(dir).map_err(io(dir.to_owned()))?;
	let program = lower(&plan.step).map_err(|error| ModelError::Tensors {
		path: at(TENSORS_FILE),
		reason: format!("{error:?}"),
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

/// Reads a model and checks that its parameters are the recorded ones.
pub fn read(dir: &Path) -> Result<(ModelConfig, Plan, Params), ModelError> {
	let (tensors_path, config_path) = (dir.join(TENSORS_FILE), dir.join(CONFIG_FILE));
	let io = |path: &Path| {
		let path = path.to_owned();
		move |source| ModelError::Io { path, source }
	};
	let text = fs::read_to_string(&config_path).map_err(io(&config_path))?;
	let config: ModelConfig = serde_json::from_str(&text).map_err(|error| ModelError::Config {
		path: config_path.clone(),
		reason: error.to_string(),
	})?;
	let plan = config.assay.plan.plan(None)?;
	let bytes = fs::read(&tensors_path).map_err(io(&tensors_path))?;
	let bad = |reason| ModelError::Tensors {
		path: tensors_path.clone(),
		reason,
	};
	let program = lower(&plan.step).map_err(|error| bad(format!("{error:?}")))?;
	let params = tensors::read(&program, &bytes).map_err(bad)?;
	let found: Root = params.root();
	if Hex32(found) != config.assay.checkpoint {
		return Err(ModelError::Root {
			path: tensors_path,
			found: Hex32(found),
			recorded: config.assay.checkpoint,
		});
	}
	Ok((config, plan, params))
}

/// Compares a loss with the recorded one, bit by bit.
pub fn check_loss(config: &ModelConfig, found: Loss) -> Result<(), ModelError> {
	if found.0 == config.assay.loss_fixed {
		return Ok(());
	}
	Err(ModelError::Loss {
		found: found.to_nats(),
		found_fixed: found.0,
		recorded: Loss(config.assay.loss_fixed).to_nats(),
		recorded_fixed: config.assay.loss_fixed,
	})
}
