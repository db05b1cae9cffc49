//! How often skipped work is found.

use assay_protocol::{
	draw::least_quorum,
	limits::PPM,
	sampling::{is_drawn, segment},
};
use serde::Serialize;

use super::{
	scene::Scene,
	trials::{count, seed, Estimate},
	Setting, FLOOR_PPM, THIRD_PPM,
};

/// Segments of a task.
const SEGMENTS: [u32; 5] = [1, 4, 16, 64, 256];
/// Shares of the segments that are skipped, beside a single one.
const SKIPPED_PERCENT: [u32; 3] = [10, 50, 100];
/// Audit rates.
const RATES_PPM: [u32; 3] = [FLOOR_PPM, 250_000, PPM];
/// Seats of the committee of an ordinary task.
const COMMITTEE: u32 = 3;
const TABLE: u32 = 200;

/// How often a task with skipped segments is found out: it is drawn, the drawn segment is a skipped
/// one, and its committee does not accept it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detection {
	/// Segments of the task; one of them is drawn.
	pub segments: u32,
	/// How many are skipped.
	pub skipped: u32,
	/// The probability that the task is drawn.
	pub rate_ppm: u32,
	/// The exact probability.
	pub closed: f64,
	/// The same by trials.
	pub tried: Estimate,
	/// After so many such tasks, one was found with a probability of 95 %.
	pub tasks_until_found: u64,
}

/// A third of the stake is adversarial, all honest validators answer.
pub(super) fn table(setting: &Setting) -> Vec<Detection> {
	let scene = Scene::even(setting.validators, THIRD_PPM);
	let quorum = least_quorum(COMMITTEE);
	let found = 1.0 - scene.capture(COMMITTEE, quorum, 0);
	let cases = cases();
	let hits = count(setting.trials, cases.len(), |trial, cells| {
		let seed = seed(setting, TABLE, trial);
		let judges = scene.draw(&seed, COMMITTEE);
		if scene.accepts_wrong_work(&judges, quorum, 0) {
			return;
		}
		let drawn = RATES_PPM.map(|rate| is_drawn(&seed, 0, 0, rate));
		let segments = SEGMENTS.map(|segments| segment(&seed, 0, 0, segments));
		for ((size, skipped, rate), cell) in cases.iter().zip(cells) {
			// It makes no difference which segments are skipped: here the first ones.
			*cell += u64::from(drawn[*rate] && segments[*size] < *skipped);
		}
	});
	let rows = cases.iter().zip(hits).map(|((size, skipped, rate), hits)| {
		let (segments, rate_ppm) = (SEGMENTS[*size], RATES_PPM[*rate]);
		let rate = f64::from(rate_ppm) / f64::from(PPM);
		let closed = rate * f64::from(*skipped) / f64::from(segments) * found;
		Detection {
			segments,
			skipped: *skipped,
			rate_ppm,
			closed,
			tried: Estimate::of(hits, setting.trials),
			tasks_until_found: (0.05f64.ln() / (-closed).ln_1p()).ceil() as u64,
		}
	});
	rows.collect()
}

/// Places in [`SEGMENTS`], skipped segments, and places in [`RATES_PPM`].
fn cases() -> Vec<(usize, u32, usize)> {
	let mut cases = Vec::new();
	for (size, segments) in SEGMENTS.iter().enumerate() {
		let mut skipped = vec![1];
		skipped.extend(SKIPPED_PERCENT.map(|percent| (segments * percent).div_ceil(100)));
		skipped.dedup();
		for skipped in skipped {
			cases.extend((0..RATES_PPM.len()).map(|rate| (size, skipped, rate)));
		}
	}
	cases
}
