//! `assay job explain`.

use std::path::PathBuf;

use assay_protocol::JobId;

use crate::{
	account::Account,
	cli::{args::NodeArgs, output::write_json, CliError},
	explain,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Explain {
	/// The job's id.
	job: u64,
	/// Explain the part of this account only: what it worked on, judged and was paid.
	#[arg(long, value_name = "ACCOUNT")]
	account: Option<String>,
	/// Write everything as one JSON object, too.
	#[arg(long, value_name = "FILE")]
	json: Option<PathBuf>,
	#[command(flatten)]
	node: NodeArgs,
}

impl Explain {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let account = self.account.as_deref().map(str::parse::<Account>);
		let account = account.transpose()?;
		let chain = self.node.connect().await?;
		let mut explanation = explain::of_job(&*chain, JobId(self.job)).await?;
		if let Some(account) = account {
			explanation = explanation.only(account)?;
		}
		if let Some(path) = &self.json {
			write_json(path, &explanation)?;
		}
		println!("{}", explain::page(&explanation));
		outcome(self.job, explanation.mismatches.len())
	}
}

/// A mismatch is an error, after everything is told.
fn outcome(job: u64, mismatches: usize) -> Result<(), CliError> {
	match mismatches {
		0 => Ok(()),
		count => Err(CliError::Unexplained { job, count }),
	}
}

#[cfg(test)]
mod tests {
	use super::outcome;

	#[test]
	fn a_mismatch_is_an_error_that_names_the_job() {
		// GIVEN explanations without and with mismatches WHEN they end THEN only the first is fine
		assert!(outcome(3, 0).is_ok());
		let told = outcome(3, 2).unwrap_err().to_string();
		assert!(
			told.contains("job 3: 2") && told.contains("MISMATCH"),
			"{told}"
		);
	}
}
