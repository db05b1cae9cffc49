//! AdamW: moments, bias correction, decoupled decay.

use super::{exactly, Env, StepError};
use crate::{arith, functions, tile::Tile, AdamRates};

/// Moments below this magnitude, `2^-100`, are stored as +0.0: no subnormal ever follows from them.
pub const FLUSH: f32 = f32::from_bits(27 << 23);

/// What AdamW multiplies with in one step, computed once for all elements.
///
/// - `rate`: see [`learning_rate`];
/// - `unscale = 2^-loss_scale`;
/// - `rest1 = 1 - beta1`, `rest2 = 1 - beta2`;
/// - `correct1 = 1 / (1 - beta1^t)`, `correct2 = 1 / (1 - beta2^t)`, t counted from 1 in the round,
///   powers by [`arith::power`];
/// - `keep = 1 - rate * weight_decay` for matrices, 1 for vectors.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AdamCoefficients {
	/// Decay of the first moment.
	pub beta1: f32,
	/// Weight of the gradient in the first moment.
	pub rest1: f32,
	/// Bias correction of the first moment.
	pub correct1: f32,
	/// Decay of the second moment.
	pub beta2: f32,
	/// Weight of the gradient's square in the second moment.
	pub rest2: f32,
	/// Bias correction of the second moment.
	pub correct2: f32,
	/// Learning rate after warm-up.
	pub rate: f32,
	/// What weight decay leaves of a parameter.
	pub keep: f32,
	/// Added to the root of the second moment.
	pub epsilon: f32,
	/// Takes the loss scale from a gradient.
	pub unscale: f32,
}

/// The learning rate of a step.
///
/// With `n = t_global + 1`: in the warm-up, `n < warmup`, it is `learning_rate * (n / warmup)`. After
/// it, without decay, `learning_rate`. With decay, `low + (learning_rate - low) * (0.5 * (1 + c))`,
/// where `low = learning_rate * floor` and c is the cosine of half a turn times
/// `min(n - warmup, decay_steps) / decay_steps`, rounded down to parts of `2^-64` of a turn.
pub fn learning_rate(rates: &AdamRates, t_global: u32) -> f32 {
	let reached = t_global.saturating_add(1);
	let full = rates.learning_rate;
	if reached < rates.warmup {
		return full * (reached as f32 / rates.warmup as f32);
	}
	let steps = u128::from(rates.decay_steps);
	let done = u128::from(reached - rates.warmup).min(steps);
	let Some(turns) = (done << 63).checked_div(steps) else {
		return full;
	};
	let (_, cosine) = functions::sine_cosine(turns as u64);
	let low = full * rates.floor;
	low + (full - low) * (0.5 * (1.0 + cosine))
}

impl AdamCoefficients {
	/// The coefficients of a step, for a parameter whose weight `decays` or does not.
	pub fn new(rates: &AdamRates, decays: bool, env: &Env<'_>) -> Self {
		let AdamRates {
			beta1,
			beta2,
			epsilon,
			weight_decay,
			loss_scale,
			..
		} = *rates;
		let t = env.t_in_round;
		let rate = learning_rate(rates, env.t_global);
		AdamCoefficients {
			beta1,
			rest1: 1.0 - beta1,
			correct1: 1.0 / (1.0 - arith::power(beta1, t)),
			beta2,
			rest2: 1.0 - beta2,
			correct2: 1.0 / (1.0 - arith::power(beta2, t)),
			rate,
			keep: if decays {
				1.0 - rate * weight_decay
			} else {
				1.0
			},
			epsilon,
			unscale: arith::power_of_two(-i32::from(loss_scale)),
		}
	}
}

/// The gradient that the moments see: `(g * unscale) * factor`, the factor 1 without clipping.
#[inline(always)]
pub fn adam_gradient(c: &AdamCoefficients, gradient: f32, factor: f32) -> f32 {
	(gradient * c.unscale) * factor
}

/// The first moment: `beta1 * m + rest1 * g`, flushed; g is an [`adam_gradient`].
#[inline(always)]
pub fn adam_m(c: &AdamCoefficients, gradient: f32, m: f32) -> f32 {
	flush(c.beta1 * m + c.rest1 * gradient)
}

/// The second moment: `beta2 * v + rest2 * (g * g)`, flushed; g is an [`adam_gradient`].
#[inline(always)]
pub fn adam_v(c: &AdamCoefficients, gradient: f32, v: f32) -> f32 {
	flush(c.beta2 * v + c.rest2 * (gradient * gradient))
}

/// The parameter: [`adam_p_of_root`] with the root of [`adam_radicand`].
#[inline(always)]
pub fn adam_p(c: &AdamCoefficients, p: f32, m: f32, v: f32) -> f32 {
	adam_p_of_root(c, p, m, functions::sqrt(adam_radicand(c, v)))
}

/// The second moment without bias: `v * correct2`.
#[inline(always)]
pub fn adam_radicand(c: &AdamCoefficients, v: f32) -> f32 {
	v * c.correct2
}

/// `p * keep - rate * ((m * correct1) / (root + epsilon))`, for any correctly rounded root.
#[inline(always)]
pub fn adam_p_of_root(c: &AdamCoefficients, p: f32, m: f32, root: f32) -> f32 {
	p * c.keep - c.rate * ((m * c.correct1) / (root + c.epsilon))
}

#[inline(always)]
fn flush(x: f32) -> f32 {
	if arith::magnitude(x) < FLUSH.to_bits() {
		0.0
	} else {
		x
	}
}

/// Gradient, moment and, with clipping, the factor.
fn moment(
	rates: &AdamRates,
	env: &Env<'_>,
	tiles: &[Tile],
	next: impl Fn(&AdamCoefficients, f32, f32) -> f32,
) -> Result<Tile, StepError> {
	let (gradient, moment, factor) = match tiles {
		[gradient, moment] => (gradient, moment, 1.0),
		[gradient, moment, factor] => (gradient, moment, factor.at(0, 0)),
		_ => return exactly::<2>(tiles).map(|_| Tile::ZERO),
	};
	let c = AdamCoefficients::new(rates, false, env);
	Ok(gradient.zip(moment, |g, x| next(&c, adam_gradient(&c, g, factor), x)))
}

pub(super) fn m_tile(rates: &AdamRates, env: &Env<'_>, tiles: &[Tile]) -> Result<Tile, StepError> {
	moment(rates, env, tiles, adam_m)
}

pub(super) fn v_tile(rates: &AdamRates, env: &Env<'_>, tiles: &[Tile]) -> Result<Tile, StepError> {
	moment(rates, env, tiles, adam_v)
}

pub(super) fn p_tile(
	rates: &AdamRates,
	decays: bool,
	env: &Env<'_>,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let [p, m, v] = exactly(tiles)?;
	let c = AdamCoefficients::new(rates, decays, env);
	let mut next = *p;
	for ((p, m), v) in next.0.iter_mut().zip(m.0).zip(v.0) {
		*p = adam_p(&c, *p, m, v);
	}
	Ok(next)
}

#[cfg(test)]
mod tests;
