//! The command line: one file per command.

mod args;
mod audit;
mod base;
mod bench;
mod data;
mod demo;
mod error;
mod job;
mod keys;
mod model;
mod output;
mod provider;
mod simulate;
mod stake;
mod train;
mod validator;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

pub use self::error::CliError;

/// Provider, validator and submitter of the Assay network in one.
#[derive(Debug, Parser)]
#[command(name = "assay", version)]
pub struct Cli {
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Make, show and register worker keys.
	#[command(subcommand)]
	Keys(keys::Keys),
	/// Bond funds for a role, or take them back.
	#[command(subcommand)]
	Stake(stake::Stake),
	/// Train tasks of jobs for pay.
	#[command(subcommand)]
	Provider(provider::Provider),
	/// Judge tasks of jobs for pay.
	#[command(subcommand)]
	Validator(validator::Validator),
	/// Train a plan on this machine, without a chain.
	Train(train::Train),
	/// Post jobs and follow them.
	#[command(subcommand)]
	Job(job::Job),
	/// Train a job again and check every root that the chain recorded.
	Audit(audit::Audit),
	/// Prepare data.
	#[command(subcommand)]
	Data(data::Data),
	/// Export trained models and check them; import models to train adapters on.
	#[command(subcommand)]
	Model(model::Model),
	/// Measure how fast this machine trains.
	Bench(bench::Bench),
	/// Print how safe the checks of the protocol are: closed forms beside trials.
	Simulate(simulate::Simulate),
	/// Run a whole local network and train the main job on it.
	Demo(Box<demo::Demo>),
}

/// Runs what the command line asks for.
pub fn run(cli: Cli) -> Result<(), CliError> {
	start_logs(&cli.command);
	let runtime = tokio::runtime::Builder::new_multi_thread()
		.worker_threads(2)
		.enable_all()
		.build()
		.map_err(CliError::Runtime)?;
	let result = runtime.block_on(async {
		match cli.command {
			Command::Keys(keys) => keys.run().await,
			Command::Stake(stake) => stake.run().await,
			Command::Provider(provider) => provider.run().await,
			Command::Validator(validator) => validator.run().await,
			Command::Train(train) => train.run().await,
			Command::Job(job) => job.run().await,
			Command::Audit(audit) => audit.run().await,
			Command::Data(data) => data.run().await,
			Command::Model(model) => model.run().await,
			Command::Bench(bench) => bench.run().await,
			Command::Simulate(simulate) => simulate.run(),
			Command::Demo(demo) => demo.run().await,
		}
	});
	// A task that is being trained is not waited for: it is trained again after the next start.
	runtime.shutdown_background();
	result
}

/// Logs go to stderr. Roles tell what they do; other commands only what is wrong. `RUST_LOG`
/// changes both.
fn start_logs(command: &Command) {
	let default = match command {
		Command::Provider(_) | Command::Validator(_) => "warn,assay=info",
		_ => "error",
	};
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
	tracing_subscriber::fmt()
		.with_env_filter(filter)
		.with_writer(std::io::stderr)
		.with_ansi(false)
		.init();
}
