//! The optimiser.

use assay_numerics::ops::adam::{adam_m, adam_p_of_root, adam_radicand, adam_v, AdamCoefficients};

use super::elementwise::PIECE;
use crate::{isa::multiversion, pool::Lane};

#[inline(always)]
fn first_body(c: &AdamCoefficients, gradient: &[f32], m: &[f32], out: &mut [f32]) {
	for ((gradient, m), out) in gradient.iter().zip(m).zip(out) {
		*out = adam_m(c, *gradient, *m);
	}
}

multiversion! {
	fn first_piece = first_body(
		c: &AdamCoefficients,
		gradient: &[f32],
		m: &[f32],
		out: &mut [f32],
	);
}

/// The first moment.
pub(crate) fn first(
	lane: Lane,
	c: &AdamCoefficients,
	gradient: &[f32],
	m: &[f32],
	out: &mut [f32],
) -> u32 {
	lane.for_work(out.len()).produce(out, PIECE, |index, out| {
		let range = index * PIECE..index * PIECE + out.len();
		first_piece(lane.isa, c, &gradient[range.clone()], &m[range], out);
	})
}

#[inline(always)]
fn second_body(c: &AdamCoefficients, gradient: &[f32], v: &[f32], out: &mut [f32]) {
	for ((gradient, v), out) in gradient.iter().zip(v).zip(out) {
		*out = adam_v(c, *gradient, *v);
	}
}

multiversion! {
	fn second_piece = second_body(
		c: &AdamCoefficients,
		gradient: &[f32],
		v: &[f32],
		out: &mut [f32],
	);
}

/// The second moment.
pub(crate) fn second(
	lane: Lane,
	c: &AdamCoefficients,
	gradient: &[f32],
	v: &[f32],
	out: &mut [f32],
) -> u32 {
	lane.for_work(out.len()).produce(out, PIECE, |index, out| {
		let range = index * PIECE..index * PIECE + out.len();
		second_piece(lane.isa, c, &gradient[range.clone()], &v[range], out);
	})
}

#[inline(always)]
fn param_body(c: &AdamCoefficients, p: &[f32], m: &[f32], v: &[f32], out: &mut [f32]) {
	for (((p, m), v), out) in p.iter().zip(m).zip(v).zip(out) {
		// The machine's root is correctly rounded, as the specification's is.
		let root = adam_radicand(c, *v).sqrt();
		*out = adam_p_of_root(c, *p, *m, root);
	}
}

multiversion! {
	fn param_piece = param_body(
		c: &AdamCoefficients,
		p: &[f32],
		m: &[f32],
		v: &[f32],
		out: &mut [f32],
	);
}

/// The parameter, from both moments after the step.
pub(crate) fn param(
	lane: Lane,
	c: &AdamCoefficients,
	p: &[f32],
	m: &[f32],
	v: &[f32],
	out: &mut [f32],
) -> u32 {
	lane.for_work(out.len()).produce(out, PIECE, |index, out| {
		let range = index * PIECE..index * PIECE + out.len();
		param_piece(
			lane.isa,
			c,
			&p[range.clone()],
			&m[range.clone()],
			&v[range],
			out,
		);
	})
}

#[cfg(test)]
mod tests {
	use assay_numerics::{functions, ops::adam::adam_p};

	use super::*;
	use crate::isa::Isa;

	#[test]
	fn updates_of_every_instruction_set_equal_the_specifications_over_all_second_moments() {
		// GIVEN second moments of every exponent, and whatever first moments and parameters
		let c = AdamCoefficients {
			beta1: 0.9,
			rest1: 0.1,
			correct1: 1.7,
			beta2: 0.99,
			rest2: 0.01,
			correct2: 1.0,
			rate: 1e-3,
			keep: 0.999,
			epsilon: 1e-8,
		};
		let v: Vec<f32> = (0..0x5880_0000_u32)
			.step_by(1_021)
			.map(f32::from_bits)
			.collect();
		let p: Vec<f32> = v
			.iter()
			.enumerate()
			.map(|(i, _)| (i % 1_000) as f32 - 500.0)
			.collect();
		let m: Vec<f32> = v
			.iter()
			.enumerate()
			.map(|(i, _)| (i % 77) as f32 * 1e-3)
			.collect();
		let mut out = vec![0.0; v.len()];
		for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
			// WHEN the parameters are updated
			param_piece(isa, &c, &p, &m, &v, &mut out);
			// THEN they have the specification's bits, and so has the machine's root
			for (((p, m), v), out) in p.iter().zip(&m).zip(&v).zip(&out) {
				assert_eq!(
					out.to_bits(),
					adam_p(&c, *p, *m, *v).to_bits(),
					"{v:e}, {isa}"
				);
				assert_eq!(v.sqrt().to_bits(), functions::sqrt(*v).to_bits(), "{v:e}");
			}
		}
	}
}
