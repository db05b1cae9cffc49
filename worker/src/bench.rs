//! How fast this machine trains: our exact lane, and what a user would take instead.
//!
//! What is compared is measured in processes of their own: allocators and candle take their settings when a process
//! starts, and the greatest memory is that of a process. They take turns, so that whatever else the
//! machine does meets all of them, and the median of the turns counts.

mod compare;
mod lane;

use assay_engine::EngineError;
use assay_numerics::samples::Preset;

use crate::candle::CandleError;

pub use self::{
	compare::{compare, Comparison, Lane},
	lane::{measure, LaneReport, Shares},
};

/// The sizes that are compared, smallest first.
pub const SIZES: [&str; 3] = ["1M", "10M", "50M"];
/// Tokens of the measured plans: bytes.
pub const VOCABULARY: u32 = 256;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Setting {
	/// The name of the plan's size: `1M`, `10M` or `50M`.
	pub size: String,
	/// Optimiser steps on the clock.
	pub steps: u32,
	/// Threads of the engine and of candle's products.
	pub threads: usize,
}

impl Setting {
	/// The plan of this size.
	pub fn plan(&self) -> Result<assay_numerics::StepPlan, BenchError> {
		let preset: Preset = self
			.size
			.parse()
			.map_err(|_| BenchError::Size(self.size.clone()))?;
		Ok(preset.plan(VOCABULARY))
	}
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
	/// A size that is none of the presets.
	#[error("there is no size {0:?}: choose from 1M, 10M and 50M")]
	Size(String),
	/// No steps, or no turns.
	#[error("{what} is {value}: at least {least} is needed")]
	TooFew {
		/// What there is too little of.
		what: &'static str,
		/// How many were asked for.
		value: u32,
		/// The least that works.
		least: u32,
	},
	/// The engine refused.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// The program that measures candle is not there.
	#[error(transparent)]
	Candle(#[from] CandleError),
	/// A process of a lane could not be started or did not end well.
	#[error("measuring the lane {lane} failed: {reason}")]
	Child {
		/// Which lane.
		lane: &'static str,
		/// What it said.
		reason: String,
	},
}
