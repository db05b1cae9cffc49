//! The integer sums of one block, scaled and added to the result.

use super::{GROUP, PAIRS, UNIT};
use crate::isa::Isa;

/// Rows of the result that one call computes.
pub(super) const HEIGHT: usize = 8;

/// One block of the contracted axis, for [`HEIGHT`] left vectors and a group of right ones.
#[derive(Debug)]
pub(super) struct Block<'a> {
	/// Pairs of the group that the left vectors are in.
	pub(super) a: &'a [i32; UNIT],
	pub(super) a_scales: &'a [f32; GROUP],
	/// First of the left vectors within their group.
	pub(super) within: usize,
	/// Whether the left group is stored by pair, as the right one always is.
	pub(super) by_pair: bool,
	/// Pairs of the right vectors.
	pub(super) b: &'a [i32; UNIT],
	pub(super) b_scales: &'a [f32; GROUP],
	/// Pairs in the block.
	pub(super) pairs: usize,
	/// Right vectors that count: 16 or 32.
	pub(super) width: usize,
	/// Whether the result starts here.
	pub(super) first: bool,
}

/// Adds a block's contribution to [`HEIGHT`] rows of `out`, which are `stride` apart.
pub(super) fn block(isa: Isa, block: &Block<'_>, out: &mut [f32], stride: usize) {
	/// Cuts the block into pieces of so many registers of so many columns, and of so many rows.
	#[cfg(target_arch = "x86_64")]
	macro_rules! run {
		($kernel:ident, $registers:literal x $lanes:literal, $rows:literal) => {
			pieces(block.width, $registers * $lanes, $rows, |row, column| {
				// SAFETY: the engine refuses an instruction set that the machine lacks, and every
				// x86-64 has SSE2.
				unsafe {
					if block.by_pair {
						x86::$kernel::<$registers, $rows, true>(block, row, column, out, stride);
					} else {
						x86::$kernel::<$registers, $rows, false>(block, row, column, out, stride);
					}
				}
			})
		};
	}
	match isa {
		// Sums of a piece stay in registers: 16 of 32, or 8 of 16.
		#[cfg(target_arch = "x86_64")]
		Isa::Avx512 if block.width == GROUP => run!(avx512, 2 x 16, 8),
		#[cfg(target_arch = "x86_64")]
		Isa::Avx512 => run!(avx512, 1 x 16, 8),
		#[cfg(target_arch = "x86_64")]
		Isa::Avx2 => run!(avx2, 2 x 8, 4),
		#[cfg(target_arch = "x86_64")]
		Isa::Portable => run!(sse2, 2 x 4, 4),
		#[cfg(not(target_arch = "x86_64"))]
		_ => plain(block, out, stride),
	}
}

/// Calls `work(row, column)` for all pieces of `wide` columns and `high` rows.
#[inline(always)]
fn pieces(width: usize, wide: usize, high: usize, mut work: impl FnMut(usize, usize)) {
	for column in (0..width).step_by(wide) {
		for row in (0..HEIGHT).step_by(high) {
			work(row, column);
		}
	}
}

/// The rows of `out`, each cut to the columns that are computed.
#[inline(always)]
fn rows(
	out: &mut [f32],
	stride: usize,
	row: usize,
	column: usize,
	width: usize,
) -> impl Iterator<Item = &mut [f32]> {
	out[row * stride..]
		.chunks_mut(stride)
		.map(move |row| &mut row[column..column + width])
}

