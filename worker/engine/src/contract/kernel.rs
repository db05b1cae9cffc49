//! The integer sums of one block, scaled and added to the result.

use std::marker::PhantomData;

use super::{operand::Unit, GROUP, PAIRS, WIDTH};
use crate::{isa::Isa, tensor::TILE};

/// One block of the contracted axis, for a group of left vectors and one or two of right ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task<'a> {
	pub(super) a: &'a Unit,
	/// Whether the left group is stored by pair, as the right ones always are.
	pub(super) by_pair: bool,
	pub(super) b: [&'a Unit; WIDTH],
	/// Right groups that count.
	pub(super) width: usize,
	/// Pairs in the block, a multiple of 16.
	pub(super) pairs: usize,
	/// Whether the result starts here: from +0.0, which no contribution would change.
	pub(super) fresh: bool,
	/// The first element of the result's tiles, one for each right group.
	pub(super) at: usize,
}

/// A thread's means to multiply, one at a time. Registers that have to be configured are, as long as
/// it lives.
#[derive(Debug)]
pub(crate) struct Kernel {
	isa: Isa,
	#[cfg(target_arch = "x86_64")]
	tiles: Option<amx::Tiles>,
	/// Registers belong to a thread.
	here: PhantomData<*const ()>,
}

impl Kernel {
	/// For an instruction set that the machine has, on the calling thread.
	pub(crate) fn new(isa: Isa) -> Self {
		Kernel {
			isa,
			#[cfg(target_arch = "x86_64")]
			// SAFETY: the engine refuses an instruction set that the machine lacks.
			tiles: (isa == Isa::Amx).then(|| unsafe { amx::Tiles::new() }),
			here: PhantomData,
		}
	}

	pub(crate) fn isa(&self) -> Isa {
		self.isa
	}

	/// Starts to add contributions to some tiles.
	pub(crate) fn sweep<'k, 'u, 'o>(&'k mut self, out: &'o mut [f32]) -> Sweep<'k, 'u, 'o> {
		Sweep {
			kernel: self,
			out,
			#[cfg(target_arch = "x86_64")]
			pending: None,
			units: PhantomData,
		}
	}
}

/// Contributions on their way to the tiles of a result. They arrive one after the other, the last one
/// when it is asked for or when this is dropped.
#[derive(Debug)]
pub(crate) struct Sweep<'k, 'u, 'o> {
	kernel: &'k mut Kernel,
	out: &'o mut [f32],
	/// What has been multiplied and not yet added: that is done beside the next products.
	#[cfg(target_arch = "x86_64")]
	pending: Option<Task<'u>>,
	/// Of the tasks.
	units: PhantomData<&'u Unit>,
}

impl<'u> Sweep<'_, 'u, '_> {
	/// Adds a block's contribution.
	pub(super) fn add(&mut self, task: Task<'u>) {
		#[cfg(target_arch = "x86_64")]
		if let Some(tiles) = &mut self.kernel.tiles {
			tiles.run(Some(&task), self.pending.as_ref(), self.out);
			self.pending = Some(task);
			return;
		}
		let out = &mut self.out[task.at..][..task.width * TILE];
		run(self.kernel.isa, &task, out);
	}

	/// The result with all contributions so far.
	pub(crate) fn settled(&mut self) -> &mut [f32] {
		#[cfg(target_arch = "x86_64")]
		if let (Some(tiles), Some(task)) = (&mut self.kernel.tiles, self.pending.take()) {
			tiles.run(None, Some(&task), self.out);
		}
		self.out
	}
}

impl Drop for Sweep<'_, '_, '_> {
	fn drop(&mut self) {
		self.settled();
	}
}

