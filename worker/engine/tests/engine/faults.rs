//! Faults are deterministic, change the trace, and can be shown to be wrong by their own transcripts.

use assay_engine::{Engine, EngineError, Fault, Isa, Params, Snapshot, StateRoots, TaskInput};
use assay_numerics::{referee::Verdict, Decimal, StepPlan};

use crate::{
	dispute::{honest, Dispute},
	support::{engine, gpt, noise, task, tiny, with_adam, with_states},
};

/// Every kind of fault; those that begin later do so at step 2.
pub(crate) const FAULTS: [Fault; 8] = [
	Fault::NegateGradient { param: 1 },
	Fault::ScaleGradient {
		param: 1,
		factor: 3,
	},
	Fault::ScaleGradient {
		param: 0,
		factor: 0,
	},
	Fault::LowerPrecision { param: 3 },
	Fault::WrongData { slot: 9 },
	Fault::SkipSteps { first: 2 },
	Fault::ZeroUpdate,
	Fault::WrongOptimiser,
];

fn plans() -> [StepPlan; 2] {
	let clipped = gpt(|model| model.layers = 1, 1);
	let clipped = with_adam(clipped, |adam| adam.clip = Some(Decimal::new(5, -1)));
	[tiny(), clipped]
}

/// The first step after which a faulty task has another state than the honest one.
pub(crate) fn first_wrong(fault: Fault) -> usize {
	match fault {
		Fault::SkipSteps { first } => first as usize,
		_ => 0,
	}
}

#[test]
fn every_fault_changes_the_trace_from_its_first_step_on() {
	for plan in plans() {
		// GIVEN an honest task of four steps
		let engine = engine(&plan);
		let parent = engine.init(&[1; 32]);
		let data = noise(1_000);
		let input = TaskInput {
			stride: 1,
			..task(&parent, &data, 4)
		};
		let honest = engine.train(&input, &mut |_| ()).unwrap();
		let mut traces = vec![honest.trace.clone()];
		for fault in FAULTS {
			// WHEN it is trained with a fault
			let input = TaskInput {
				fault: Some(fault),
				..input
			};
			let faulty = engine.train(&input, &mut |_| ()).unwrap();
			// THEN every state after its first wrong step is another one, and none before
			let pairs = honest.trace.iter().zip(&faulty.trace);
			for (step, (honest, faulty)) in pairs.enumerate() {
				let differs = step > first_wrong(fault);
				assert_eq!(honest != faulty, differs, "{fault:?}, state {step}");
			}
			traces.push(faulty.trace.clone());
			// AND it is the same on any number of threads and instruction set, and in segments
			for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
				let other = Engine::with_isa(&plan, 2, isa).unwrap();
				assert_eq!(other.train(&input, &mut |_| ()).unwrap(), faulty, "{isa}");
			}
			let wide = TaskInput { stride: 3, ..input };
			let wide = engine.train(&wide, &mut |_| ()).unwrap();
			let trace = &faulty.trace;
			assert_eq!(wide.trace, [trace[0], trace[3], trace[4]], "{fault:?}");
			assert_eq!(wide.params, faulty.params, "{fault:?}");
		}
		traces.sort();
		traces.dedup();
		assert_eq!(traces.len(), FAULTS.len() + 1, "all traces differ");
	}
}

#[test]
fn faults_of_the_optimiser_leave_what_they_say() {
	let engine = engine(&tiny());
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let honest = TaskInput {
		stride: 1,
		..task(&parent, &data, 4)
	};
	let (right, honest_states) = with_states(&engine, &honest);
	let with = |fault| {
		let fault = Some(fault);
		with_states(&engine, &TaskInput { fault, ..honest })
	};
	// Nothing changes from a step on.
	let (skipped, _) = with(Fault::SkipSteps { first: 2 });
	let states = &right.states;
	let expected = [states[0], states[1], states[2], states[2], states[2]];
	assert_eq!(skipped.states, expected);
	assert_eq!(skipped.losses[..3], right.losses[..3]);
	let (late, _) = with(Fault::SkipSteps { first: 4 });
	assert_eq!(late, right);
	// The parameters stay, the moments go on.
	let (still, _) = with(Fault::ZeroUpdate);
	let mut moments: Vec<_> = still.states.iter().map(|state| state.moments).collect();
	moments.dedup();
	assert_eq!(moments.len(), 5);
	assert!(still
		.states
		.iter()
		.all(|state| state.params == states[0].params));
	// The second moments stay zero, and after the first step nothing else is wrong yet.
	let (_, forgetful) = with(Fault::WrongOptimiser);
	let [found, expected] = [&forgetful[1], &honest_states[1]];
	assert_eq!(found.params, expected.params);
	let tensors = |of: &Snapshot| -> Vec<Vec<u8>> {
		let moments = of.moments.as_ref().unwrap();
		moments.tensors().map(<[u8]>::to_vec).collect()
	};
	let (found, expected) = (tensors(found), tensors(expected));
	let params = engine.program().params().len();
	assert_eq!(found[..params], expected[..params]);
	let zeros = found[params..].iter().flatten();
	assert!(zeros.into_iter().all(|byte| *byte == 0));
	assert!(expected[params..].iter().flatten().any(|byte| *byte != 0));
}

