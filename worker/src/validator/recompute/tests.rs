use std::{path::PathBuf, sync::Arc};

use assay_engine::{Border, Engine, Moments, Params, Snapshot};
use assay_numerics::{
	referee::Part, samples, state_root, Decimal, Loss, Optimiser, StepPlan, ZERO_ROOT,
};
use assay_protocol::{CheckpointRef, DataRef, Failure, JobId, TaskKey};

use super::*;
use crate::artifacts::{publish_border, publish_params, publish_snapshot, DirStore};

const STEPS: u32 = 5;
const KEY: TaskKey = TaskKey {
	job: JobId(0),
	round: 0,
	slot: 0,
	attempt: 0,
};

/// One store for everything.
fn stores_of(store: DirStore) -> Stores<DirStore> {
	Stores {
		shared: Arc::new(store.clone()),
		attempt: store,
	}
}

/// A task that was trained and published, with everything a validator asks for.
struct Done {
	_dir: tempfile::TempDir,
	store: Arc<DirStore>,
	workload: Workload,
	output: TaskOutput,
}

/// A plan of this step, and data to train on.
async fn workload_of(step: StepPlan, steps: u32, stride: u32) -> Workload {
	let data: Vec<u8> = (0..4_096_u32).map(|i| (i * i % 251) as u8).collect();
	let seed = [5; 32];
	let engine = Engine::new(&step, 1).unwrap();
	let plan = Plan {
		parent: CheckpointRef {
			root: engine.init(&seed).root(),
			bytes: engine.program().checkpoint_bytes(),
		},
		step,
		data: DataRef {
			root: *blake3::hash(&data).as_bytes(),
			bytes: data.len() as u64,
		},
		steps,
		stride,
		seed,
		eval_rows: 16,
	};
	Workload::prepare(plan, Arc::new(data), 1).await.unwrap()
}

impl Done {
	/// Honest work of so many steps a segment.
	async fn of_stride(stride: u32) -> Self {
		let workload = workload_of(samples::byte_mlp(4, 16, &[16], 16), STEPS, stride).await;
		let parent = workload.cached(workload.plan().parent.root).unwrap();
		let dir = tempfile::tempdir().unwrap();
		let store = Arc::new(DirStore::new(dir.path()));
		let position = Position { round: 0, slot: 0 };
		let states = Arc::clone(&store);
		let publish = move |border: &Border<'_>| publish_border(&*states, border).map(drop);
		let trained = workload.train_in_segments(parent, position, None, publish);
		let (output, published) = trained.await.unwrap();
		published.unwrap();
		publish_params(&*store, &output.params).await.unwrap();
		Self {
			_dir: dir,
			store,
			workload,
			output,
		}
	}

	fn work(&self) -> Work {
		work_of(&self.output)
	}

	fn claim(&self, segment: u32, work: Work, trace: &[Root]) -> Result<Claim, ChainError> {
		let plan = self.workload.plan();
		let trace = (plan.segments() > 1).then(|| trace.to_vec());
		Claim::new(plan, KEY, segment, plan.parent.root, work, trace)
	}

	/// What is found of a claim about a segment.
	async fn judged(&self, segment: u32, work: Work, trace: &[Root], is_late: bool) -> Judged {
		let claim = self.claim(segment, work, trace).unwrap();
		let stores = stores_of(DirStore::clone(&self.store));
		run(self.workload.clone(), stores, claim, is_late)
			.await
			.unwrap()
	}

	async fn verdict(&self, segment: u32, work: Work, trace: &[Root]) -> Verdict {
		match self.judged(segment, work, trace, false).await {
			Judged::Known(verdict) => verdict,
			Judged::NotYet(error) | Judged::Missing(error) => panic!("no verdict: {error}"),
		}
	}

	fn path_of(&self, root: &Root) -> PathBuf {
		self.store.path_of(root)
	}
}

#[tokio::test]
async fn honest_work_is_valid_in_every_segment() {
	// GIVEN honest tasks of one, two and five segments, the last of which may be short
	for stride in [5, 3, 1] {
		let done = Done::of_stride(stride).await;
		for segment in 0..STEPS.div_ceil(stride) {
			// WHEN any of them is drawn THEN it is valid
			let trace = &done.output.trace;
			let verdict = done.verdict(segment, done.work(), trace).await;
			assert_eq!(verdict, Verdict::Valid, "segment {segment} of {stride}");
		}
	}
}

