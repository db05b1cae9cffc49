//! Text from a trained model.

use assay_numerics::{functions::exp, ops::Env, Model};

use crate::{
	engine::Engine,
	error::EngineError,
	examples::Examples,
	exec::{forward_ops, logits, Step},
	memory::Keep,
	params::Params,
	schedule::schedule,
};

/// What a byte model sees in front of a prompt that is shorter than its window.
const BLANK: u32 = b'\n' as u32;

impl Engine {
	/// `count` more tokens after `prompt`, the same on every machine.
	///
	/// A temperature of 0 or below takes the likeliest token each time, 1 draws as the model says,
	/// more is bolder. Draws come from BLAKE3 of the seed. The model sees as much of the end of the
	/// text as its context holds.
	///
	/// # Errors
	/// Parameters of another plan, a model that writes no text, a prompt with a token that the model
	/// does not have, and [`EngineError::ForwardOutOfRange`] for parameters whose outputs break the
	/// range rule.
	pub fn generate(
		&self,
		params: &Params,
		prompt: &[u32],
		count: usize,
		temperature: f32,
		seed: &[u8; 32],
	) -> Result<Vec<u32>, EngineError> {
		self.check_params(params)?;
		if let Model::Classifier(_) = self.plan.model {
			return Err(EngineError::NoText);
		}
		let program = self.smallest()?;
		let outline = program.outline();
		let logits = logits(&program);
		let bad = |token: &u32| *token >= program.vocabulary();
		if let Some(at) = prompt.iter().position(bad) {
			return Err(EngineError::BadData {
				item: at as u64,
				value: prompt[at],
				most: program.vocabulary() - 1,
			});
		}
		let context = outline.context() as usize;
		let mut text = match self.plan.model {
			Model::ByteMlp(_) => vec![BLANK; context],
			_ => Vec::new(),
		};
		text.extend_from_slice(prompt);
		if text.is_empty() {
			text.push(BLANK.min(program.vocabulary() - 1));
		}
		let given = text.len();
		let mut draws = blake3::Hasher::new().update(seed).finalize_xof();
		let env = Env::new([0; 32], 0, 0, 0, 1, 0).with_turns(outline.turns());
		let step = Step {
			env: &env,
			fault: None,
			roots: false,
		};
		let units = schedule(forward_ops(&program), Keep::State);
		self.pool.run(|lane| {
			let mut memory = self.memory(&program, &units, params, Keep::State)?;
			for _ in 0..count {
				let seen = &text[text.len().saturating_sub(context)..];
				// What follows is not seen: a window ends there, attention is causal.
				let data = encode(seen, outline.item_bytes() as usize, context + 1);
				let examples = Examples::new(outline, &data)?;
				let starts = vec![0; outline.batch() as usize];
				examples.write(&program, &mut memory, &starts)?;
				memory
					.step(lane, &program, &units, step, &mut [])
					.map_err(|error| EngineError::ForwardOutOfRange { op: error.op })?;
				let mut draw = [0; 4];
				draws.fill(&mut draw);
				let draw = (u32::from_le_bytes(draw) >> 8) as f32 / (1 << 24) as f32;
				let row = match self.plan.model {
					Model::Gpt(_) => seen.len() - 1,
					_ => 0,
				};
				let logits = memory.tensor(logits);
				let [_, width] = logits.shape();
				let row: Vec<f32> = (0..width).map(|token| logits.at(row, token)).collect();
				text.push(choose(&row, temperature, draw));
			}
			Ok(text.split_off(given))
		})
	}

	/// [`generate`](Self::generate) for models whose tokens are bytes.
	///
	/// # Errors
	/// As there, and [`EngineError::NoText`] for other models.
	pub fn generate_bytes(
		&self,
		params: &Params,
		prompt: &[u8],
		count: usize,
		temperature: f32,
		seed: &[u8; 32],
	) -> Result<Vec<u8>, EngineError> {
		if self.program.outline().item_bytes() != 1 {
			return Err(EngineError::NoText);
		}
		let prompt: Vec<u32> = prompt.iter().copied().map(u32::from).collect();
		let text = self.generate(params, &prompt, count, temperature, seed)?;
		// At most 256 tokens have one byte each.
		Ok(text.into_iter().map(|token| token as u8).collect())
	}
}

/// Tokens as data, filled up to a number of them.
fn encode(tokens: &[u32], bytes: usize, count: usize) -> Vec<u8> {
	let mut data = Vec::with_capacity(count * bytes);
	for token in tokens {
		data.extend_from_slice(&token.to_le_bytes()[..bytes]);
	}
	data.resize(count * bytes, 0);
	data
}

/// The token at which the sum of probabilities passes `draw`, which is in [0, 1).
fn choose(logits: &[f32], temperature: f32, draw: f32) -> u32 {
	let mut likeliest = 0;
	for (token, logit) in logits.iter().enumerate() {
		if *logit > logits[likeliest] {
			likeliest = token;
		}
	}
	if temperature > 0.0 {
		let weight = |logit: &f32| exp((*logit - logits[likeliest]) / temperature);
		let mut left = draw * logits.iter().map(weight).sum::<f32>();
		for (token, logit) in logits.iter().enumerate() {
			left -= weight(logit);
			if left < 0.0 {
				return token as u32;
			}
		}
	}
	likeliest as u32
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn without_temperature_the_likeliest_token_is_chosen() {
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
