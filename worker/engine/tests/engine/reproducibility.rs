//! Threads and instruction sets change nothing but the time.

use assay_engine::{Engine, EngineError, Fault, Isa, TaskInput, TaskOutput};
use assay_numerics::{list_root, state_root, Decimal, StepPlan, ZERO_ROOT};

use crate::support::{engine, gpt, noise, older, plan, task, tiny, with_adam};

/// Trains with every instruction set and these numbers of threads; all must give the same.
fn the_same_everywhere(plan: &StepPlan, input: &TaskInput<'_>, threads: &[usize]) -> TaskOutput {
	let expected = engine(plan).train(input, &mut |_| ()).unwrap();
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		for threads in threads {
			let engine = Engine::with_isa(plan, *threads, isa).unwrap();
			let found = engine.train(input, &mut |_| ()).unwrap();
			assert_eq!(found, expected, "{isa}, {threads} threads");
		}
	}
	expected
}

#[test]
fn a_thousand_steps_have_the_same_roots_on_any_threads_and_instruction_set() {
	let plan = tiny();
	let parent = engine(&plan).init(&[1; 32]);
	let data = noise(10_000);
	let input = task(&parent, &data, 1_200);
	the_same_everywhere(&plan, &input, &[1, 2, 8]);
}

#[test]
fn every_state_of_a_thousand_steps_of_decoders_is_the_same_on_any_threads_and_instruction_set() {
	// GIVEN decoders of both manners, one with a vocabulary that does not fill its tiles, and the root
	// of every state in the trace
	let data: Vec<u8> = noise(10_000).into_iter().map(|byte| byte % 61).collect();
	let odd = gpt(|model| (model.vocabulary, model.kv_heads) = (61, 1), 1);
	let odd = with_adam(odd, |adam| adam.clip = Some(Decimal::new(5, -1)));
	for plan in [odd, gpt(older, 1)] {
		let parent = engine(&plan).init(&[1; 32]);
		let input = TaskInput {
			stride: 1,
			..task(&parent, &data, 1_000)
		};
		// WHEN they are trained with any instruction set and number of threads THEN no root differs
		let output = the_same_everywhere(&plan, &input, &[1, 2, 8]);
		assert_eq!(output.trace.len(), 1_001);
	}
}

#[test]
fn the_trace_has_the_root_of_the_state_at_every_border_of_segments() {
	// GIVEN seven steps in segments of three, the last one shorter
	let plan = tiny();
	let engine = engine(&plan);
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let whole = task(&parent, &data, 7);
	let output = engine.train(&TaskInput { stride: 3, ..whole }, &mut |_| ());
	let trace = output.unwrap().trace;
	// WHEN every state is known THEN the trace has those before the first step and after 3, 6 and 7
	let all = engine.train(&TaskInput { stride: 1, ..whole }, &mut |_| ());
	let all = all.unwrap().trace;
	assert_eq!(all.len(), 8);
	assert_eq!(trace, [all[0], all[3], all[6], all[7]]);
	let refused = engine.train(&TaskInput { stride: 0, ..whole }, &mut |_| ());
	assert!(matches!(refused, Err(EngineError::NoStride)));
}

#[test]
fn work_that_is_shared_between_threads_has_the_same_roots() {
	// GIVEN a model whose every pass is long enough to be shared
	let plan = plan(8, 32, &[256, 64], 256);
	let parent = engine(&plan).init(&[1; 32]);
	let data = noise(10_000);
	let input = task(&parent, &data, 12);
	the_same_everywhere(&plan, &input, &[1, 2, 3, 8]);
}

#[test]
fn the_trace_is_made_of_the_parents_and_the_results_roots() {
	let plan = tiny();
	let engine = engine(&plan);
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let output = engine.train(&task(&parent, &data, 3), &mut |_| ()).unwrap();
	let start = state_root(parent.root(), ZERO_ROOT, ZERO_ROOT);
	let end = state_root(output.params.root(), output.moments_root, ZERO_ROOT);
	assert_eq!(output.trace, [start, end]);
	assert_eq!(output.params.root(), list_root(&output.params.roots()));
}

#[test]
fn the_last_op_of_a_transcript_lists_the_roots_of_the_state() {
	// GIVEN a model whose tensors are small, and one with a tensor that is hashed in pieces while it is
	// updated, which a transcript's is not
	for plan in [tiny(), plan(8, 32, &[256, 64], 16)] {
		for threads in [1, 2] {
			let engine = Engine::with_isa(&plan, threads, Isa::widest()).unwrap();
			let parent = engine.init(&[1; 32]);
			let data = noise(1_000);
			let input = task(&parent, &data, 3);
			// WHEN it is trained, and the last step repeated with a transcript
			let output = engine.train(&input, &mut |_| ()).unwrap();
			let transcript = engine.transcript(&input, 2).unwrap();
			// THEN the roots are the same, and those of the parameters' bytes
			let list = transcript.outputs().last().unwrap();
			let roots = output.params.roots();
			assert_eq!(list[..32 * roots.len()], *roots.as_flattened());
			let moments = &list[32 * roots.len()..32 * 3 * roots.len()];
			let moments_root = list_root(moments.as_chunks().0);
			assert_eq!(moments_root, output.moments_root);
			let end = state_root(list_root(&roots), moments_root, ZERO_ROOT);
			assert_eq!(output.trace.last(), Some(&end));
		}
	}
}

