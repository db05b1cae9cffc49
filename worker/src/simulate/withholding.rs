//! What is left of an audit rate when authors withhold their blocks.
//!
//! An adversary that authors a third of the slots knows which, and knows its outputs before anyone
//! else. It wants a draw that does not name its task, and leaves out those of its blocks that stand
//! in the way. What that gains depends on how the window of a draw is counted:
//!
//! - In SLOTS, a block that is left out is missing, and nothing takes its place. Only the blocks
//!   after the last honest one can be chosen among: `l` of them give `2^l` draws. The last slot is
//!   honest with the probability `1 - share`, and that much of the rate is always left.
//! - In BLOCKS, a block that is left out moves the window on. So the adversary can arrange that the
//!   window ends in blocks of its own, the sooner the longer the window is.

use assay_protocol::{limits::PPM, sampling::is_drawn, Digest};
use serde::Serialize;

use super::{
	capture::SHARES_PPM,
	trials::{count, seed, SIGMAS},
	Setting, FLOOR_PPM,
};

/// Outputs of a window.
const WINDOWS: [u32; 5] = [1, 2, 8, 16, 32];
/// One run of slots for so many trials of other tables: each holds many draws.
const TRIALS_EACH: u32 = 20;
/// Slots in a row that the adversary authors, at most, as far as is looked.
const LONGEST: u32 = 64;
/// Shares are added up in parts of a million million.
const SCALE: f64 = 1e12;
const TABLE: u32 = 400;

/// The share of the audit rate that is left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Withholding {
	/// The adversary's share of the slots.
	pub share_ppm: u32,
	/// The audit rate.
	pub rate_ppm: u32,
	/// Outputs of the window.
	pub window: u32,
	/// What is left when the window is counted in slots. Exact, and the same for every window that
	/// is not shorter than the adversary's last slots in a row.
	pub in_slots: f64,
	/// What is left when it is counted in blocks and the adversary plays best, by trials.
	pub in_blocks: f64,
	/// The interval reaches so far to both sides.
	pub reach: f64,
}

pub(super) fn table(setting: &Setting) -> Vec<Withholding> {
	let rate = f64::from(FLOOR_PPM) / f64::from(PPM);
	let trials = (setting.trials / TRIALS_EACH).max(1);
	let mut rows = Vec::new();
	for (share_ppm, table) in SHARES_PPM.into_iter().zip(TABLE..) {
		let longest = WINDOWS.into_iter().max().unwrap_or(1);
		// A sum and a sum of squares for each window.
		let sums = count(trials, 2 * WINDOWS.len(), |trial, cells| {
			let runs = runs(&seed(setting, table, trial), longest, share_ppm);
			for (window, cells) in WINDOWS.iter().zip(cells.chunks_exact_mut(2)) {
				let left = best_in_blocks(&runs[..*window as usize], rate) / rate;
				cells[0] += (left * SCALE) as u64;
				cells[1] += (left * left * SCALE) as u64;
			}
		});
		for (window, sums) in WINDOWS.into_iter().zip(sums.chunks_exact(2)) {
			let mean = |sum: u64| sum as f64 / SCALE / f64::from(trials);
			let (in_blocks, square) = (mean(sums[0]), mean(sums[1]));
			let variance = (square - in_blocks * in_blocks).max(0.0);
			rows.push(Withholding {
				share_ppm,
				rate_ppm: FLOOR_PPM,
				window,
				in_slots: in_slots(f64::from(share_ppm) / f64::from(PPM), rate) / rate,
				in_blocks,
				reach: SIGMAS * (variance / f64::from(trials)).sqrt(),
			});
		}
	}
	rows
}

/// The adversary's slots in a row before each honest slot.
fn runs(seed: &Digest, honest_slots: u32, share_ppm: u32) -> Vec<u32> {
	let mut slot = 0;
	let mut own = || {
		slot += 1;
		is_drawn(seed, slot, 0, share_ppm)
	};
	(0..honest_slots)
		.map(|_| (0..LONGEST).take_while(|_| own()).count() as u32)
		.collect()
}

/// The probability that a task is drawn, in a window of slots: `l` own slots at its end give `2^l`
/// draws, all of which must name the task.
fn in_slots(share: f64, rate: f64) -> f64 {
	(0..=LONGEST as i32)
		.map(|l| share.powi(l) * (1.0 - share) * rate.powf(2f64.powi(l)))
		.sum()
}

/// The same in a window of as many blocks as there are runs, for an adversary that leaves out the
/// blocks that are best for it.
///
/// From the last run to the first: `drawn[m - 1]` is the probability when `m` outputs are missing
/// at the beginning of a run. Of a run of `l` blocks it may put in `j < m`, after which an honest
/// one follows; or it ends the window here, with any `m` of the `l`, whose outputs it knows all.
fn best_in_blocks(runs: &[u32], rate: f64) -> f64 {
	let mut drawn: Vec<f64> = Vec::new();
	for own in runs.iter().rev() {
		// One run earlier, one output more can be missing.
		let missing = 1..=drawn.len() as u32 + 1;
		drawn = missing
			.map(|missing| {
				let go_on = (0..=(*own).min(missing - 1))
					.map(|put_in| match missing - put_in - 1 {
						// The honest output is the last: nobody knows it before.
						0 => rate,
						left => drawn[left as usize - 1],
					})
					.fold(f64::INFINITY, f64::min);
				go_on * rate.powf(ways(*own, missing))
			})
			.collect();
	}
	drawn.last().copied().unwrap_or(rate)
}

/// How many ways there are to choose `of` blocks; none if there are fewer.
fn ways(blocks: u32, of: u32) -> f64 {
	if of > blocks {
		return 0.0;
	}
	(0..of)
		.map(|i| f64::from(blocks - i) / f64::from(of - i))
		.product()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_window_of_one_honest_block_leaves_the_whole_rate() {
		// GIVEN a window of one block and no slot of the adversary before the honest one
		assert_eq!(best_in_blocks(&[0], 0.05), 0.05);
		// WHEN it has one or two slots before it
		// THEN it sees one or two outputs, and the honest one if it leaves them out
		assert!((best_in_blocks(&[1], 0.05) - 0.05f64.powi(2)).abs() < 1e-15);
		assert!((best_in_blocks(&[2], 0.05) - 0.05f64.powi(3)).abs() < 1e-15);
	}

	#[test]
	fn leaving_a_block_out_moves_a_window_of_blocks_to_an_own_end() {
		// GIVEN a window of two: own, honest, own, honest
		// WHEN the first own block is put in, the window ends with the honest one
		// THEN it is left out: honest, own, and what follows as a second try
		assert!((best_in_blocks(&[1, 1], 0.05) - 0.05f64.powi(2)).abs() < 1e-15);
		// AND with honest, honest there is nothing to choose
		assert_eq!(best_in_blocks(&[0, 0], 0.05), 0.05);
	}

	#[test]
	fn a_window_of_slots_leaves_the_honest_share_of_the_rate_and_little_more() {
		for share in [0.1, 1.0 / 3.0, 0.4] {
			// (1 - s) * (q + s * q^2 + s^2 * q^4 + ..).
			let left = in_slots(share, 0.05) / 0.05;
			assert!(left >= 1.0 - share && left < 1.0 - share + 0.02, "{left}");
		}
	}

	#[test]
	fn blocks_can_be_chosen_in_as_many_ways_as_binomials_say() {
		assert_eq!(
			[ways(4, 2), ways(3, 3), ways(2, 3), ways(5, 1)],
			[6.0, 1.0, 0.0, 5.0]
		);
	}
}
