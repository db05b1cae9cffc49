//! `assay provider`.

use assay_engine::Fault;
use clap::{Subcommand, ValueEnum};

use super::{
	args::{asked_to_stop, RoleArgs},
	CliError,
};
use crate::{
	chain::Role,
	config::{Cheat, Settings},
	failpoint::Failpoints,
	plan_file::parse_amount,
	provider,
	worker::{self, Worker},
};

/// Train tasks of jobs for pay.
#[derive(Debug, Subcommand)]
pub(super) enum Provider {
	/// Join jobs and train until stopped.
	Run(Box<Run>),
}

#[derive(Debug, clap::Args)]
pub(super) struct Run {
	#[command(flatten)]
	role: RoleArgs,
	/// Join no job that pays less per task.
	#[arg(long, value_name = "AMOUNT", default_value = "0")]
	min_price: String,
	/// Submit wrong work, to see that it is found. The stake is lost.
	#[arg(long, value_enum, hide = true)]
	cheat: Option<CheatKind>,
	/// How many tasks to falsify.
	#[arg(long, value_name = "COUNT", default_value_t = 1, hide = true)]
	cheat_tasks: usize,
}

/// Ways to cheat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheatKind {
	/// One tensor's gradient is negated from the first step on.
	WrongGradient,
}

impl Provider {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let Self::Run(run) = self;
		let Run {
			role: args,
			min_price,
			cheat,
			cheat_tasks,
		} = *run;
		let settings = Settings {
			dir: args.key.dir.clone(),
			jobs: args
				.jobs
				.iter()
				.copied()
				.map(assay_protocol::JobId)
				.collect(),
			min_price: parse_amount(&min_price)?,
			threads: args.threads,
			// The second tensor is the first dense weight.
			cheat: cheat.map(|_| Cheat {
				fault: Fault::NegateGradient { param: 1 },
				tasks: cheat_tasks,
			}),
		};
		let data = args.data()?;
		let failpoints = Failpoints::from_env(&settings.dir)?;
		let chain = args.node.connect().await?;
		let key = args.key.load(&chain).await?;
		let store = std::sync::Arc::new(args.store.open());
		let worker = Worker::start(
			chain.clone(),
			store,
			key,
			Role::Provider,
			data,
			settings,
			failpoints,
		)
		.await?;
		super::validator::tell_ready(args.output.json, "provider", &worker);
		let mut provider = provider::Provider::new(worker);
		Ok(worker::run(&*chain, &mut provider, asked_to_stop()).await?)
	}
}
