//! References instead of pointers: a reference needs no check in a build with debug assertions, and
//! these loops must be fast in every profile.

use std::arch::x86_64::*;
use std::mem::transmute;

use super::{part, part_mut, Task, GROUP, PAIRS};

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

/// Pairs that the loop's body handles; the number of a block's pairs is a multiple of it.
const RUN: usize = 16;
/// Runs of a block.
const RUNS: usize = PAIRS / RUN;

/// A kernel for one kind of registers: `R` rows from `row` and `N` registers of columns from column
/// `C` of right group `group`. `$dot(sum, left, right)` adds the products of pairs to the sums,
/// `$add(before, sum, scale)` adds a scaled sum.
///
/// Every index is a constant or checked once for all rows, so that the loops have no checks.
macro_rules! kernel {
	(
		$name:ident, $feature:literal, $lanes:literal, $integers:ty, $floats:ty,
		$dot:expr, $add:expr,
		$zero:ident, $set:ident, $set_ps:ident, $mul_ps:ident, $convert:ident
	) => {
		#[target_feature(enable = $feature)]
		pub(super) fn $name<const N: usize, const R: usize, const C: usize, const BY_PAIR: bool>(
			task: &Task<'_>,
			row: usize,
			group: usize,
			out: &mut [f32],
		) {
			/// Registers that a row of a tile fills.
			const PARTS: usize = GROUP / $lanes;
			let mut sums = [[$zero(); N]; R];
			let by_vector =
				part::<[[i32; RUN]; RUNS], R>(task.a.words.as_chunks().0.as_chunks().0, row);
			let by_pair =
				part::<[[i32; GROUP]; RUN], RUNS>(task.a.words.as_chunks().0.as_chunks().0, 0);
			let mut b = [task.b[group]; N];
			for (j, b) in b.iter_mut().enumerate() {
				*b = task.b[group + (C + $lanes * j) / GROUP];
			}
			assert!(task.pairs <= PAIRS && row <= GROUP - R);
			for run in 0..task.pairs / RUN {
				// Each right group's pairs in registers.
				let mut runs = [&[[[0; $lanes]; PARTS]; RUN]; N];
				for j in 0..N {
					runs[j] = &b[j].words.as_chunks().0.as_chunks().0.as_chunks().0[run];
				}
				for p in 0..RUN {
					let mut right = [$zero(); N];
					for j in 0..N {
						let pairs = runs[j][p][(C + $lanes * j) % GROUP / $lanes];
						// SAFETY: so many integers are as good as a register of them.
						right[j] = unsafe { transmute::<[i32; $lanes], $integers>(pairs) };
					}
					for (i, sums) in sums.iter_mut().enumerate() {
						let left = if BY_PAIR {
							by_pair[run][p][row + i]
						} else {
							by_vector[i][run][p]
						};
						let left = $set(left);
						for j in 0..N {
							sums[j] = $dot(sums[j], left, right[j]);
						}
					}
				}
			}
			let a_scales = part::<f32, R>(&task.a.scales, row);
			/// Writes all sums, combined with what is at their places.
			macro_rules! finish {
				($combine:expr) => {
					for (j, b) in b.iter().enumerate() {
						let column = (C + $lanes * j) % GROUP / $lanes;
						let first = (group + (C + $lanes * j) / GROUP) * GROUP + row;
						let b_scale = b.scales.as_chunks().0[column];
						// SAFETY: so many floats are as good as a register of them.
						let b_scale = unsafe { transmute::<[f32; $lanes], $floats>(b_scale) };
						let rows = out.as_chunks_mut().0.as_chunks_mut().0;
						let rows = part_mut::<[[f32; $lanes]; PARTS], R>(rows, first);
						for ((sums, a_scale), out) in sums.iter().zip(a_scales).zip(rows) {
							let out = &mut out[column];
							// Powers of two: all products are exact.
							let value = $mul_ps($convert(sums[j]), $set_ps(*a_scale));
							// SAFETY: as above.
							let before = unsafe { transmute::<[f32; $lanes], $floats>(*out) };
							let value = $combine(before, value, b_scale);
							// SAFETY: as above.
							*out = unsafe { transmute::<$floats, [f32; $lanes]>(value) };
						}
					}
				};
			}
			if task.fresh {
				finish!(|_, value, scale| $mul_ps(value, scale))
			} else {
				finish!($add)
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
	// One rounding, as when the exact product is added.
	|before, value, scale| _mm512_fmadd_ps(value, scale, before),
	_mm512_setzero_si512,
	_mm512_set1_epi32,
	_mm512_set1_ps,
	_mm512_mul_ps,
	_mm512_cvtepi32_ps
);

kernel!(
	avx2,
	"avx2",
	8,
	__m256i,
	__m256,
	|sum, left, right| _mm256_add_epi32(sum, _mm256_madd_epi16(left, right)),
	|before, value, scale| _mm256_add_ps(before, _mm256_mul_ps(value, scale)),
	_mm256_setzero_si256,
	_mm256_set1_epi32,
	_mm256_set1_ps,
	_mm256_mul_ps,
	_mm256_cvtepi32_ps
);

kernel!(
	sse2,
	"sse2",
	4,
	__m128i,
	__m128,
	|sum, left, right| _mm_add_epi32(sum, _mm_madd_epi16(left, right)),
	|before, value, scale| _mm_add_ps(before, _mm_mul_ps(value, scale)),
	_mm_setzero_si128,
	_mm_set1_epi32,
	_mm_set1_ps,
	_mm_mul_ps,
	_mm_cvtepi32_ps
);
