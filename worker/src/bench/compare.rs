//! All lanes in turns.

use std::process::Command;

use codec::Encode;
use serde::{Deserialize, Serialize};

use super::{BenchError, LaneReport, Setting, Shares};
use crate::candle;

/// Who trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
	/// Our engine.
	Exact,
	/// candle as it comes.
	Candle,
	/// candle with the best settings there are.
	CandleBest,
}

impl Lane {
	/// All, in the order of their turns.
	pub const ALL: [Lane; 3] = [Lane::Exact, Lane::Candle, Lane::CandleBest];

	/// As reports spell it.
	pub fn name(self) -> &'static str {
		match self {
			Lane::Exact => "exact",
			Lane::Candle => "candle",
			Lane::CandleBest => "candle-best",
		}
	}

	/// What `assay-candle` calls candle's settings.
	fn settings(self) -> Option<&'static str> {
		match self {
			Lane::Exact => None,
			Lane::Candle => Some("default"),
			Lane::CandleBest => Some("best"),
		}
	}
}

/// One plan size, measured by all lanes: medians of their turns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
	/// The size's name.
	pub size: String,
	/// Numbers that are trained.
	pub params: u64,
	/// Threads.
	pub threads: usize,
	/// Instruction set of the exact lane.
	pub isa: String,
	/// Tokens a second of our engine.
	pub exact_tok_s: f64,
	/// Of candle as it comes.
	pub candle_tok_s: f64,
	/// Of candle with the best settings there are.
	pub candle_best_tok_s: f64,
	/// The greatest memory of our engine's process, in units of 2^20 bytes.
	pub exact_peak_mb: Option<u64>,
	/// Of candle's, with the settings that it comes with.
	pub candle_peak_mb: Option<u64>,
	/// Part of a step's time that roots of the whole state take, one for each step.
	pub hashing_share: f64,
	/// Where the time of the exact lane goes.
	pub shares: Shares,
	/// Every turn of every lane.
	pub turns: Vec<LaneReport>,
}

/// Measures a plan size by all lanes, `turns` times each, in processes of their own.
pub fn compare(
	setting: &Setting,
	turns: u32,
	mut tell: impl FnMut(&LaneReport),
) -> Result<Comparison, BenchError> {
	if turns < 1 {
		let (what, value, least) = ("--turns", turns, 1);
		return Err(BenchError::TooFew { what, value, least });
	}
	setting.plan()?;
	let mut reports = Vec::new();
	for _ in 0..turns {
		for lane in Lane::ALL {
			let report = in_child(lane, setting)?;
			tell(&report);
			reports.push(report);
		}
	}
	let median = |lane: Lane| -> Result<LaneReport, BenchError> {
		let mut own: Vec<&LaneReport> = reports
			.iter()
			.filter(|report| report.lane == lane.name())
			.collect();
		own.sort_by(|a, b| a.tokens_per_second.total_cmp(&b.tokens_per_second));
		let middle = own.get(own.len() / 2).copied().cloned();
		middle.ok_or_else(|| child(lane, "it told nothing"))
	};
	let [exact, candle, best] = [
		median(Lane::Exact)?,
		median(Lane::Candle)?,
		median(Lane::CandleBest)?,
	];
	let shares = exact
		.shares
		.ok_or_else(|| child(Lane::Exact, "it told no shares"))?;
	Ok(Comparison {
		size: setting.size.clone(),
		params: exact.params,
		threads: setting.threads,
		isa: exact.isa.unwrap_or_default(),
		exact_tok_s: exact.tokens_per_second,
		candle_tok_s: candle.tokens_per_second,
		candle_best_tok_s: best.tokens_per_second,
		exact_peak_mb: exact.peak_mb,
		candle_peak_mb: candle.peak_mb,
		hashing_share: shares.hashing,
		shares,
		turns: reports,
	})
}

fn child(lane: Lane, reason: impl Into<String>) -> BenchError {
	BenchError::Child {
		lane: lane.name(),
		reason: reason.into(),
	}
}

/// Starts a lane's process and reads what it prints.
fn in_child(lane: Lane, setting: &Setting) -> Result<LaneReport, BenchError> {
	let failed = |reason: String| child(lane, reason);
	let (steps, threads) = (setting.steps.to_string(), setting.threads.to_string());
	let own = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
	let (mut command, input) = match lane.settings() {
		None => {
			let mut command = Command::new(own);
			command.args(["bench", "--json", "--size", &setting.size]);
			command.args(["--steps", &steps, "--threads", &threads]);
			(command, Vec::new())
		}
		Some(settings) => {
			let mut command = Command::new(candle::program()?);
			command.args([settings, &steps, &threads]);
			(command, setting.plan()?.encode())
		}
	};
	// The caller's settings would make one lane faster than it is for others.
	for name in [
		"GLIBC_TUNABLES",
		"MALLOC_MMAP_THRESHOLD_",
		"MALLOC_TRIM_THRESHOLD_",
		"MALLOC_TOP_PAD_",
	] {
		command.env_remove(name);
	}
	let output = candle::ask(&mut command, &input).map_err(failed)?;
	let parsed = match lane.settings() {
		None => serde_json::from_slice(&output),
		Some(_) => serde_json::from_slice(&output).map(|found: Candle| found.report(lane)),
	};
	parsed.map_err(|error| failed(error.to_string()))
}

/// What `assay-candle` prints, as far as it is used.
#[derive(Deserialize)]
struct Candle {
	parameters: u64,
	tokens_per_second: f64,
	milliseconds_per_step: f64,
	peak_mb: Option<u64>,
}

impl Candle {
	fn report(self, lane: Lane) -> LaneReport {
		LaneReport {
			lane: lane.name().into(),
			params: self.parameters,
			tokens_per_second: self.tokens_per_second,
			step_ms: self.milliseconds_per_step,
			peak_mb: self.peak_mb,
			isa: None,
			shares: None,
		}
	}
}
