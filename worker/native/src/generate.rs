//! Text from a trained model.

use assay_numerics::Model;

use crate::{NativeError, NativeModel};

/// What a perceptron sees in front of a prompt that is shorter than its context.
const BLANK: u32 = b'\n' as u32;

impl NativeModel {
	/// `count` more tokens after `prompt`, bytes for a perceptron.
	///
	/// A temperature of 0 or below takes the likeliest one each time, 1 draws as the model says, more
	/// is bolder. Draws come from BLAKE3 of the seed, as in the exact lane; the logits they fall on
	/// differ in their last bits.
	///
	/// # Errors
	/// Classifiers, an empty prompt for a GPT, tokens that the model does not know, and what the
	/// device refuses.
	pub fn generate(
		&self,
		prompt: &[u32],
		count: usize,
		temperature: f64,
		seed: &[u8; 32],
	) -> Result<Vec<u32>, NativeError> {
		let (context, padded, bound) = match &self.plan().model {
			Model::Classifier(_) => return Err(NativeError::CannotWrite),
			Model::ByteMlp(model) => (usize::from(model.context), true, 256),
			Model::Gpt(model) => (usize::from(model.context), false, model.vocabulary),
		};
		if prompt.is_empty() && !padded {
			return Err(NativeError::EmptyPrompt);
		}
		if let Some((item, value)) = (0..).zip(prompt).find(|(_, token)| **token >= bound) {
			let value = *value;
			return Err(NativeError::ValueTooGreat { item, value, bound });
		}
		let mut text = vec![BLANK; if padded { context } else { 0 }];
		text.extend_from_slice(prompt);
		let before = text.len();
		let mut draws = blake3::Hasher::new().update(seed).finalize_xof();
		for _ in 0..count {
			let seen = text.get(text.len().saturating_sub(context)..);
			let logits = self.logits(1, seen.unwrap_or(&[]))?;
			let last = logits.dim(0)?.saturating_sub(1);
			let logits = logits.get(last)?.to_vec1::<f32>()?;
			let mut draw = [0; 4];
			draws.fill(&mut draw);
			let draw = f64::from(u32::from_le_bytes(draw) >> 8) / f64::from(1 << 24);
			text.push(choose(&logits, temperature, draw));
		}
		Ok(text.split_off(before))
	}
}

/// The token at which the sum of probabilities passes `draw`, which is in [0, 1).
fn choose(logits: &[f32], temperature: f64, draw: f64) -> u32 {
	let (mut likeliest, mut most) = (0, f32::NEG_INFINITY);
	for (token, logit) in (0..).zip(logits) {
		if *logit > most {
			(likeliest, most) = (token, *logit);
		}
	}
	if temperature > 0.0 {
		let weight = |logit: &f32| (f64::from(*logit - most) / temperature).exp();
		let mut left = draw * logits.iter().map(weight).sum::<f64>();
		for (token, logit) in (0..).zip(logits) {
			left -= weight(logit);
			if left < 0.0 {
				return token;
			}
		}
	}
	likeliest
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn without_temperature_the_likeliest_token_is_chosen() {
		assert_eq!(choose(&[0.0, 1.0, 0.5], 0.0, 0.999), 1);
	}

	#[test]
	fn draws_follow_the_probabilities() {
		// GIVEN two tokens that share all the probability
		let mut logits = [-2_000.0; 300];
		(logits[3], logits[270]) = (1.0, 1.0);
		// WHEN draws fall into either half THEN either is chosen
		assert_eq!(choose(&logits, 1.0, 0.0), 3);
		assert_eq!(choose(&logits, 1.0, 0.49), 3);
		assert_eq!(choose(&logits, 1.0, 0.51), 270);
		assert_eq!(choose(&logits, 1.0, 0.999_999), 270);
	}
}
