//! Golden vectors of programs and steps.

use super::{bits, golden};
use crate::{
	list_root, lower,
	plan::tests::{adam, adapter, classes, decoder, gpt2, llama, small},
	state_root, tensor_root,
	tests::{runs::ready, shaped, text},
	train_items, AdamW, CosineDecay, Decimal, Env, Gpt, Memory, Optimiser, StepPlan, TensorId,
	Tiles, ZERO_ROOT,
};
use codec::Encode;
use serde_json::json;

#[test]
fn golden_programs() {
	let cases: Vec<_> = [
		small(),
		shaped(1, 16, &[16], 16),
		shaped(8, 32, &[256, 128], 256),
	]
	.into_iter()
	.map(|plan| {
		let program = lower(&plan).unwrap();
		let records: Vec<_> = program
			.ops()
			.iter()
			.map(|op| hex::encode(op.record()))
			.collect();
		json!({
			"plan": hex::encode(plan.encode()),
			"op_list_root": hex::encode(program.op_list_root()),
			"flops_per_step": program.flops_per_step(),
			"checkpoint_bytes": program.checkpoint_bytes(),
			"records": records,
		})
	})
	.collect();
	golden("programs.json", json!(cases));
}

#[test]
fn golden_steps() {
	// GIVEN a plan with padding everywhere and the text of the tests
	let plan = shaped(2, 16, &[48, 16], 16);
	let (program, data, seed) = (lower(&plan).unwrap(), text(9_000), [42; 32]);
	let mut memory = Memory::initial(&program, &seed, &data).unwrap();
	let root = |memory: &Memory, id| memory.root(id).unwrap();
	let list = |memory: &Memory, ids: &[TensorId]| {
		list_root(&ids.iter().map(|id| root(memory, *id)).collect::<Vec<_>>())
	};
	let parent = list(&memory, program.params());
	let mut steps = Vec::new();
	for step in 0..3 {
		// WHEN a step is evaluated
		let env = Env::new(seed, 1, 2, step, 3, train_items(data.len() as u64));
		memory.run(&program, &env).unwrap();
		let outputs: Vec<_> = program
			.ops()
			.iter()
			.map(|op| {
				let name = &program.tensor(op.output).unwrap().name;
				json!([name, hex::encode(root(&memory, op.output))])
			})
			.collect();
		let params = list(&memory, program.next_params());
		let moments = list(&memory, program.next_moments());
		steps.push(json!({
			"outputs": outputs,
			"loss": bits(memory.tiles(program.mean_loss())[0].0[0]),
			"params_root": hex::encode(params),
			"moments_root": hex::encode(moments),
			"state_root": hex::encode(state_root(params, moments, ZERO_ROOT)),
		}));
		memory.advance(&program);
	}
	// THEN the roots of all its tensors are these
	golden(
		"steps.json",
		json!({
			"plan": hex::encode(plan.encode()),
			"seed": hex::encode(seed),
			"round": 1,
			"slot": 2,
			"data_root": hex::encode(tensor_root(&data)),
			"parent": hex::encode(parent),
			"steps": steps,
		}),
	);
}

/// A decoder as GPT-2, one as Llama with keys that are shared, an odd vocabulary, a decay and a limit,
/// one with adapters, and a classifier.
fn models() -> [(&'static str, StepPlan); 4] {
	let limited = Optimiser::AdamW(AdamW {
		decay: Some(CosineDecay {
			steps: 40,
			floor: Decimal::new(1, -1),
		}),
		clip: Some(Decimal::new(1, -1)),
		..adam()
	});
	[
		("gpt2", decoder(gpt2())),
		(
			"llama",
			StepPlan {
				optimiser: limited,
				loss_scale: 7,
				..decoder(Gpt {
					vocabulary: 333,
					context: 144,
					layers: 1,
					two_terms: true,
					..llama()
				})
			},
		),
		(
			"adapter",
			decoder(Gpt {
				adapter: Some(adapter()),
				..llama()
			}),
		),
		("classifier", classes(48, &[32, 16], 10)),
	]
}

#[test]
fn golden_models() {
	let cases: Vec<_> = models()
		.into_iter()
		.map(|(name, plan)| {
			// GIVEN parameters and frozen tensors that are nowhere zero
			let mut ready = ready(&plan);
			let program = ready.program.clone();
			let root = |memory: &Memory, id| memory.root(id).unwrap();
			let list = |memory: &Memory, ids: &[TensorId]| {
				let roots: Vec<_> = ids.iter().map(|id| root(memory, *id)).collect();
				hex::encode(list_root(&roots))
			};
			let params = list(&ready.memory, program.params());
			let frozen = list(&ready.memory, program.frozen());
			// WHEN a step is evaluated
			ready.run(2, 3);
			let ops = program.ops().iter().filter(|op| !op.kind.is_virtual());
			let outputs: Vec<_> = ops
				.map(|op| {
					let name = &program.tensor(op.output).unwrap().name;
					json!([name, hex::encode(root(&ready.memory, op.output))])
				})
				.collect();
			json!({
				"name": name,
				"plan": hex::encode(plan.encode()),
				"op_list_root": hex::encode(program.op_list_root()),
				"ops": program.ops().len(),
				"flops_per_step": program.flops_per_step(),
				"checkpoint_bytes": program.checkpoint_bytes(),
				"data_root": hex::encode(tensor_root(&ready.data)),
				"params": params,
				"frozen": frozen,
				"loss": bits(ready.memory.tiles(program.mean_loss())[0].0[0]),
				"outputs": outputs,
				"next_params": list(&ready.memory, program.next_params()),
				"next_moments": list(&ready.memory, program.next_moments()),
			})
		})
		.collect();
	// THEN the roots of everything that appears in transcripts are these
	golden(
		"models.json",
		json!({ "round": 2, "slot": 0, "step": 3, "steps": 8, "models": cases }),
	);
}
