//! The `assay` binary: provider, validator and submitter in one.

use std::process::ExitCode;

use assay_worker::cli::{self, Cli};
use clap::Parser;

fn main() -> ExitCode {
	match cli::run(Cli::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			// One line, whatever a cause has put into it.
			let text = error.to_string();
			let lines: Vec<&str> = text.lines().map(str::trim).collect();
			eprintln!("error: {}", lines.join(" "));
			ExitCode::FAILURE
		}
	}
}
