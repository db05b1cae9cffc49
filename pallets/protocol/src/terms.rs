//! What is paid and waited for: the terms of a job, frozen when it is posted.

use crate::{
	audit::{self, AuditPolicy},
	draw,
	ids::{Balance, BlockNumber},
	limits, money,
	plan::PlanFacts,
	refusal::Refusal,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// How a round's budget is split, in parts per million. The sum is 1,000,000.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Shares {
	/// For accepted tasks; at least 1.
	pub compute: u32,
	/// For dataset owners; 0 until there are datasets.
	pub data: u32,
	/// For verdicts.
	pub validation: u32,
}

/// The longest a job waits in each phase, in blocks.
///
/// A phase entered in block `b` with a window of `w` takes calls in blocks `b..=b + w`.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Windows {
	/// For enough providers to join, from posting.
	pub open: BlockNumber,
	/// TRAIN: for the seals of all tasks.
	pub train: BlockNumber,
	/// REVEAL: for what the seals hide.
	pub reveal: BlockNumber,
	/// ASSAY: for the sealed verdicts.
	pub assay: BlockNumber,
	/// UNSEAL: for what the verdicts' seals hide.
	pub unseal: BlockNumber,
	/// CLOSE: for the equal claims about the next checkpoint.
	pub close: BlockNumber,
	/// After a task is accepted: for disputes about it, see [`AcceptedTask`](crate::AcceptedTask). The
	/// task's stake is held as long. From 0, which is none, to [`limits::MAX_CHALLENGE`].
	pub challenge: BlockNumber,
}

/// Names one of the [`Windows`] in a [`Refusal`].
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum WindowKind {
	/// [`Windows::open`].
	#[codec(index = 0)]
	Open,
	/// [`Windows::train`].
	#[codec(index = 1)]
	Train,
	/// [`Windows::reveal`].
	#[codec(index = 2)]
	Reveal,
	/// [`Windows::assay`].
	#[codec(index = 3)]
	Assay,
	/// [`Windows::unseal`].
	#[codec(index = 4)]
	Unseal,
	/// [`Windows::close`].
	#[codec(index = 5)]
	Close,
	/// [`Windows::challenge`].
	#[codec(index = 26)]
	Challenge,
}

/// What a submitter offers. Later changes of parameters never touch a posted job.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Terms {
	/// Paid for a full task of quality 1, before the fee.
	pub price: Balance,
	/// Held from the provider for each task it is given; at least the penalty of a missed commit.
	pub task_stake: Balance,
	/// Tasks of each round, 1..=512.
	pub tasks: u32,
	/// Rounds, 1..=4,096.
	pub rounds: u32,
	/// Members that must have joined for the job to start, 1..=1,024.
	pub providers: u32,
	/// Validators drawn for each task, 1..=15.
	pub committee: u32,
	/// Distinct equal verdicts that decide a task: of `committee` at least
	/// [`least_quorum`](draw::least_quorum).
	pub quorum: u32,
	/// The least probability that a task is drawn for a recomputation, in parts per million,
	/// 1..=1,000,000. Providers that have proven little are drawn more often, at their own cost.
	pub audit_floor_ppm: u32,
	/// What wrong work could be worth to somebody beside its price. The task stake deters from both.
	pub harm: Balance,
	/// The longest waits.
	pub windows: Windows,
	/// The split of the budget.
	pub shares: Shares,
}

/// What checking terms tells: the money that posting the job moves.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct TermsFacts {
	/// Budget of one round.
	pub round_budget: Balance,
	/// Budget of all rounds: what the submitter deposits.
	pub escrow: Balance,
}

/// Checks the terms of a job whose plan was checked before.
///
/// # Errors
/// A [`Refusal`] that names the value and its bound; the first one found.
pub fn check_terms(
	terms: &Terms,
	facts: &PlanFacts,
	policy: &AuditPolicy,
) -> Result<TermsFacts, Refusal> {
	check_counts(terms)?;
	check_windows(&terms.windows)?;
	check_shares(&terms.shares)?;
	let least = money::miss_penalty(terms.price);
	if terms.task_stake < least {
		return Err(Refusal::StakeBelowPenalty {
			stake: terms.task_stake,
			least,
		});
	}
	let round_budget = money::round_budget(terms)?;
	let escrow = money::escrow(terms)?;
	audit::check_audit(terms, facts, policy)?;
	Ok(TermsFacts {
		round_budget,
		escrow,
	})
}

fn check_counts(terms: &Terms) -> Result<(), Refusal> {
	if terms.price == 0 {
		return Err(Refusal::PriceZero);
	}
	if terms.tasks == 0 || terms.tasks > limits::MAX_TASKS {
		return Err(Refusal::TasksOutOfRange {
			tasks: terms.tasks,
			most: limits::MAX_TASKS,
		});
	}
	if terms.rounds == 0 || terms.rounds > limits::MAX_ROUNDS {
		return Err(Refusal::RoundsOutOfRange {
			rounds: terms.rounds,
			most: limits::MAX_ROUNDS,
		});
	}
	if terms.providers == 0 || terms.providers > limits::MAX_MEMBERS {
		return Err(Refusal::ProvidersOutOfRange {
			providers: terms.providers,
			most: limits::MAX_MEMBERS,
		});
	}
	if terms.committee == 0 || terms.committee > limits::MAX_COMMITTEE {
		return Err(Refusal::CommitteeOutOfRange {
			committee: terms.committee,
			most: limits::MAX_COMMITTEE,
		});
	}
	let least = draw::least_quorum(terms.committee);
	if terms.quorum < least || terms.quorum > terms.committee {
		return Err(Refusal::QuorumOutOfRange {
			quorum: terms.quorum,
			least,
			most: terms.committee,
		});
	}
	Ok(())
}

fn check_windows(windows: &Windows) -> Result<(), Refusal> {
	let all = [
		(WindowKind::Open, windows.open),
		(WindowKind::Train, windows.train),
		(WindowKind::Reveal, windows.reveal),
		(WindowKind::Assay, windows.assay),
		(WindowKind::Unseal, windows.unseal),
		(WindowKind::Close, windows.close),
	];
	for (window, blocks) in all {
		if !(limits::MIN_WINDOW..=limits::MAX_WINDOW).contains(&blocks) {
			return Err(Refusal::WindowOutOfRange {
				window,
				blocks,
				least: limits::MIN_WINDOW,
				most: limits::MAX_WINDOW,
			});
		}
	}
	if windows.challenge > limits::MAX_CHALLENGE {
		return Err(Refusal::WindowOutOfRange {
			window: WindowKind::Challenge,
			blocks: windows.challenge,
			least: 0,
			most: limits::MAX_CHALLENGE,
		});
	}
	Ok(())
}

fn check_shares(shares: &Shares) -> Result<(), Refusal> {
	if shares.data != 0 {
		return Err(Refusal::NoDataset { data: shares.data });
	}
	let sum = u64::from(shares.compute)
		.saturating_add(u64::from(shares.data))
		.saturating_add(u64::from(shares.validation));
	if sum != u64::from(limits::PPM) {
		return Err(Refusal::SharesSumWrong {
			sum,
			expected: limits::PPM,
		});
	}
	if shares.compute == 0 {
		return Err(Refusal::ComputeShareZero);
	}
	Ok(())
}
