//! The specification's golden vectors, which outlive both implementations.

use assay_engine::{Engine, Isa, TaskInput};
use assay_numerics::{tensor_root, Decimal};
use serde_json::Value;

use crate::support::{plan, with_adam};

/// The text that the specification's tests train on.
fn text(bytes: usize) -> Vec<u8> {
	let (mut state, mut last) = (1_u32, 0_u8);
	let mut next = || {
		state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		last = last.wrapping_mul(5).wrapping_add((state >> 30) as u8 + 97);
		last
	};
	(0..bytes).map(|_| next()).collect()
}

#[test]
fn every_root_of_the_golden_steps_is_reproduced() {
	let golden = include_str!("../../../../pallets/numerics/testdata/steps.json");
	let golden: Value = serde_json::from_str(golden).unwrap();
	let expect = |value: &Value, root: [u8; 32], what: &str| {
		assert_eq!(value.as_str().unwrap(), hex::encode(root), "{what}");
	};
	// GIVEN the plan, the data and the parent of the golden steps
	let plan = with_adam(plan(2, 16, &[48, 16], 16), |adam| {
		adam.learning_rate = Decimal::new(1, -3);
		adam.beta2 = Decimal::new(999, -3);
		adam.warmup = 10;
	});
	let data = text(9_000);
	expect(&golden["data_root"], tensor_root(&data), "data");
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		let engine = Engine::with_isa(&plan, 2, isa).unwrap();
		let seed = [42; 32];
		let parent = engine.init(&seed);
		expect(&golden["parent"], parent.root(), "parent");
		let steps = golden["steps"].as_array().unwrap();
		let task = TaskInput {
			parent: &parent,
			data: &data,
			seed,
			round: 1,
			slot: 2,
			steps: steps.len() as u32,
			stride: steps.len() as u32,
			part: None,
			fault: None,
		};
		for (step, golden) in steps.iter().enumerate() {
			// WHEN a step is repeated with all its outputs
			let transcript = engine.transcript(&task, step as u32).unwrap();
			// THEN every output has the golden root
			let outputs = golden["outputs"].as_array().unwrap();
			assert_eq!(outputs.len(), transcript.outputs().len());
			for (output, root) in outputs.iter().zip(transcript.roots()) {
				expect(
					&output[1],
					root,
					&format!("{} of step {step}, {isa}", output[0]),
				);
			}
		}
		let output = engine.train(&task, &mut |_| ()).unwrap();
		let last = steps.last().unwrap();
		expect(&last["params_root"], output.params.root(), "params");
		expect(&last["moments_root"], output.moments_root, "moments");
		expect(&last["state_root"], output.trace[1], "state");
	}
}
