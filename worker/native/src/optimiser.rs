//! AdamW as plans mean it.

use assay_numerics::{AdamW, CosineDecay};
use candle_core::{Tensor, Var};

use crate::{model::float, NativeError};

/// The optimiser of one task, with its moments.
///
/// The exact lane stores +0.0 for moments below `2^-100`; this one does not.
#[derive(Debug)]
pub(crate) struct Optimiser {
	rates: Rates,
	/// First and second moment of each parameter.
	moments: Vec<(Tensor, Tensor)>,
}

/// Hyperparameters, rounded to f32 as in the exact lane and computed with in f64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
	learning_rate: f64,
	beta1: f64,
	beta2: f64,
	epsilon: f64,
	weight_decay: f64,
	warmup: u32,
	/// Steps, and what part of the full rate is least.
	decay: Option<(u32, f64)>,
	clip: Option<f64>,
}

impl Rates {
	pub(crate) fn new(adam: &AdamW) -> Result<Self, NativeError> {
		let decay = adam.decay.map(|CosineDecay { steps, floor }| {
			let floor = float(floor)?;
			Ok::<_, NativeError>((steps, floor))
		});
		Ok(Rates {
			learning_rate: float(adam.learning_rate)?,
			beta1: float(adam.beta1)?,
			beta2: float(adam.beta2)?,
			epsilon: float(adam.epsilon)?,
			weight_decay: float(adam.weight_decay)?,
			warmup: adam.warmup,
			decay: decay.transpose()?,
			clip: adam.clip.map(float).transpose()?,
		})
	}

	/// The learning rate of a step of the job, counted from 0.
	pub(crate) fn learning_rate(&self, t_global: u32) -> f64 {
		let reached = f64::from(t_global) + 1.0;
		let warmup = f64::from(self.warmup);
		if reached < warmup {
			return self.learning_rate * reached / warmup;
		}
		let Some((steps, floor)) = self.decay else {
			return self.learning_rate;
		};
		let done = ((reached - warmup) / f64::from(steps)).min(1.0);
		let cosine = (done * std::f64::consts::PI).cos();
		self.learning_rate * (floor + (1.0 - floor) * 0.5 * (1.0 + cosine))
	}
}

impl Optimiser {
	/// The optimiser at the start of a round: moments are zero.
	pub(crate) fn new<'a>(
		rates: Rates,
		vars: impl Iterator<Item = &'a Var>,
	) -> Result<Self, NativeError> {
		let moments = vars.map(|var| Ok((var.zeros_like()?, var.zeros_like()?)));
		Ok(Optimiser {
			rates,
			moments: moments.collect::<candle_core::Result<_>>()?,
		})
	}

	/// Updates parameters. `t` is the step in the round from 1, `t_global` that in the job from 0.
	pub(crate) fn update<'a>(
		&mut self,
		vars: impl Iterator<Item = &'a Var>,
		grads: Vec<Tensor>,
		t: u32,
		t_global: u32,
	) -> Result<(), NativeError> {
		let Rates {
			beta1,
			beta2,
			epsilon,
			weight_decay,
			..
		} = self.rates;
		let shortened = self.shortening(&grads)?;
		let rate = self.rates.learning_rate(t_global);
		let corrected = |beta: f64| 1.0 - beta.powf(f64::from(t));
		let (correct1, correct2) = (corrected(beta1), corrected(beta2));
		for ((var, grad), (m, v)) in vars.zip(grads).zip(&mut self.moments) {
			let grad = match shortened {
				None => grad,
				Some(factor) => (grad * factor)?,
			};
			*m = ((&*m * beta1)? + (&grad * (1.0 - beta1))?)?;
			*v = ((&*v * beta2)? + (grad.sqr()? * (1.0 - beta2))?)?;
			let root = ((&*v * (1.0 / correct2))?.sqrt()? + epsilon)?;
			let change = ((&*m * (rate / correct1))? / root)?;
			// Vectors, gains and biases, do not decay.
			let keep = if var.rank() == 2 {
				1.0 - rate * weight_decay
			} else {
				1.0
			};
			var.set(&((var.as_tensor() * keep)? - change)?)?;
		}
		Ok(())
	}

	/// What all gradients are multiplied with, if they are together longer than the plan allows.
	fn shortening(&self, grads: &[Tensor]) -> Result<Option<f64>, NativeError> {
		let Some(clip) = self.rates.clip else {
			return Ok(None);
		};
		let mut sum = 0.0;
		for grad in grads {
			sum += f64::from(grad.sqr()?.sum_all()?.to_scalar::<f32>()?);
		}
		let norm = sum.sqrt();
		Ok((norm > clip).then(|| clip / norm))
	}
}

#[cfg(test)]
mod tests {
	use assay_numerics::{
		ops::adam::{adam_m, adam_p, adam_v, AdamCoefficients},
		AdamRates, Decimal, Env,
	};
	use candle_core::Device;

	use super::*;

