//! How safe the protocol's checks are: probabilities and stakes, as tables.
//!
//! Closed forms stand beside trials, and what is tried is the protocol crate itself: its draws of
//! committees, tasks and segments, the standing of providers, and its rule of deterrence. There is no second implementation of
//! them here; what is modelled here is the adversary.
//!
//! Every trial has a seed of its own, which follows from the setting and the trial's number. So
//! results are the same for any number of threads.

mod capture;
mod cost;
mod detection;
mod scene;
mod stakes;
#[cfg(test)]
mod tests;
mod timing;
mod trials;
mod withholding;

use assay_protocol::limits::{MAX_AUTHORITIES, MAX_COMMITTEE};
use serde::Serialize;

pub use self::{
	capture::{Capture, COMMITTEES, SHARES_PPM},
	cost::CheckCost,
	detection::Detection,
	stakes::{Gain, LeastStake},
	timing::Timing,
	trials::{Estimate, SIGMAS},
	withholding::Withholding,
};

/// A third, as the protocol's figures assume it.
pub const THIRD_PPM: u32 = 333_333;
/// The floor of the audit rate that the protocol's figures assume.
pub const FLOOR_PPM: u32 = 50_000;
/// Fewest trials of a table.
pub const MIN_TRIALS: u32 = 1_000;
/// Most trials of a table: a round's number is the number of its trial.
pub const MAX_TRIALS: u32 = 1_000_000_000;

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
	/// Everything that is random follows from it.
	pub seed: u64,
	/// Trials of each table.
	pub trials: u32,
	/// Validators of the session that is drawn from.
	pub validators: u32,
}

/// Why nothing was simulated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SimulateError {
	/// A number out of its range.
	#[error("{option} is {value}: choose from {least} to {most}")]
	OutOfRange {
		/// The option at fault.
		option: &'static str,
		/// What was asked for.
		value: u32,
		/// The least that works.
		least: u32,
		/// The most that works.
		most: u32,
	},
}

/// All tables.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
	/// The seed.
	pub seed: u64,
	/// Trials of each table.
	pub trials: u32,
	/// Validators of the session.
	pub validators: u32,
	/// Wrong work that is accepted, by the adversary's share and the committee.
	pub capture: Vec<Capture>,
	/// The same for a third of the stake in fewer or more accounts.
	pub split: Vec<Capture>,
	/// Skipped work that is found.
	pub detection: Vec<Detection>,
	/// The least stakes that deter.
	pub stakes: Vec<LeastStake>,
	/// What cheating gains on average, at stakes around the least one.
	pub gain: Vec<Gain>,
	/// What checks cost.
	pub cost: Vec<CheckCost>,
	/// What is left of an audit rate when authors withhold their blocks.
	pub withholding: Vec<Withholding>,
	/// The same when the adversary chooses the block in which REVEAL closes.
	pub timing: Vec<Timing>,
}

impl Setting {
	/// Checks the numbers.
	///
	/// # Errors
	/// [`SimulateError`] if one is out of its range.
	pub fn check(&self) -> Result<(), SimulateError> {
		// With fewer validators than seats, a committee would not be the size that its row says.
		for (option, value, least, most) in [
			("--trials", self.trials, MIN_TRIALS, MAX_TRIALS),
			(
				"--validators",
				self.validators,
				MAX_COMMITTEE,
				MAX_AUTHORITIES,
			),
		] {
			if !(least..=most).contains(&value) {
				return Err(SimulateError::OutOfRange {
					option,
					value,
					least,
					most,
				});
			}
		}
		Ok(())
	}
}

/// Fills all tables. Told the name of each before it begins.
///
/// # Errors
/// [`SimulateError`] if a number is out of its range.
pub fn simulate(
	setting: &Setting,
	mut tell: impl FnMut(&'static str),
) -> Result<Report, SimulateError> {
	setting.check()?;
	tell("capture");
	let capture = capture::by_share(setting);
	tell("split stakes");
	let split = capture::by_accounts(setting);
	tell("detection");
	let detection = detection::table(setting);
	tell("gain");
	let gain = stakes::gains(setting);
	tell("cost of checks");
	let cost = cost::table(setting);
	tell("withholding");
	let withholding = withholding::table(setting);
	tell("timing");
	let timing = timing::table(setting);
	Ok(Report {
		seed: setting.seed,
		trials: setting.trials,
		validators: setting.validators,
		capture,
		split,
		detection,
		stakes: stakes::least(),
		gain,
		cost,
		withholding,
		timing,
	})
}