/// Adds a block's contribution to the tiles of `out`, one for each right group.
fn run(isa: Isa, task: &Task<'_>, out: &mut [f32]) {
	/// Calls a kernel for pieces of so many registers of so many columns, from column `$first` of a
	/// right group on, and of so many rows.
	#[cfg(target_arch = "x86_64")]
	macro_rules! piece {
		($kernel:ident, $group:expr, $registers:literal, $first:literal, $rows:literal) => {
			for row in (0..GROUP).step_by($rows) {
				// SAFETY: the engine refuses an instruction set that the machine lacks, and every
				// x86-64 has SSE2.
				unsafe {
					if task.by_pair {
						x86::$kernel::<$registers, $rows, $first, true>(task, row, $group, out);
					} else {
						x86::$kernel::<$registers, $rows, $first, false>(task, row, $group, out);
					}
				}
			}
		};
	}
	match isa {
		// Sums of a piece stay in registers: 16 of 32, or 8 of 16.
		#[cfg(target_arch = "x86_64")]
		Isa::Avx512 if task.width == 2 => piece!(avx512, 0, 2, 0, 8),
		#[cfg(target_arch = "x86_64")]
		Isa::Avx512 => piece!(avx512, 0, 1, 0, 16),
		#[cfg(target_arch = "x86_64")]
		Isa::Avx2 => {
			for group in 0..task.width {
				piece!(avx2, group, 2, 0, 4);
			}
		}
		#[cfg(target_arch = "x86_64")]
		Isa::Portable | Isa::Neon => {
			for group in 0..task.width {
				piece!(sse2, group, 2, 0, 4);
				piece!(sse2, group, 2, 8, 4);
			}
		}
		#[cfg(target_arch = "x86_64")]
		Isa::Amx => unreachable!("its products are added in sweeps"),
		#[cfg(target_arch = "aarch64")]
		Isa::Neon => {
			for group in 0..task.width {
				for row in (0..GROUP).step_by(neon::ROWS) {
					if task.by_pair {
						neon::piece::<true>(task, row, group, out);
					} else {
						neon::piece::<false>(task, row, group, out);
					}
				}
			}
		}
		#[cfg(not(target_arch = "x86_64"))]
		_ => plain(task, out),
	}
}

/// Asks for a tile that will be read soon.
pub(super) fn prefetch(tile: &[f32; TILE]) {
	#[cfg(target_arch = "x86_64")]
	for line in tile.as_chunks::<GROUP>().0 {
		use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T1};
		// SAFETY: has no effect but on time, and every x86-64 has it.
		unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) }
	}
	#[cfg(not(target_arch = "x86_64"))]
	let _ = tile;
}

/// The same without any instruction set's help.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain(task: &Task<'_>, out: &mut [f32]) {
	const ROWS: usize = 4;
	const WIDE: usize = 8;
	for (out, b) in out.chunks_exact_mut(TILE).zip(task.b) {
		for piece in 0..TILE / ROWS / WIDE {
			let (row, column) = (piece / 2 * ROWS, piece % 2 * WIDE);
			let mut sums = [[0_i32; WIDE]; ROWS];
			for p in 0..task.pairs {
				let b = &b.words[p * GROUP + column..][..WIDE];
				for (i, sums) in sums.iter_mut().enumerate() {
					let a = if task.by_pair {
						task.a.words[p * GROUP + row + i]
					} else {
						task.a.words[(row + i) * PAIRS + p]
					};
					let (low, high) = (i32::from(a as i16), a >> 16);
					for (sum, b) in sums.iter_mut().zip(b) {
						let product = low * i32::from(*b as i16) + high * (b >> 16);
						*sum = sum.wrapping_add(product);
					}
				}
			}
			for (i, sums) in sums.iter().enumerate() {
				let first = (row + i) * GROUP + column;
				let b_scales = &b.scales[column..][..WIDE];
				for (j, (sum, b_scale)) in sums.iter().zip(b_scales).enumerate() {
					let contribution = *sum as f32 * task.a.scales[row + i] * b_scale;
					out[first + j] = if task.fresh {
						contribution
					} else {
						out[first + j] + contribution
					};
				}
			}
		}
	}
}

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
/// `N` elements from `at`; the length is known to the compiler.
#[inline(always)]
fn part<T, const N: usize>(slice: &[T], at: usize) -> &[T; N] {
	slice[at..at + N]
		.try_into()
		.expect("the slice has this length; qed")
}

#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
#[inline(always)]
fn part_mut<T, const N: usize>(slice: &mut [T], at: usize) -> &mut [T; N] {
	(&mut slice[at..at + N])
		.try_into()
		.expect("the slice has this length; qed")
}

#[cfg(test)]
mod tests;
