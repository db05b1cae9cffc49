//! The optimiser: one pass over a parameter, its gradient and its moments, in place.

use std::sync::atomic::{AtomicU32, Ordering};

use assay_numerics::ops::adam::{
	adam_gradient, adam_m, adam_p_of_root, adam_radicand, adam_v, AdamCoefficients,
};
use rayon::prelude::*;

use blake3::hazmat::ChainingValue;

use super::elementwise::PIECE;
use crate::{hash, isa::multiversion, pool::Lane, tensor::bytes_of};

/// Elements of a piece that is hashed.
const HASHED: usize = hash::PIECE / 4;

/// A parameter and its moments, before the step and after it.
#[derive(Debug)]
pub(crate) struct State<'a> {
	pub(crate) m: &'a mut [f32],
	pub(crate) v: &'a mut [f32],
	pub(crate) p: &'a mut [f32],
}

/// The greatest magnitude patterns of the first moment, the second one and the parameter.
pub(crate) type Greatest = [u32; 3];

#[inline(always)]
fn update_body(
	(c, factor): (&AdamCoefficients, f32),
	gradient: &[f32],
	state: State<'_>,
) -> Greatest {
	// Signed, because baseline x86-64 compares signed integers only.
	let mut greatest = [0_i32; 3];
	let State { m, v, p } = state;
	for (((gradient, m), v), p) in gradient.iter().zip(m).zip(v).zip(p) {
		let gradient = adam_gradient(c, *gradient, factor);
		*m = adam_m(c, gradient, *m);
		*v = adam_v(c, gradient, *v);
		// The machine's root is correctly rounded, as the specification's is.
		*p = adam_p_of_root(c, *p, *m, adam_radicand(c, *v).sqrt());
		for (greatest, x) in greatest.iter_mut().zip([*m, *v, *p]) {
			let magnitude = (x.to_bits() & 0x7FFF_FFFF) as i32;
			*greatest = if magnitude > *greatest {
				magnitude
			} else {
				*greatest
			};
		}
	}
	greatest.map(|greatest| greatest as u32)
}

multiversion! {
	fn update_piece = update_body(
		c: (&AdamCoefficients, f32),
		gradient: &[f32],
		state: State<'_>,
	) -> Greatest;
}

/// Makes both moments and the parameter those after the step. With the coefficients comes the factor
/// of clipping, 1 without.
pub(crate) fn update(
	lane: Lane,
	c: (&AdamCoefficients, f32),
	gradient: &[f32],
	state: State<'_>,
) -> Greatest {
	if lane.for_work(gradient.len()).threads == 1 {
		return update_piece(lane.isa, c, gradient, state);
	}
	let most = [const { AtomicU32::new(0) }; 3];
	let State { m, v, p } = state;
	let state = m.par_chunks_mut(PIECE).zip(v.par_chunks_mut(PIECE));
	let state = state.zip(p.par_chunks_mut(PIECE));
	gradient
		.par_chunks(PIECE)
		.zip(state)
		.for_each(|(gradient, ((m, v), p))| {
			let greatest = update_piece(lane.isa, c, gradient, State { m, v, p });
			for (most, greatest) in most.iter().zip(greatest) {
				most.fetch_max(greatest, Ordering::Relaxed);
			}
		});
	most.map(AtomicU32::into_inner)
}

/// [`update`] that hashes what it writes piece by piece, while that is in the cache: the values of the
/// pieces of both moments and of the parameter. Without any, the tensors are hashed as a whole later.
pub(crate) fn update_hashed(
	lane: Lane,
	c: (&AdamCoefficients, f32),
	gradient: &[f32],
	state: State<'_>,
	values: [&mut [ChainingValue]; 3],
) -> Greatest {
	if values[0].is_empty() {
		return update(lane, c, gradient, state);
	}
	let most = [const { AtomicU32::new(0) }; 3];
	let State { m, v, p } = state;
	let state = m.par_chunks_mut(HASHED).zip(v.par_chunks_mut(HASHED));
	let state = state.zip(p.par_chunks_mut(HASHED));
	let [values_m, values_v, values_p] = values;
	let values = values_m.par_iter_mut().zip(values_v).zip(values_p);
	let pieces = gradient.par_chunks(HASHED).zip(state).zip(values);
	pieces
		.enumerate()
		.for_each(|(index, ((gradient, ((m, v), p)), ((to_m, to_v), to_p)))| {
			let state = State {
				m: &mut *m,
				v: &mut *v,
				p: &mut *p,
			};
			let greatest = update_piece(lane.isa, c, gradient, state);
			for (most, greatest) in most.iter().zip(greatest) {
				most.fetch_max(greatest, Ordering::Relaxed);
			}
			for (to, floats) in [(to_m, m), (to_v, v), (to_p, p)] {
				*to = hash::piece(index, bytes_of(floats));
			}
		});
	most.map(AtomicU32::into_inner)
}

#[cfg(test)]
mod tests {
	use assay_numerics::{functions, ops::adam::adam_p};

	use super::*;
	use crate::{isa::Isa, pool::Pool};

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
			unscale: 1.0,
		};
		let v: Vec<f32> = (0..0x5880_0000_u32)
			.step_by(1_021)
			.map(f32::from_bits)
			.collect();
		let part = |divisor: usize, factor: f32| -> Vec<f32> {
			let values = 0..v.len();
			values
				.map(|i| ((i % divisor) as f32 - divisor as f32 / 2.0) * factor)
				.collect()
		};
		let (p, m, gradient) = (part(1_000, 1.0), part(77, 1e-3), part(313, 1e-2));
		for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
			for threads in [1, 2] {
				// WHEN everything is updated in place
				let mut after = [m.clone(), v.clone(), p.clone()];
				let [new_m, new_v, new_p] = &mut after;
				let state = State {
					m: new_m,
					v: new_v,
					p: new_p,
				};
				let pool = Pool::new(threads, isa).unwrap();
				let greatest = pool.run(|lane| update(lane, (&c, 1.0), &gradient, state));
				// THEN it has the specification's bits, and so has the machine's root
				let mut expected = [0; 3];
				for i in 0..v.len() {
					let m = adam_m(&c, gradient[i], m[i]);
					let v = adam_v(&c, gradient[i], v[i]);
					let p = adam_p(&c, p[i], m, v);
					for (j, x) in [m, v, p].into_iter().enumerate() {
						assert_eq!(after[j][i].to_bits(), x.to_bits(), "{j} at {i}, {isa}");
						expected[j] = expected[j].max(x.to_bits() & 0x7FFF_FFFF);
					}
					assert_eq!(v.sqrt().to_bits(), functions::sqrt(v).to_bits(), "{v:e}");
				}
				assert_eq!(greatest, expected);
			}
		}
	}
}