#[test]
fn wrong_data_are_those_of_the_other_slot() {
	// GIVEN one step of two slots
	let engine = engine(&tiny());
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let input = task(&parent, &data, 1);
	let other = engine.train(&TaskInput { slot: 9, ..input }, &mut |_| ());
	// WHEN one takes the examples of the other THEN it has its result
	let fault = Some(Fault::WrongData { slot: 9 });
	let faulty = engine.train(&TaskInput { fault, ..input }, &mut |_| ());
	assert_eq!(faulty.unwrap(), other.unwrap());
	// AND with its own nothing is wrong
	let fault = Some(Fault::WrongData { slot: 0 });
	let faulty = engine.train(&TaskInput { fault, ..input }, &mut |_| ());
	let honest = engine.train(&input, &mut |_| ());
	assert_eq!(faulty.unwrap(), honest.unwrap());
}

#[test]
fn a_faulty_steps_transcript_makes_the_faulty_state_and_convicts_its_provider() {
	for plan in plans() {
		let engine = engine(&plan);
		let parent = engine.init(&[1; 32]);
		let data = noise(1_000);
		for fault in FAULTS {
			// GIVEN a task that was trained with a fault, state by state
			let input = TaskInput {
				stride: 1,
				fault: Some(fault),
				..task(&parent, &data, 4)
			};
			let (output, snapshots) = with_states(&engine, &input);
			for step in first_wrong(fault)..4 {
				// WHEN its provider repeats a wrong step with all tensors
				let transcript = engine.transcript(&input, step as u32).unwrap();
				// THEN that begins and ends with the states of its trace
				let states: &[StateRoots] = &output.states;
				assert_eq!(transcript.before(), states[step], "{fault:?}, {step}");
				assert_eq!(transcript.after(), states[step + 1], "{fault:?}, {step}");
				let witness = transcript.witness(&data).unwrap();
				let commitments = witness.commitments();
				assert_eq!(commitments.params, states[step].params);
				assert_eq!(commitments.moments, states[step].moments);
				// AND a challenger that takes the step honestly from the same state finds a place
				let again = TaskInput {
					fault: None,
					..input.segment_from(&snapshots[step])
				};
				let again = engine.transcript(&again, step as u32).unwrap();
				let honestly = again.witness(&data).unwrap();
				let dispute = Dispute {
					outline: engine.program().outline(),
					env: transcript.env(),
					provider: &witness,
					challenger: &honestly,
				};
				// AND a referee finds it wrong
				let found = dispute.run(&honest);
				let found = found.unwrap_or_else(|| panic!("{fault:?} changes step {step}"));
				assert_eq!(found.verdict, Verdict::Differs, "{fault:?}, step {step}");
				// AND the same place of the honest transcript right
				let found = dispute.turned().run(&honest).unwrap();
				assert_eq!(found.verdict, Verdict::Right, "{fault:?}, step {step}");
			}
		}
	}
}

#[test]
fn faults_of_parameters_that_there_are_not_are_refused() {
	let engine = engine(&tiny());
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	for fault in [
		Fault::NegateGradient { param: 5 },
		Fault::ScaleGradient {
			param: 5,
			factor: 2,
		},
		Fault::LowerPrecision { param: 5 },
	] {
		let input = TaskInput {
			fault: Some(fault),
			..task(&parent, &data, 1)
		};
		for refused in [
			engine.train(&input, &mut |_| ()).map(|_| ()),
			engine.transcript(&input, 0).map(|_| ()),
		] {
			assert!(matches!(
				refused,
				Err(EngineError::FaultOfNoParam {
					param: 5,
					params: 5
				})
			));
		}
	}
}

#[test]
fn a_gradient_that_is_scaled_out_of_range_ends_the_task() {
	// GIVEN a loss scale and a layer at which gradients are huge, but in range
	let mut plan = tiny();
	plan.loss_scale = 24;
	let engine = engine(&plan);
	let initial = engine.init(&[1; 32]);
	let mut tensors: Vec<Vec<u8>> = initial.tensors().map(<[u8]>::to_vec).collect();
	for x in tensors[1].as_chunks_mut::<4>().0 {
		*x = (f32::from_le_bytes(*x) * 16_777_216.0).to_le_bytes();
	}
	let parent = Params::from_tensors(engine.program(), &tensors).unwrap();
	let data = noise(1_000);
	let input = task(&parent, &data, 1);
	let output = engine.train(&input, &mut |_| ());
	assert!(output.is_ok(), "{output:?}");
	// WHEN one of them is made greater than the range THEN the task ends at its op
	let fault = Some(Fault::ScaleGradient {
		param: 3,
		factor: i16::MAX,
	});
	let refused = engine.train(&TaskInput { fault, ..input }, &mut |_| ());
	let gradient = engine.program().gradients()[3];
	let at = engine.program().outline().op_of(gradient).unwrap() as usize;
	assert!(
		matches!(refused, Err(EngineError::OutOfRange { step: 0, op }) if op == at),
		"{refused:?}"
	);
}
