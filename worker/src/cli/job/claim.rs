//! `assay job claim`.

use assay_protocol::{Balance, JobId};
use serde_json::json;

use super::Which;
use crate::{
	account::Account,
	chain::Chain,
	cli::{args::KeyArgs, output::print, CliError},
	plan_file::format_asy,
	submitter,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Claim {
	#[command(flatten)]
	which: Which,
	/// Pay this account only. May be given several times; without it, everybody.
	#[arg(long = "for", value_name = "ACCOUNT")]
	named: Vec<String>,
	#[command(flatten)]
	key: KeyArgs,
}

impl Claim {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let named = self
			.named
			.iter()
			.map(|text| text.parse())
			.collect::<Result<Vec<Account>, _>>()?;
		let Which { job, node, output } = self.which;
		let chain = node.connect().await?;
		let key = self.key.load(&chain).await?;
		let head = chain.next_head(None).await?;
		let id = JobId(job);
		chain.job(head, id).await?.ok_or(CliError::NoSuchJob(job))?;
		let paid = submitter::claim(&*chain, &key, head, id, &named).await?;
		let total: Balance = paid.iter().map(|(_, amount)| amount).sum();
		let accounts: Vec<_> = paid
			.iter()
			.map(|(account, amount)| json!({ "account": account, "amount": amount.to_string() }))
			.collect();
		let value = json!({ "job_id": job, "paid": accounts, "total": total.to_string() });
		print(output.json, &value, || {
			let mut lines: Vec<_> = paid
				.iter()
				.map(|(account, amount)| format!("{account} was paid {}", format_asy(*amount)))
				.collect();
			lines.push(format!("Job {job} paid out {}.", format_asy(total)));
			lines.join("\n")
		});
		Ok(())
	}
}