	fn rates(warmup: u32, decay: Option<CosineDecay>) -> Rates {
		Rates::new(&AdamW {
			learning_rate: Decimal::new(1, 0),
			beta1: Decimal::new(9, -1),
			beta2: Decimal::new(99, -2),
			epsilon: Decimal::new(1, -8),
			weight_decay: Decimal::new(0, 0),
			warmup,
			decay,
			clip: None,
		})
		.unwrap()
	}

	#[test]
	fn the_rate_rises_in_the_warm_up_and_falls_along_half_a_cosine_to_its_floor() {
		// GIVEN 4 steps of warm-up and 8 of decay to a tenth
		let floor = Decimal::new(1, -1);
		let rates = rates(4, Some(CosineDecay { steps: 8, floor }));
		// THEN the rate is n / 4, full at step 4, 0.1 + 0.9 / 2 half-way, and stays at a tenth
		for (t, wanted) in [
			(0, 0.25),
			(2, 0.75),
			(3, 1.0),
			(7, 0.55),
			(11, 0.1),
			(900, 0.1),
		] {
			assert!((rates.learning_rate(t) - wanted).abs() < 1e-6, "{t}");
		}
	}

	/// What numerics computes for one number.
	fn exact(rates: &AdamRates, decays: bool, grads: &[f32], mut p: f32, round: u32) -> f32 {
		let (mut m, mut v) = (0.0, 0.0);
		for (step, grad) in (0..).zip(grads) {
			let env = Env::new([0; 32], round, 0, step, grads.len() as u32, 0);
			let c = AdamCoefficients::new(rates, decays, &env);
			m = adam_m(&c, *grad, m);
			v = adam_v(&c, *grad, v);
			p = adam_p(&c, p, m, v);
		}
		p
	}

	#[test]
	fn parameters_move_as_in_the_exact_lane() {
		// GIVEN a plan with a warm-up that ends in the second round, weight decay and a decay of the rate
		let adam = AdamW {
			learning_rate: Decimal::new(2, -2),
			beta1: Decimal::new(9, -1),
			beta2: Decimal::new(99, -2),
			epsilon: Decimal::new(1, -8),
			weight_decay: Decimal::new(1, -1),
			warmup: 8,
			decay: Some(CosineDecay {
				steps: 5,
				floor: Decimal::new(1, -1),
			}),
			clip: None,
		};
		let rates = AdamRates {
			learning_rate: 0.02,
			beta1: 0.9,
			beta2: 0.99,
			epsilon: 1e-8,
			weight_decay: 0.1,
			warmup: 8,
			decay_steps: 5,
			floor: 0.1,
			loss_scale: 0,
		};
		let grads = [0.5, -0.25, 1e-3, 3.0, -1e-6, 0.125];
		for (round, decays) in [(0, true), (1, true), (1, false)] {
			// WHEN a matrix or a vector of one element takes six steps of a round
			let shape = if decays { vec![1, 1] } else { vec![1] };
			let tensor = |x: f32| Tensor::from_vec(vec![x], shape.clone(), &Device::Cpu).unwrap();
			let var = Var::from_tensor(&tensor(0.75)).unwrap();
			let vars = || std::iter::once(&var);
			let mut optimiser = Optimiser::new(Rates::new(&adam).unwrap(), vars()).unwrap();
			for (step, grad) in (0..).zip(grads) {
				let t_global = round * 6 + step;
				optimiser
					.update(vars(), vec![tensor(grad)], step + 1, t_global)
					.unwrap();
			}
			// THEN it is where the exact lane's is
			let native = var.flatten_all().unwrap().to_vec1::<f32>().unwrap()[0];
			let exact = exact(&rates, decays, &grads, 0.75, round);
			assert!((native - exact).abs() < 1e-6, "{native} against {exact}");
			assert!((native - 0.75).abs() > 1e-3);
		}
	}

	#[test]
	fn gradients_that_are_together_longer_than_the_plan_allows_are_shortened() {
		// GIVEN two gradients, 3 and 4 long
		let tensor = |x: f32| Tensor::new(&[x], &Device::Cpu).unwrap();
		let grads = [tensor(3.0), tensor(4.0)];
		let shortening = |clip| {
			let rates = Rates {
				clip,
				..rates(0, None)
			};
			let vars = std::iter::empty();
			Optimiser::new(rates, vars)
				.unwrap()
				.shortening(&grads)
				.unwrap()
		};
		// THEN a limit of 2 takes 2 / 5 of them, and one of 5 leaves them as they are
		assert_eq!(shortening(Some(2.0)), Some(0.4));
		assert_eq!(shortening(Some(5.0)), None);
		assert_eq!(shortening(None), None);
	}

	#[test]
	fn without_decay_the_rate_stays_full() {
		for warmup in [0, 1] {
			assert_eq!(rates(warmup, None).learning_rate(0), 1.0);
			assert_eq!(rates(warmup, None).learning_rate(u32::MAX), 1.0);
		}
	}
}
