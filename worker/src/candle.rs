//! The program `assay-candle`: what another implementation makes of a plan. It is built apart, because
//! candle's features would recompile what the node uses.

use std::{
	io::{ErrorKind, Write},
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

use assay_protocol::Plan;
use codec::Encode;
use serde::Deserialize;

/// Why candle says nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CandleError {
	/// The program is not there.
	#[error("{path} is not there: build it with `cargo build -p assay-native`")]
	NotThere {
		/// Where it was looked for: beside this program.
		path: PathBuf,
	},
	/// It could not be started or did not end well.
	#[error("measuring with candle failed: {0}")]
	Failed(String),
}

/// Where the program is.
pub fn program() -> Result<PathBuf, CandleError> {
	let own = std::env::current_exe().map_err(|error| CandleError::Failed(error.to_string()))?;
	let path = own.with_file_name("assay-candle");
	if path.exists() {
		Ok(path)
	} else {
		Err(CandleError::NotThere { path })
	}
}

/// Starts a process, gives it its input and returns what it prints, or the last line of what it says
/// is wrong.
pub(crate) fn ask(command: &mut Command, input: &[u8]) -> Result<Vec<u8>, String> {
	let started = command
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.spawn();
	let mut process = started.map_err(|error| error.to_string())?;
	if let Some(mut stdin) = process.stdin.take() {
		match stdin.write_all(input) {
			// It has ended before it read that, and says why.
			Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
			written => written.map_err(|error| error.to_string())?,
		}
	}
	let output = process
		.wait_with_output()
		.map_err(|error| error.to_string())?;
	if output.status.success() {
		return Ok(output.stdout);
	}
	let said = String::from_utf8_lossy(&output.stderr);
	Err(said.lines().last().unwrap_or_default().to_owned())
}

/// The loss of a model's safetensors on the plan's held-out examples of the data in a file, in nats and
/// in floating point. Adapters need their base's tensors, too, under their names in the program.
///
/// # Errors
/// [`CandleError`], also for files that cannot be read.
pub fn evaluate(plan: &Plan, data: &Path, tensors: &[PathBuf]) -> Result<f64, CandleError> {
	#[derive(Deserialize)]
	struct Answer {
		loss: f64,
	}
	let mut command = Command::new(program()?);
	command.args(["evaluate", &plan.eval_rows.to_string()]);
	command.arg(data).args(tensors);
	let answer = ask(&mut command, &plan.step.encode()).map_err(CandleError::Failed)?;
	let answer = serde_json::from_slice::<Answer>(&answer);
	answer
		.map(|answer| answer.loss)
		.map_err(|error| CandleError::Failed(error.to_string()))
}
