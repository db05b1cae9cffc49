//! Segments of a task, recomputed from snapshots, are the task's.

use assay_engine::{EngineError, Moments, ParamsError, Part, Snapshot, StateRoots, TaskInput};
use assay_numerics::{Decimal, StepPlan, ZERO_ROOT};
use proptest::prelude::*;

use crate::support::{engine, gpt, noise, older, plan, task, tiny, with_adam};

/// Trains a task in segments, keeps the snapshots, and recomputes each segment from its own.
fn every_segment_is_the_tasks(plan: &StepPlan, (steps, stride): (u32, u32), position: (u32, u32)) {
	// GIVEN a task in segments of so many steps, and its snapshots at their borders
	let engine = engine(plan);
	let parent = engine.init(&[4; 32]);
	let data = noise(2_000);
	let input = TaskInput {
		stride,
		round: position.0,
		slot: position.1,
		..task(&parent, &data, steps)
	};
	let mut snapshots = vec![Snapshot::start(parent.clone())];
	let whole = engine.train_in_segments(&input, &mut |_| (), &mut |border| {
		let snapshot = border.snapshot();
		assert_eq!(snapshot.step, border.step());
		assert_eq!(snapshot.roots(), border.roots());
		snapshots.push(snapshot);
	});
	let whole = whole.unwrap();
	let found: Vec<StateRoots> = snapshots.iter().map(Snapshot::roots).collect();
	assert_eq!(found, whole.states);
	let trace: Vec<_> = whole.states.iter().map(StateRoots::root).collect();
	assert_eq!(trace, whole.trace);
	assert_eq!(whole.states.len() as u32, steps.div_ceil(stride) + 1);
	let every_step = engine.train(&TaskInput { stride: 1, ..input }, &mut |_| ());
	let every_step = every_step.unwrap();
	for (segment, snapshot) in snapshots[..snapshots.len() - 1].iter().enumerate() {
		// WHEN a segment is recomputed from its snapshot, which a stranger has sent
		let sent = Snapshot {
			moments: snapshot.moments.as_ref().map(|moments| {
				let tensors = moments.tensors().map(<[u8]>::to_vec).collect();
				Moments::from_tensors(engine.program(), tensors).unwrap()
			}),
			..snapshot.clone()
		};
		let part = input.segment_from(&sent);
		let output = engine.train(&part, &mut |_| ()).unwrap();
		// THEN it has the roots of its two borders, and the losses of its steps
		let first = segment * stride as usize;
		let last = (first + stride as usize).min(steps as usize);
		assert_eq!(output.states, whole.states[segment..segment + 2]);
		assert_eq!(output.trace, whole.trace[segment..segment + 2]);
		assert_eq!(output.losses, whole.losses[first..last]);
		assert_eq!(output.moments_root, output.states[1].moments);
		assert_eq!(output.params, snapshots[segment + 1].params);
		// AND with a border at every step all states inside
		let output = engine.train(&TaskInput { stride: 1, ..part }, &mut |_| ());
		assert_eq!(output.unwrap().states, every_step.states[first..=last]);
	}
}

