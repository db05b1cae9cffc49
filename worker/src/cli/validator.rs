//! `assay validator`.

use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;

use super::{
	args::{asked_to_stop, RoleArgs},
	output::print,
	CliError,
};
use crate::{
	artifacts::Artifacts,
	chain::{Chain, Role},
	config::Settings,
	failpoint::Failpoints,
	validator,
	worker::{self, Worker},
};

/// Judge tasks of jobs for pay.
#[derive(Debug, Subcommand)]
pub(super) enum Validator {
	/// Judge what the stash is drawn for, until stopped.
	Run(Box<RoleArgs>),
}

impl Validator {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let Self::Run(args) = self;
		let settings = Settings {
			dir: args.key.dir.clone(),
			jobs: args
				.jobs
				.iter()
				.copied()
				.map(assay_protocol::JobId)
				.collect(),
			min_price: 0,
			threads: args.threads,
			cheat: None,
		};
		let data = args.data()?;
		let failpoints = Failpoints::from_env(&settings.dir)?;
		let chain = args.node.connect().await?;
		let key = args.key.load(&chain).await?;
		let store = Arc::new(args.store.open());
		let worker = Worker::start(
			chain.clone(),
			store,
			key,
			Role::Validator,
			data,
			settings,
			failpoints,
		)
		.await?;
		tell_ready(args.output.json, "validator", &worker);
		let mut validator = validator::Validator::new(worker);
		Ok(worker::run(&*chain, &mut validator, asked_to_stop()).await?)
	}
}

/// Says that a role has started, for whom.
pub(super) fn tell_ready<C: Chain, A: Artifacts>(json: bool, role: &str, worker: &Worker<C, A>) {
	let value = json!({ "role": role, "stash": worker.stash, "state": "running" });
	print(json, &value, || {
		format!("{role} {} is running. Ctrl-C stops it.", worker.stash)
	});
}
