//! `assay simulate`.

mod tables;

use std::path::PathBuf;

use serde_json::json;

use super::{output::print, CliError};
use crate::{
	data::Stream,
	simulate::{simulate, Setting},
};

/// Print how safe the checks of the protocol are: closed forms beside trials.
#[derive(Debug, clap::Args)]
pub(super) struct Simulate {
	/// What everything random follows from: the same seed gives the same tables.
	#[arg(long, value_name = "NUMBER", default_value_t = 1)]
	seed: u64,
	/// Trials of each table.
	#[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
	trials: u32,
	/// Validators that committees are drawn from, at most 100.
	#[arg(long, value_name = "COUNT", default_value_t = 100)]
	validators: u32,
	/// Write the tables as one JSON object; without a file, to the standard output.
	#[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
	json: Option<PathBuf>,
}

impl Simulate {
	pub(super) fn run(self) -> Result<(), CliError> {
		let setting = Setting {
			seed: self.seed,
			trials: self.trials,
			validators: self.validators,
		};
		setting.check()?;
		let to_stdout = self
			.json
			.as_ref()
			.is_some_and(|path| path.as_os_str() == "-");
		// Before minutes of work, not after them.
		let file = self.json.filter(|_| !to_stdout);
		let file = file.map(|path| Stream::create(Some(&path))).transpose()?;
		let report = simulate(&setting, |table| eprintln!("simulating {table}"))?;
		if let Some(mut file) = file {
			file.write(format!("{:#}\n", json!(report)).as_bytes())?;
			file.finish()?.keep()?;
		}
		print(to_stdout, &report, || tables::all(&report));
		Ok(())
	}
}
