//! What is left of an audit rate when the adversary chooses the window of a draw.
//!
//! Windows lie on a grid, and a draw takes the one behind the block in which REVEAL closes. Whose
//! provider reveals last chooses among as many as REVEAL reaches, and takes the one that ends with
//! most of its own slots: `l` of them give `2^l` draws, and as many committees.

use assay_protocol::{draw::least_quorum, sampling::is_drawn};
use serde::Serialize;

use super::{
	capture::SHARES_PPM,
	scene::Scene,
	trials::seed,
	withholding::{fraction, means, rate, run},
	Setting, FLOOR_PPM,
};

/// Windows among which the adversary chooses.
const WINDOWS: [u32; 5] = [1, 2, 4, 8, 32];
/// Seats of the committees that the adversary chooses among.
const SEATS: [u32; 2] = [3, 9];
/// Slots of each window, of which the last ones can be own.
const CELL: u32 = 64;
/// The first number of a table's draws; each share takes the next one.
const TABLE: u32 = 500;

/// The share of the audit rate that is left when the adversary chooses among windows, and what that
/// does to committees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timing {
	/// The adversary's share of the slots.
	pub share_ppm: u32,
	/// The audit rate.
	pub rate_ppm: u32,
	/// Windows among which the adversary chooses.
	pub windows: u32,
	/// What is left of the rate.
	pub closed: f64,
	/// The same by trials.
	pub tried: f64,
	/// The interval reaches so far to both sides.
	pub reach: f64,
	/// How often a committee of three is captured.
	pub captured_3: f64,
	/// How often a committee of nine is captured.
	pub captured_9: f64,
}

/// By the number of windows to choose among.
pub(super) fn table(setting: &Setting) -> Vec<Timing> {
	let mut rows = Vec::new();
	let most = WINDOWS.into_iter().max().unwrap_or(1);
	for (share_ppm, table) in SHARES_PPM.into_iter().zip(TABLE..) {
		let scene = Scene::even(setting.validators, share_ppm);
		let tried = means(setting, WINDOWS.len(), |trial, shares| {
			let draw = seed(setting, table, trial);
			let own: Vec<bool> = (0..CELL * most)
				.map(|slot| is_drawn(&draw, slot, 0, share_ppm))
				.collect();
			for (share, windows) in shares.iter_mut().zip(WINDOWS) {
				let cells = own.chunks(CELL as usize).take(windows as usize);
				let ends = cells.map(run);
				*share = rate().powf(2f64.powi(ends.max().unwrap_or(0))) / rate();
			}
		});
		for (windows, (tried, reach)) in WINDOWS.into_iter().zip(tried) {
			let lengths = longest_runs(fraction(share_ppm), windows);
			let expect = |of: &dyn Fn(f64) -> f64| -> f64 {
				let each = (0..).zip(&lengths);
				each.map(|(run, chance)| chance * of(2f64.powi(run))).sum()
			};
			let captured = SEATS.map(|seats| {
				let once = scene.capture(seats, least_quorum(seats), 0);
				expect(&|draws| -f64::exp_m1(draws * f64::ln_1p(-once)))
			});
			rows.push(Timing {
				share_ppm,
				rate_ppm: FLOOR_PPM,
				windows,
				closed: expect(&|draws| rate().powf(draws)) / rate(),
				tried,
				reach,
				captured_3: captured[0],
				captured_9: captured[1],
			});
		}
	}
	rows
}

/// How long the longest run of own slots is that ends in one of so many windows: the probability of
/// each length.
fn longest_runs(share: f64, windows: u32) -> Vec<f64> {
	let exponent = f64::from(windows);
	// A window's run is longer than `most` if so many slots and one more are own.
	let at_most = |most: i32| (1.0 - share.powi(most + 1)).powf(exponent);
	(0..=CELL as i32)
		.map(|most| at_most(most) - if most > 0 { at_most(most - 1) } else { 0.0 })
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_longest_of_several_runs_is_what_counting_them_says() {
		for (share, windows) in [(0.5, 1), (0.5, 3), (1.0 / 3.0, 2)] {
			// GIVEN all sequences of so many windows of five slots with their probabilities
			let slots: usize = 5 * windows;
			let mut counted = [0.0; 6];
			for bits in 0u32..1 << slots {
				let own: Vec<bool> = (0..slots).map(|slot| bits >> slot & 1 == 1).collect();
				let chance: f64 = own
					.iter()
					.map(|own| if *own { share } else { 1.0 - share })
					.product();
				let longest = own.chunks(5).map(run).max();
				counted[longest.unwrap() as usize] += chance;
			}
			// THEN short runs, which the windows are long enough for, are as often
			let found = longest_runs(share, windows as u32);
			for length in 0..5 {
				assert!(
					(found[length] - counted[length]).abs() < 1e-12,
					"{share} {windows} {length}"
				);
			}
			assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
		}
	}
}
