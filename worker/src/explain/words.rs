//! What every reason and every seat means: one table each. A new reason of the protocol is one line.

use assay_protocol::{money, Balance, Outcome, Terms, Unpaid, Verdict};

use crate::chain::unpaid_word;

/// What follows from a reason not to pay.
pub(super) struct Meaning {
	/// In words.
	pub(super) told: &'static str,
	/// What the provider loses, in words.
	pub(super) cost: &'static str,
	/// How much that is.
	pub(super) due: Balance,
	/// What the verdicts of the last draw must have said, where they decided.
	pub(super) outcome: Option<Outcome>,
}

/// What follows from a reason, under a job's terms.
pub(super) fn meaning(reason: Unpaid, terms: &Terms) -> Meaning {
	let nothing = ("nothing: the stake is released", 0);
	let miss = (
		"a tenth of the price, burned from the task's stake",
		money::miss_penalty(terms.price),
	);
	let dispute = (
		"nothing yet: the stake stays held until the dispute is over",
		0,
	);
	let ((cost, due), outcome) = match reason {
		Unpaid::MissedCommit | Unpaid::MissedReveal => (miss, None),
		Unpaid::BadPlan => (nothing, Some(Outcome::BadPlan)),
		Unpaid::Disputed => (dispute, Some(Outcome::Disputed)),
		Unpaid::Withheld => (nothing, Some(Outcome::Withheld)),
		Unpaid::Undecided | Unpaid::JobEnded => (nothing, None),
	};
	Meaning {
		told: unpaid_word(reason),
		cost,
		due,
		outcome,
	}
}

/// What a dispute found about unpaid work.
pub(super) fn dispute_word(convicted: bool) -> &'static str {
	match convicted {
		true => "disputed, and found wrong by the chain, or never shown",
		false => "disputed, and found right by the chain, too late for its round",
	}
}

/// How verdicts were counted.
pub(super) fn outcome_word(outcome: Outcome) -> &'static str {
	match outcome {
		Outcome::Accepted => "accept it",
		Outcome::Disputed => "dispute it",
		Outcome::Withheld => "say that it is withheld",
		Outcome::Undecided => "do not decide",
		Outcome::BadPlan => "find that training ends there",
	}
}

/// What a validator said.
pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
	match verdict {
		Verdict::Valid => "valid",
		Verdict::Invalid => "invalid",
		Verdict::Unfetched => "unfetched",
	}
}

/// Why a seat is paid or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
	/// Its verdict was paid in full.
	Stands,
	/// Its verdict stands, and the pool had less than its fee.
	PoolEmpty,
	/// It said the opposite of what was decided.
	Dissents,
	/// It is about a claim of failure that does not end the job.
	NoEnd,
	/// It recomputed nothing.
	Unfetched,
	/// Its draw did not decide.
	Undecided,
	/// The attempt ended before it was decided.
	Ended,
	/// It never opened its seal.
	NotOpened,
	/// It sealed nothing.
	Absent,
	/// It is not over.
	Open,
}

impl Why {
	pub(super) fn word(self) -> &'static str {
		match self {
			Self::Stands => "its verdict stands",
			Self::PoolEmpty => "its verdict stands, but the round's pool for verdicts had no more",
			Self::Dissents => "its verdict is not what was decided",
			Self::NoEnd => "the job pays only verdicts by which a claim of failure ends it",
			Self::Unfetched => "it could not fetch the work and recomputed nothing",
			Self::Undecided => "the draw did not decide",
			Self::Ended => "the attempt ended undecided",
			Self::NotOpened => "it did not open its verdict",
			Self::Absent => "it gave no verdict",
			Self::Open => "the attempt is not decided yet",
		}
	}
}