/// The same without any instruction set's help.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain(block: &Block<'_>, out: &mut [f32], stride: usize) {
	const ROWS: usize = 4;
	const WIDE: usize = 8;
	pieces(block.width, WIDE, ROWS, |row, column| {
		let mut sums = [[0_i32; WIDE]; ROWS];
		for p in 0..block.pairs {
			let b = &block.b[p * GROUP + column..][..WIDE];
			for (i, sums) in sums.iter_mut().enumerate() {
				let vector = block.within + row + i;
				let a = if block.by_pair {
					block.a[p * GROUP + vector]
				} else {
					block.a[vector * PAIRS + p]
				};
				let (low, high) = (i32::from(a as i16), a >> 16);
				for (sum, b) in sums.iter_mut().zip(b) {
					let product = low * i32::from(*b as i16) + high * (b >> 16);
					*sum = sum.wrapping_add(product);
				}
			}
		}
		let a_scales = &block.a_scales[block.within + row..];
		let b_scales = &block.b_scales[column..column + WIDE];
		let rows = rows(out, stride, row, column, WIDE);
		for ((sums, a_scale), out) in sums.iter().zip(a_scales).zip(rows) {
			for ((sum, b_scale), out) in sums.iter().zip(b_scales).zip(out) {
				let contribution = *sum as f32 * (a_scale * b_scale);
				*out = if block.first {
					contribution
				} else {
					*out + contribution
				};
			}
		}
	});
}

#[cfg(target_arch = "x86_64")]
mod x86 {
	//! References instead of pointers: a reference needs no check in a build with debug assertions,
	//! and these loops must be fast in every profile.

	use std::arch::x86_64::*;
	use std::mem::transmute;

	use super::{rows, Block, GROUP, PAIRS};

	/// `N` elements from `at`; the length is known to the compiler.
	#[inline(always)]
	fn part<T, const N: usize>(slice: &[T], at: usize) -> &[T; N] {
		slice[at..at + N]
			.try_into()
			.expect("the slice has this length; qed")
	}

	#[inline(always)]
	fn part_mut<T, const N: usize>(slice: &mut [T], at: usize) -> &mut [T; N] {
		(&mut slice[at..at + N])
			.try_into()
			.expect("the slice has this length; qed")
	}

	/// `_mm512_dpwssd_epi32`, which LLVM takes apart into two instructions where it hopes to shorten
	/// a chain; these sums are limited by the number of instructions.
	#[inline]
	#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
	fn dot(mut sum: __m512i, left: __m512i, right: __m512i) -> __m512i {
		// SAFETY: computes on three registers.
		unsafe {
			std::arch::asm!(
				"vpdpwssd {}, {}, {}",
				inout(zmm_reg) sum,
				in(zmm_reg) left,
				in(zmm_reg) right,
				options(pure, nomem, nostack, preserves_flags),
			);
		}
		sum
	}

	/// A kernel for one kind of registers: `R` rows from `row` and `N` registers of columns from
	/// `column`. `$dot(sum, left, right)` adds the products of pairs to the sums.
	macro_rules! kernel {
		(
			$name:ident, $feature:literal, $lanes:literal, $integers:ty, $floats:ty, $dot:expr,
			$zero:ident, $set:ident, $set_ps:ident, $mul_ps:ident, $add_ps:ident, $convert:ident
		) => {
			#[target_feature(enable = $feature)]
			pub(super) fn $name<const N: usize, const R: usize, const BY_PAIR: bool>(
				block: &Block<'_>,
				row: usize,
				column: usize,
				out: &mut [f32],
				stride: usize,
			) {
				let vector = block.within + row;
				// Stated once, so that the loop needs no checks.
				assert!(
					block.pairs <= PAIRS && column <= GROUP - N * $lanes && vector <= GROUP - R
				);
				let mut sums = [[$zero(); N]; R];
				let by_vector = part::<[i32; PAIRS], R>(block.a.as_chunks().0, vector);
				let by_pair = part::<[i32; GROUP], PAIRS>(block.a.as_chunks().0, 0);
				let b_by_pair = part::<[i32; GROUP], PAIRS>(block.b.as_chunks().0, 0);
				for p in 0..block.pairs {
					let mut right = [$zero(); N];
					for (j, right) in right.iter_mut().enumerate() {
						let pairs = part::<i32, $lanes>(&b_by_pair[p], column + $lanes * j);
						// SAFETY: so many integers are as good as a register of them.
						*right = unsafe { transmute::<[i32; $lanes], $integers>(*pairs) };
					}
					for (i, sums) in sums.iter_mut().enumerate() {
						let left = if BY_PAIR {
							by_pair[p][vector + i]
						} else {
							by_vector[i][p]
						};
						let left = $set(left);
						for (sum, right) in sums.iter_mut().zip(right) {
							*sum = $dot(*sum, left, right);
						}
					}
				}
				let a_scales = part::<f32, R>(block.a_scales, vector);
				let rows = rows(out, stride, row, column, N * $lanes);
				for ((sums, a_scale), out) in sums.iter().zip(a_scales).zip(rows) {
					let a_scale = $set_ps(*a_scale);
					for (j, sum) in sums.iter().enumerate() {
						let b_scales = part::<f32, $lanes>(block.b_scales, column + $lanes * j);
						let out = part_mut::<f32, $lanes>(out, $lanes * j);
						// SAFETY: so many floats are as good as a register of them.
						let b_scale = unsafe { transmute::<[f32; $lanes], $floats>(*b_scales) };
						let mut value = $mul_ps($convert(*sum), $mul_ps(a_scale, b_scale));
						if !block.first {
							// SAFETY: as above.
							let before = unsafe { transmute::<[f32; $lanes], $floats>(*out) };
							value = $add_ps(before, value);
						}
						// SAFETY: as above.
						*out = unsafe { transmute::<$floats, [f32; $lanes]>(value) };
					}
				}
			}
		};
	}

