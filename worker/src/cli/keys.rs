//! `assay keys`.

use clap::Subcommand;
use serde_json::json;

use super::{
	args::{KeyArgs, NodeArgs, OutputArgs},
	output::print,
	CliError,
};
use crate::{
	account::Account,
	chain::{Call, Chain},
	keys::{WorkerKey, KEY_FILE},
};

/// Make, show and register worker keys.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
	/// Make a key in a directory.
	Generate {
		/// The directory.
		#[arg(long, value_name = "DIR", default_value = ".assay")]
		dir: std::path::PathBuf,
		#[command(flatten)]
		output: OutputArgs,
	},
	/// Print the address of a key.
	Show {
		#[command(flatten)]
		key: KeyArgs,
		#[command(flatten)]
		output: OutputArgs,
	},
	/// Let a worker key act for a stash: signed by the stash, with a proof by the worker.
	Register {
		/// The worker key.
		#[command(flatten)]
		key: KeyArgs,
		/// Directory of the stash's key.
		#[arg(long, value_name = "DIR", conflicts_with = "stash_dev")]
		stash_dir: Option<std::path::PathBuf>,
		/// The stash as a development account. Local networks only.
		#[arg(long, value_name = "NAME")]
		stash_dev: Option<String>,
		#[command(flatten)]
		node: NodeArgs,
		#[command(flatten)]
		output: OutputArgs,
	},
}

impl Keys {
	pub(super) async fn run(self) -> Result<(), CliError> {
		match self {
			Self::Generate { dir, output } => {
				let account = WorkerKey::generate(&dir)?.account();
				let path = dir.join(KEY_FILE);
				let value = json!({ "account": account, "path": path });
				print(output.json, &value, || {
					format!(
						"{account}\nThe key is in {}. Keep a copy: nobody can restore it.",
						path.display()
					)
				});
			}
			Self::Show { key, output } => {
				let account = key.unchecked()?.account();
				print(output.json, &shown(account), || account.to_string());
			}
			Self::Register {
				key,
				stash_dir,
				stash_dev,
				node,
				output,
			} => {
				let chain = node.connect().await?;
				let worker = key.load(&chain).await?;
				let stash = match (stash_dir, stash_dev) {
					(None, None) => worker.clone(),
					(dir, dev) => {
						KeyArgs {
							dir: dir.unwrap_or_default(),
							dev,
						}
						.load(&chain)
						.await?
					}
				};
				let proof = worker.prove_worker(&chain.genesis(), stash.account());
				let call = Call::SetWorker {
					worker: worker.account(),
					proof,
				};
				let at = chain.submit(&stash, vec![call]).await?.all_done()?;
				let value = json!({
					"worker": worker.account(), "stash": stash.account(), "block": at.number
				});
				print(output.json, &value, || {
					format!("{} now acts for {}.", worker.account(), stash.account())
				});
			}
		}
		Ok(())
	}
}

fn shown(account: Account) -> serde_json::Value {
	json!({ "account": account, "public_key": crate::roots::Hex32(account.0) })
}
