//! A job's task, a provider that may have cheated, and a challenger.

use std::sync::Arc;

use assay_engine::{Fault, Params, TaskInput};
use assay_numerics::{Root, StepPlan};
use assay_protocol::{
	dispute::{Case, Ruling, Side, Stage},
	CheckpointRef, DataRef, DisputeView, Failure, JobId, Plan, TaskKey, Trace,
};
use assay_worker::{
	account::Account,
	compute::Workload,
	dispute::{DisputeError, Move, Party},
};
use codec::Encode;

/// How a dispute went.
#[derive(Debug)]
pub(crate) struct Course {
	/// Who was wrong; nothing if a side had no move.
	pub(crate) ruling: Option<Ruling>,
	/// Why a side had none, and which.
	pub(crate) silent: Option<(Side, DisputeError)>,
	/// Moves, the proof among them.
	pub(crate) moves: u32,
	/// Bytes of all of them.
	pub(crate) bytes: usize,
}

/// A plan of `steps` steps in segments of `stride`.
pub(crate) async fn workload(step: StepPlan, seed: u8, (steps, stride): (u32, u32)) -> Workload {
	let data: Vec<u8> = (0..6_000_u32)
		.map(|i| (i.wrapping_mul(2_654_435_761 + u32::from(seed)) >> 24) as u8)
		.map(|byte| byte % 16)
		.collect();
	let engine = assay_engine::Engine::new(&step, 1).expect("the plan is in range");
	let parent = engine.init(&[seed; 32]);
	let plan = Plan {
		step,
		data: DataRef {
			root: assay_numerics::hash::tensor_root(&data),
			bytes: data.len() as u64,
		},
		steps,
		stride,
		parent: CheckpointRef {
			root: parent.root(),
			bytes: 0,
		},
		seed: [seed; 32],
		eval_rows: 16,
	};
	Workload::prepare(plan, Arc::new(data), 1)
		.await
		.expect("the plan can be worked on")
}

/// The attempt that is disputed.
pub(crate) const TASK: TaskKey = TaskKey {
	job: JobId(3),
	round: 0,
	slot: 1,
	attempt: 0,
};

/// A dispute about the work of a provider that made this mistake.
pub(crate) fn dispute(workload: &Workload, fault: Option<Fault>) -> Course {
	let plan = workload.plan();
	let parent: Arc<Params> = workload.cached(plan.parent.root).expect("the first one");
	let input = TaskInput {
		parent: &parent,
		data: workload.data(),
		seed: plan.seed,
		round: TASK.round,
		slot: TASK.slot,
		steps: plan.steps,
		stride: plan.stride,
		part: None,
		fault,
	};
	let output = workload
		.engine()
		.train(&input, &mut |_| {})
		.expect("it trains");
	play(workload, fault, (output.trace, None))
}

/// A dispute about what a provider with this mistake has revealed: the borders of its work, or those
/// before the place where it claims that training ends.
pub(crate) fn play(
	workload: &Workload,
	fault: Option<Fault>,
	(trace, failure): (Vec<Root>, Option<Failure>),
) -> Course {
	let plan = workload.plan().clone();
	let parent: Arc<Params> = workload.cached(plan.parent.root).expect("the first one");
	let provider = Party::new(workload.clone(), parent.clone(), TASK, fault);
	let challenger = Party::new(workload.clone(), parent, TASK, None);
	let task = TASK;
	let mut view = DisputeView {
		task,
		provider: Account([1; 32]),
		challenger: Account([2; 32]),
		parent: plan.parent.root,
		trace: Trace::truncate_from(trace),
		stage: Stage::Opened,
		turn: Side::Challenger,
		left: 100,
		moves: 0,
		is_over: false,
		plan,
		failure,
	};
	let outline = workload.engine().program().outline();
	let mut bytes = 0;
	loop {
		let side = match view.turn {
			Side::Provider => &provider,
			Side::Challenger => &challenger,
		};
		let next = match side.next(&view) {
			Ok(next) => next,
			Err(error) => {
				return Course {
					ruling: None,
					silent: Some((view.turn, error)),
					moves: view.moves,
					bytes,
				}
			}
		};
		view.moves += 1;
		let case = Case {
			task,
			plan: &view.plan,
			outline,
			trace: &view.trace,
			failure: view.failure,
		};
		view.stage = match &next {
			Move::Ask(ask) => {
				bytes += ask.encoded_size();
				case.ask(&view.stage, ask)
					.expect("a question that is awaited")
			}
			Move::Answer(answer) => {
				bytes += answer.encoded_size();
				case.answer(&view.stage, answer)
					.expect("an answer that is awaited")
			}
			Move::Prove(proof) => {
				let ruling = case.prove(&view.stage, proof).expect("a proof");
				return Course {
					ruling: Some(ruling),
					silent: None,
					moves: view.moves,
					bytes: bytes + proof.encoded_size(),
				};
			}
		};
		view.turn = view.stage.turn();
	}
}
