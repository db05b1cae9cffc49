//! `assay audit`.

use std::{ops::Range, path::PathBuf, sync::Arc};

use assay_protocol::{JobId, Round};

use super::{
	args::{asked_to_stop, KeyArgs, NodeArgs, StoreArgs},
	output::write_json,
	CliError,
};
use crate::{
	artifacts::DirStore,
	audit::{
		self, AuditError, Challenger, DisputeEnd, Disputed, Finding, Record, RoundAudit, WrongTask,
	},
	base,
	chain::{rpc::Rpc, Chain, Role},
	compute::Workload,
	config::Settings,
	data::{self, DataFile},
	failpoint::Failpoints,
	history,
	worker::{self, Worker},
};

/// Train a whole job again and compare every root and loss with what the chain recorded.
#[derive(Debug, clap::Args)]
pub(super) struct Audit {
	/// The job's id.
	job: u64,
	/// A file that may be the job's data. Without the right one, data comes from the store.
	#[arg(long, value_name = "FILE")]
	data: Vec<PathBuf>,
	/// Audit the rounds from A up to B, B not among them. If A is not 0, its parent comes from the
	/// store.
	#[arg(long, value_name = "A..B")]
	rounds: Option<String>,
	/// Threads of the engine. The bits do not depend on it.
	#[arg(long, value_name = "COUNT", default_value_t = 1)]
	threads: usize,
	/// Write everything as one JSON object, too.
	#[arg(long, value_name = "FILE")]
	json: Option<PathBuf>,
	/// Dispute accepted tasks that are found wrong and can still be disputed, and play the disputes to
	/// their end. Needs a worker key of a bonded stash.
	#[arg(long)]
	dispute: bool,
	#[command(flatten)]
	key: KeyArgs,
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	store: StoreArgs,
}

impl Audit {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let rounds = match &self.rounds {
			None => 0..Round::MAX,
			Some(text) => range(text).ok_or_else(|| CliError::NoRounds(text.clone()))?,
		};
		let files = self.data.iter().map(|path| DataFile::read(path));
		let files = files.collect::<Result<Vec<_>, _>>()?;
		let chain = self.node.connect().await?;
		let history = history::of_job(&*chain, JobId(self.job)).await;
		let history = history.map_err(AuditError::from)?;
		let stored = chain.rounds(history.upto, JobId(self.job)).await?;
		let record = Record::of(&history, &stored);
		let store = self.store.open();
		let plan = &record.plan;
		let bytes = data::find(&files, &store, plan.data).await?;
		let base = base::fetch(&store, plan).await?;
		let workload = Workload::prepare_with(plan.clone(), bytes, base, self.threads).await?;
		let mut audit = audit::replay(&record, &workload, &store, rounds, tell).await?;
		for finding in &audit.plan {
			println!("{}", line(finding));
		}
		if self.dispute && !audit.wrong().is_empty() {
			audit.disputes = self.dispute(chain, files, audit.wrong()).await?;
			for of in &audit.disputes {
				println!("{}", disputed(of));
			}
		}
		if let Some(path) = &self.json {
			write_json(path, &audit)?;
		}
		outcome(&audit)?;
		println!(
			"{} of {} rounds of job {} are what its plan computes, to the last bit.",
			audit.rounds.len(),
			audit.rounds_of_job,
			self.job
		);
		Ok(())
	}

	/// Disputes wrong tasks as a challenger, until it is over or the process is asked to stop.
	async fn dispute(
		&self,
		chain: Arc<Rpc>,
		data: Vec<DataFile>,
		wrong: Vec<WrongTask>,
	) -> Result<Vec<Disputed>, CliError> {
		let key = self.key.load(&chain).await?;
		let head = chain.next_head(None).await?;
		let stash = chain.stash_of(head, key.account()).await?;
		// Either bond will do.
		let role = match stash {
			Some(stash) if chain.bonded(head, stash, Role::Validator).await? => Role::Validator,
			_ => Role::Provider,
		};
		let settings = Settings {
			// Beside a worker of the same stash, whose spool it must not share.
			dir: self.key.dir.join("audit"),
			jobs: Vec::new(),
			min_price: 0,
			threads: self.threads,
			cheat: None,
		};
		let store: Arc<DirStore> = Arc::new(self.store.open());
		let failpoints = Failpoints::none();
		let worker = Worker::start(chain.clone(), store, key, role, data, settings, failpoints);
		let mut challenger = Challenger::new(worker.await?);
		challenger.open(&wrong).await?;
		let done = challenger.done();
		let stop = async {
			tokio::select! {
				() = done => {},
				() = asked_to_stop() => {},
			}
		};
		worker::run(&*chain, &mut challenger, stop).await?;
		Ok(challenger.into_ends())
	}
}

