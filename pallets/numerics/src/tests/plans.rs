//! Random plans of every kind.

use crate::{
	plan::tests::{adam, adapter, classes, decoder, gpt2, rotary},
	AdamW, Adapter, CosineDecay, Decimal, FeedForward, Gpt, Model, Norm, Optimiser, Positions,
	StepPlan,
};
use proptest::prelude::*;

/// Most of each number of a plan, in tiles where it is of whole ones.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
	pub(super) vocabulary: u32,
	pub(super) context: u16,
	pub(super) width: u32,
	pub(super) layers: u16,
	pub(super) groups: u16,
	pub(super) feed_forward: u32,
	pub(super) hidden: u16,
	/// Of rows, in tiles; of sequences, in units.
	pub(super) batch: u32,
}

/// Plans with all shapes of shapes and few elements.
pub(super) const SMALL: Bounds = Bounds {
	vocabulary: 70_000,
	context: 12,
	width: 8,
	layers: 4,
	groups: 3,
	feed_forward: 12,
	hidden: 20,
	batch: 4_096,
};

/// Plans whose every step can be looked at.
pub(super) const TINY: Bounds = Bounds {
	vocabulary: 400,
	context: 9,
	width: 2,
	layers: 1,
	groups: 2,
	feed_forward: 3,
	hidden: 3,
	batch: 3,
};

/// Plans of up to 7 billion parameters and more.
pub(super) const LARGE: Bounds = Bounds {
	vocabulary: 262_144,
	context: 256,
	width: 288,
	layers: 32,
	groups: 8,
	feed_forward: 720,
	hidden: 256,
	batch: 4_096,
};

/// Plans for decoders, with every switch either way.
pub(super) fn decoders(most: Bounds) -> impl Strategy<Value = StepPlan> {
	let vocabulary = prop_oneof![2_u32..=600, 2_u32..=most.vocabulary];
	let sizes = (
		vocabulary,
		1..=most.context,
		1..=most.width,
		1..=most.layers,
		1..=most.feed_forward,
	);
	let heads = (1..=most.groups, 1..=most.groups, 1_u16..=16);
	let switches = any::<[bool; 6]>();
	let adapted = prop::option::of((1_u16..=16, 1_i32..1_000));
	let step = (1..=most.batch, optimisers(), 0_u8..=24);
	(sizes, heads, switches, adapted, step).prop_map(|(sizes, heads, switches, adapted, step)| {
		let (vocabulary, context, width, layers, feed_forward) = sizes;
		let (kv_heads, group, head) = heads;
		let [layer, learned, gated, two_terms, biases, tied] = switches;
		let (batch, optimiser, loss_scale) = step;
		let head = 16 * head;
		let model = Gpt {
			vocabulary,
			context: 16 * context,
			width: 16 * width,
			layers,
			heads: kv_heads * group,
			kv_heads,
			head,
			feed_forward: 16 * feed_forward,
			norm: if layer { Norm::Layer } else { Norm::Rms },
			positions: if learned {
				Positions::Learned
			} else {
				rotary(head)
			},
			mlp: if gated {
				FeedForward::Gated
			} else {
				FeedForward::Plain
			},
			two_terms,
			biases,
			tied,
			adapter: adapted.map(|(rank, scale)| Adapter {
				rank: 16 * rank,
				scale: Decimal::new(scale, 0),
				..adapter()
			}),
			..gpt2()
		};
		StepPlan {
			batch: 1 + (batch - 1) % (65_536 / u32::from(16 * context)).min(4_096),
			optimiser,
			loss_scale,
			..decoder(model)
		}
	})
}

/// Optimisers with and without decay and limit.
pub(super) fn optimisers() -> impl Strategy<Value = Optimiser> {
	let decay = prop::option::of((1_u32..1_000, 0_i32..=10));
	let clip = prop::option::of(1_i32..1_000);
	(0_u32..100, decay, clip).prop_map(|(warmup, decay, clip)| {
		Optimiser::AdamW(AdamW {
			warmup,
			decay: decay.map(|(steps, tenths)| CosineDecay {
				steps,
				floor: Decimal::new(tenths, -1),
			}),
			clip: clip.map(|hundredths| Decimal::new(hundredths, -2)),
			..adam()
		})
	})
}

/// Plans for perceptrons over bytes.
pub(super) fn byte_models(most: Bounds) -> impl Strategy<Value = StepPlan> {
	let hidden = prop::collection::vec(1..=most.hidden, 1..=8);
	let shape = (1_u16..=64, 1..=most.hidden, hidden, 1..=most.batch.min(256));
	(shape, optimisers(), 0_u8..=24).prop_map(
		|((context, embedding, hidden, rows), optimiser, loss_scale)| {
			let hidden: Vec<u16> = hidden.into_iter().map(|width| 16 * width).collect();
			StepPlan {
				optimiser,
				loss_scale,
				..super::shaped(context, 16 * embedding, &hidden, 16 * rows)
			}
		},
	)
}

/// Plans for classifiers.
pub(super) fn classifiers(most: Bounds) -> impl Strategy<Value = StepPlan> {
	let hidden = prop::collection::vec(1..=most.hidden, 1..=8);
	let shape = (
		1..=4 * most.hidden,
		hidden,
		2_u16..=256,
		1..=most.batch.min(256),
	);
	(shape, optimisers(), 0_u8..=24).prop_map(
		|((inputs, hidden, count, rows), optimiser, loss_scale)| {
			let hidden: Vec<u16> = hidden.into_iter().map(|width| 16 * width).collect();
			StepPlan {
				batch: 16 * rows,
				optimiser,
				loss_scale,
				..classes(16 * inputs, &hidden, count)
			}
		},
	)
}

/// Plans of every kind, of which most are decoders.
pub(super) fn plans(most: Bounds) -> impl Strategy<Value = StepPlan> {
	prop_oneof![
		4 => decoders(most),
		1 => byte_models(most),
		1 => classifiers(most),
	]
}

/// The decoder of a plan.
pub(super) fn decoder_of(plan: &StepPlan) -> &Gpt {
	match &plan.model {
		Model::Gpt(model) => model,
		_ => panic!("the plan has no decoder"),
	}
}
