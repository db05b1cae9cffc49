//! Products of 8-bit integers by AMX: registers are tiles of 16 rows of 64 bytes.
//!
//! With `q = 64 h + l`, the sum of a block is `4096 hh + 64 (hl + lh) + ll`: three sums of four
//! products, each of them exact. The unit of tiles works beside all others, so that the sums of the
//! task before are scaled and added to the result between the products of this one.
//!
//! What tiles hold passes from one block of assembly to the next. Nothing else in this crate's code
//! uses tiles, and the compiler has no use for them.

mod assembly;

use std::{
	arch::{asm, x86_64::*},
	mem::transmute,
};

use assembly::{dot, load, store, zero, CONFIGURATION, STRIDE};

use super::{Task, Unit, GROUP, PAIRS, WIDTH};
use crate::{contract::PLANE, tensor::TILE};

/// The three sums of the tiles of a task: `hh`, `hl + lh`, `ll` of the first, then of the second.
type Sums = [[[i32; TILE]; 3]; WIDTH];

/// Rows of tiles of a task.
const ROWS: usize = WIDTH * GROUP;

/// Configured tiles, and the sums of the last two tasks.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Tiles {
	sums: [Sums; 2],
	/// Which of them are the next task's.
	next: usize,
	/// Where a second tile goes that does not count.
	spare: [f32; TILE],
}

impl Tiles {
	/// Configures the calling thread's tiles.
	///
	/// # Safety
	/// The machine has AMX, and the thread has no other of these before this is dropped there.
	pub(super) unsafe fn new() -> Self {
		// SAFETY: reads 64 bytes, which name a configuration that all AMX has.
		unsafe {
			asm!(
				"ldtilecfg [{}]",
				in(reg) &CONFIGURATION,
				options(readonly, nostack, preserves_flags),
			);
		}
		Tiles {
			sums: [[[[0; TILE]; 3]; WIDTH]; 2],
			next: 0,
			spare: [0.0; TILE],
		}
	}

	/// Multiplies for one task and adds the contribution of the one before. If there is none before,
	/// none is `pending`, and else the one that was multiplied last.
	pub(super) fn run(
		&mut self,
		task: Option<&Task<'_>>,
		pending: Option<&Task<'_>>,
		out: &mut [f32],
	) {
		let pending = pending.map(|task| {
			let (tiles, _) = out[task.at..][..task.width * TILE].as_chunks_mut();
			let (first, rest) = tiles.split_first_mut().expect("a task has a tile; qed");
			Pending {
				a: &task.a.scales,
				b: task.b.map(|unit| &unit.scales),
				fresh: task.fresh,
				out: [first, rest.first_mut().unwrap_or(&mut self.spare)],
			}
		});
		let [first, second] = &mut self.sums;
		let (sums, before) = if self.next == 0 {
			(first, second)
		} else {
			(second, first)
		};
		// SAFETY: tiles are configured as long as this lives, and the machine that has AMX has AVX-512.
		unsafe {
			match (task, pending) {
				(Some(task), Some(pending)) if task.pairs > PAIRS / 2 => {
					step::<2, true>(Some(task), Some(pending), sums, before);
				}
				(Some(task), Some(pending)) => {
					step::<1, true>(Some(task), Some(pending), sums, before);
				}
				(Some(task), None) if task.pairs > PAIRS / 2 => {
					step::<2, false>(Some(task), None, sums, before);
				}
				(Some(task), None) => step::<1, false>(Some(task), None, sums, before),
				(None, pending) => step::<0, true>(None, pending, sums, before),
			}
		}
		self.next ^= 1;
	}
}

impl Drop for Tiles {
	fn drop(&mut self) {
		// SAFETY: nobody else on this thread uses tiles.
		unsafe {
			asm!("tilerelease", options(nomem, nostack, preserves_flags));
		}
	}
}

/// A task whose contribution is still to be added.
struct Pending<'a> {
	a: &'a [f32; GROUP],
	b: [&'a [f32; GROUP]; WIDTH],
	fresh: bool,
	out: [&'a mut [f32; TILE]; WIDTH],
}

/// A row of a tile.
#[inline]
#[target_feature(enable = "avx512f")]
fn register(tile: &[i32; TILE], row: usize) -> __m512i {
	// SAFETY: 16 elements are a register of them.
	unsafe { transmute::<[i32; GROUP], __m512i>(tile.as_chunks::<GROUP>().0[row]) }
}

/// Adds a row of a contribution with these scales to a row of the result, or puts it there.
#[inline]
#[target_feature(enable = "avx512f")]
fn add(sums: &[[i32; TILE]; 3], row: usize, a: f32, b: __m512, keep: u16, out: &mut [f32; TILE]) {
	let [hh, middle, ll] = sums;
	let sum = _mm512_add_epi32(
		_mm512_slli_epi32::<6>(register(hh, row)),
		register(middle, row),
	);
	let sum = _mm512_add_epi32(_mm512_slli_epi32::<6>(sum), register(ll, row));
	let out = &mut out.as_chunks_mut::<GROUP>().0[row];
	// SAFETY: 16 elements are a register of them.
	unsafe {
		let before = _mm512_maskz_loadu_ps(keep, out.as_ptr());
		// Powers of two: all products are exact, and adding rounds once.
		let scale = _mm512_mul_ps(_mm512_set1_ps(a), b);
		let value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, before);
		*out = transmute::<__m512, [f32; GROUP]>(value);
	}
}

