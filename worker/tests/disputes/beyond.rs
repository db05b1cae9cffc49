//! Providers that go on where training has ended, against a worker whose own training ends there.

use std::sync::Arc;

use assay_engine::{Engine, Params};
use assay_numerics::{referee::Part, Tile};
use assay_protocol::{
	dispute::{Ruling, Side, Stage},
	CheckpointRef, DisputeView, Failure, Plan,
};
use assay_worker::{
	account::Account,
	compute::Workload,
	dispute::{DisputeError, Move, Party},
};

use crate::reference::{self, ending, ending_at_finish, ending_gpt, ending_in_fold, Setup};

/// A worker that knows the same task.
async fn worker(setup: &Setup) -> Party {
	let engine = Engine::new(&setup.plan.step, 1).unwrap();
	// The engine begins elsewhere; the task is given what it starts from.
	let plan = Plan {
		parent: CheckpointRef {
			root: engine.init(&setup.plan.seed).root(),
			bytes: setup.plan.parent.bytes,
		},
		..setup.plan.clone()
	};
	let data = Arc::new(setup.data.clone());
	let workload = Workload::prepare(plan, data, 1).await.unwrap();
	let tensors = setup.program.params().iter().map(|id| {
		let tiles: Vec<_> = setup.start.tiles(*id).iter().map(Tile::to_bytes).collect();
		tiles.as_flattened().to_vec()
	});
	let tensors: Vec<_> = tensors.collect();
	let parent = Params::from_tensors(&setup.program, &tensors).unwrap();
	Party::new(workload, Arc::new(parent), setup.task, None)
}

/// How a dispute of this worker about what a provider has revealed ends: a ruling, or why it has no move.
async fn disputed(provider: &reference::Party<'_>) -> Result<Ruling, DisputeError> {
	let setup = provider.setup;
	let challenger = worker(setup).await;
	let trace = provider.trace();
	let case = provider.case(&trace);
	let mut view = DisputeView {
		task: setup.task,
		provider: Account([1; 32]),
		challenger: Account([2; 32]),
		plan: setup.plan.clone(),
		parent: setup.plan.parent.root,
		trace: trace.clone(),
		stage: Stage::Opened,
		turn: Side::Challenger,
		left: 100,
		moves: 0,
		is_over: false,
		failure: provider.claim,
	};
	loop {
		view.moves += 1;
		assert!(view.moves <= 20, "{:?}", view.stage);
		view.stage = match view.turn {
			Side::Provider => {
				let answer = provider.answer(&case, &view.stage);
				let answer = answer.expect("it has something to show");
				case.answer(&view.stage, &answer).expect("it is awaited")
			}
			Side::Challenger => match challenger.next(&view)? {
				Move::Ask(ask) => case.ask(&view.stage, &ask).expect("it is awaited"),
				Move::Prove(proof) => {
					return Ok(case.prove(&view.stage, &proof).expect("a proof"));
				}
				Move::Answer(_) => panic!("a challenger does not answer"),
			},
		};
		view.turn = view.stage.turn();
	}
}

fn setups() -> [Setup; 4] {
	[ending(), ending_in_fold(), ending_gpt(), ending_at_finish()]
}

#[tokio::test]
async fn work_that_goes_on_where_training_has_ended_is_proven_wrong() {
	for setup in setups() {
		// GIVEN a provider that has zeros where there is nothing, and goes on with them to its last step
		let provider = setup.party(setup.task, &mut |_, _, _, _| {});
		// WHEN its work is disputed THEN the chain finds that there is nothing
		let ruling = disputed(&provider).await.unwrap();
		assert_eq!(ruling, Ruling::ProviderWrong);
	}
}

#[tokio::test]
async fn a_claim_behind_the_end_of_training_is_proven_wrong() {
	for setup in setups() {
		let truth = setup.honest().claim.unwrap();
		// GIVEN the same provider, and claims of a later op and a later step
		let later = [
			Failure {
				op: truth.op + 1,
				tile: 0,
				part: Part::Whole,
				..truth
			},
			Failure {
				step: truth.step + 1,
				..truth
			},
		];
		for claim in later {
			if claim.check(&setup.plan, setup.outline()).is_err() {
				continue;
			}
			let mut provider = setup.party(setup.task, &mut |_, _, _, _| {});
			provider.claim = Some(claim);
			// WHEN it is disputed THEN what it shows before is wrong
			let ruling = disputed(&provider).await.unwrap();
			assert_eq!(ruling, Ruling::ProviderWrong, "{claim:?}");
		}
	}
}

#[tokio::test]
async fn a_true_claim_of_the_specification_is_true_for_a_worker() {
	for setup in setups() {
		// GIVEN the claim of somebody that computes by the specification
		let honest = setup.honest();
		// WHEN a worker is to dispute it THEN there is nothing
		let refused = disputed(&honest).await.unwrap_err();
		assert!(
			matches!(refused, DisputeError::NoDifference(_)),
			"{refused}"
		);
		// AND other parts of the same fold are proven wrong
		let truth = honest.claim.unwrap();
		for part in [Part::Step(0), Part::Finish] {
			let claim = Failure { part, ..truth };
			if claim == truth || claim.check(&setup.plan, setup.outline()).is_err() {
				continue;
			}
			let mut provider = setup.party(setup.task, &mut |_, _, _, _| {});
			provider.claim = Some(claim);
			let ruling = disputed(&provider).await.unwrap();
			assert_eq!(ruling, Ruling::ProviderWrong, "{claim:?}");
		}
	}
}
