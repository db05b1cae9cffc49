//! Trials in parallel, and what their counts say.

use std::thread;

use assay_protocol::{draw::draw_seed, Digest, JobId};
use serde::Serialize;

use super::Setting;

/// Width of the intervals to both sides, in standard deviations.
pub const SIGMAS: f64 = 3.0;

/// A probability by counting.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
	/// How often it happened.
	pub hits: u64,
	/// Of how many trials.
	pub trials: u32,
	/// The share of hits.
	pub share: f64,
	/// The lower end of the interval of [`SIGMAS`].
	pub low: f64,
	/// Its upper end.
	pub high: f64,
}

/// Up to so many hits, the interval is that of rare events.
const FEW: u64 = 100;
/// What lies beyond [`SIGMAS`] on one side.
const TAIL: f64 = 0.001_349_9;

impl Estimate {
	/// Few hits have the exact interval of rare events, which is a little too wide for others; many
	/// hits have Wilson's score interval.
	pub(super) fn of(hits: u64, trials: u32) -> Self {
		let (n, z2) = (f64::from(trials), SIGMAS * SIGMAS);
		let share = hits as f64 / n;
		let (low, high) = if hits <= FEW {
			let least = hits.checked_sub(1).map(|fewer| mean_of(fewer, 1.0 - TAIL));
			(least.unwrap_or(0.0) / n, mean_of(hits, TAIL) / n)
		} else {
			let centre = share + z2 / (2.0 * n);
			let reach = SIGMAS * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
			let scale = 1.0 + z2 / n;
			((centre - reach) / scale, (centre + reach) / scale)
		};
		Self {
			hits,
			trials,
			share,
			// Rounding must not leave a bound on the wrong side of the share.
			low: low.clamp(0.0, share),
			high: high.clamp(share, 1.0),
		}
	}
}

/// The mean number of rare events of which at most so many happen with this probability.
fn mean_of(events: u64, probability: f64) -> f64 {
	let (mut low, mut high) = (0.0, 1_000.0);
	for _ in 0..100 {
		let middle = (low + high) / 2.0;
		if at_most(events, middle) > probability {
			low = middle;
		} else {
			high = middle;
		}
	}
	low
}

/// The probability of at most so many rare events.
fn at_most(events: u64, mean: f64) -> f64 {
	let mut term = (-mean).exp();
	let mut sum = term;
	for event in 1..=events {
		term *= mean / event as f64;
		sum += term;
	}
	sum
}

/// The seed of a trial's draw, by the protocol's own derivation.
pub(super) fn seed(setting: &Setting, table: u32, trial: u32) -> Digest {
	draw_seed::<u32>(JobId(setting.seed), trial, table, &[])
}

/// Runs a trial for every number, on all processors, and adds up what each adds to its cells.
pub(super) fn count(trials: u32, cells: usize, trial: impl Fn(u32, &mut [u64]) + Sync) -> Vec<u64> {
	let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u32);
	let each = trials.div_ceil(threads).max(1);
	let part = |first: u32| {
		let mut own = vec![0; cells];
		for number in first..first.saturating_add(each).min(trials) {
			trial(number, &mut own);
		}
		own
	};
	thread::scope(|scope| {
		let part = &part;
		let running: Vec<_> = (0..trials)
			.step_by(each as usize)
			.map(|first| scope.spawn(move || part(first)))
			.collect();
		let mut sums = vec![0; cells];
		for thread in running {
			let own = match thread.join() {
				Ok(own) => own,
				Err(panic) => std::panic::resume_unwind(panic),
			};
			for (sum, more) in sums.iter_mut().zip(own) {
				*sum += more;
			}
		}
		sums
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_trial_is_counted_once_however_many_there_are() {
		for trials in [1, 2, 3, 17, 1_000] {
			// GIVEN trials that count themselves and the even ones
			let sums = count(trials, 2, |number, cells| {
				cells[0] += 1;
				cells[1] += u64::from(number % 2 == 0);
			});
			// THEN none is missing and none is there twice
			assert_eq!(sums, [u64::from(trials), u64::from(trials.div_ceil(2))]);
		}
	}

	#[test]
	fn an_interval_holds_its_share_and_has_an_end_without_hits() {
		// GIVEN counts at both ends and between
		for hits in [0, 1, 30, 500, 999, 1_000] {
			let found = Estimate::of(hits, 1_000);
			assert!(found.low <= found.share && found.share <= found.high);
			assert!((0.0..=1.0).contains(&found.low) && (0.0..=1.0).contains(&found.high));
		}
		// THEN no hit leaves as many as are missed once in 741: e^-6.6077
		assert!((Estimate::of(0, 1_000).high - 0.006_607_7).abs() < 1e-6);
		// AND two hits leave 0.0529 on the low side: 1 - e^-m (1 + m) is the tail
		assert!((Estimate::of(2, 1_000).low - 0.000_052_9).abs() < 1e-6);
		// AND both kinds of interval meet
		let (few, many) = (Estimate::of(100, 1_000_000), Estimate::of(101, 1_000_000));
		assert!((few.low / many.low - 1.0).abs() < 0.05 && few.low < many.low);
		assert!((few.high / many.high - 1.0).abs() < 0.05);
		// AND many hits have the plain interval: 3 * sqrt(0.25 / 10^6) = 0.0015
		let half = Estimate::of(500_000, 1_000_000);
		assert!((half.high - 0.5015).abs() < 1e-6 && (half.low - 0.4985).abs() < 1e-6);
	}

	#[test]
	fn trials_tables_and_settings_have_seeds_of_their_own() {
		let setting = |seed| Setting {
			seed,
			trials: 1_000,
			validators: 100,
		};
		let base = seed(&setting(1), 1, 1);
		assert_ne!(base, seed(&setting(2), 1, 1));
		assert_ne!(base, seed(&setting(1), 2, 1));
		assert_ne!(base, seed(&setting(1), 1, 2));
		assert_eq!(base, seed(&setting(1), 1, 1));
	}
}
