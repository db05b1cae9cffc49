//! Text from a trained model.

use assay_numerics::{functions::exp, lower, ops::Env, OpKind};

use crate::{
	engine::Engine,
	error::EngineError,
	exec::{forward_ops, Memory},
	kernels::embedding::copy_ids,
	params::Params,
};

/// What a model sees in front of a prompt that is shorter than its context.
const BLANK: u8 = b'\n';
/// The least batch that a plan may have.
const ROWS: u32 = 16;

impl Engine {
	/// `bytes` more bytes after `prompt`, the same on every machine.
	///
	/// A temperature of 0 or below takes the likeliest byte each time, 1 draws as the model says,
	/// more is bolder. Draws come from BLAKE3 of the seed.
	///
	/// # Errors
	/// Parameters of another plan, and [`EngineError::ForwardOutOfRange`] for parameters whose
	/// outputs break the range rule.
	pub fn generate(
		&self,
		params: &Params,
		prompt: &[u8],
		bytes: usize,
		temperature: f32,
		seed: &[u8; 32],
	) -> Result<Vec<u8>, EngineError> {
		self.check_params(params)?;
		let mut plan = self.plan.clone();
		plan.batch = ROWS;
		let program = lower(&plan).map_err(EngineError::Plan)?;
		let logits = program
			.ops()
			.iter()
			.find(|op| matches!(op.kind, OpKind::RowMax { .. }));
		let logits = logits
			.and_then(|op| op.input(0))
			.expect("a model has logits; qed");
		let context = self.context() as usize;
		let mut text = vec![BLANK; context];
		text.extend_from_slice(prompt);
		let mut draws = blake3::Hasher::new().update(seed).finalize_xof();
		let env = Env::new([0; 32], 0, 0, 0, 1, 0);
		self.pool.run(|lane| {
			let mut memory = Memory::new(&program, forward_ops(&program).map(|(_, op)| op));
			memory.load(&program, params);
			for _ in 0..bytes {
				let seen = &text[text.len() - context..];
				// Every row of the batch is the same; the first is looked at.
				let ids = memory.tensor_mut(program.ops()[0].output);
				ids.chunks_exact_mut(context + 1)
					.for_each(|ids| copy_ids(seen, ids));
				memory
					.forward(lane, &program, &env)
					.map_err(|error| EngineError::ForwardOutOfRange { op: error.op })?;
				let mut draw = [0; 4];
				draws.fill(&mut draw);
				let draw = (u32::from_le_bytes(draw) >> 8) as f32 / (1 << 24) as f32;
				text.push(choose(&memory.tensor(logits)[..256], temperature, draw));
			}
			Ok(text.split_off(context + prompt.len()))
		})
	}
}

/// The byte at which the sum of probabilities passes `draw`, which is in [0, 1).
fn choose(logits: &[f32], temperature: f32, draw: f32) -> u8 {
	let mut likeliest = 0;
	for (byte, logit) in logits.iter().enumerate() {
		if *logit > logits[likeliest] {
			likeliest = byte;
		}
	}
	if temperature > 0.0 {
		let weight = |logit: &f32| exp((*logit - logits[likeliest]) / temperature);
		let mut left = draw * logits.iter().map(weight).sum::<f32>();
		for (byte, logit) in logits.iter().enumerate() {
			left -= weight(logit);
			if left < 0.0 {
				return byte as u8;
			}
		}
	}
	likeliest as u8
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn without_temperature_the_likeliest_byte_is_chosen() {
		let mut logits = [0.0; 256];
		logits[77] = 1.0;
		assert_eq!(choose(&logits, 0.0, 0.999), 77);
	}

	#[test]
	fn draws_follow_the_probabilities() {
		// GIVEN two bytes that share all the probability
		let mut logits = [-200.0; 256];
		logits[3] = 1.0;
		logits[200] = 1.0;
		// WHEN draws fall into either half THEN either byte is chosen
		assert_eq!(choose(&logits, 1.0, 0.0), 3);
		assert_eq!(choose(&logits, 1.0, 0.49), 3);
		assert_eq!(choose(&logits, 1.0, 0.51), 200);
		assert_eq!(choose(&logits, 1.0, 0.999_999), 200);
	}
}
