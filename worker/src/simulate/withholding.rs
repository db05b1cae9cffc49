//! What is left of an audit rate when authors withhold their blocks.
//!
//! An adversary with a share of the slots knows which, and knows its outputs before anyone else. It
//! wants a draw that does not name its task, and leaves out those of its blocks that stand in the way.
//!
//! - A window of slots ends where it ends. Only the blocks after its last honest one can be chosen
//!   among: `l` of them give `2^l` draws. The last slot is honest with the probability `1 - share`,
//!   and that much of the rate is left.
//! - A window whose authors must hold a share of the stake is doubled while they do not. If the honest
//!   ones do not hold it by themselves, the adversary can have the longer window as well: one more
//!   draw, made of blocks that nobody knows yet. See [`table`].
//! - The window begins behind the block in which REVEAL closes. Whose provider reveals last chooses
//!   that block, and with it how many own slots the window ends with. See [`super::timing`].
//!
//! Forks are not counted: the adversary leaves blocks out, and displaces none of the honest ones.

use assay_protocol::{
	limits::{MAX_OUTPUTS, PPM},
	sampling::{is_drawn, segment},
	Balance, BeaconBlock, Digest, DrawWindow,
};
use serde::Serialize;

use super::{
	capture::SHARES_PPM,
	scene::Scene,
	trials::{count, seed, SIGMAS},
	Setting, FLOOR_PPM, THIRD_PPM,
};

/// Slots of the windows that one author fills.
const OF_ONE_AUTHOR: [u32; 2] = [2, 8];
/// Slots of the windows whose authors must hold more than a third.
const OF_A_THIRD: [u32; 4] = [8, 16, 32, 64];
/// More than this is more than a third: exactly a third is not.
const ASKED_PPM: u32 = THIRD_PPM + 1;
/// Validators of small sessions, beside those of the setting.
const FEW_VALIDATORS: [u32; 2] = [15, 30];
/// One run of slots for so many trials of other tables: each holds many draws.
const TRIALS_EACH: u32 = 20;
/// Shares are added up in parts of a million million.
const SCALE: f64 = 1e12;
/// The first number of a table's draws; each share takes the next one.
const TABLE: u32 = 400;

/// The share of the audit rate that is left when the adversary does not choose the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Withholding {
	/// The adversary's share of the slots.
	pub share_ppm: u32,
	/// The audit rate.
	pub rate_ppm: u32,
	/// Validators with equal stakes.
	pub validators: u32,
	/// Slots of the shortest window.
	pub slots: u32,
	/// The share of the stake that the authors of the window must hold more than.
	pub stake_ppm: u32,
	/// What is left, where the windows do not depend on who their authors are.
	pub closed: Option<f64>,
	/// What is left at least, by trials: an adversary that can have a longer window is taken to have
	/// every choice in the shorter one as well.
	pub tried: f64,
	/// The interval reaches so far to both sides.
	pub reach: f64,
}

/// Without a choice of the window.
pub(super) fn table(setting: &Setting) -> Vec<Withholding> {
	let of_one = |slots| DrawWindow {
		slots,
		stake_ppm: 0,
	};
	let of_a_third = |slots| DrawWindow {
		slots,
		stake_ppm: ASKED_PPM,
	};
	let mut groups: Vec<(u32, u32, Vec<DrawWindow>)> = Vec::new();
	for share_ppm in SHARES_PPM {
		groups.push((
			share_ppm,
			setting.validators,
			OF_ONE_AUTHOR.map(of_one).into(),
		));
	}
	for validators in FEW_VALIDATORS.into_iter().chain([setting.validators]) {
		groups.push((THIRD_PPM, validators, OF_A_THIRD.map(of_a_third).into()));
	}
	let mut rows = Vec::new();
	for ((share_ppm, validators, windows), table) in groups.into_iter().zip(TABLE..) {
		let scene = Scene::even(validators, share_ppm);
		// The same slots for every window.
		let tried = means(setting, windows.len(), |trial, shares| {
			let authors = authors(&seed(setting, table, trial), &scene, validators, share_ppm);
			for (share, window) in shares.iter_mut().zip(&windows) {
				*share = rate().powf(choices(*window, &authors, &scene, validators)) / rate();
			}
		});
		for (window, (tried, reach)) in windows.iter().zip(tried) {
			let DrawWindow { slots, stake_ppm } = *window;
			let is_plain = stake_ppm == 0 || slots * 2 > MAX_OUTPUTS;
			rows.push(Withholding {
				share_ppm,
				rate_ppm: FLOOR_PPM,
				validators,
				slots,
				stake_ppm,
				closed: is_plain.then(|| in_slots(fraction(share_ppm), rate(), slots) / rate()),
				tried,
				reach,
			});
		}
	}
	rows
}

