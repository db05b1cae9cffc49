//! Which stakes deter, and what cheating gains at others.

use assay_protocol::{
	draw::least_quorum,
	limits::{MAX_STEPS, PPM},
	sampling::is_drawn,
	Audit, Balance,
};
use serde::Serialize;

use super::{
	scene::Scene,
	trials::{count, seed, Estimate},
	Setting, FLOOR_PPM, THIRD_PPM,
};

/// What unnoticed wrong work gains in these tables: 1 ASY.
const GAIN: Balance = 1_000_000_000_000;
const FLOORS_PPM: [u32; 4] = [FLOOR_PPM, 100_000, 250_000, PPM];
const COMMITTEES: [u32; 2] = [3, 9];
/// Steps that are drawn, of [`MAX_STEPS`].
const DRAWN_STEPS: [u32; 2] = [MAX_STEPS, MAX_STEPS / 16];
/// All of a slashed stake is burned, or a half is an informer's.
const BURNED_PPM: [u32; 2] = [PPM, PPM / 2];
/// Stakes as percent of the least one.
const AROUND_PERCENT: [u32; 7] = [25, 50, 90, 100, 110, 200, 400];
const TABLE: u32 = 300;
/// The authors of the last blocks, and the draws after these were withheld.
const AUTHOR_TABLE: u32 = 301;
const SECOND_TABLE: u32 = 302;

/// The least stake that deters, by the protocol's rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeastStake {
	/// The floor of the audit rate.
	pub floor_ppm: u32,
	/// Seats.
	pub committee: u32,
	/// Steps that are drawn; below all of them, the threat is one wrong step.
	pub drawn_steps: u32,
	/// Steps of the task.
	pub steps: u32,
	/// What of a slashed stake is burned.
	pub burned_ppm: u32,
	/// What wrong work gains unnoticed.
	pub gain: String,
	/// The least stake, in the same unit.
	pub least_stake: String,
	/// The stake over the gain.
	pub times_gain: f64,
}

/// What a wrong task gains on average, in units of what it gains unnoticed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gain {
	/// The stake of the task, in the smallest unit.
	pub stake: String,
	/// The stake over the gain.
	pub times_gain: f64,
	/// Whether the protocol's rule says that it deters.
	pub deters: bool,
	/// As the rule counts: with two thirds of the floor and the power of the share.
	pub by_rule: f64,
	/// Exact, for an adversary that withholds one block when it authors the last of the window.
	pub closed: f64,
	/// The same by trials.
	pub tried: f64,
	/// The lower end of its interval.
	pub low: f64,
	/// The upper end of its interval.
	pub high: f64,
}

fn audit(floor_ppm: u32, committee: u32, drawn_steps: u32, burned_ppm: u32) -> Audit {
	Audit {
		floor_ppm,
		adversary_ppm: THIRD_PPM,
		committee,
		drawn_steps,
		steps: MAX_STEPS,
		burned_ppm,
	}
}

fn times_gain(stake: Balance) -> f64 {
	stake as f64 / GAIN as f64
}

/// The trade between rate, committee, stride and stake.
pub(super) fn least() -> Vec<LeastStake> {
	let mut rows = Vec::new();
	for drawn_steps in DRAWN_STEPS {
		for floor_ppm in FLOORS_PPM {
			for committee in COMMITTEES {
				for burned_ppm in BURNED_PPM {
					let audit = audit(floor_ppm, committee, drawn_steps, burned_ppm);
					// Every row of this table has one.
					let Some(stake) = audit.least_stake(GAIN) else {
						continue;
					};
					rows.push(LeastStake {
						floor_ppm,
						committee,
						drawn_steps,
						steps: MAX_STEPS,
						burned_ppm,
						gain: GAIN.to_string(),
						least_stake: stake.to_string(),
						times_gain: times_gain(stake),
					});
				}
			}
		}
	}
	rows
}

/// The average gain of a provider that skips whole tasks, at the floor of the rate, before a
/// committee of three; all of the stake is burned.
pub(super) fn gains(setting: &Setting) -> Vec<Gain> {
	let (seats, share) = (COMMITTEES[0], f64::from(THIRD_PPM) / f64::from(PPM));
	let audit = audit(FLOOR_PPM, seats, MAX_STEPS, PPM);
	let scene = Scene::even(setting.validators, THIRD_PPM);
	let quorum = least_quorum(seats);
	let floor = f64::from(FLOOR_PPM) / f64::from(PPM);
	let by_rule = floor * 2.0 / 3.0 * (1.0 - share.powi(seats as i32));
	let closed = floor * (1.0 - share * (1.0 - floor)) * (1.0 - scene.capture(seats, quorum, 0));
	let hits = count(setting.trials, 1, |trial, cells| {
		let mut draw = seed(setting, TABLE, trial);
		if !is_drawn(&draw, 0, 0, FLOOR_PPM) {
			return;
		}
		// By whom the last block is: by stake, and not by the draw that it decides.
		let author = scene.draw(&seed(setting, AUTHOR_TABLE, trial), 1);
		if author.iter().all(|author| scene.is_adversary(*author)) {
			draw = seed(setting, SECOND_TABLE, trial);
		}
		let judges = scene.draw(&draw, seats);
		let caught =
			is_drawn(&draw, 0, 0, FLOOR_PPM) && !scene.accepts_wrong_work(&judges, quorum, 0);
		cells[0] += u64::from(caught);
	});
	let tried = Estimate::of(hits.iter().sum(), setting.trials);
	let least = audit.least_stake(GAIN).unwrap_or(0);
	let mut stakes: Vec<Balance> = AROUND_PERCENT
		.map(|percent| least * Balance::from(percent) / 100)
		.to_vec();
	// One unit below the rule, to show where it changes.
	stakes.insert(3, least.saturating_sub(1));
	let rows = stakes.into_iter().map(|stake| {
		// Caught, it loses the stake and is not paid.
		let gain = |caught: f64| 1.0 - caught * (1.0 + times_gain(stake));
		Gain {
			stake: stake.to_string(),
			times_gain: times_gain(stake),
			deters: audit.deters(stake, GAIN),
			by_rule: gain(by_rule),
			closed: gain(closed),
			tried: gain(tried.share),
			low: gain(tried.high),
			high: gain(tried.low),
		}
	});
	rows.collect()
}
