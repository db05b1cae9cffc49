//! Claims that training ends, through real workers: true ones leave nothing to dispute, false ones are
//! proven wrong or have nothing to show.

use std::sync::Arc;

use assay_engine::Fault;
use assay_numerics::{
	ops,
	referee::{fold_steps, Part},
	samples, Decimal, Optimiser, StepPlan,
};
use assay_protocol::{
	dispute::{Ruling, Side},
	Failure,
};
use assay_worker::{
	compute::{Ending, Position, Workload},
	dispute::DisputeError,
};

use crate::play::{play, workload, Course, TASK};

/// Seeds that every kind of claim is tried with.
const SEEDS: u8 = 20;

/// Layers that a learning rate of 1 makes larger with every step, until a product of them leaves the
/// range.
fn bad(widths: &[u16]) -> StepPlan {
	let mut step = samples::byte_mlp(4, 16, widths, 16);
	let Optimiser::AdamW(adam) = &mut step.optimiser;
	adam.learning_rate = Decimal::new(1, 0);
	step
}

/// A task whose training ends, in segments of five steps, or in one. Of some seeds it settles instead:
/// another one is taken for them.
async fn ending_task(seed: u8) -> (Workload, Ending) {
	let stride = if seed.is_multiple_of(2) { 5 } else { 24 };
	for other in (seed..u8::MAX).step_by(SEEDS.into()) {
		let workload = workload(bad(&[64; 8]), other, (24, stride)).await;
		if let Some(ending) = end_of(&workload, None).await {
			return (workload, ending);
		}
	}
	panic!("of no seed like {seed} its training ends");
}

/// Where training ends, with this mistake.
async fn end_of(workload: &Workload, fault: Option<Fault>) -> Option<Ending> {
	let parent = workload.cached(workload.plan().parent.root);
	let parent: Arc<_> = parent.expect("the first one");
	let position = Position {
		round: TASK.round,
		slot: TASK.slot,
	};
	let ending = workload.ending(parent, position, fault).await;
	ending.expect("the plan can be worked on")
}

fn claim(workload: &Workload, fault: Option<Fault>, ending: &Ending) -> Course {
	play(workload, fault, (ending.trace.clone(), Some(ending.place)))
}

fn ensure_proven(course: &Course) {
	assert_eq!(course.ruling, Some(Ruling::ProviderWrong), "{course:?}");
	assert!(course.moves <= 20, "{course:?}");
	assert!(course.bytes <= 100_000, "{course:?}");
}

/// Proven wrong, or without an answer.
fn ensure_lost(course: &Course) {
	match &course.silent {
		Some((Side::Provider, _)) => assert!(course.moves <= 20 && course.bytes <= 100_000),
		_ => ensure_proven(course),
	}
}

#[tokio::test]
async fn a_true_claim_leaves_nothing_to_dispute() {
	for seed in 0..SEEDS {
		// GIVEN a task whose training ends, and a claim of that very place
		let (workload, ending) = ending_task(seed).await;
		// WHEN an honest worker is to dispute it
		let course = claim(&workload, None, &ending);
		// THEN it has nothing to ask for
		let silent = course.silent.expect("nobody is convicted");
		assert!(matches!(
			silent,
			(Side::Challenger, DisputeError::NoDifference(_))
		));
	}
}

#[tokio::test]
async fn a_claim_that_training_ends_earlier_is_proven_wrong_at_its_place() {
	for seed in 0..SEEDS {
		let (workload, truth) = ending_task(seed).await;
		// GIVEN claims of the same op a step earlier, and of an earlier op of the same step
		let earlier = [
			Failure {
				step: truth.place.step.wrapping_sub(1),
				..truth.place
			},
			Failure {
				op: truth.place.op - 1,
				tile: 0,
				part: Part::Whole,
				..truth.place
			},
		];
		for place in earlier {
			let outline = workload.engine().program().outline();
			if place.check(workload.plan(), outline).is_err() {
				continue;
			}
			let borders = place.segment(workload.plan()) as usize + 1;
			let trace = truth.trace[..borders].to_vec();
			// WHEN it is disputed THEN the chain finds a tile there
			ensure_proven(&claim(&workload, None, &Ending { trace, place }));
		}
	}
}

#[tokio::test]
async fn a_claim_that_training_ends_later_has_nothing_to_show() {
	for seed in 0..SEEDS {
		let (workload, truth) = ending_task(seed).await;
		// GIVEN a claim of an op behind the one at which training ends
		let place = Failure {
			op: truth.place.op + 1,
			tile: 0,
			part: Part::Whole,
			..truth.place
		};
		let outline = workload.engine().program().outline();
		if place.check(workload.plan(), outline).is_err() {
			continue;
		}
		let trace = truth.trace.clone();
		// WHEN it is disputed by somebody whose own training ended before THEN it is lost
		ensure_lost(&claim(&workload, None, &Ending { trace, place }));
	}
}