pub(super) fn fraction(ppm: u32) -> f64 {
	f64::from(ppm) / f64::from(PPM)
}

pub(super) fn rate() -> f64 {
	fraction(FLOOR_PPM)
}

/// The means of so many shares over trials, and how far their intervals reach.
pub(super) fn means(
	setting: &Setting,
	shares: usize,
	trial: impl Fn(u32, &mut [f64]) + Sync,
) -> Vec<(f64, f64)> {
	let trials = (setting.trials / TRIALS_EACH).max(1);
	// A sum and a sum of squares for each.
	let sums = count(trials, 2 * shares, |number, cells| {
		let mut found = vec![0.0; shares];
		trial(number, &mut found);
		for (share, cells) in found.into_iter().zip(cells.chunks_exact_mut(2)) {
			cells[0] += (share * SCALE) as u64;
			cells[1] += (share * share * SCALE) as u64;
		}
	});
	let mean = |sum: u64| sum as f64 / SCALE / f64::from(trials);
	let each = sums.chunks_exact(2).map(|sums| {
		let (mean, square) = (mean(sums[0]), mean(sums[1]));
		let variance = (square - mean * mean).max(0.0);
		(mean, SIGMAS * (variance / f64::from(trials)).sqrt())
	});
	each.collect()
}

/// Who authors the slots of the longest window: any account of the side whose slot it is.
fn authors(seed: &Digest, scene: &Scene, validators: u32, share_ppm: u32) -> Vec<u32> {
	let author = |slot| {
		let (first, accounts) = match is_drawn(seed, slot, 0, share_ppm) {
			true => (0, scene.adversaries),
			false => (scene.adversaries, validators - scene.adversaries),
		};
		first + segment(seed, slot, 0, accounts)
	};
	(1..=MAX_OUTPUTS).map(author).collect()
}

/// How many draws the adversary chooses among, of which each must name the task: the power of the
/// rate that is left.
///
/// In each window that is not the last one, it goes on if the honest authors are not enough, and
/// passes over every end that it could have made there instead.
fn choices(window: DrawWindow, authors: &[u32], scene: &Scene, validators: u32) -> f64 {
	let own: Vec<bool> = authors
		.iter()
		.map(|author| scene.is_adversary(*author))
		.collect();
	let mut passed_over = 0.0;
	let mut slots = window.slots as usize;
	loop {
		let ways = 2f64.powi(run(&own[..slots]));
		let is_last = slots * 2 > authors.len();
		let is_enough = |with_own| is_enough(window, authors, slots, scene, validators, with_own);
		if is_last || is_enough(false) {
			return passed_over + ways;
		}
		if is_enough(true) {
			passed_over += ways - 1.0;
		}
		slots *= 2;
	}
}

/// Whether a window of exactly so many slots is enough, by the protocol's own rule, if the adversary
/// shows all of its blocks or none.
fn is_enough(
	window: DrawWindow,
	authors: &[u32],
	slots: usize,
	scene: &Scene,
	validators: u32,
	with_own: bool,
) -> bool {
	let stakes: Vec<(u32, Balance)> = (0..validators).map(|account| (account, 1)).collect();
	let shown = |author: u32| with_own || !scene.is_adversary(author);
	let end = slots as u64;
	let blocks = (1..)
		.zip(&authors[..slots])
		.map(|(slot, author)| BeaconBlock {
			slot,
			output: shown(*author).then_some((*author, [0; 32])),
		});
	// A longer window would not be over with the next block.
	let next = BeaconBlock {
		slot: end + 1,
		output: None,
	};
	let exactly = DrawWindow {
		slots: slots as u32,
		..window
	};
	exactly.outputs(0, blocks.chain([next]), &stakes).is_some()
}

