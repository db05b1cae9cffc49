//! What checks may cost and must deter, when a job is posted.
//!
//! A task is fetched by all of its committee, and drawn for a recomputation with the rate of its
//! provider, see [`sampling`](crate::sampling). So a round's verdicts cost two things:
//! - every seat's fee for fetching, see [`reward::fetched`];
//! - every seat's fee for recomputing a segment, for the tasks that are drawn.
//!
//! The submitter pays what is drawn at the floor. What is drawn above it, because a provider has
//! proven little, its provider pays from the task's pay: of each fee the part
//! `(rate - floor) / rate`, so that on average the submitter pays for the floor alone.

use crate::{
	deterrence::{self, Audit},
	ids::Balance,
	limits::PPM,
	money::{self, Overflow},
	plan::PlanFacts,
	refusal::Refusal,
	reward,
	terms::{Shares, Terms},
	wide::{self, Wide},
};

/// What a chain asks of the checks of its jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditPolicy {
	/// The share of the validators' stake that is assumed to be adversarial, in parts per million.
	pub adversary_ppm: u32,
	/// The part of a slashed task stake that informers do not get, in parts per million.
	pub burned_ppm: u32,
	/// FLOPs that checks repeat at the floor, at most, as a share of those of all tasks, in parts per
	/// million.
	pub max_flops_ppm: u32,
	/// The fees of the check of one task, at most, as a share of its price, in parts per million: a
	/// newcomer pays them from its pay.
	pub max_check_ppm: u32,
}

impl AuditPolicy {
	/// What this chain asks: a third adversarial, half of a slashed stake burned, 8 % of the FLOPs
	/// repeated, and no check that costs more than the task.
	pub const STRICT: Self = Self {
		adversary_ppm: 333_334,
		burned_ppm: 500_000,
		max_flops_ppm: 80_000,
		max_check_ppm: PPM,
	};
}

/// How the work of these terms is checked. The threat is a single wrong step, which is in one
/// segment of the task.
pub const fn audit_of(terms: &Terms, facts: &PlanFacts, policy: &AuditPolicy) -> Audit {
	Audit {
		floor_ppm: terms.audit_floor_ppm,
		adversary_ppm: policy.adversary_ppm,
		committee: terms.committee,
		drawn_steps: 1,
		steps: facts.segments,
		burned_ppm: policy.burned_ppm,
	}
}

/// The smallest task stake that deters under these terms; `None` if no balance does.
pub fn least_stake(terms: &Terms, facts: &PlanFacts, policy: &AuditPolicy) -> Option<Balance> {
	let gain = deterrence::gain(terms.price, terms.harm).ok()?;
	audit_of(terms, facts, policy).least_stake(gain)
}

/// The highest floor of the audit rate whose checks repeat no more FLOPs than the policy allows, in
/// parts per million; 0 if there is none.
///
/// Counted for the committee of the terms: one that has grown repeats more, see
/// [`draw::seats`](crate::draw::seats).
pub fn highest_floor_ppm(committee: u32, facts: &PlanFacts, policy: &AuditPolicy) -> u32 {
	// Saturates only beyond the FLOPs of any plan.
	let seats = facts.segment_flops.saturating_mul(u128::from(committee));
	// No quotient if nothing is repeated, or one beyond a balance: every floor is allowed.
	wide::mul_div(facts.task_flops, u128::from(policy.max_flops_ppm), seats)
		.and_then(|floor| u32::try_from(floor).ok())
		.map_or(PPM, |floor| floor.min(PPM))
}

/// Tasks of a round that the pool for verdicts has to cover at this rate: as many as are drawn on
/// average, and three standard deviations of a Poisson draw more, in whole tasks; at most all.
///
/// Whole ones, because where less than a task is drawn on average, a single drawn task is already
/// many deviations: so no more than one round in 200 draws more.
fn covered(tasks: u32, floor_ppm: u32) -> u32 {
	let ppm = u64::from(PPM);
	// In millionths of a task. Tasks and rate are below 2^32 and 2^20.
	let mean = u64::from(tasks).saturating_mul(u64::from(floor_ppm.min(PPM)));
	// 3 * sqrt(mean / 10^6) * 10^6 = sqrt(9 * 10^6 * mean), rounded up.
	let square = u128::from(mean)
		.saturating_mul(u128::from(ppm))
		.saturating_mul(9);
	let more = match square.isqrt() {
		root if root.saturating_mul(root) == square => root,
		root => root.saturating_add(1),
	};
	let whole = u128::from(mean)
		.saturating_add(more)
		.div_ceil(u128::from(ppm));
	u32::try_from(whole).map_or(tasks, |whole| whole.min(tasks))
}