/// What became of a wrong task, as a line.
fn disputed(of: &Disputed) -> String {
	let end = match &of.end {
		DisputeEnd::Convicted => "disputed, and its provider has lost the stake".to_owned(),
		DisputeEnd::Lost => "disputed, and the pledge is lost".to_owned(),
		DisputeEnd::Open => "disputed, and not over yet: audit again to go on".to_owned(),
		DisputeEnd::NotOpened(why) => format!("not disputed: {why}"),
	};
	format!("round {} slot {}: {end}", of.round, of.slot)
}

/// A finding is an error, after everything is told.
fn outcome(audit: &audit::Audit) -> Result<(), CliError> {
	match audit.findings().next() {
		None => Ok(()),
		Some(first) => Err(CliError::AuditFailed {
			job: audit.job_id,
			count: audit.findings().count(),
			first: first.place.clone(),
		}),
	}
}

fn tell(round: &RoundAudit) {
	let word = if round.findings.is_empty() {
		"ok      "
	} else {
		"MISMATCH"
	};
	println!(
		"round {:3}  {word}  {} tasks, loss {:.4}, {}",
		round.round, round.tasks, round.loss, round.checkpoint
	);
	for finding in &round.findings {
		println!("{}", line(finding));
	}
}

fn line(finding: &Finding) -> String {
	format!(
		"  {}: computed {}, recorded {}",
		finding.place, finding.computed, finding.recorded
	)
}

/// `2..5` as rounds; nothing for anything else, or for no round at all.
fn range(text: &str) -> Option<Range<Round>> {
	let (from, to) = text.split_once("..")?;
	let range = from.parse().ok()?..to.parse().ok()?;
	(!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
	use super::{disputed, outcome, range, DisputeEnd, Disputed, Finding};
	use crate::{audit::Audit, roots::Hex32};

	#[test]
	fn a_finding_is_an_error_that_names_the_first_place() {
		// GIVEN an audit without findings, and one with two
		let finding = |place: &str| Finding {
			place: place.to_owned(),
			computed: "1".to_owned(),
			recorded: "2".to_owned(),
		};
		let right = Audit {
			job_id: 5,
			plan_id: Hex32([0; 32]),
			rounds_of_job: 2,
			plan: Vec::new(),
			rounds: Vec::new(),
			disputes: Vec::new(),
		};
		let mut wrong = right.clone();
		wrong.plan = vec![finding("plan id"), finding("round 0: loss")];
		// WHEN they end THEN the first is fine, and the other names job, number and first place
		assert!(outcome(&right).is_ok());
		let told = outcome(&wrong).unwrap_err().to_string();
		assert!(
			told.contains("job 5: 2") && told.contains("plan id"),
			"{told}"
		);
	}

	#[test]
	fn a_wrong_task_says_what_became_of_its_dispute() {
		// GIVEN the ways in which the dispute about a wrong task can end
		let told = |end| {
			disputed(&Disputed {
				round: 1,
				slot: 2,
				attempt: 0,
				end,
			})
		};
		// WHEN they are told THEN each names the task, and what follows
		assert!(told(DisputeEnd::Convicted).starts_with("round 1 slot 2: disputed"));
		assert!(told(DisputeEnd::Convicted).contains("its provider has lost the stake"));
		assert!(told(DisputeEnd::Lost).contains("the pledge is lost"));
		assert!(told(DisputeEnd::Open).contains("audit again"));
		let why = DisputeEnd::NotOpened("its window ended with block 7".to_owned());
		assert!(told(why).ends_with("not disputed: its window ended with block 7"));
	}

	#[test]
	fn rounds_are_two_numbers_of_which_the_second_is_greater() {
		// GIVEN texts WHEN they are read as rounds THEN only ranges with a round in them are any
		assert_eq!(range("0..1"), Some(0..1));
		assert_eq!(range("2..15"), Some(2..15));
		for wrong in [
			"", "3", "3..3", "4..3", "..3", "1..", "-1..2", "a..b", "1..=2",
		] {
			assert_eq!(range(wrong), None, "{wrong}");
		}
	}
}
