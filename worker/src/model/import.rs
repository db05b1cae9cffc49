//! Models to train adapters on: directories of the Llama family as others keep them, and our own.
//!
//! Nothing is believed and nothing is guessed: a config whose computation is not exactly one of a
//! plan's decoders is refused, and so is a tensor that is missing, unknown, of another shape or not
//! finite. Tensors are read one by one, so that a model need not fit into memory.

mod config;
mod error;
mod files;
mod number;

use std::path::{Path, PathBuf};

use assay_numerics::{list_root, tensor_root, Gpt, Model, Outline, Root, StepPlan, TensorInfo};

pub use self::error::ImportError;
use self::files::Files;
use super::{tensors, CONFIG_FILE};
use crate::{
	plan_file::{
		AdapterFile, DecayFile, GptFile, ModelFile, OptimiserFile, PlanFile, PlanFileError, PROFILE,
	},
	roots::Hex32,
};

/// Sequences of a step of the plan that is written for a model.
const BATCH: u32 = 4;
/// Steps of its tasks.
const STEPS: u32 = 64;
/// Steps of a segment: 16 segments a task, so that a job\'s checks cost a newcomer little.
const STRIDE: u32 = STEPS / 16;
/// Held-out examples, where so many are allowed.
const EVAL_EXAMPLES: u64 = 64;
/// Rows of held-out examples that a plan may have.
const EVAL_ROWS: u64 = assay_protocol::limits::MAX_EVAL_ROWS as u64;

/// A directory with a model, its config and the headers of its files read and checked.
#[derive(Debug)]
pub struct Source {
	config: PathBuf,
	file: GptFile,
	model: Gpt,
	infos: Vec<TensorInfo>,
	files: Files,
	/// What an export of ours says its root is.
	recorded: Option<Hex32>,
}

impl Source {
	/// Opens a directory with a `config.json` and safetensors, in one file or several.
	///
	/// The model gets this context, or else its own; a shorter one than its own is fine for any model
	/// whose positions are rotary.
	///
	/// # Errors
	/// An [`ImportError`] for everything but the numbers themselves, which [`tensor`](Self::tensor)
	/// looks at.
	pub fn open(dir: &Path, context: Option<u64>) -> Result<Self, ImportError> {
		let config = dir.join(CONFIG_FILE);
		let (file, recorded) = config::read(&config, context)?;
		let (model, infos) = frozen_of(&file).map_err(|reason| ImportError::Refused {
			path: config.clone(),
			reason,
		})?;
		let files = Files::open(dir)?;
		files.check(&infos)?;
		Ok(Self {
			config,
			file,
			model,
			infos,
			files,
			recorded,
		})
	}

	/// The model, without adapters.
	pub fn model(&self) -> &Gpt {
		&self.model
	}

	/// The same as a plan file writes it.
	pub fn file(&self) -> &GptFile {
		&self.file
	}

	/// The config that was read.
	pub fn config(&self) -> &Path {
		&self.config
	}

	/// How many tensors the model has.
	pub fn tensors(&self) -> usize {
		self.infos.len()
	}

	/// Numbers of all tensors together.
	pub fn parameters(&self) -> u64 {
		self.infos.iter().map(|info| info.layout.elements()).sum()
	}

	/// Canonical bytes of all tensors together.
	pub fn bytes(&self) -> u64 {
		self.infos.iter().map(|info| info.layout.bytes()).sum()
	}

	/// The canonical bytes of the tensor at this place of the checkpoint; none behind the last.
	///
	/// # Errors
	/// A file that cannot be read, and the first number that is not finite or not below 2^50.
	pub fn tensor(&self, place: usize) -> Result<Vec<u8>, ImportError> {
		let Some(info) = self.infos.get(place) else {
			return Ok(Vec::new());
		};
		let plain = self.files.read(info)?;
		Ok(tensors::tile(info, &plain))
	}

	/// The root of the model. Reads all of it.
	///
	/// # Errors
	/// As [`tensor`](Self::tensor), and a record of ours that says another root.
	pub fn root(&self) -> Result<Root, ImportError> {
		let mut roots = Vec::with_capacity(self.infos.len());
		for place in 0..self.infos.len() {
			roots.push(tensor_root(&self.tensor(place)?));
		}
		let root = list_root(&roots);
		self.check_root(root)?;
		Ok(root)
	}

	/// Compares a root with the recorded one, if there is one.
	///
	/// # Errors
	/// Another root.
	pub fn check_root(&self, root: Root) -> Result<(), ImportError> {
		match self.recorded {
			Some(recorded) if recorded.0 != root => Err(ImportError::Root {
				path: self.config.clone(),
				found: Hex32(root),
				recorded,
			}),
			_ => Ok(()),
		}
	}

	/// A plan file that trains adapters of the model: without data, which `--data` names, and without
	/// terms, which only a job needs.
	pub fn plan(&self, base: Root, rank: u64, scale: &str) -> PlanFile {
		plan_of(&self.file, base, rank, scale)
	}
}

/// The model of a file and its tensors, if a plan could train adapters of it.
fn frozen_of(file: &GptFile) -> Result<(Gpt, Vec<TensorInfo>), String> {
	let step = checked(&plan_of(file, [0; 32], 16, "1"))?;
	let outline = Outline::new(&step).map_err(|error| error.to_string())?;
	let infos = (0..outline.frozen_count()).map(|place| outline.tensor(outline.frozen(place)));
	let infos = infos.flatten().collect();
	match step.model {
		Model::Gpt(model) => Ok((
			Gpt {
				adapter: None,
				..model
			},
			infos,
		)),
		_ => Err("it is no decoder".into()),
	}
}

fn checked(plan: &PlanFile) -> Result<StepPlan, String> {
	plan.step_plan().map_err(|error| match error {
		// Without the advice to change a plan file that nobody has written.
		PlanFileError::Step(reason) => reason,
		error => error.to_string(),
	})
}

fn plan_of(file: &GptFile, base: Root, rank: u64, scale: &str) -> PlanFile {
	let examples = EVAL_ROWS.checked_div(file.context).unwrap_or(0);
	let eval_rows = u32::try_from(examples.min(EVAL_EXAMPLES)).unwrap_or(u32::MAX);
	PlanFile {
		model: ModelFile::Gpt(GptFile {
			adapter: Some(AdapterFile {
				rank,
				scale: scale.into(),
				base: Hex32(base),
			}),
			..file.clone()
		}),
		optimiser: OptimiserFile::AdamW {
			learning_rate: "0.0005".into(),
			beta1: "0.9".into(),
			beta2: "0.99".into(),
			epsilon: "1e-8".into(),
			weight_decay: "0".into(),
			warmup: 16,
			decay: None::<DecayFile>,
			clip: Some("1".into()),
		},
		batch: BATCH,
		loss_scale: 0,
		profile: PROFILE.into(),
		steps: STEPS,
		stride: Some(STRIDE),
		seed: Hex32(*blake3::hash(b"assay/adapters").as_bytes()),
		eval_rows,
		data: None,
		parent: None,
		terms: None,
	}
}