#[test]
fn segments_of_any_stride_have_the_whole_tasks_roots_and_losses() {
	let clipped = with_adam(gpt(older, 1), |adam| adam.clip = Some(Decimal::new(5, -1)));
	for plan in [tiny(), plan(8, 32, &[256, 64], 16), clipped] {
		for stride in [1, 2, 3, 5, 7, 9] {
			every_segment_is_the_tasks(&plan, (7, stride), (0, 0));
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	#[test]
	fn segments_of_any_task_have_the_whole_tasks_roots_and_losses(
		steps in 1_u32..12,
		stride in 1_u32..14,
		round in 0_u32..4,
		slot in 0_u32..4,
	) {
		every_segment_is_the_tasks(&tiny(), (steps, stride), (round, slot));
	}
}

#[test]
fn parts_need_not_begin_or_end_at_borders() {
	// GIVEN seven steps in segments of three, and a snapshot after two
	let engine = engine(&tiny());
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let input = TaskInput {
		stride: 1,
		..task(&parent, &data, 7)
	};
	let mut snapshots = Vec::new();
	let all = engine.train_in_segments(&input, &mut |_| (), &mut |border| {
		snapshots.push(border.snapshot());
	});
	let states = all.unwrap().states;
	let input = TaskInput { stride: 3, ..input };
	// WHEN three steps are run from there
	let moments = snapshots[1].moments.as_ref();
	let part = TaskInput {
		parent: &snapshots[1].params,
		part: Some(Part {
			first: 2,
			count: 3,
			moments,
		}),
		..input
	};
	let output = engine.train(&part, &mut |_| ()).unwrap();
	// THEN the states are those before it, at the border of the task inside of it, and after it
	assert_eq!(output.states, [states[2], states[3], states[5]]);
	// AND the rest of a segment ends at its border
	let rest = engine.train(&input.segment_from(&snapshots[1]), &mut |_| ());
	assert_eq!(rest.unwrap().states, [states[2], states[3]]);
}

#[test]
fn parts_that_a_task_does_not_have_are_refused() {
	let engine = engine(&tiny());
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let input = TaskInput {
		stride: 2,
		..task(&parent, &data, 5)
	};
	let mut snapshots = Vec::new();
	let output = engine.train_in_segments(&input, &mut |_| (), &mut |border| {
		snapshots.push(border.snapshot());
	});
	output.unwrap();
	let moments = snapshots[0].moments.as_ref();
	let refused = |first, count, moments| {
		let part = Some(Part {
			first,
			count,
			moments,
		});
		let part = TaskInput { part, ..input };
		engine.train(&part, &mut |_| ()).unwrap_err()
	};
	// No steps, and steps behind the end.
	assert!(matches!(refused(2, 0, moments), EngineError::NoSteps));
	for (first, count) in [(2, 4), (5, 1), (u32::MAX, 2)] {
		let error = refused(first, count, moments);
		assert!(
			matches!(error, EngineError::NoSuchPart { first: f, count: c, steps: 5 } if (f, c) == (first, count)),
			"{error}"
		);
	}
	// Nothing is left after the last state.
	let last = snapshots.last().unwrap();
	let refused_last = engine.train(&input.segment_from(last), &mut |_| ());
	assert!(matches!(refused_last, Err(EngineError::NoSteps)));
	let no_stride = TaskInput { stride: 0, ..input };
	let refused_stride = engine.train(&no_stride.segment_from(last), &mut |_| ());
	assert!(matches!(refused_stride, Err(EngineError::NoStride)));
	// Moments where there are none, and none where there are.
	let error = refused(0, 2, moments);
	assert!(matches!(error, EngineError::MomentsOfPart { first: 0 }));
	let error = refused(2, 2, None);
	assert!(matches!(error, EngineError::MomentsOfPart { first: 2 }));
	// Moments of another plan.
	let other = crate::support::engine(&plan(2, 16, &[32], 16));
	let tensors = other.program().moments().iter().map(|id| {
		let layout = other.program().tensor(*id).unwrap().layout;
		vec![0; layout.bytes() as usize]
	});
	let tensors = Moments::from_tensors(other.program(), tensors.collect()).unwrap();
	let error = refused(2, 2, Some(&tensors));
	assert!(matches!(error, EngineError::MomentsOfAnotherPlan));
}

#[test]
fn moments_survive_their_bytes_and_are_checked_as_a_checkpoint_is() {
	// GIVEN the moments after a step
	let engine = engine(&tiny());
	let program = engine.program();
	let parent = engine.init(&[1; 32]);
	let mut snapshot = None;
	let data = noise(1_000);
	let output = engine.train_in_segments(&task(&parent, &data, 1), &mut |_| (), &mut |border| {
		snapshot = Some(border.snapshot());
	});
	let output = output.unwrap();
	let moments = snapshot.unwrap().moments.unwrap();
	let good: Vec<Vec<u8>> = moments.tensors().map(<[u8]>::to_vec).collect();
	// WHEN they go through bytes THEN they are the same
	let again = Moments::from_tensors(program, good.clone()).unwrap();
	assert_eq!(again, moments);
	assert_eq!(again.root(), output.moments_root);
	assert_eq!(again.roots().len(), 2 * program.params().len());
	// AND what does not fit is refused with its numbers
	let from = |tensors: Vec<Vec<u8>>| Moments::from_tensors(program, tensors).unwrap_err();
	let error = ParamsError::Count {
		expected: 10,
		found: 9,
	};
	assert_eq!(from(good[..9].to_vec()), error);
	let mut bad = good.clone();
	bad[6].pop();
	let error = ParamsError::Length {
		tensor: 6,
		expected: 2_048,
		found: 2_047,
	};
	assert_eq!(from(bad), error);
	let mut bad = good.clone();
	bad[8][40..44].copy_from_slice(&f32::NAN.to_le_bytes());
	let error = from(bad);
	assert!(matches!(error, ParamsError::OutOfRange { tensor: 8, .. }));
	// A bias of 16 elements leaves the rest of its tile.
	let mut bad = good;
	bad[7][4 * 16 + 3] = 0x80;
	let error = ParamsError::Padding {
		tensor: 7,
		element: 16,
	};
	assert_eq!(from(bad), error);
}

#[test]
fn a_second_moment_below_zero_ends_the_step_as_the_specification_says() {
	use assay_numerics::{train_items, Env};

	// GIVEN a state that no training leads to
	let engine = engine(&tiny());
	let program = engine.program();
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let input = task(&parent, &data, 3);
	let count = program.params().len();
	let tensors: Vec<Vec<u8>> = program
		.moments()
		.iter()
		.map(|id| vec![0; program.tensor(*id).unwrap().layout.bytes() as usize])
		.collect();
	let mut tensors = tensors;
	tensors[count + 1][..4].copy_from_slice(&(-1.0_f32).to_le_bytes());
	let mut memory = crate::support::memory_of(program, &parent, &data);
	for (id, bytes) in program.moments().iter().zip(&tensors) {
		memory.set(*id, crate::support::tiles(bytes));
	}
	let moments = Moments::from_tensors(program, tensors).unwrap();
	let snapshot = Snapshot {
		step: 1,
		params: parent.clone(),
		moments: Some(moments),
	};
	assert_ne!(snapshot.roots().moments, ZERO_ROOT);
	// WHEN both take a step from it THEN both stop at the same op
	let env = Env::new([7; 32], 0, 0, 1, 3, train_items(1_000));
	let stopped = memory.run(program, &env).unwrap_err();
	let found = engine.train(&input.segment_from(&snapshot), &mut |_| ());
	assert!(matches!(
		found.unwrap_err(),
		EngineError::OutOfRange { step: 1, op } if op == stopped.op as usize
	));
}
