//! The optimiser of a decoder: limit of the norm, loss scale and decay.

use super::{plans, run, Run, ROUND, STEP};
use crate::{
	program::OpKind,
	tests::matrix::{read, relative, Matrix},
	Optimiser,
};

fn float(decimal: crate::Decimal) -> f64 {
	decimal.to_f32().unwrap().into()
}

/// The gradients of a run without the loss scale, in f64.
fn gradients(run: &Run) -> Vec<Matrix> {
	let scale = 1.0 / f64::from(1 << run.plan.loss_scale);
	let program = &run.ready.program;
	let ids = program.gradients().iter();
	let gradients = ids.map(|id| read(program, &run.ready.memory, *id));
	gradients.map(|g| g.zip(&g, |g, _| g * scale)).collect()
}

/// What they are multiplied with.
fn factor(run: &Run) -> f64 {
	let Optimiser::AdamW(adam) = &run.plan.optimiser;
	let norms = gradients(run).into_iter().map(|g| g.norm());
	let norm = norms.map(|x| x * x).sum::<f64>().sqrt();
	match adam.clip {
		Some(clip) if norm > float(clip) => float(clip) / norm,
		_ => 1.0,
	}
}

#[test]
fn the_factor_of_the_gradient_limits_the_norm_of_all_of_them_together() {
	let mut shortened = Vec::new();
	for run in plans().into_iter().map(run) {
		let program = &run.ready.program;
		let ops = program.ops().iter();
		let clip = ops.filter(|op| matches!(op.kind, OpKind::ClipFactor { .. }));
		for op in clip {
			let got = read(program, &run.ready.memory, op.output).data[0];
			let exact = factor(&run);
			println!("{}: {got} and {exact}", run.name);
			assert!((got / exact - 1.0).abs() < 1e-6, "{got} and {exact}");
			shortened.push(got < 1.0);
		}
	}
	// Some gradients were shortened, and some were not.
	assert!(shortened.contains(&true) && shortened.contains(&false));
}

#[test]
fn parameters_and_moments_follow_the_textbook() {
	for run in plans().into_iter().map(run) {
		let Optimiser::AdamW(adam) = &run.plan.optimiser;
		let (b1, b2) = (float(adam.beta1), float(adam.beta2));
		let factor = factor(&run);
		// The step of the job from 1, with 8 steps in a round, and of the round.
		let (n, t) = (f64::from(ROUND * 8 + STEP + 1), f64::from(STEP + 1));
		let warmup = f64::from(adam.warmup);
		let full = float(adam.learning_rate);
		let rate = match &adam.decay {
			_ if n < warmup => full * n / warmup,
			None => full,
			Some(decay) => {
				let done = ((n - warmup) / f64::from(decay.steps)).min(1.0);
				let cosine = (std::f64::consts::PI * done).cos();
				let floor = float(decay.floor);
				full * (floor + (1.0 - floor) * 0.5 * (1.0 + cosine))
			}
		};
		assert!(adam.decay.is_none() || rate < 0.95 * full);
		let program = &run.ready.program;
		let value = |id| read(program, &run.ready.memory, id);
		for (place, gradient) in gradients(&run).iter().enumerate() {
			let param = program.params()[place];
			let vector = program.tensor(param).unwrap().layout.shape()[0] == 1;
			let keep = if vector {
				1.0
			} else {
				1.0 - rate * float(adam.weight_decay)
			};
			let g = gradient.zip(gradient, |g, _| g * factor);
			// Moments start from zero.
			let m = g.zip(&g, |g, _| (1.0 - b1) * g);
			let v = g.zip(&g, |g, _| (1.0 - b2) * g * g);
			let step = m.zip(&v, |m, v| {
				let (m, v) = (m / (1.0 - b1.powf(t)), v / (1.0 - b2.powf(t)));
				rate * m / (v.sqrt() + float(adam.epsilon))
			});
			let moved = value(param).zip(&step, |p, s| p * keep - s);
			let count = program.params().len();
			let name = &program.tensor(param).unwrap().name;
			for (got, exact) in [
				(value(program.next_params()[place]), moved),
				(value(program.next_moments()[place]), m),
				(value(program.next_moments()[count + place]), v),
			] {
				let error = relative(&got, &exact);
				assert!(error < 1e-5, "{}: {name}: {error}", run.name);
			}
		}
	}
}