	kernel!(
		avx512,
		"avx512f,avx512bw,avx512vl,avx512vnni",
		16,
		__m512i,
		__m512,
		dot,
		_mm512_setzero_si512,
		_mm512_set1_epi32,
		_mm512_set1_ps,
		_mm512_mul_ps,
		_mm512_add_ps,
		_mm512_cvtepi32_ps
	);

	kernel!(
		avx2,
		"avx2",
		8,
		__m256i,
		__m256,
		|sum, left, right| _mm256_add_epi32(sum, _mm256_madd_epi16(left, right)),
		_mm256_setzero_si256,
		_mm256_set1_epi32,
		_mm256_set1_ps,
		_mm256_mul_ps,
		_mm256_add_ps,
		_mm256_cvtepi32_ps
	);

	kernel!(
		sse2,
		"sse2",
		4,
		__m128i,
		__m128,
		|sum, left, right| _mm_add_epi32(sum, _mm_madd_epi16(left, right)),
		_mm_setzero_si128,
		_mm_set1_epi32,
		_mm_set1_ps,
		_mm_mul_ps,
		_mm_add_ps,
		_mm_cvtepi32_ps
	);
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_plain_kernel_equals_the_others_at_the_bound_of_the_integers() {
		// GIVEN the greatest sum a block can have, in every element
		let pair = 4095 << 16 | 4095;
		let (a, b) = ([pair; UNIT], [pair; UNIT]);
		let (a_scales, b_scales) = ([0.25; GROUP], [2.0; GROUP]);
		for (by_pair, first) in [(true, true), (false, true), (true, false), (false, false)] {
			let part = Block {
				a: &a,
				a_scales: &a_scales,
				within: 8,
				by_pair,
				b: &b,
				b_scales: &b_scales,
				pairs: PAIRS,
				width: 32,
				first,
			};
			// WHEN it is computed without and with each instruction set
			let mut expected = [1.0; HEIGHT * GROUP];
			plain(&part, &mut expected, GROUP);
			for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
				let mut out = [1.0; HEIGHT * GROUP];
				block(isa, &part, &mut out, GROUP);
				// THEN all agree, and nothing wrapped: 4095 * 4095 * 128 / 2
				assert_eq!(out, expected, "{isa}");
				assert_eq!(
					out[0],
					2_146_435_200_f32 * 0.5 + if first { 0.0 } else { 1.0 }
				);
			}
		}
	}
}