#[tokio::test]
async fn a_wrong_loss_beside_the_right_trace_is_work_that_cannot_be_had() {
	// GIVEN a task of one segment that claims another loss
	let done = Done::of_stride(STEPS).await;
	let mut work = done.work();
	work.loss = Loss(work.loss.0 + 1);
	// WHEN it is recomputed THEN no dispute is opened, which the right trace would win
	let verdict = done.verdict(0, work, &done.output.trace).await;
	assert_eq!(verdict, Verdict::Unfetched);
	// GIVEN the same of several segments, of which none tells the loss of the task
	let done = Done::of_stride(2).await;
	let mut work = done.work();
	work.loss = Loss(work.loss.0 + 1);
	for segment in 0..3 {
		let trace = &done.output.trace;
		assert_eq!(done.verdict(segment, work, trace).await, Verdict::Valid);
	}
	// AND it makes no difference that the last one is recomputed from the parent
	std::fs::remove_file(done.path_of(&done.output.trace[2])).unwrap();
	let verdict = done.verdict(2, work, &done.output.trace).await;
	assert_eq!(verdict, Verdict::Valid);
}

#[tokio::test]
async fn a_wrong_slot_state_beside_the_right_trace_is_work_that_cannot_be_had() {
	for stride in [STEPS, 2] {
		// GIVEN work that claims to carry something into the next round
		let done = Done::of_stride(stride).await;
		let work = Work {
			slot_root: [1; 32],
			..done.work()
		};
		// WHEN a segment with the right roots is recomputed THEN it is not valid
		let verdict = done.verdict(0, work, &done.output.trace).await;
		assert_eq!(verdict, Verdict::Unfetched);
	}
}

#[tokio::test]
async fn another_root_at_the_end_of_the_segment_is_another_trace() {
	for stride in [STEPS, 2] {
		// GIVEN moments that nobody computed at the end of the task
		let done = Done::of_stride(stride).await;
		let mut trace = done.output.trace.clone();
		let update = done.output.params.root();
		*trace.last_mut().unwrap() = state_root(update, [9; 32], ZERO_ROOT);
		let work = Work {
			trace_root: list_root(&trace),
			..done.work()
		};
		// WHEN the last segment is recomputed THEN it is invalid
		let last = STEPS.div_ceil(stride) - 1;
		assert_eq!(done.verdict(last, work, &trace).await, Verdict::Invalid);
		// AND the segments before it are what they were
		for segment in 0..last {
			assert_eq!(done.verdict(segment, work, &trace).await, Verdict::Valid);
		}
	}
}

#[tokio::test]
async fn a_state_before_the_segment_that_nobody_computed_is_found_from_the_parent() {
	// GIVEN a border in the middle that is the root of nothing
	let done = Done::of_stride(2).await;
	let mut trace = done.output.trace.clone();
	trace[1] = [8; 32];
	let work = Work {
		trace_root: list_root(&trace),
		..done.work()
	};
	// WHEN the segment behind it is drawn, or the one before
	for segment in [1, 0] {
		// THEN training from the parent gives another trace
		assert_eq!(done.verdict(segment, work, &trace).await, Verdict::Invalid);
	}
	// AND where the window ends there is no time for that
	let judged = done.judged(1, work, &trace, true).await;
	assert!(matches!(judged, Judged::Known(Verdict::Unfetched)));
}

#[tokio::test]
async fn a_state_that_is_no_state_of_the_model_is_found_from_the_parent() {
	// GIVEN a border that leads to a list of parameters without moments
	let done = Done::of_stride(2).await;
	let params = done.output.params.root();
	let list = [params, params, ZERO_ROOT].concat();
	let mut trace = done.output.trace.clone();
	trace[1] = done.store.publish_bytes(list).await.unwrap();
	let work = Work {
		trace_root: list_root(&trace),
		..done.work()
	};
	// WHEN the segment behind it is drawn THEN the work is invalid
	assert_eq!(done.verdict(1, work, &trace).await, Verdict::Invalid);
}

