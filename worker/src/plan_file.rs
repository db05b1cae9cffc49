//! Plans and terms as a submitter writes them: JSON.

mod amount;
mod decimal;
mod error;
mod gpt;
mod model;
mod optimiser;
mod positions;
mod terms;
mod words;

use std::{fs, path::Path};

use assay_engine::Engine;
use assay_numerics::{Outline, Profile, StepPlan};
use assay_protocol::{
	check_plan, check_terms, AuditPolicy, Balance, CheckpointRef, DataRef, Plan, Refusal, Terms,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::positions::base_of;
pub use self::{
	amount::{format_asy, parse_amount, AmountError},
	error::PlanFileError,
	gpt::{AdapterFile, GptFile, MlpFile, NormFile},
	model::ModelFile,
	optimiser::{DecayFile, OptimiserFile},
	positions::{PositionsFile, Turn},
	terms::{SharesFile, TermsFile, WindowsFile},
};
use crate::roots::Hex32;

/// The name of the numeric profile.
pub(crate) const PROFILE: &str = "exact-12.1";

/// A plan file. What is left out is found out: data by its file, the parent by the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
	/// The model and its sizes.
	pub model: ModelFile,
	/// The optimiser and its numbers.
	pub optimiser: OptimiserFile,
	/// Examples of one step: sequences of a decoder, rows of other models.
	pub batch: u32,
	/// Exponent of the loss scale.
	#[serde(default)]
	pub loss_scale: u64,
	/// The numeric profile, `exact-12.1`.
	pub profile: String,
	/// Steps of one task.
	pub steps: u32,
	/// Steps of one segment, which is what a validator recomputes: the whole task if it is left out.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub stride: Option<u32>,
	/// The seed of the first checkpoint and of the order of data.
	pub seed: Hex32,
	/// Examples of the held-out set that checkpoints are measured on.
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
		Self {
			model: ModelFile::of(&plan.step.model),
			optimiser: OptimiserFile::of(&plan.step.optimiser),
			batch: plan.step.batch,
			loss_scale: plan.step.loss_scale.into(),
			profile: match plan.step.profile {
				Profile::Exact12V1 => PROFILE.into(),
			},
			steps: plan.steps,
			stride: (plan.stride != plan.steps).then_some(plan.stride),
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

	/// One step's plan, as the numerics see it, its numbers checked.
	pub fn step_plan(&self) -> Result<StepPlan, PlanFileError> {
		if self.profile != PROFILE {
			return Err(PlanFileError::Profile(self.profile.clone()));
		}
		let step = StepPlan {
			model: self.model.model()?,
			optimiser: self.optimiser.optimiser()?,
			batch: self.batch,
			loss_scale: model::count("loss_scale", self.loss_scale)?,
			profile: Profile::Exact12V1,
		};
		Outline::new(&step).map_err(|error| PlanFileError::Step(words::of_step(&error)))?;
		Ok(step)
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
		let engine =
			Engine::new(&step, 1).map_err(|error| PlanFileError::Engine(error.to_string()))?;
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
			stride: self.stride.unwrap_or(self.steps),
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
		let facts = check_plan(plan).map_err(refused)?;
		let terms = file.terms(&facts)?;
		let money = check_terms(&terms, &facts, &AuditPolicy::STRICT).map_err(refused)?;
		Ok((terms, money.escrow))
	}
}

fn refused(refusal: Refusal) -> PlanFileError {
	PlanFileError::Refused(words::of_refusal(&refusal))
}
