//! Plans and terms as a submitter writes them: JSON.

mod amount;
mod decimal;
mod error;

use std::{fs, path::Path};

use assay_engine::Engine;
use assay_numerics::{AdamW, ByteMlp, Model, Optimiser, Profile, StepPlan};
use assay_protocol::{
	check_plan, check_terms, Balance, CheckpointRef, DataRef, Plan, Refusal, Shares, Terms, Windows,
};
use serde::{Deserialize, Serialize};

pub use self::{
	amount::{format_asy, parse_amount, AmountError},
	error::PlanFileError,
};
use crate::roots::Hex32;

/// The name of the numeric profile.
const PROFILE: &str = "exact-12.1";

/// A plan file. What is left out is found out: data by its file, the parent by the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
	/// The model and its sizes.
	pub model: ModelFile,
	/// The optimiser and its numbers.
	pub optimiser: OptimiserFile,
	/// Rows of one step.
	pub batch: u32,
	/// The numeric profile, `exact-12.1`.
	pub profile: String,
	/// Steps of one task.
	pub steps: u32,
	/// The seed of the first checkpoint and of the order of data.
	pub seed: Hex32,
	/// Rows of the held-out set that checkpoints are measured on.
	pub eval_rows: u32,
	/// The data, if the file is to say it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub data: Option<DataFileRef>,
	/// The first checkpoint, if the file is to say it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub parent: Option<Hex32>,
	/// Money and time, for jobs.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub terms: Option<TermsFile>,
}

/// The root and the length of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFileRef {
	/// BLAKE3 of the bytes.
	pub root: Hex32,
	/// Their number.
	pub bytes: u64,
}

/// The model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelFile {
	/// Embedding of the last bytes, dense layers, softmax over 256 bytes.
	ByteMlp {
		/// Bytes that it sees.
		context: u16,
		/// Width of a byte's embedding.
		embedding: u16,
		/// Widths of the hidden layers.
		hidden: Vec<u16>,
	},
}

/// The optimiser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OptimiserFile {
	/// AdamW with decoupled weight decay and a linear warm-up.
	AdamW {
		/// Step size after the warm-up.
		learning_rate: String,
		/// Decay of the first moment.
		beta1: String,
		/// Decay of the second moment.
		beta2: String,
		/// Keeps the quotient finite.
		epsilon: String,
		/// Decay of matrices.
		weight_decay: String,
		/// Steps until the full step size, over the whole job.
		warmup: u32,
	},
}

/// Money and time. Amounts are integers of the smallest unit, or `2.5 ASY`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
	missing_docs,
	reason = "the fields are those of `assay_protocol::Terms`"
)]
pub struct TermsFile {
	pub price: String,
	pub task_stake: String,
	pub tasks: u32,
	pub rounds: u32,
	pub providers: u32,
	pub committee: u32,
	pub quorum: u32,
	pub windows: WindowsFile,
	pub shares: SharesFile,
}

/// How long phases last, in blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
	missing_docs,
	reason = "the fields are those of `assay_protocol::Windows`"
)]
pub struct WindowsFile {
	pub open: u32,
	pub train: u32,
	pub reveal: u32,
	pub assay: u32,
	pub unseal: u32,
	pub close: u32,
}

/// How the budget is split, in parts per million.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
	missing_docs,
	reason = "the fields are those of `assay_protocol::Shares`"
)]
pub struct SharesFile {
	pub compute: u32,
	pub data: u32,
	pub validation: u32,
}

impl PlanFile {
	/// Reads a plan file.
	pub fn read(path: &Path) -> Result<Self, PlanFileError> {
		let text = fs::read_to_string(path).map_err(|source| PlanFileError::Io {
			path: path.to_owned(),
			source,
		})?;
		serde_json::from_str(&text).map_err(|error| PlanFileError::Json {
			path: path.to_owned(),
			reason: error.to_string(),
		})
	}

	/// The file that says the same as a plan.
	pub fn of(plan: &Plan) -> Self {
		let Model::ByteMlp(model) = &plan.step.model;
		let Optimiser::AdamW(adam) = &plan.step.optimiser;
		Self {
			model: ModelFile::ByteMlp {
				context: model.context,
				embedding: model.embedding,
				hidden: model.hidden.to_vec(),
			},
			optimiser: OptimiserFile::AdamW {
				learning_rate: decimal::format(adam.learning_rate),
				beta1: decimal::format(adam.beta1),
				beta2: decimal::format(adam.beta2),
				epsilon: decimal::format(adam.epsilon),
				weight_decay: decimal::format(adam.weight_decay),
				warmup: adam.warmup,
			},
			batch: plan.step.batch,
			profile: match plan.step.profile {
				Profile::Exact12V1 => PROFILE.into(),
			},
			steps: plan.steps,
			seed: Hex32(plan.seed),
			eval_rows: plan.eval_rows,
			data: Some(DataFileRef {
				root: Hex32(plan.data.root),
				bytes: plan.data.bytes,
			}),
			parent: Some(Hex32(plan.parent.root)),
			terms: None,
		}
	}

