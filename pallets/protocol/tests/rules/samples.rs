//! A valid plan and valid terms, to be spoilt by each test in its own way.

use assay_numerics::{samples::byte_mlp, Classifier, Model, Outline, StepPlan};
use assay_protocol::{
	limits::PPM, AuditPolicy, CheckpointRef, DataRef, JobId, Plan, PlanFacts, SealContext, Shares,
	Terms, Windows,
};

/// One ASY in its smallest unit.
pub(crate) const ASY: u128 = 1_000_000_000_000;

/// A small model that lowers.
pub(crate) fn step() -> StepPlan {
	byte_mlp(8, 16, &[32, 32], 16)
}

/// A classifier of 16 bytes, otherwise as [`step`].
pub(crate) fn classifier() -> StepPlan {
	let model = Model::Classifier(Classifier {
		inputs: 16,
		hidden: vec![16].try_into().expect("one fits"),
		classes: 3,
	});
	StepPlan { model, ..step() }
}

/// A plan that is accepted.
pub(crate) fn plan() -> Plan {
	with_step(step())
}

/// The same with another step.
pub(crate) fn with_step(step: StepPlan) -> Plan {
	let bytes = Outline::new(&step)
		.expect("the sample is in range")
		.checkpoint_bytes();
	Plan {
		step,
		data: DataRef {
			root: [1; 32],
			bytes: 4 << 20,
		},
		steps: 32,
		stride: 32,
		parent: CheckpointRef {
			root: [2; 32],
			bytes,
		},
		seed: [3; 32],
		eval_rows: 1_024,
	}
}

/// What lowering another plan could have told: tasks of one segment.
pub(crate) fn facts() -> PlanFacts {
	PlanFacts {
		task_flops: 32_000,
		segment_flops: 32_000,
		segments: 1,
		checkpoint_bytes: 4_096,
	}
}

/// Terms that are accepted with [`policy`]. Every task is drawn: three of three verdicts at the
/// highest bonus cost 3.75 prices a task, fetching 1.5 % more, and 800,000 / 200,000 = 4 prices a
/// task are there for them.
pub(crate) fn terms() -> Terms {
	Terms {
		price: ASY,
		task_stake: 10 * ASY,
		tasks: 3,
		rounds: 4,
		providers: 3,
		committee: 3,
		quorum: 2,
		audit_floor_ppm: PPM,
		harm: 0,
		windows: windows(),
		shares: Shares {
			compute: 200_000,
			data: 0,
			validation: 800_000,
		},
	}
}

/// Asks as little as a policy can: nobody is adversarial, a slashed stake is burned as a whole, and
/// checks may repeat and cost anything.
pub(crate) fn policy() -> AuditPolicy {
	AuditPolicy {
		adversary_ppm: 0,
		burned_ppm: PPM,
		max_flops_ppm: u32::MAX,
		max_check_ppm: u32::MAX,
	}
}

/// Tasks of four segments.
pub(crate) fn quarters() -> PlanFacts {
	PlanFacts {
		segment_flops: 8_000,
		segments: 4,
		..facts()
	}
}

/// Terms that are accepted with [`AuditPolicy::STRICT`] of tasks like [`quarters`]: a tenth of them
/// is drawn, and a stake of 123 prices deters.
pub(crate) fn strict_terms() -> Terms {
	Terms {
		task_stake: 130 * ASY,
		audit_floor_ppm: 100_000,
		shares: Shares {
			compute: 500_000,
			data: 0,
			validation: 500_000,
		},
		..terms()
	}
}

/// A window of a different length for each phase.
pub(crate) fn windows() -> Windows {
	Windows {
		open: 100,
		train: 50,
		reveal: 10,
		assay: 40,
		unseal: 12,
		close: 30,
		challenge: 20,
	}
}

/// Where the sample seals count.
pub(crate) fn context() -> SealContext<[u8; 32]> {
	SealContext {
		genesis: [5; 32],
		job: JobId(7),
		round: 2,
		slot: 1,
		attempt: 0,
		account: [6; 32],
	}
}