/// What the submitter has to have for the verdicts of a round: every seat of every task fetches, and
/// as many tasks are recomputed at the floor as no more than one round in 200 exceeds; every seat
/// answers, with the highest bonus.
///
/// Each task is judged once, by a committee that has not grown. What committees that have grown, or a
/// rarer round, cost above it is paid as far as the pool reaches.
///
/// # Errors
/// [`Overflow`].
pub fn floor_bill(terms: &Terms, facts: &PlanFacts) -> Result<Balance, Overflow> {
	let committees = |flops, tasks: u32| {
		let fee = reward::verdict_fee(terms.price, flops, facts.task_flops, reward::MAX_UPTIME_PPM);
		fee.checked_mul(u128::from(terms.committee))
			.and_then(|task| task.checked_mul(u128::from(tasks)))
			.ok_or(Overflow)
	};
	let drawn = covered(terms.tasks, terms.audit_floor_ppm);
	committees(facts.segment_flops, drawn)?
		.checked_add(committees(reward::fetched(facts), terms.tasks)?)
		.ok_or(Overflow)
}

/// The smallest share of the budget for verdicts that covers their bill, in parts per million, when the
/// rest is for compute; `None` if none does, or an amount leaves the range.
pub fn least_validation_ppm(terms: &Terms, facts: &PlanFacts) -> Option<u32> {
	let bill = floor_bill(terms, facts).ok()?;
	let tasks = terms.price.checked_mul(u128::from(terms.tasks))?;
	let whole = tasks.checked_add(bill)?;
	let share = wide::mul_div_up(bill, u128::from(PPM), whole)?;
	let share = u32::try_from(share).ok()?;
	// Pools are rounded down: one part more where that takes the last unit.
	let covers = |validation: &u32| {
		let shares = Shares {
			compute: PPM.saturating_sub(*validation),
			data: 0,
			validation: *validation,
		};
		money::pools(&Terms { shares, ..*terms }).is_ok_and(|pools| pools.validation >= bill)
	};
	[share, share.saturating_add(1)].into_iter().find(covers)
}

/// The rules about checks: a floor in range, a bill that is covered and moderate, a stake that
/// deters.
///
/// # Errors
/// A [`Refusal`] that names the value and its bound; the first one found.
pub fn check_audit(terms: &Terms, facts: &PlanFacts, policy: &AuditPolicy) -> Result<(), Refusal> {
	let floor_ppm = terms.audit_floor_ppm;
	if floor_ppm == 0 || floor_ppm > PPM {
		return Err(Refusal::AuditFloorOutOfRange {
			floor_ppm,
			most: PPM,
		});
	}
	let bill = floor_bill(terms, facts)?;
	let pool = money::pools(terms)?.validation;
	if bill > pool {
		return Err(Refusal::AuditBillAbovePool { bill, pool });
	}
	// Both are below 2^32, so their product fits.
	let seats = u128::from(floor_ppm).saturating_mul(u128::from(terms.committee));
	let repeated = Wide::product(facts.segment_flops, seats);
	if repeated > Wide::product(facts.task_flops, u128::from(policy.max_flops_ppm)) {
		return Err(Refusal::AuditRepeatsTooMuch {
			floor_ppm,
			most: highest_floor_ppm(terms.committee, facts, policy),
		});
	}
	check_newcomer(terms, facts, policy)?;
	match least_stake(terms, facts, policy) {
		Some(least) if terms.task_stake >= least => Ok(()),
		least => Err(Refusal::StakeDoesNotDeter {
			stake: terms.task_stake,
			least: least.unwrap_or(Balance::MAX),
		}),
	}
}

/// A newcomer can pay from the price for the check of its task by a committee that has not grown.
fn check_newcomer(terms: &Terms, facts: &PlanFacts, policy: &AuditPolicy) -> Result<(), Refusal> {
	let fee = reward::verdict_fee(
		terms.price,
		facts.segment_flops,
		facts.task_flops,
		reward::MAX_UPTIME_PPM,
	);
	let fees = fee
		.checked_mul(u128::from(terms.committee))
		.ok_or(Overflow)?;
	let most = wide::mul_div(
		terms.price,
		u128::from(policy.max_check_ppm),
		u128::from(PPM),
	)
	.unwrap_or(Balance::MAX);
	if fees > most {
		return Err(Refusal::CheckAbovePrice { fees, most });
	}
	Ok(())
}