	/// One step's plan, as the numerics see it.
	pub fn step_plan(&self) -> Result<StepPlan, PlanFileError> {
		let ModelFile::ByteMlp {
			context,
			embedding,
			hidden,
		} = &self.model;
		let OptimiserFile::AdamW {
			learning_rate,
			beta1,
			beta2,
			epsilon,
			weight_decay,
			warmup,
		} = &self.optimiser;
		if self.profile != PROFILE {
			return Err(PlanFileError::Profile(self.profile.clone()));
		}
		Ok(StepPlan {
			model: Model::ByteMlp(ByteMlp {
				context: *context,
				embedding: *embedding,
				hidden: hidden
					.clone()
					.try_into()
					.map_err(|_| PlanFileError::Layers(hidden.len()))?,
			}),
			optimiser: Optimiser::AdamW(AdamW {
				learning_rate: decimal::parse("learning_rate", learning_rate)?,
				beta1: decimal::parse("beta1", beta1)?,
				beta2: decimal::parse("beta2", beta2)?,
				epsilon: decimal::parse("epsilon", epsilon)?,
				weight_decay: decimal::parse("weight_decay", weight_decay)?,
				warmup: *warmup,
			}),
			batch: self.batch,
			profile: Profile::Exact12V1,
		})
	}

	/// The whole plan on this data, checked by the rules of the chain, its parent computed.
	pub fn plan(&self, data: Option<DataRef>) -> Result<Plan, PlanFileError> {
		let step = self.step_plan()?;
		let named = self.data.as_ref().map(|data| DataRef {
			root: data.root.0,
			bytes: data.bytes,
		});
		let data = match (named, data) {
			(Some(given), Some(found)) if given != found => {
				return Err(PlanFileError::Data {
					given: Hex32(given.root),
					found: Hex32(found.root),
				});
			}
			(named, found) => named.or(found).ok_or(PlanFileError::NoData)?,
		};
		let engine = Engine::new(&step, 1).map_err(|e| PlanFileError::Engine(e.to_string()))?;
		let first = engine.init(&self.seed.0).root();
		if let Some(given) = self.parent.filter(|given| given.0 != first) {
			return Err(PlanFileError::Parent {
				given,
				expected: Hex32(first),
			});
		}
		let bytes = engine.program().checkpoint_bytes();
		let plan = Plan {
			step,
			data,
			steps: self.steps,
			stride: self.steps,
			parent: CheckpointRef { root: first, bytes },
			seed: self.seed.0,
			eval_rows: self.eval_rows,
		};
		check_plan(&plan).map_err(refused)?;
		Ok(plan)
	}

	/// The terms, checked against the plan, and the escrow they ask for.
	pub fn terms(&self, plan: &Plan) -> Result<(Terms, Balance), PlanFileError> {
		let file = self.terms.as_ref().ok_or(PlanFileError::NoTerms)?;
		let amount = |field, text: &str| {
			parse_amount(text).map_err(|source| PlanFileError::Amount { field, source })
		};
		let terms = Terms {
			price: amount("price", &file.price)?,
			task_stake: amount("task_stake", &file.task_stake)?,
			tasks: file.tasks,
			rounds: file.rounds,
			providers: file.providers,
			committee: file.committee,
			quorum: file.quorum,
			windows: Windows {
				open: file.windows.open,
				train: file.windows.train,
				reveal: file.windows.reveal,
				assay: file.windows.assay,
				unseal: file.windows.unseal,
				close: file.windows.close,
			},
			shares: Shares {
				compute: file.shares.compute,
				data: file.shares.data,
				validation: file.shares.validation,
			},
		};
		let facts = check_plan(plan).map_err(refused)?;
		let money = check_terms(&terms, &facts).map_err(refused)?;
		Ok((terms, money.escrow))
	}
}

fn refused(refusal: Refusal) -> PlanFileError {
	PlanFileError::Refused(format!("{refusal:?}"))
}