#[tokio::test]
async fn a_state_that_no_training_can_go_on_from_is_found_from_the_parent() {
	// GIVEN a border that leads to a state whose numbers are in range, and lead out of it at once
	let done = Done::of_stride(2).await;
	let program = done.workload.engine().program();
	let huge = |bytes: &[u8]| -> Vec<u8> {
		let element = |bytes: &[u8]| match f32::from_le_bytes(bytes.try_into().unwrap()) {
			0.0 => [0; 4],
			_ => 1.0e15_f32.to_le_bytes(),
		};
		bytes.chunks(4).flat_map(element).collect()
	};
	let params: Vec<_> = done.output.params.tensors().map(huge).collect();
	let zeros = params.iter().chain(&params);
	let zeros = zeros.map(|tensor| vec![0; tensor.len()]).collect();
	let state = Snapshot {
		step: 2,
		params: Params::from_tensors(program, &params).unwrap(),
		moments: Some(Moments::from_tensors(program, zeros).unwrap()),
	};
	let mut trace = done.output.trace.clone();
	trace[1] = publish_snapshot(&*done.store, &state).unwrap();
	let work = Work {
		trace_root: list_root(&trace),
		..done.work()
	};
	// WHEN the segment behind it is drawn THEN training from the parent gives another trace
	assert_eq!(done.verdict(1, work, &trace).await, Verdict::Invalid);
	// AND where the window ends there is no time for that
	let judged = done.judged(1, work, &trace, true).await;
	assert!(matches!(judged, Judged::Known(Verdict::Unfetched)));
}

#[tokio::test]
async fn an_update_must_be_there_and_a_checkpoint_of_the_model() {
	for stride in [STEPS, 2] {
		// GIVEN an update that nobody can fetch
		let done = Done::of_stride(stride).await;
		let trace = &done.output.trace;
		std::fs::remove_file(done.path_of(&done.work().update)).unwrap();
		// WHEN a segment is judged THEN it is waited for, as long as there is time
		let judged = done.judged(0, done.work(), trace, false).await;
		assert!(matches!(judged, Judged::Missing(_)), "{judged:?}");
		let judged = done.judged(0, done.work(), trace, true).await;
		assert!(matches!(judged, Judged::Known(Verdict::Unfetched)));
		// GIVEN one that is there and is no list of the model's tensors
		let update = done.store.publish_bytes(vec![1; 32]).await.unwrap();
		let work = Work {
			update,
			..done.work()
		};
		// THEN it is invalid
		assert_eq!(done.verdict(0, work, trace).await, Verdict::Invalid);
	}
}

#[tokio::test]
async fn wrong_work_is_found_also_by_whom_it_is_not_shown() {
	for stride in [STEPS, 2] {
		// GIVEN work of which nothing is shown, neither its update nor its states
		let done = Done::of_stride(stride).await;
		let trace = &done.output.trace;
		std::fs::remove_file(done.path_of(&done.work().update)).unwrap();
		for border in trace {
			let _ = std::fs::remove_file(done.path_of(border));
		}
		// WHEN another root stands behind its first segment THEN it is wrong, whatever is shown to others
		let mut wrong = trace.clone();
		wrong[1] = [7; 32];
		let work = Work {
			trace_root: list_root(&wrong),
			..done.work()
		};
		assert_eq!(done.verdict(0, work, &wrong).await, Verdict::Invalid);
		// AND near the end of the window there is no time to find that out
		let judged = done.judged(0, work, &wrong, true).await;
		assert!(matches!(judged, Judged::Known(Verdict::Unfetched)));
	}
}

#[tokio::test]
async fn answers_of_the_chain_that_contradict_each_other_are_read_again() {
	let done = Done::of_stride(2).await;
	let trace = &done.output.trace;
	// GIVEN a trace that is not the one of the work
	let error = done.claim(0, done.work(), &trace[..3]).unwrap_err();
	assert!(error.to_string().contains("its root is"), "{error}");
	// GIVEN a segment that the plan does not have
	let error = done.claim(3, done.work(), trace).unwrap_err();
	assert!(error.to_string().contains("no segment 3"), "{error}");
	// GIVEN a trace that ends before the segment
	let work = Work {
		trace_root: list_root(&trace[..3]),
		..done.work()
	};
	let error = done.claim(2, work, &trace[..3]).unwrap_err();
	assert!(error.to_string().contains("has no end"), "{error}");
	// THEN each is a reason to look at the chain again
	assert!(error.is_transient());
}

/// What is found of a claim that the training of slot 0 ends.
async fn judged_failure(
	workload: &Workload,
	parent: Root,
	claimed: Ending,
	is_late: bool,
) -> Judged {
	let dir = tempfile::tempdir().unwrap();
	let store = DirStore::new(dir.path());
	let found = failure(workload, &store, (KEY, parent), claimed, is_late);
	found.await.unwrap()
}

