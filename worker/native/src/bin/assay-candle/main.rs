//! What candle makes of a plan, for `assay bench --compare` and `assay model eval --candle`.
//!
//! - `assay-candle SETTINGS STEPS THREADS < PLAN` measures how fast candle trains it on this CPU: the
//!   settings are `default`, candle as it comes, `best`, or `inherited`, the caller's.
//! - `assay-candle evaluate EXAMPLES DATA TENSORS... < PLAN` measures the loss of a model, whose
//!   tensors are in these safetensors, on so many held-out examples of the data.
//!
//! The plan is SCALE-encoded; the answer is one JSON object.

mod evaluate;
mod measure;

use std::{
	error::Error,
	io::{self, Read},
	process::ExitCode,
};

use assay_numerics::StepPlan;
use codec::DecodeAll;

const USAGE: &str =
	"assay-candle SETTINGS STEPS THREADS < PLAN, or assay-candle evaluate EXAMPLES DATA TENSORS... < PLAN";

/// The plan on the standard input.
fn plan() -> Result<StepPlan, Box<dyn Error>> {
	let mut plan = Vec::new();
	io::stdin().read_to_end(&mut plan)?;
	Ok(StepPlan::decode_all(&mut plan.as_slice())?)
}

fn run() -> Result<bool, Box<dyn Error>> {
	let mut arguments = std::env::args().skip(1);
	match arguments.next().as_deref() {
		Some("evaluate") => evaluate::run(arguments),
		Some(settings) => measure::run(settings, arguments),
		None => Err("SETTINGS is missing".into()),
	}
}

fn main() -> ExitCode {
	match run() {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => ExitCode::FAILURE,
		Err(error) => {
			eprintln!("error: {error}; usage: {USAGE}");
			ExitCode::FAILURE
		}
	}
}
