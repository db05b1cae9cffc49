//! What a dispute costs at its worst: transactions and bytes.

use super::*;
use crate::{
	hash::{
		descent::{layers, LAYER},
		Node,
	},
	plan::tests::{decoder, gpt2, rotary},
	referee::{accumulator_bytes, output_node},
	samples::Preset,
	Decimal, FeedForward, Gpt, Norm, Optimiser,
};

/// Bytes of a transaction beside what it shows: signature, signer, extensions, and the names of task,
/// segment, step or child.
const ENVELOPE: usize = 200;
/// Transactions that a dispute may have.
const TRANSACTIONS: u32 = 20;
/// Bytes that it may have.
const BUDGET: usize = 100_000;
/// Steps of a segment, at most.
const SEGMENT: usize = 256;

/// Transactions, and bytes of them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
	transactions: u32,
	bytes: usize,
}

impl Cost {
	fn send(&mut self, bytes: usize) {
		self.transactions += 1;
		self.bytes += ENVELOPE + bytes;
	}

	/// The answers and questions of a descent, but for the first question and with the last one: all
	/// layers of the way that has most of them.
	fn descend(&mut self, top: Node) {
		let (mut chunks, count) = (top.chunks(), layers(top.bytes()));
		for _ in 0..count {
			// The greatest children are as full as nodes can be.
			let node = Node::top([0; 32], chunks * 1_024);
			self.send(32 * node.layer() as usize);
			self.send(0);
			chunks = node.chunks().div_ceil(LAYER.into()).next_power_of_two();
		}
	}

	/// A dispute about a tile of an op whose evidence has so many bytes.
	fn of(outline: &Outline, op: u32, steps: u32, evidence: usize) -> Self {
		let mut cost = Cost::default();
		let list = u64::from(judged_ops(outline)) * 32;
		// The segment with the roots of the trace, the states of its steps, the step.
		cost.send(32 * 32);
		cost.send(64 * (SEGMENT + 1));
		cost.send(0);
		// The list of the outputs, and the roots of the chunk that was found; which of them differs.
		cost.bytes += 32;
		cost.descend(Node::top([0; 32], list));
		cost.send(32 * 32);
		cost.send(0);
		// The output.
		cost.descend(output_node(outline, op, [0; 32]).unwrap());
		if steps > 1 {
			cost.bytes += 32;
			cost.descend(Node::top([0; 32], accumulator_bytes(steps)));
		}
		cost.send(evidence);
		cost
	}
}

/// The most transactions and the most bytes that a dispute about any op has, at the first, the last
/// and a middle tile and step of each.
fn worst(outline: &Outline, ops: impl Iterator<Item = u32>) -> Cost {
	let items = crate::train_items((1 << 40) / u64::from(outline.item_bytes()));
	let env = Env::new([1; 32], 2, 3, 4, 256, items).with_turns(outline.turns());
	let mut worst = Cost::default();
	for index in ops {
		let op = outline.op(index).unwrap();
		for tile in some(ops::tiles(&op)) {
			let steps = ops::steps(&op, tile);
			let sizes = some(steps).map(|step| size(outline, &op, &env, At { tile, step }));
			let cost = Cost::of(outline, index, steps, sizes.max().unwrap_or(0));
			worst.transactions = worst.transactions.max(cost.transactions);
			worst.bytes = worst.bytes.max(cost.bytes);
		}
	}
	worst
}

fn worst_of(plan: &StepPlan) -> Cost {
	let outline = Outline::new(plan).unwrap();
	worst(&outline, 0..judged_ops(&outline))
}

/// Decoders of 7 and of 70 billion parameters in the manner of Llama, with everything that costs.
fn large(seventy: bool, batch: u32) -> StepPlan {
	let (width, layers, heads, kv_heads, feed_forward) = match seventy {
		false => (4_096, 32, 32, 32, 11_008),
		true => (8_192, 80, 64, 8, 28_672),
	};
	let mut plan = decoder(Gpt {
		vocabulary: 128_256,
		context: 4_096,
		width,
		layers,
		heads,
		kv_heads,
		head: 128,
		feed_forward,
		norm: Norm::Rms,
		positions: rotary(128),
		mlp: FeedForward::Gated,
		biases: false,
		tied: false,
		..gpt2()
	});
	let Optimiser::AdamW(adam) = &mut plan.optimiser;
	adam.clip = Some(Decimal::new(1, 0));
	plan.batch = batch;
	plan
}

