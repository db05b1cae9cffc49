//! The plans of the study.

use assay_numerics::{
	samples::{self, Preset},
	Adapter, CosineDecay, Decimal, Model, Optimiser, StepPlan,
};

/// Channels of the feed-forward layers that have an outlier: as many as in the measurement that blocks
/// of 128 were chosen by. They are four blocks.
const WIDE: u32 = 512;

/// The plan of this name, whose learning rate falls along a cosine to a tenth in so many steps.
pub(crate) fn named(name: &str, steps: u32) -> Result<StepPlan, String> {
	let mut rate = Decimal::new(3, -3);
	let mut plan = match name {
		"rotary" => {
			rate = Decimal::new(1, -3);
			samples::gpt(64, 64, 2, 8)
		}
		"wide" | "two-terms" => {
			let mut plan = samples::gpt(64, 64, 2, 8);
			if let Model::Gpt(model) = &mut plan.model {
				model.feed_forward = WIDE;
				model.two_terms = name == "two-terms";
			}
			plan
		}
		"learned" => {
			let mut plan = Preset::M1.plan(256);
			if let Model::Gpt(model) = &mut plan.model {
				(model.width, model.layers, model.feed_forward) = (64, 2, 256);
				(model.heads, model.kv_heads, model.head) = (2, 2, 32);
			}
			plan.batch = 8;
			plan
		}
		_ => {
			return Err(format!(
				"there is no plan {name}: rotary, learned, wide or two-terms"
			))
		}
	};
	let Optimiser::AdamW(adam) = &mut plan.optimiser;
	adam.learning_rate = rate;
	adam.warmup = 100;
	adam.decay = Some(CosineDecay {
		steps,
		floor: Decimal::new(1, -1),
	});
	adam.clip = Some(Decimal::new(1, 0));
	Ok(plan)
}

/// The plan whose operands all have one term.
pub(crate) fn with_one_term(plan: &StepPlan) -> StepPlan {
	let mut plan = plan.clone();
	if let Model::Gpt(model) = &mut plan.model {
		model.two_terms = false;
	}
	plan
}

/// The plan that trains adapters of rank 16 of a model instead of the model.
pub(crate) fn adapted(plan: &StepPlan, base: [u8; 32]) -> StepPlan {
	let mut plan = plan.clone();
	if let Model::Gpt(model) = &mut plan.model {
		model.adapter = Some(Adapter {
			rank: 16,
			scale: Decimal::new(2, 0),
			base,
		});
	}
	plan
}