async fn verdict_on(workload: &Workload, claimed: Ending) -> Verdict {
	let parent = workload.plan().parent.root;
	match judged_failure(workload, parent, claimed, false).await {
		Judged::Known(verdict) => verdict,
		Judged::NotYet(error) | Judged::Missing(error) => panic!("no verdict: {error}"),
	}
}

#[tokio::test]
async fn a_claim_of_failure_is_valid_at_the_very_place_and_nowhere_else() {
	// GIVEN a plan whose training ends after a few steps, in segments of one
	let mut step = samples::byte_mlp(4, 16, &[256; 8], 16);
	let Optimiser::AdamW(adam) = &mut step.optimiser;
	adam.learning_rate = Decimal::new(1, 0);
	let workload = workload_of(step, 31, 1).await;
	let parent = workload.cached(workload.plan().parent.root).unwrap();
	let position = Position { round: 0, slot: 0 };
	let ending = workload.ending(parent.clone(), position, None).await;
	let truth = ending.unwrap().expect("its training ends");
	assert!(truth.place.step > 0, "some steps are fine");
	// WHEN the claim names that place THEN it is valid
	let trained = workload.train(parent, position, None);
	let Err(ComputeError::Engine(EngineError::OutOfRange { step, op })) = trained.await else {
		panic!("its training does not end");
	};
	assert_eq!((truth.place.step, truth.place.op as usize), (step, op));
	assert_eq!(truth.trace.len() as u32, truth.place.step + 1);
	assert_eq!(verdict_on(&workload, truth.clone()).await, Verdict::Valid);
	// AND it is invalid at any other step, op or part, and behind other borders
	let others: [fn(&mut Ending); 6] = [
		|claim| claim.place.op += 1,
		|claim| claim.place.op -= 1,
		|claim| claim.place.step -= 1,
		|claim| claim.place.step += 1,
		|claim| claim.place.part = Part::Finish,
		|claim| claim.trace[1][0] ^= 1,
	];
	for other in others {
		let mut claim = truth.clone();
		other(&mut claim);
		assert_eq!(verdict_on(&workload, claim).await, Verdict::Invalid);
	}
}

#[tokio::test]
async fn work_of_a_task_whose_training_ends_is_wrong() {
	// GIVEN a plan whose training ends, and work that was made up for it
	let mut step = samples::byte_mlp(4, 16, &[256; 8], 16);
	let Optimiser::AdamW(adam) = &mut step.optimiser;
	adam.learning_rate = Decimal::new(1, 0);
	let workload = workload_of(step, 32, 32).await;
	let parent = workload.plan().parent.root;
	let trace = [state_root(parent, ZERO_ROOT, ZERO_ROOT), [8; 32]];
	let work = Work {
		update: [7; 32],
		trace_root: list_root(&trace),
		slot_root: ZERO_ROOT,
		loss: Loss(1),
	};
	let claim = Claim::new(workload.plan(), KEY, 0, parent, work, None).unwrap();
	let dir = tempfile::tempdir().unwrap();
	let stores = stores_of(DirStore::new(dir.path()));
	// WHEN it is recomputed THEN it is invalid, as a dispute will show
	let judged = run(workload, stores, claim, false).await.unwrap();
	assert!(
		matches!(judged, Judged::Known(Verdict::Invalid)),
		"{judged:?}"
	);
}

#[tokio::test]
async fn training_that_goes_on_refutes_a_claim_and_a_missing_parent_is_waited_for() {
	// GIVEN a plan that trains, and a claim that it does not
	let done = Done::of_stride(STEPS).await;
	let claimed = Ending {
		trace: vec![done.output.trace[0]],
		place: Failure {
			step: 2,
			op: 3,
			tile: 0,
			part: Part::Whole,
		},
	};
	let verdict = verdict_on(&done.workload, claimed.clone()).await;
	// THEN it is invalid
	assert_eq!(verdict, Verdict::Invalid);
	// GIVEN a parent that is not to be had THEN it is waited for, as long as there is time
	let judged = judged_failure(&done.workload, [9; 32], claimed.clone(), false).await;
	assert!(matches!(judged, Judged::NotYet(_)), "{judged:?}");
	let judged = judged_failure(&done.workload, [9; 32], claimed, true).await;
	assert!(
		matches!(judged, Judged::Known(Verdict::Unfetched)),
		"{judged:?}"
	);
}
