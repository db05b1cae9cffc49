//! Refusals in the words of a plan file.

use assay_numerics::{Field, PlanError};
use assay_protocol::{limits::MAX_SEGMENTS, Refusal};

use super::format_asy;

/// A number of the step that is out of bounds: the field as the file calls it, value and bound.
pub(super) fn of_step(error: &PlanError) -> String {
	let text = error.to_string();
	match field_of(error) {
		Some(field) => {
			// The error begins with the field's name in the rules.
			let rest = text.strip_prefix(&format!("{field:?} ")).unwrap_or(&text);
			format!("{}: {rest}", name(field))
		}
		None => text,
	}
}

/// What the rules of a job refuse: the field, value and bound.
pub(super) fn of_refusal(refusal: &Refusal) -> String {
	match refusal {
		Refusal::PlanNotLowered(error) => of_step(error),
		Refusal::StepsOutOfRange { steps, most } => {
			format!("steps: is {steps}, not in 1..={most}")
		}
		Refusal::StrideOutOfRange {
			stride,
			least,
			most,
		} => format!(
			"stride: is {stride}, not in {least}..={most} for these steps: a task has at most {MAX_SEGMENTS} segments"
		),
		Refusal::EvalRowsOutOfRange { rows, least, most } => {
			format!("eval_rows: is {rows}, not in {least}..={most} for this model")
		}
		Refusal::DataNotWholeItems { bytes, item_bytes } => {
			format!("data: {bytes} bytes are not a multiple of {item_bytes}, a token or record")
		}
		Refusal::DataHoldsNoExample { items, least } => format!(
			"data: the last sixteenth holds {items} tokens or records, and an example needs {least}"
		),
		Refusal::CheckpointTooLarge { bytes, most } => {
			format!(
				"model: a checkpoint of {bytes} bytes is more than {most}: take a smaller model"
			)
		}
		Refusal::BaseTooLarge { bytes, most } => format!(
			"model: a base of {bytes} bytes is more than {most}: train adapters of a smaller model"
		),
		Refusal::StepTooLarge { elements, most } => format!(
			"batch: a step has a tensor of {elements} elements, more than {most}: take a smaller batch"
		),
		Refusal::WindowOutOfRange {
			window,
			blocks,
			least,
			most,
		} => format!(
			"terms.windows.{}: is {blocks}, not in {least}..={most} blocks",
			format!("{window:?}").to_lowercase()
		),
		Refusal::QuorumOutOfRange {
			quorum,
			least,
			most,
		} => format!("terms.quorum: is {quorum}, not in {least}..={most} for this committee"),
		Refusal::AuditBillAbovePool { bill, pool } => format!(
			"terms.shares: verdicts can cost {} a round and have {}: raise validation, or leave shares out",
			format_asy(*bill),
			format_asy(*pool)
		),
		Refusal::AuditFloorOutOfRange { floor_ppm, most } => format!(
			"terms.audit_floor: is {floor_ppm}, not in 1..={most} parts per million"
		),
		Refusal::AuditRepeatsTooMuch { floor_ppm, most } => format!(
			"terms.audit_floor: {floor_ppm} parts per million repeat more than 8 % of the work: at most \
			{most} with this committee and stride, or leave it out"
		),
		Refusal::CheckAbovePrice { fees, most } => format!(
			"stride: the check of a task costs its provider up to {}, more than the task's {}: take a \
			shorter stride, so that a task has more segments, or a smaller terms.committee",
			format_asy(*fees),
			format_asy(*most)
		),
		Refusal::StakeDoesNotDeter { stake, least } => format!(
			"terms.task_stake: {} does not deter from wrong work: at least {}, or leave it out; more \
			frequent checks, fewer segments or a lower price and harm need less",
			format_asy(*stake),
			format_asy(*least)
		),
		other => format!("{other:?}"),
	}
}

fn field_of(error: &PlanError) -> Option<Field> {
	match *error {
		PlanError::CountOutOfRange { field, .. }
		| PlanError::NotWholeTiles { field, .. }
		| PlanError::ExponentOutOfRange { field, .. }
		| PlanError::DecimalOutOfRange { field, .. }
		| PlanError::DecimalNotBelow { field, .. }
		| PlanError::DecimalNotPositive { field, .. }
		| PlanError::NotDivisor { field, .. } => Some(field),
		PlanError::TooFewHiddenLayers { .. } | PlanError::TooManyTensors { .. } => None,
	}
}

/// A field as the file calls it.
fn name(field: Field) -> String {
	let name = match field {
		Field::Hidden(layer) => return format!("hidden[{layer}]"),
		Field::Context => "context",
		Field::Embedding => "embedding",
		Field::Batch => "batch",
		Field::LearningRate => "learning_rate",
		Field::Beta1 => "beta1",
		Field::Beta2 => "beta2",
		Field::Epsilon => "epsilon",
		Field::WeightDecay => "weight_decay",
		Field::Warmup => "warmup",
		Field::DecaySteps => "decay.steps",
		Field::DecayFloor => "decay.floor",
		Field::Clip => "clip",
		Field::LossScale => "loss_scale",
		Field::Rows => "batch times context",
		Field::Inputs => "inputs",
		Field::Classes => "classes",
		Field::Vocabulary => "vocabulary",
		Field::Width => "width",
		Field::Layers => "layers",
		Field::Heads => "heads",
		Field::KvHeads => "kv_heads",
		Field::Head => "head",
		Field::FeedForward => "feed_forward",
		Field::NormEpsilon => "norm_epsilon",
		Field::Turns => "turns",
		Field::Rank => "adapter.rank",
		Field::AdapterScale => "adapter.scale",
	};
	name.into()
}