#[test]
fn a_dispute_about_any_op_keeps_to_20_transactions_and_100_kilobytes() {
	for (plan, expected) in [
		// 10.8 million parameters, and the plan with most ops.
		(Preset::M10.plan(256), (14, 71_903)),
		(samples::largest(), (16, 67_190)),
		// 7 and 70 billion, for steps of 8,192 tokens; the first one for 65,536 too.
		(large(false, 2), (18, 88_620)),
		(large(false, 16), (18, 95_324)),
		(large(true, 2), (20, 88_844)),
	] {
		let cost = worst_of(&plan);
		assert!(cost.transactions <= TRANSACTIONS && cost.bytes <= BUDGET);
		assert_eq!((cost.transactions, cost.bytes), expected);
	}
}

#[test]
fn the_longest_steps_of_the_widest_models_take_two_transactions_more() {
	// GIVEN a model whose list of outputs has two layers, 9,239 of them, and steps of 65,536 tokens:
	// products of more than 128 steps, and tensors of more than 2,097,152 tiles
	let cost = worst_of(&large(true, 16));
	// THEN a dispute has 2 + 4 + 2 layers to go down, of two transactions each, and six more
	assert_eq!((cost.transactions, cost.bytes), (TRANSACTIONS + 2, 95_548));
	assert!(cost.bytes <= BUDGET);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	#[test]
	fn disputes_keep_to_100_kilobytes_for_plans_of_any_size(
		plan in plans(LARGE),
		pick in any::<u32>(),
	) {
		let outline = Outline::new(&plan).unwrap();
		let count = judged_ops(&outline);
		let ops = (0..200).map(|i| pick.wrapping_add(i * 31) % count);
		let cost = worst(&outline, ops);
		prop_assert!(cost.bytes <= BUDGET, "{cost:?}");
		prop_assert!(cost.transactions <= TRANSACTIONS + 2, "{cost:?}");
	}
}

/// Bytes of the evidence for a step, were all that it reads there: with siblings of any value.
pub(super) fn size(outline: &Outline, op: &Op, env: &Env<'_>, at: At) -> usize {
	// Ids that name a tile of its own for every row, as far as there are any.
	let id = |row: usize| (row as u32 * 16) % outline.vocabulary();
	let ids = Tile(core::array::from_fn(|i| id(i / 16) as f32));
	let index = vec![ids; ops::index_deps(op, at).unwrap().len()];
	let refs = ops::deps(op, env, at, &index).unwrap();
	let lists = height(u64::from(judged_ops(outline)) * 32);
	let root = OpenedRoot {
		chunk: vec![0; BYTES].try_into().unwrap(),
		siblings: vec![[0; 32]; lists as usize].try_into().unwrap(),
	};
	let opened = |bytes: u64| OpenedTile {
		chunk: vec![0; BYTES].try_into().unwrap(),
		siblings: vec![[0; 32]; height(bytes) as usize].try_into().unwrap(),
	};
	let tile = |tensor: TensorId| match tensor {
		DATA => opened(1 << 40),
		tensor => opened(outline.layout(tensor).unwrap().bytes()),
	};
	let mut evidence = Evidence {
		before: (at.step > 0).then(|| opened(accumulator_bytes(ops::steps(op, at.tile)))),
		..Evidence::default()
	};
	let (mut tensors, mut tiles) = (Vec::new(), Vec::new());
	for at in refs {
		if !tensors.contains(&at.tensor) {
			tensors.push(at.tensor);
			evidence.roots.try_push(root.clone()).unwrap();
		}
		if !tiles.contains(&at) {
			tiles.push(at);
			evidence.tiles.try_push(tile(at.tensor)).unwrap();
		}
	}
	evidence.encoded_size()
}