/// The adversary's slots in a row at the end.
pub(super) fn run(own: &[bool]) -> i32 {
	own.iter().rev().take_while(|own| **own).count() as i32
}

/// The probability that a task is drawn, in a window that one author fills.
///
/// `l` own slots at its end give `2^l` draws. If all of its slots are the adversary's, it can show
/// none of them, so that the window is doubled, and passes over all others.
fn in_slots(share: f64, rate: f64, slots: u32) -> f64 {
	let (mut drawn, mut passed_over, mut before) = (0.0, 0.0, 0);
	let mut end = slots;
	loop {
		let new = (end - before) as i32;
		let here: f64 = (0..new)
			.map(|l| share.powi(l) * (1.0 - share) * rate.powf(2f64.powi(l)))
			.sum();
		drawn += share.powi(before as i32) * rate.powf(passed_over) * here;
		passed_over += 2f64.powi(end as i32) - 1.0;
		before = end;
		if end * 2 > MAX_OUTPUTS {
			return drawn;
		}
		end *= 2;
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Three validators with equal stakes, the first of them the adversary.
	fn small() -> Scene {
		Scene::even(3, THIRD_PPM)
	}

	fn power(slots: u32, stake_ppm: u32, first: &[u32]) -> f64 {
		// Two honest validators take turns behind the slots that matter.
		let rest = (first.len()..MAX_OUTPUTS as usize).map(|slot| 1 + slot as u32 % 2);
		let authors: Vec<u32> = first.iter().copied().chain(rest).collect();
		choices(DrawWindow { slots, stake_ppm }, &authors, &small(), 3)
	}

	#[test]
	fn own_slots_at_the_end_double_the_draws_and_others_do_not() {
		// GIVEN windows of four slots that end with none, one and two own ones
		// THEN there are 1, 2 and 4 draws, whatever is before the last honest one
		assert_eq!(power(4, 0, &[1, 2, 1, 2]), 1.0);
		assert_eq!(power(4, 0, &[0, 0, 0, 2]), 1.0);
		assert_eq!(power(4, 0, &[1, 2, 0, 1]), 1.0);
		assert_eq!(power(4, 0, &[1, 2, 1, 0]), 2.0);
		assert_eq!(power(4, 0, &[0, 1, 0, 0]), 4.0);
	}

	#[test]
	fn a_share_that_honest_authors_do_not_reach_alone_is_one_more_draw() {
		// GIVEN a window of two slots for more than a third, of an honest and an own block
		// WHEN the own one is shown, the window is enough; when it is left out, it is doubled
		// THEN one draw is passed over, and the window of four ends with an honest block
		assert_eq!(power(2, 333_334, &[1, 0, 2, 1]), 2.0);
		// AND with an own one there are two more
		assert_eq!(power(2, 333_334, &[1, 0, 2, 0]), 3.0);
		// BUT two honest authors are enough, and leave one draw
		assert_eq!(power(2, 333_334, &[1, 2, 0, 0]), 1.0);
		// AND an honest block at the end leaves nothing to pass over
		assert_eq!(power(2, 333_334, &[0, 1, 2, 1]), 1.0);
	}

	#[test]
	fn a_window_of_own_slots_alone_is_passed_over_as_a_whole() {
		// GIVEN two own slots, which can show three sets of blocks or none
		// THEN three draws are passed over before that of the next window
		assert_eq!(power(2, 0, &[0, 0, 1, 2]), 4.0);
		assert_eq!(power(2, 0, &[0, 0, 0, 0, 1, 1, 1, 1]), 3.0 + 15.0 + 1.0);
	}

	#[test]
	fn a_window_of_slots_leaves_the_honest_share_of_the_rate_and_little_more() {
		for share in [0.1, 1.0 / 3.0, 0.4] {
			// (1 - s) * (q + s * q^2 + s^2 * q^4 + ..).
			let left = in_slots(share, 0.05, 64) / 0.05;
			assert!(left >= 1.0 - share && left < 1.0 - share + 0.02, "{left}");
			// AND a short one hardly less: all of its slots must be the adversary's
			let short = in_slots(share, 0.05, 2) / 0.05;
			assert!((left - short).abs() < 1e-3, "{left} {short}");
		}
	}
}
