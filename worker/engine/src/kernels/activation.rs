//! Activations of feed-forward layers and their gradients, place by place.
//!
//! None of them moves padding: of +0.0 all of them make +0.0.

use assay_numerics::functions::{gelu, gelu_grad, silu, silu_grad};

use super::{elementwise::PIECE, outputs::produce};
use crate::{
	isa::multiversion,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Defines a pass over inputs of one length: a function of the elements at one place.
macro_rules! places {
	($(#[$meta:meta])* $name:ident, $body:ident, $piece:ident,
		|$($x:ident),+; $($constant:ident)?| $value:expr) => {
		#[inline(always)]
		fn $body($($x: &[f32],)+ $($constant: f32,)? out: &mut [f32]) {
			let len = out.len();
			$(let $x = &$x[..len];)+
			for (i, out) in out.iter_mut().enumerate() {
				$(let $x = $x[i];)+
				*out = $value;
			}
		}

		multiversion! {
			fn $piece = $body($($x: &[f32],)+ $($constant: f32,)? out: &mut [f32]);
		}

		$(#[$meta])*
		pub(crate) fn $name(
			lane: Lane,
			$($x: &[f32],)+
			$($constant: f32,)?
			out: &mut [f32],
		) -> u32 {
			lane.for_work(out.len()).produce(out, PIECE, |index, out| {
				let range = index * PIECE..index * PIECE + out.len();
				$piece(lane.isa, $(&$x[range.clone()],)+ $($constant,)? out);
			})
		}
	};
}

places! {
	/// The Gaussian error linear unit of every element.
	gelu_all, gelu_body, gelu_piece, |x;| gelu(x)
}

places! {
	/// Its gradient: the derivative times dy.
	gelu_gradient, gelu_gradient_body, gelu_gradient_piece, |x, dy;| gelu_grad(x) * dy
}

places! {
	/// `(x * sigmoid(x)) * u`.
	swiglu, swiglu_body, swiglu_piece, |x, u;| silu(x) * u
}

places! {
	/// The gradient of [`swiglu`] by the gate x.
	gate_gradient, gate_gradient_body, gate_gradient_piece, |x, u, dy;| (dy * u) * silu_grad(x)
}

places! {
	/// The gradient of [`swiglu`] by u.
	up_gradient, up_gradient_body, up_gradient_piece, |x, dy;| dy * silu(x)
}

places! {
	/// Every element times a factor.
	scale, scale_body, scale_piece, |x; factor| x * factor
}

#[inline(always)]
fn gradients_body([x, u, dy]: [&[f32]; 3], gate: &mut [f32], up: &mut [f32]) {
	let inputs = x.iter().zip(u).zip(dy);
	for (((x, u), dy), (gate, up)) in inputs.zip(gate.iter_mut().zip(up)) {
		*gate = (dy * u) * silu_grad(*x);
		*up = dy * silu(*x);
	}
}

multiversion! {
	fn gradients_piece = gradients_body(inputs: [&[f32]; 3], gate: &mut [f32], up: &mut [f32]);
}

/// [`gate_gradient`] and [`up_gradient`] in one pass. Returns the greatest pattern of each.
pub(crate) fn swiglu_gradients(
	lane: Lane,
	inputs: [&[f32]; 3],
	[gate, up]: [&mut [f32]; 2],
) -> [u32; 2] {
	let lane = lane.for_work(gate.len());
	produce(lane, [gate, up], [PIECE; 2], |index, [gate, up]| {
		let inputs = inputs.map(|x| &x[index * PIECE..][..gate.len()]);
		gradients_piece(lane.isa, inputs, gate, up);
		[0; 2]
	})
}

#[inline(always)]
fn bias_gelu_body(x: &[f32], bias: &[f32], sum: &mut [f32], out: &mut [f32]) {
	let bias = bias.as_chunks::<SIDE>().0;
	let outputs = sum.as_chunks_mut::<TILE>().0.iter_mut();
	let outputs = outputs.zip(out.as_chunks_mut::<TILE>().0);
	let tiles = x.as_chunks::<TILE>().0.iter().zip(outputs);
	for ((x, (sum, out)), bias) in tiles.zip(bias) {
		for row in (0..TILE).step_by(SIDE) {
			for (j, bias) in bias.iter().enumerate() {
				let biased = x[row + j] + bias;
				sum[row + j] = biased;
				out[row + j] = gelu(biased);
			}
		}
	}
}

multiversion! {
	fn bias_gelu_piece = bias_gelu_body(x: &[f32], bias: &[f32], sum: &mut [f32], out: &mut [f32]);
}

/// `x + b`, the bias a packed vector as long as a strip of `across` tiles is wide, and the Gaussian
/// error linear unit of that, in one pass. Returns the greatest pattern of each.
pub(crate) fn bias_gelu(
	lane: Lane,
	x: &[f32],
	(bias, across): (&[f32], usize),
	[sum, out]: [&mut [f32]; 2],
) -> [u32; 2] {
	let lane = lane.for_work(out.len());
	let strip = across * TILE;
	produce(lane, [sum, out], [strip; 2], |index, [sum, out]| {
		let x = &x[index * strip..][..strip];
		bias_gelu_piece(lane.isa, x, bias, sum, out);
		[0; 2]
	})
}

#[cfg(test)]
mod tests {
	use assay_numerics::OpKind;

	use super::*;
	use crate::{
		isa::Isa,
		kernels::reference::{compare, each_pattern, matrix, vector, Case, Kind},
	};

	const SHAPES: [(u32, u32); 4] = [(16, 16), (48, 272), (64, 384), (16, 21)];

	#[test]
	fn activations_are_the_specifications() {
		for kind in Kind::ALL {
			for (rows, cols) in SHAPES {
				let [x, u, dy] = [(); 3].map(|()| matrix(kind, rows, cols));
				let shape = [rows, cols];
				let case = |op, inputs: &[_]| Case::new(op, shape, inputs);
				compare(&case(OpKind::Gelu, &[&x]), |lane, _, out| {
					gelu_all(lane, x.floats(), out)
				});
				compare(&case(OpKind::GeluGrad, &[&x, &dy]), |lane, _, out| {
					gelu_gradient(lane, x.floats(), dy.floats(), out)
				});
				compare(&case(OpKind::SwiGlu, &[&x, &u]), |lane, _, out| {
					swiglu(lane, x.floats(), u.floats(), out)
				});
				let gate_case = case(OpKind::SwiGluGateGrad, &[&x, &u, &dy]);
				compare(&gate_case, |lane, _, out| {
					gate_gradient(lane, x.floats(), u.floats(), dy.floats(), out)
				});
				let up_case = case(OpKind::SwiGluUpGrad, &[&x, &dy]);
				compare(&up_case, |lane, _, out| {
					up_gradient(lane, x.floats(), dy.floats(), out)
				});
				let factor = 0.3;
				compare(&case(OpKind::Scale { factor }, &[&x]), |lane, _, out| {
					scale(lane, x.floats(), factor, out)
				});
				let inputs = [&x, &u, &dy].map(|tensor| tensor.floats());
				compare(&gate_case, |lane, _, out| {
					let mut up = out.to_vec();
					swiglu_gradients(lane, inputs, [out, &mut up])[0]
				});
				compare(&up_case, |lane, _, out| {
					let mut gate = out.to_vec();
					swiglu_gradients(lane, inputs, [&mut gate, out])[1]
				});
			}
		}
	}

	#[test]
	fn a_bias_and_a_unit_in_one_pass_are_the_specifications_two() {
		for kind in Kind::ALL {
			for (rows, cols) in SHAPES {
				let (x, b) = (matrix(kind, rows, cols), vector(kind, cols));
				let bias = (b.floats(), cols.div_ceil(16) as usize);
				let sum_case = Case::new(OpKind::Bias, [rows, cols], &[&x, &b]);
				compare(&sum_case, |lane, _, out| {
					let mut unit = out.to_vec();
					bias_gelu(lane, x.floats(), bias, [out, &mut unit])[0]
				});
				if let Some(sum) = sum_case.output() {
					let case = Case::new(OpKind::Gelu, [rows, cols], &[&sum]);
					compare(&case, |lane, _, out| {
						let mut sum = out.to_vec();
						bias_gelu(lane, x.floats(), bias, [&mut sum, out])[1]
					});
				}
			}
		}
	}

	#[test]
	fn activations_of_every_instruction_set_are_the_specifications_over_the_whole_range() {
		each_pattern(4_099, |patterns| {
			let ones = vec![1.0; patterns.len()];
			let mut out = ones.clone();
			let of = |f: fn(f32) -> f32| patterns.iter().map(|x| f(*x)).collect::<Vec<f32>>();
			let expected = [
				("gelu", of(gelu)),
				("gelu_grad", of(gelu_grad)),
				("silu", of(silu)),
				("silu_grad", of(silu_grad)),
			];
			for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
				let check = |at: usize, out: &[f32]| {
					let (name, expected) = &expected[at];
					for ((x, y), expected) in patterns.iter().zip(out).zip(expected) {
						let same = y.to_bits() == expected.to_bits();
						assert!(
							same || y.is_nan() && expected.is_nan(),
							"{name} {x:e}, {isa}"
						);
					}
				};
				gelu_piece(isa, patterns, &mut out);
				check(0, &out);
				gelu_gradient_piece(isa, patterns, &ones, &mut out);
				check(1, &out);
				swiglu_piece(isa, patterns, &ones, &mut out);
				check(2, &out);
				gate_gradient_piece(isa, patterns, &ones, &ones, &mut out);
				check(3, &out);
			}
		});
	}
}
