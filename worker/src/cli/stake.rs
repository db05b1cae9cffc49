//! `assay stake`.

mod held;

use clap::Subcommand;
use serde_json::json;

use super::{
	args::{KeyArgs, NodeArgs, OutputArgs},
	output::print,
	CliError,
};
use crate::{
	chain::{Call, Chain, Role},
	plan_file::{format_asy, parse_amount},
};

/// Bond funds for a role, or take them back.
#[derive(Debug, Subcommand)]
pub(super) enum Stake {
	/// Bond funds of the signing account, its stash.
	Bond {
		/// `provider` or `validator`.
		#[arg(long)]
		role: String,
		/// How much: an integer of the smallest unit, or like `2.5 ASY`.
		#[arg(long)]
		amount: String,
		#[command(flatten)]
		common: Common,
	},
	/// Begin to release the bond of a role.
	Unbond {
		/// `provider` or `validator`.
		#[arg(long)]
		role: String,
		#[command(flatten)]
		common: Common,
	},
	/// List the stakes of accepted tasks that are still held, and until when.
	Held {
		#[command(flatten)]
		common: Common,
	},
	/// Take back the stakes of accepted tasks that cannot be disputed any more. Idle blocks do the same.
	Release {
		#[command(flatten)]
		common: Common,
	},
	/// Take back the bonds whose delay is over.
	Withdraw {
		#[command(flatten)]
		common: Common,
	},
}

#[derive(Debug, clap::Args)]
pub(super) struct Common {
	#[command(flatten)]
	key: KeyArgs,
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Stake {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let (call, what, common) = match self {
			Self::Bond {
				role,
				amount,
				common,
			} => {
				let amount = parse_amount(&amount)?;
				let what = format!("Bonded {} as {role}.", format_asy(amount));
				(
					Call::Bond {
						role: parse_role(&role)?,
						amount,
					},
					what,
					common,
				)
			}
			Self::Unbond { role, common } => {
				let what = format!("The bond as {role} is being released.");
				(
					Call::Unbond {
						role: parse_role(&role)?,
					},
					what,
					common,
				)
			}
			Self::Withdraw { common } => (Call::Withdraw, "Withdrew.".to_owned(), common),
			Self::Held { common } => return held::list(common).await,
			Self::Release { common } => return held::release(common).await,
		};
		let chain = common.node.connect().await?;
		let key = common.key.load(&chain).await?;
		if matches!(
			call,
			Call::Unbond {
				role: Role::Provider
			}
		) {
			held::ensure_none(&chain, key.account()).await?;
		}
		let name = call.name();
		let at = chain.submit(&key, vec![call]).await?.all_done()?;
		let value = json!({ "call": name, "stash": key.account(), "block": at.number });
		print(common.output.json, &value, || what);
		Ok(())
	}
}

fn parse_role(text: &str) -> Result<Role, CliError> {
	match text {
		"provider" => Ok(Role::Provider),
		"validator" => Ok(Role::Validator),
		_ => Err(CliError::NoRole(text.to_owned())),
	}
}