/// A tile of a plane: `h` is plane 0, `l` is plane 1.
#[inline(always)]
fn tile(unit: &Unit, plane: usize, chunk: usize) -> &[i32; TILE] {
	&unit.words.as_chunks().0[plane * (PLANE / TILE) + chunk]
}

/// The products of a task of so many chunks of 64 elements, none for 0, beside the sums of the task
/// before, if there is one.
///
/// Tiles 0 and 1 sum `hh` and later `ll`, tiles 2 and 3 `hl + lh`: each is read and started again
/// four products after its last one, which is what a product takes. So `hl + lh` and `ll` are left in
/// tiles for the next step.
///
/// # Safety
/// The thread's tiles are configured.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
unsafe fn step<const CHUNKS: usize, const BEFORE: bool>(
	task: Option<&Task<'_>>,
	mut pending: Option<Pending<'_>>,
	sums: &mut Sums,
	before: &mut Sums,
) {
	let zero = [0.0; GROUP];
	let scales = pending.as_ref().map_or([&zero; WIDTH], |pending| pending.b);
	// SAFETY: 16 elements are a register of them.
	let scales = unsafe {
		[
			transmute::<[f32; GROUP], __m512>(*scales[0]),
			transmute::<[f32; GROUP], __m512>(*scales[1]),
		]
	};
	/// Rows of the task before, from one on to another.
	macro_rules! rows {
		($rows:expr) => {
			if let Some(Pending { a, fresh, out, .. }) = &mut pending {
				let keep = if *fresh { 0 } else { 0xFFFF };
				for row in const { $rows } {
					let (tile, row) = (row / GROUP, row % GROUP);
					add(&before[tile], row, a[row], scales[tile], keep, out[tile]);
				}
			}
		};
	}
	/// What is due after so many products of a chunk and those before: nothing before the sums are
	/// there.
	macro_rules! beside {
		($chunks:literal, $products:literal) => {
			if BEFORE {
				rows!(
					due(CHUNKS, 4 * $chunks + $products - 1)..due(CHUNKS, 4 * $chunks + $products)
				);
			}
		};
	}
	// SAFETY: the thread's tiles are configured; all that is loaded and stored is a whole tile.
	unsafe {
		let Some(task) = task else {
			store!(2, &mut before[0][1]);
			store!(3, &mut before[1][1]);
			store!(0, &mut before[0][2]);
			store!(1, &mut before[1][2]);
			rows!(0..ROWS);
			return;
		};
		let (a, [b, c]) = (task.a, task.b);
		/// Takes a tile's sums and starts it again.
		macro_rules! renew {
			(0, $tile:literal, $taken:expr, $to:expr) => {
				if $taken {
					store!($tile, $to);
				}
				zero!($tile);
			};
			(1, $tile:literal, $taken:expr, $to:expr) => {};
		}
		macro_rules! upper {
			($chunk:tt) => {
				load!(5, tile(a, 1, $chunk));
				load!(6, tile(b, 0, $chunk));
				renew!($chunk, 2, BEFORE, &mut before[0][1]);
				dot!(2, 5, 6);
				beside!($chunk, 1);
				load!(7, tile(c, 0, $chunk));
				renew!($chunk, 3, BEFORE, &mut before[1][1]);
				dot!(3, 5, 7);
				beside!($chunk, 2);
				load!(4, tile(a, 0, $chunk));
				renew!($chunk, 0, BEFORE, &mut before[0][2]);
				dot!(0, 4, 6);
				beside!($chunk, 3);
				renew!($chunk, 1, BEFORE, &mut before[1][2]);
				dot!(1, 4, 7);
				beside!($chunk, 4);
			};
		}
		macro_rules! lower {
			($chunk:tt, $chunks:literal) => {
				load!(4, tile(a, 0, $chunk));
				load!(6, tile(b, 1, $chunk));
				dot!(2, 4, 6);
				beside!($chunks, 1);
				load!(7, tile(c, 1, $chunk));
				dot!(3, 4, 7);
				beside!($chunks, 2);
				load!(5, tile(a, 1, $chunk));
				renew!($chunk, 0, true, &mut sums[0][0]);
				dot!(0, 5, 6);
				beside!($chunks, 3);
				renew!($chunk, 1, true, &mut sums[1][0]);
				dot!(1, 5, 7);
				beside!($chunks, 4);
			};
		}
		upper!(0);
		if CHUNKS == 1 {
			lower!(0, 1);
		} else {
			upper!(1);
			lower!(0, 2);
			lower!(1, 3);
		}
	}
}

/// Rows of the task before that are due after so many products of a task.
const fn due(chunks: usize, products: usize) -> usize {
	match 8 * chunks {
		0 => ROWS,
		all if products > 3 => (products - 3) * ROWS / (all - 3),
		_ => 0,
	}
}
