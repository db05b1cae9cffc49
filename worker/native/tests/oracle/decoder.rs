//! Decoders, in every combination of their parts.

use assay_numerics::{
	AdamW, Adapter, CosineDecay, Decimal, FeedForward, Gpt, Model, Norm, Optimiser, Positions,
	Profile, StepPlan,
};

use crate::run::{params, tokens, Step};

/// AdamW with everything that it can do.
pub(crate) fn adam() -> AdamW {
	AdamW {
		learning_rate: Decimal::new(3, -3),
		beta1: Decimal::new(9, -1),
		beta2: Decimal::new(99, -2),
		epsilon: Decimal::new(1, -8),
		weight_decay: Decimal::new(1, -1),
		warmup: 4,
		decay: Some(CosineDecay {
			steps: 20,
			floor: Decimal::new(1, -1),
		}),
		clip: Some(Decimal::new(1, 0)),
	}
}

/// How far pair i turns at each position: `10000^(-i / pairs)` radians.
pub(crate) fn turns(pairs: u16) -> Positions {
	let turn = |pair: u16| {
		let radians = 10_000_f64.powf(-f64::from(pair) / f64::from(pairs));
		(radians / std::f64::consts::TAU * 2_f64.powi(64)) as u64
	};
	let turns: Vec<u64> = (0..pairs).map(turn).collect();
	Positions::Rotary(turns.try_into().unwrap())
}

pub(crate) fn plan(model: Gpt, batch: u32) -> StepPlan {
	StepPlan {
		model: Model::Gpt(model),
		optimiser: Optimiser::AdamW(adam()),
		batch,
		loss_scale: 0,
		profile: Profile::Exact12V1,
	}
}

/// Two blocks of width 32 with 40 tokens.
pub(crate) fn small() -> Gpt {
	Gpt {
		vocabulary: 40,
		context: 16,
		width: 32,
		layers: 2,
		heads: 2,
		kv_heads: 2,
		head: 16,
		feed_forward: 48,
		norm: Norm::Rms,
		norm_epsilon: Decimal::new(1, -5),
		positions: turns(8),
		mlp: FeedForward::Gated,
		two_terms: false,
		biases: false,
		tied: false,
		adapter: None,
	}
}

fn adapter() -> Option<Adapter> {
	Some(Adapter {
		rank: 16,
		scale: Decimal::new(2, 0),
		base: [0; 32],
	})
}

fn check(plan: &StepPlan) -> f64 {
	let Model::Gpt(model) = &plan.model else {
		unreachable!("decoders only")
	};
	let item = if model.vocabulary <= 256 { 1 } else { 2 };
	let data = tokens(2_000, item, model.vocabulary);
	let (error, name) = Step::new(plan, &data, params(plan), 1).compare();
	println!("{error:.1e} {name}");
	error
}

/// Every combination of the other parts, 32 of them.
fn combinations(norm: Norm, positions: &Positions) {
	let mut worst: f64 = 0.0;
	for parts in 0..32 {
		let part = |bit: u32| parts >> bit & 1 == 1;
		let (heads, kv_heads) = if part(3) { (4, 2) } else { (2, 2) };
		let model = Gpt {
			norm,
			positions: positions.clone(),
			mlp: if part(0) {
				FeedForward::Plain
			} else {
				FeedForward::Gated
			},
			tied: part(1),
			biases: part(2),
			heads,
			kv_heads,
			adapter: if part(4) { adapter() } else { None },
			..small()
		};
		worst = worst.max(check(&plan(model, 2)));
	}
	println!("at most {worst:.1e}");
}

#[test]
fn root_mean_square_norms_and_rotary_positions_agree_with_every_other_part() {
	combinations(Norm::Rms, &turns(8));
}

#[test]
fn layer_norms_and_rotary_positions_agree_with_every_other_part() {
	combinations(Norm::Layer, &turns(8));
}

#[test]
fn root_mean_square_norms_and_learned_positions_agree_with_every_other_part() {
	combinations(Norm::Rms, &Positions::Learned);
}

#[test]
fn layer_norms_and_learned_positions_agree_with_every_other_part() {
	combinations(Norm::Layer, &Positions::Learned);
}

#[test]
fn sequences_heads_and_layers_over_several_tiles_and_blocks_agree() {
	// GIVEN 64 positions, heads of 32, a width over the block of 128, tokens of two bytes
	let model = Gpt {
		vocabulary: 300,
		context: 64,
		width: 144,
		layers: 1,
		heads: 4,
		kv_heads: 2,
		head: 32,
		feed_forward: 272,
		positions: turns(16),
		biases: true,
		norm: Norm::Layer,
		..small()
	};
	check(&plan(model, 3));
}

#[test]
fn the_loss_scale_and_two_terms_do_not_change_what_is_computed() {
	let model = Gpt {
		two_terms: true,
		..small()
	};
	let plan = StepPlan {
		loss_scale: 12,
		..plan(model, 2)
	};
	check(&plan);
}
