//! Arguments that several commands share.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::CliError;
use crate::{
	artifacts::DirStore,
	chain::rpc::Rpc,
	config::DEFAULT_NODE,
	data::DataFile,
	keys::{KeyError, WorkerKey},
};

/// How results are printed.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
	/// Print one JSON object instead of text.
	#[arg(long)]
	pub(super) json: bool,
}

/// Which node is asked.
#[derive(Debug, Clone, Args)]
pub(super) struct NodeArgs {
	/// WebSocket address of a node.
	#[arg(long, value_name = "URL", default_value = DEFAULT_NODE)]
	pub(super) node: String,
}

impl NodeArgs {
	/// Connects, or says that nobody answers.
	pub(super) async fn connect(&self) -> Result<Arc<Rpc>, CliError> {
		Ok(Arc::new(Rpc::connect(&self.node).await?))
	}
}

/// Which key signs.
#[derive(Debug, Clone, Args)]
pub(super) struct KeyArgs {
	/// Directory of the worker's key and spool.
	#[arg(long, value_name = "DIR", default_value = ".assay")]
	pub(super) dir: PathBuf,
	/// Sign as a development account, such as //Alice. Local networks only.
	#[arg(long, value_name = "NAME")]
	pub(super) dev: Option<String>,
}

impl KeyArgs {
	/// The key, without a look at the chain. Not for signing.
	pub(super) fn unchecked(&self) -> Result<WorkerKey, CliError> {
		Ok(match &self.dev {
			Some(name) => WorkerKey::dev(name)?,
			None => WorkerKey::load(&self.dir)?,
		})
	}

	/// The key, for a chain on which it may sign.
	pub(super) async fn load(&self, chain: &Rpc) -> Result<WorkerKey, CliError> {
		let key = self.unchecked()?;
		if let Some(account) = self.dev.clone() {
			let chain_type = chain.chain_type().await?;
			if !matches!(chain_type.as_str(), "Local" | "Development") {
				return Err(KeyError::DevOnLiveNetwork {
					account,
					chain_type,
				}
				.into());
			}
		}
		Ok(key)
	}
}

/// Where artifacts are.
#[derive(Debug, Clone, Args)]
pub(super) struct StoreArgs {
	/// Directory of the artifact store.
	#[arg(long, value_name = "DIR", default_value = ".assay/store")]
	pub(super) store: PathBuf,
}

impl StoreArgs {
	/// The store.
	pub(super) fn open(&self) -> DirStore {
		DirStore::new(&self.store)
	}
}

/// What a role is told.
#[derive(Debug, Clone, Args)]
pub(super) struct RoleArgs {
	#[command(flatten)]
	pub(super) node: NodeArgs,
	#[command(flatten)]
	pub(super) key: KeyArgs,
	#[command(flatten)]
	pub(super) store: StoreArgs,
	#[command(flatten)]
	pub(super) output: OutputArgs,
	/// Work on this job only. May be given several times; without it, on every job.
	#[arg(long = "job", value_name = "ID")]
	pub(super) jobs: Vec<u64>,
	/// A file with the data of a job. Without it, data comes from the store.
	#[arg(long, value_name = "FILE")]
	pub(super) data: Vec<PathBuf>,
	/// Threads that train. More than one helps on a machine of its own.
	#[arg(long, value_name = "COUNT", default_value_t = 1)]
	pub(super) threads: usize,
}

impl RoleArgs {
	/// The data files, read and hashed.
	pub(super) fn data(&self) -> Result<Vec<DataFile>, CliError> {
		Ok(self
			.data
			.iter()
			.map(|path| DataFile::read(path))
			.collect::<Result<_, _>>()?)
	}
}

/// Resolves when the process is asked to stop.
pub(super) async fn asked_to_stop() {
	use tokio::signal::unix::{signal, SignalKind};
	let Ok(mut term) = signal(SignalKind::terminate()) else {
		return std::future::pending().await;
	};
	tokio::select! {
		_ = term.recv() => {},
		_ = tokio::signal::ctrl_c() => {},
	}
}
