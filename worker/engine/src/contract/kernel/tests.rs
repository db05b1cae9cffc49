use super::*;
use crate::contract::{PLANE, UNIT};

/// A unit whose elements are all `q`.
fn unit(isa: Isa, q: i32, scale: f32) -> Unit {
	let mut words = [q << 16 | q & 0xFFFF; UNIT];
	if isa == Isa::Amx {
		let h = (q + 32) >> 6;
		let planes = [h, q - 64 * h].map(|byte| i32::from_ne_bytes([byte as u8; 4]));
		words[..PLANE].fill(planes[0]);
		words[PLANE..].fill(planes[1]);
	}
	Unit {
		words,
		scales: [scale; GROUP],
	}
}

/// What varies between blocks: order, right groups, pairs, and whether the result starts with it.
type Form = (bool, usize, usize, bool);

fn task([a, b, c]: &[Unit; 3], (by_pair, width, pairs, fresh): Form) -> Task<'_> {
	Task {
		a,
		by_pair,
		b: [b, c],
		width,
		pairs,
		fresh,
		at: 0,
	}
}

/// Compares every instruction set with the plain kernel, for blocks whose elements are all the same.
fn compare([q, r]: [i32; 2], form @ (_, width, pairs, fresh): Form) {
	let units = |isa| [unit(isa, q, 0.25), unit(isa, r, 2.0), unit(isa, r, 4.0)];
	// GIVEN a block, computed without any instruction set's help
	let mut expected = vec![1.0; width * TILE];
	plain(&task(&units(Isa::Portable), form), &mut expected);
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		// WHEN it is computed with one
		let mut out = vec![1.0; width * TILE];
		let (units, mut kernel) = (units(isa), Kernel::new(isa));
		kernel.sweep(&mut out).add(task(&units, form));
		// THEN both agree, and nothing wrapped
		assert_eq!(out, expected, "{isa}, {q} by {r}, {form:?}");
		let sum = (2 * pairs as i64 * i64::from(q * r)) as f32;
		assert_eq!(out[0], sum * 0.5 + if fresh { 0.0 } else { 1.0 });
	}
}

#[test]
fn the_plain_kernel_equals_the_others_at_the_bounds_of_the_integers() {
	// 4095 * 4095 * 128 is the greatest sum. In planes of 8 bits, from 4064 on the upper part is 64,
	// under -4064 it is -64; from 32 on it is 1, under -32 it is -1. Half a block is the least that
	// all kernels compute: shorter ones are filled up.
	let bounds = [4095, -4095, 4064, 4063, -4064, -4065, 32, 31, -32, -33, 0];
	for q in bounds {
		for r in [4095, -4095, 4064, 63, 1] {
			for by_pair in [true, false] {
				for fresh in [true, false] {
					for (width, pairs) in [(1, PAIRS), (2, PAIRS), (2, PAIRS / 2)] {
						compare([q, r], (by_pair, width, pairs, fresh));
					}
				}
			}
		}
	}
}

#[test]
fn contributions_of_a_sweep_arrive_in_order() {
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		// GIVEN two blocks of which the greater one swallows the smaller one
		let large = [1, 1, 1].map(|q| unit(isa, q, 4096.0));
		let small = [1, 1, 1].map(|q| unit(isa, q, 1.0 / 64.0));
		let sum = |order: [&[Unit; 3]; 4]| {
			let (mut out, mut kernel) = (vec![f32::NAN; 2 * TILE], Kernel::new(isa));
			let mut sweep = kernel.sweep(&mut out);
			for (at, units) in order.into_iter().enumerate() {
				// Of different lengths, so that one kind of step follows the other.
				let pairs = if at % 2 == 0 { PAIRS } else { PAIRS / 2 };
				sweep.add(task(units, (true, 2, pairs, at == 0)));
				if at == 2 {
					assert!(sweep.settled().iter().all(|x| x.is_finite()));
				}
			}
			drop(sweep);
			out
		};
		let negative = [-1, 1, 1].map(|q| unit(isa, q, 4096.0));
		// WHEN the greater one is taken away again before or after the smaller one comes
		let first = sum([&large, &small, &negative, &small]);
		let last = sum([&large, &small, &small, &negative]);
		// THEN only what came afterwards is left, and half of the greater one
		let (whole, half) = (128.0 * 4096.0 * 4096.0, 64.0 * 4096.0 * 4096.0);
		let little = 64.0 / 64.0 / 64.0;
		assert!(first.iter().all(|x| *x == little), "{isa}: {}", first[0]);
		assert!(
			last.iter().all(|x| *x == whole - half),
			"{isa}: {}",
			last[0]
		);
	}
}
