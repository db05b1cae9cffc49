//! What is computed place by place.

use super::*;
use crate::functions::{gelu, gelu_grad, silu, silu_grad};

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	#[test]
	fn activations_and_their_gradients_are_what_their_ops_say(
		noise in noises(),
		down in 1_usize..=3,
		cols in 1_usize..=70,
		factor in -1e3_f32..1e3,
	) {
		// Columns of any number: padding stays +0.0.
		let count = 16 * down;
		let [x, u, dy] = [1, 2, 3].map(|salt| noise.rows(salt, count, cols));
		let all = |f: &dyn Fn(f32, f32, f32) -> f32| {
			rows(count, cols, |i, j| f(x[i][j], u[i][j], dy[i][j]))
		};
		let [mx, mu, mdy] = [&x, &u, &dy].map(matrix);
		agrees(OpKind::Gelu, &env(), std::slice::from_ref(&mx), &all(&|x, _, _| gelu(x)))?;
		let inputs = [mx.clone(), mdy.clone()];
		agrees(OpKind::GeluGrad, &env(), &inputs, &all(&|x, _, dy| gelu_grad(x) * dy))?;
		agrees(OpKind::SwiGluUpGrad, &env(), &inputs, &all(&|x, _, dy| dy * silu(x)))?;
		let inputs = [mx.clone(), mu.clone()];
		agrees(OpKind::SwiGlu, &env(), &inputs, &all(&|x, u, _| silu(x) * u))?;
		let inputs = [mx.clone(), mu, mdy];
		let wanted = all(&|x, u, dy| (dy * u) * silu_grad(x));
		agrees(OpKind::SwiGluGateGrad, &env(), &inputs, &wanted)?;
		if factor > 0.0 {
			agrees(OpKind::Scale { factor }, &env(), &[mx], &all(&|x, _, _| x * factor))?;
		}
	}
}
