//! Properties of whole programs.

mod decoder;
mod deps;

mod folds;
mod golden;
mod gradients;
mod matrix;
mod model;
mod orders;
mod outline;
mod plans;
mod program;
mod referee;
mod refusals;
mod runs;
mod shapes;
mod steps;

use crate::{plan::tests::small, ByteMlp, Model, StepPlan};

/// A plan of this shape, otherwise as [`small`].
fn shaped(context: u16, embedding: u16, hidden: &[u16], batch: u32) -> StepPlan {
	let hidden = hidden.to_vec().try_into().unwrap();
	let model = Model::ByteMlp(ByteMlp {
		context,
		embedding,
		hidden,
	});
	StepPlan {
		model,
		batch,
		..small()
	}
}

/// Bytes that look like text: what comes next depends on what came before.
fn text(bytes: usize) -> Vec<u8> {
	let mut state = 1_u32;
	let mut last = 0_u8;
	(0..bytes)
		.map(|_| {
			state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			last = last.wrapping_mul(5).wrapping_add((state >> 30) as u8 + 97);
			last
		})
		.collect()
}
