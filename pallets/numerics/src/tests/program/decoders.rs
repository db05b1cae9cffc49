//! Records and names of decoders.

use crate::{
	lower,
	plan::tests::{adapter, classes, decoder, gpt2, llama, rotary, small},
	Adapter, Decimal, FeedForward, Gpt, Norm, Optimiser, Positions, StepPlan, TensorId,
};
use std::collections::{BTreeMap, BTreeSet};

/// Every number and switch of a decoder, changed one at a time; turns are no constants of any op, and
/// the root of the frozen tensors is no op's.
fn changed_decoders() -> Vec<StepPlan> {
	let base = || Gpt {
		adapter: Some(adapter()),
		..llama()
	};
	let changes: [fn(&mut Gpt); 17] = [
		|_| {},
		|model| model.vocabulary = 301,
		|model| model.context = 32,
		|model| model.width = 64,
		|model| model.layers = 3,
		|model| (model.heads, model.kv_heads) = (8, 4),
		|model| model.kv_heads = 4,
		|model| (model.head, model.positions) = (48, rotary(48)),
		|model| model.feed_forward = 96,
		|model| model.norm = Norm::Layer,
		|model| model.norm_epsilon = Decimal::new(1, -6),
		|model| model.positions = Positions::Learned,
		|model| model.mlp = FeedForward::Plain,
		|model| model.two_terms = true,
		|model| model.biases = true,
		|model| model.tied = true,
		|model| {
			model.adapter = Some(Adapter {
				scale: Decimal::new(3, 0),
				..adapter()
			})
		},
	];
	let mut plans: Vec<StepPlan> = changes
		.into_iter()
		.map(|change| {
			let mut model = base();
			change(&mut model);
			decoder(model)
		})
		.collect();
	plans.push(decoder(llama()));
	plans.push(decoder(Gpt {
		adapter: Some(Adapter {
			rank: 32,
			..adapter()
		}),
		..base()
	}));
	for (batch, loss_scale, clip) in [(3, 0, None), (2, 1, None), (2, 0, Some(1)), (2, 0, Some(2))]
	{
		let mut plan = decoder(base());
		(plan.batch, plan.loss_scale) = (batch, loss_scale);
		let Optimiser::AdamW(adam) = &mut plan.optimiser;
		adam.clip = clip.map(|clip| Decimal::new(clip, 0));
		plans.push(plan);
	}
	plans
}

#[test]
fn every_number_of_a_decoder_or_classifier_changes_the_root_of_the_op_list() {
	let mut plans = changed_decoders();
	plans.extend([
		classes(32, &[16], 10),
		classes(48, &[16], 10),
		classes(32, &[32], 10),
		classes(32, &[16], 11),
		classes(32, &[16, 16], 10),
	]);
	let roots: BTreeSet<_> = plans
		.iter()
		.map(|plan| lower(plan).unwrap().op_list_root())
		.collect();
	assert_eq!(roots.len(), plans.len());
}

#[test]
fn a_record_says_everything_about_its_op() {
	// GIVEN all ops of many programs
	let mut plans = changed_decoders();
	plans.extend([small(), classes(32, &[16], 10), decoder(gpt2())]);
	let mut records = BTreeMap::new();
	for plan in plans {
		for op in lower(&plan).unwrap().ops() {
			let text = format!("{op:?}");
			// THEN ops with the same record are the same
			let before = records.entry(op.record()).or_insert_with(|| text.clone());
			assert_eq!(*before, text);
		}
	}
	assert!(records.len() > 1_000);
}

#[test]
fn a_decoder_lists_its_tensors_as_the_files_of_such_models_do() {
	let program = lower(&decoder(Gpt {
		layers: 1,
		..llama()
	}))
	.unwrap();
	let names: Vec<_> = program
		.params()
		.iter()
		.map(|id| program.tensor(*id).unwrap())
		.map(|tensor| (tensor.name.as_str(), tensor.layout.shape()))
		.collect();
	assert_eq!(
		names,
		[
			("model.embed_tokens.weight", [300, 48]),
			("model.layers.0.input_layernorm.weight", [1, 48]),
			("model.layers.0.self_attn.q_proj.weight", [128, 48]),
			("model.layers.0.self_attn.k_proj.weight", [64, 48]),
			("model.layers.0.self_attn.v_proj.weight", [64, 48]),
			("model.layers.0.self_attn.o_proj.weight", [48, 128]),
			("model.layers.0.post_attention_layernorm.weight", [1, 48]),
			("model.layers.0.mlp.gate_proj.weight", [80, 48]),
			("model.layers.0.mlp.up_proj.weight", [80, 48]),
			("model.layers.0.mlp.down_proj.weight", [48, 80]),
			("model.norm.weight", [1, 48]),
			("lm_head.weight", [300, 48]),
		]
	);
	// WHEN it has biases, centred norms and learned positions, and adapters are trained
	let program = lower(&decoder(Gpt {
		layers: 1,
		adapter: Some(adapter()),
		..gpt2()
	}))
	.unwrap();
	let names = |ids: &[TensorId]| -> Vec<String> {
		let tensors = ids.iter().map(|id| program.tensor(*id).unwrap());
		tensors.map(|tensor| tensor.name.clone()).collect()
	};
	assert_eq!(
		names(program.params()),
		[
			"q_proj.lora_A",
			"q_proj.lora_B",
			"v_proj.lora_A",
			"v_proj.lora_B"
		]
		.map(|name| format!("model.layers.0.self_attn.{name}.weight"))
	);
	let frozen = names(program.frozen());
	assert_eq!(frozen.len(), 2 + 16 + 2);
	assert_eq!(frozen[1], "model.embed_positions.weight");
	assert_eq!(
		frozen[2..4],
		["weight", "bias"].map(|end| { format!("model.layers.0.input_layernorm.{end}") })
	);
	assert_eq!(frozen[18..], ["model.norm.weight", "model.norm.bias"]);
}
