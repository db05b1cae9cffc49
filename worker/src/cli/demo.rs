//! `assay demo`.

use std::path::PathBuf;

use super::{args::asked_to_stop, provider::CheatKind, CliError};
use crate::demo::{self, DemoSettings};

/// Run a whole local network and train the main job on it.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
	/// The data to train on.
	#[arg(long, value_name = "FILE")]
	data: PathBuf,
	/// Where chains, logs, store and model go.
	#[arg(long, value_name = "DIR", default_value = ".local/demo")]
	base: PathBuf,
	/// The node's program. Without it, `assay-node` beside this program.
	#[arg(long, value_name = "FILE")]
	node_program: Option<PathBuf>,
	/// Another plan, with terms, instead of the main job's.
	#[arg(long, value_name = "FILE")]
	plan: Option<PathBuf>,
	/// Another number of rounds.
	#[arg(long, value_name = "COUNT")]
	rounds: Option<u32>,
	/// Another number of tasks per round.
	#[arg(long, value_name = "COUNT")]
	tasks: Option<u32>,
	/// Another number of steps per task.
	#[arg(long, value_name = "COUNT")]
	steps: Option<u32>,
	/// Let one provider submit wrong work.
	#[arg(long, value_enum)]
	cheat: Option<CheatKind>,
	/// How many tasks it falsifies.
	#[arg(long, value_name = "COUNT", default_value_t = 1)]
	cheat_tasks: usize,
	/// Write the report as one JSON object; without a file, to the standard output.
	#[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
	json: Option<PathBuf>,
}

impl Demo {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let own = std::env::current_exe().map_err(|source| CliError::Io {
			path: "the running program".into(),
			source,
		})?;
		let settings = DemoSettings {
			base: self.base,
			node_program: self
				.node_program
				.unwrap_or_else(|| own.with_file_name("assay-node")),
			assay_program: own,
			data: self.data,
			plan: self.plan,
			rounds: self.rounds,
			tasks: self.tasks,
			steps: self.steps,
			cheat: self.cheat.is_some(),
			cheat_tasks: self.cheat_tasks,
			json: self.json,
		};
		Ok(demo::run(settings, asked_to_stop()).await?)
	}
}