#[test]
fn seed_round_slot_and_a_fault_each_change_the_result() {
	let plan = tiny();
	let engine = engine(&plan);
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let input = task(&parent, &data, 4);
	let inputs = [
		input,
		TaskInput {
			seed: [8; 32],
			..input
		},
		TaskInput { round: 1, ..input },
		TaskInput { slot: 1, ..input },
		TaskInput {
			fault: Some(Fault::NegateGradient { param: 0 }),
			..input
		},
		TaskInput {
			fault: Some(Fault::NegateGradient { param: 4 }),
			..input
		},
	];
	let mut roots: Vec<_> = inputs
		.iter()
		.map(|input| engine.train(input, &mut |_| ()).unwrap().params.root())
		.collect();
	roots.sort_unstable();
	roots.dedup();
	assert_eq!(roots.len(), inputs.len());
}

#[test]
fn a_fault_moves_its_own_parameter_the_other_way() {
	// GIVEN one step without decay, so that only the gradient moves a parameter
	let plan = crate::support::with_adam(tiny(), |adam| adam.weight_decay.mantissa = 0);
	let engine = engine(&plan);
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let input = task(&parent, &data, 1);
	let honest = engine.train(&input, &mut |_| ()).unwrap().params;
	// WHEN the gradient of one tensor is negated
	let fault = Some(Fault::NegateGradient { param: 1 });
	let other = engine
		.train(&TaskInput { fault, ..input }, &mut |_| ())
		.unwrap()
		.params;
	// THEN that tensor moves the other way and no other changes
	for (tensor, (honest, other)) in honest.tensors().zip(other.tensors()).enumerate() {
		assert_eq!(honest != other, tensor == 1, "tensor {tensor}");
	}
	let values = |params: &assay_engine::Params| params.tensor_f32(1).unwrap().1;
	let rows = values(&parent)
		.into_iter()
		.zip(values(&honest))
		.zip(values(&other));
	for ((before, honest), other) in rows {
		assert!((honest - before) * (other - before) <= 0.0);
	}
}

#[test]
fn tasks_that_cannot_be_run_are_refused_with_their_numbers() {
	let plan = tiny();
	let engine = engine(&plan);
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let train = |input: TaskInput<'_>| engine.train(&input, &mut |_| ()).unwrap_err();
	// Two bytes of context and a target need three bytes; of 3 bytes none is held out.
	assert!(matches!(
		train(task(&parent, &data[..2], 1)),
		EngineError::DataTooShort {
			bytes: 2,
			needed: 3
		}
	));
	assert!(engine
		.train(&task(&parent, &data[..3], 1), &mut |_| ())
		.is_ok());
	assert!(matches!(
		engine.evaluate(&parent, &data[..47], 4).unwrap_err(),
		EngineError::DataTooShort {
			bytes: 2,
			needed: 3
		}
	));
	assert!(engine.evaluate(&parent, &data[..48], 4).is_ok());
	assert!(matches!(
		engine.evaluate(&parent, &data, 0).unwrap_err(),
		EngineError::NoRows
	));
	assert!(matches!(
		train(task(&parent, &data, 0)),
		EngineError::NoSteps
	));
	let fault = Some(Fault::NegateGradient { param: 5 });
	assert!(matches!(
		train(TaskInput {
			fault,
			..task(&parent, &data, 1)
		}),
		EngineError::FaultOfNoParam {
			param: 5,
			params: 5
		}
	));
	assert!(matches!(
		engine.transcript(&task(&parent, &data, 2), 2).unwrap_err(),
		EngineError::NoSuchStep { step: 2, steps: 2 }
	));
}

#[test]
fn engines_that_cannot_be_made_are_refused() {
	assert!(matches!(
		Engine::with_isa(&tiny(), 0, Isa::Portable),
		Err(EngineError::NoThreads)
	));
	let odd = plan(2, 17, &[16], 16);
	assert!(matches!(
		Engine::with_isa(&odd, 1, Isa::Portable),
		Err(EngineError::Plan(_))
	));
	assert!(matches!(
		Isa::from_name("sse9"),
		Err(EngineError::UnknownIsa { name }) if name == "sse9"
	));
	for isa in Isa::ALL {
		assert_eq!(Isa::from_name(isa.name()).unwrap(), isa);
	}
}

/// What [`the_environment_forces_an_instruction_set_or_is_refused`] runs with another environment.
#[test]
fn an_engine_says_what_it_uses() {
	match Engine::new(&tiny(), 1) {
		Ok(engine) => println!("engine uses {}", engine.isa()),
		Err(error) => println!("engine refuses: {error}"),
	}
}

#[test]
fn the_environment_forces_an_instruction_set_or_is_refused() {
	let with = |value: &str| {
		let mut child = std::process::Command::new(std::env::current_exe().unwrap());
		child.args([
			"--exact",
			"reproducibility::an_engine_says_what_it_uses",
			"--nocapture",
		]);
		let output = child.env("ASSAY_ISA", value).output().unwrap();
		String::from_utf8_lossy(&output.stdout).into_owned()
	};
	assert!(with("portable").contains("engine uses portable"));
	for isa in Isa::ALL {
		let expected = if isa.is_available() {
			"engine uses"
		} else {
			"engine refuses"
		};
		assert!(with(isa.name()).contains(expected), "{isa}");
	}
	assert!(with("sse9").contains("unknown instruction set \"sse9\""));
	assert!(with("").contains("unknown instruction set \"\""));
}