#[tokio::test]
async fn a_claim_of_another_tile_or_part_or_border_is_lost() {
	for seed in 0..SEEDS / 4 {
		let (workload, truth) = ending_task(seed).await;
		let program = workload.engine().program();
		// GIVEN a tile of the right op that there is
		let op = &program.ops()[truth.place.op as usize];
		for tile in (0..ops::tiles(op)).step_by(5) {
			let steps = fold_steps(program.outline(), truth.place.op, tile).unwrap();
			let parts = match steps {
				0 | 1 => vec![Part::Whole],
				_ => vec![Part::Step(0), Part::Step(steps - 1), Part::Finish],
			};
			for part in parts {
				let place = Failure {
					tile,
					part,
					..truth.place
				};
				let course = claim(
					&workload,
					None,
					&Ending {
						place,
						..truth.clone()
					},
				);
				// THEN it is proven, unless training ends there, too
				match &course.silent {
					Some((Side::Challenger, DisputeError::NoDifference(_))) => {}
					_ => ensure_proven(&course),
				}
			}
		}
		// GIVEN a border that nobody can show anything behind THEN its provider is silent
		let mut other = truth.clone();
		if let Some(border) = other.trace.get_mut(1) {
			border[3] ^= 1;
			ensure_lost(&claim(&workload, None, &other));
		}
	}
}

#[tokio::test]
async fn a_claim_about_a_plan_that_trains_is_proven_wrong_wherever_it_is() {
	for seed in 0..SEEDS {
		// GIVEN a plan that trains, and a claim of any place of it
		let workload = workload(samples::byte_mlp(4, 16, &[512], 16), seed, (3, 2)).await;
		let program = workload.engine().program();
		let op = u32::from(seed) * 3 % (program.ops().len() as u32 - 1);
		let steps = fold_steps(program.outline(), op, 0).unwrap();
		let place = Failure {
			step: u32::from(seed) % 3,
			op,
			tile: 0,
			part: match steps {
				0 | 1 => Part::Whole,
				_ if seed.is_multiple_of(2) => Part::Finish,
				_ => Part::Step(steps - 1),
			},
		};
		let parent = workload.cached(workload.plan().parent.root).unwrap();
		let position = Position {
			round: TASK.round,
			slot: TASK.slot,
		};
		let trained = workload.train(parent, position, None).await.unwrap();
		let borders = place.segment(workload.plan()) as usize + 1;
		let trace = trained.trace[..borders].to_vec();
		// WHEN it is disputed THEN the chain finds a tile there
		ensure_proven(&claim(&workload, None, &Ending { trace, place }));
	}
}

#[tokio::test]
async fn a_claim_of_training_that_was_done_wrongly_is_proven_wrong_where_it_was() {
	let faults = |seed: u8| {
		[
			Fault::NegateGradient { param: 1 },
			Fault::WrongData {
				slot: 9 + u32::from(seed),
			},
		]
	};
	let mut found = 0;
	for seed in 0..SEEDS / 2 {
		let (workload, truth) = ending_task(seed).await;
		for fault in faults(seed) {
			// GIVEN training with a mistake that ends somewhere, sooner or later than without it
			let Some(ending) = end_of(&workload, Some(fault)).await else {
				continue;
			};
			if ending == truth {
				continue;
			}
			found += 1;
			// WHEN its claim is disputed THEN the chain finds the mistake
			ensure_proven(&claim(&workload, Some(fault), &ending));
		}
	}
	assert!(found >= 5, "{found}");
}

#[tokio::test]
async fn a_true_claim_in_the_middle_of_a_long_fold_leaves_nothing_to_dispute() {
	// GIVEN layers so wide that a product of them takes several steps of a fold
	let workload = workload(bad(&[512; 6]), 3, (9, 3)).await;
	let truth = end_of(&workload, None).await.expect("its training ends");
	let outline = workload.engine().program().outline();
	let steps = fold_steps(outline, truth.place.op, truth.place.tile).unwrap();
	// WHEN its true claim is disputed THEN there is nothing to ask for
	let course = claim(&workload, None, &truth);
	assert!(matches!(
		course.silent,
		Some((Side::Challenger, DisputeError::NoDifference(_)))
	));
	// AND any other part of the same fold is proven wrong
	let parts = (0..steps).map(Part::Step).chain([Part::Finish]);
	for part in parts.filter(|part| part.is_of(steps) && *part != truth.place.part) {
		let mut other = truth.clone();
		other.place.part = part;
		ensure_lost(&claim(&workload, None, &other));
	}
}
