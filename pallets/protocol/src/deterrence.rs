//! Which stake deters: the rules about checks that a job's terms will have to satisfy.
//!
//! # The stake
//! Wrong work must lose money on average, also when it is checked as seldom as it ever is:
//!
//! ```text
//! S * q' * d >= (1 - q' * d) * g
//! ```
//!
//! - `S` is the part of a task's stake that is burned or goes to redoing the task, never the part
//!   that an informer gets, who may be the provider's friend.
//! - `q'` is two thirds of the floor of the audit rate, see
//!   [`Standing::rate_ppm`](crate::sampling::Standing::rate_ppm): whoever authors the last block of
//!   a draw's window can withhold it, which is a second try. An adversary with a third of the slots
//!   has the last one in one of three draws. That holds for a window of slots; in a window of so
//!   many blocks, a withheld block moves the end, and less of the rate is left.
//! - `d` is the probability that a check finds the wrong work:
//!   `1 - (the adversary's share of the stake)^committee`, as one honest member opens a dispute,
//!   times drawn steps over steps where a single wrong step is the threat. Seats are drawn without
//!   replacement, and the chance that all of them are the adversary's is then at most this power,
//!   however it splits its stake. Members that do not answer are not in it.
//! - `g` is what the provider gains: [`gain`].
//!
//! # The bill
//! Checks must be paid for and must not cost more than what they protect: [`check_bill`].
//!
//! Comparisons are exact: both sides are integers after multiplication with all divisors, below
//! 2^501. Nothing of the chain calls this yet: the terms have no audit rate, and every task is
//! drawn.

use crate::{
	ids::Balance,
	limits::{MAX_COMMITTEE, PPM},
	long::Long,
	money::{self, Overflow},
	plan::PlanFacts,
	reward,
	terms::Terms,
	wide::{self, Wide},
};

/// The FLOPs that checks repeat at the floor of the audit rate, at most, as a share of those of all
/// tasks, in parts per million.
pub const MAX_AUDIT_FLOPS_PPM: u32 = 80_000;

/// How work is checked, and against whom.
///
/// Every value is accepted: a share above one counts as one, a committee above [`MAX_COMMITTEE`] as
/// that many, drawn steps above the steps as all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audit {
	/// The least probability that a task is drawn, in parts per million.
	pub floor_ppm: u32,
	/// The assumed share of the adversary in the validators' stake, in parts per million.
	pub adversary_ppm: u32,
	/// Validators drawn for a task. Without any, nothing deters.
	pub committee: u32,
	/// Steps that a check recomputes; all of them where the threat is not a single wrong step.
	pub drawn_steps: u32,
	/// Steps of a task. Without any, nothing deters.
	pub steps: u32,
	/// The part of a slashed task stake that is burned or goes to redoing, in parts per million.
	/// The informer's part has to be rounded down.
	pub burned_ppm: u32,
}

impl Audit {
	/// Whether this task stake makes wrong work lose on average, or gain nothing, if it would gain
	/// `gain` unnoticed.
	pub fn deters(&self, stake: Balance, gain: Balance) -> bool {
		self.sides(gain)
			.is_some_and(|sides| sides.balanced_by(stake))
	}

	/// The smallest task stake that deters; `None` if no balance does.
	pub fn least_stake(&self, gain: Balance) -> Option<Balance> {
		let sides = self.sides(gain)?;
		if sides.balanced_by(0) {
			return Some(0);
		}
		// The largest stake that does not deter, from its highest bit to its lowest.
		let mut below: Balance = 0;
		for bit in (0..Balance::BITS).rev() {
			let with = below | (1 << bit);
			if !sides.balanced_by(with) {
				below = with;
			}
		}
		below.checked_add(1)
	}

	/// The rule with all its divisors multiplied out. `None` is never reached: no side has more
	/// than 501 bits.
	fn sides(&self, gain: Balance) -> Option<Sides> {
		let ppm = u128::from(PPM);
		let committee = self.committee.min(MAX_COMMITTEE);
		let adversary = u128::from(self.adversary_ppm.min(PPM));
		// q' * d = caught / all: two thirds of the floor, the power and the steps.
		let draws = Long::ONE.power(ppm, committee)?;
		let all = draws
			.times(3)?
			.times(ppm)?
			.times(u128::from(self.steps.max(1)))?;
		let caught = draws
			.minus(Long::ONE.power(adversary, committee)?)?
			.times(2)?
			.times(u128::from(self.floor_ppm.min(PPM)))?
			.times(u128::from(self.drawn_steps.min(self.steps)))?;
		Some(Sides {
			loss: caught.times(u128::from(self.burned_ppm.min(PPM)))?,
			gain: all.minus(caught)?.times(ppm)?.times(gain)?,
		})
	}
}

/// `stake * loss >= gain`.
struct Sides {
	loss: Long,
	gain: Long,
}

impl Sides {
	fn balanced_by(&self, stake: Balance) -> bool {
		self.loss.times(stake).is_some_and(|loss| loss >= self.gain)
	}
}

/// What a provider gains by wrong work that is not noticed: the price of a task, and whatever harm
/// the submitter declared that it must not be worth.
///
/// # Errors
/// [`Overflow`].
pub fn gain(price: Balance, harm: Balance) -> Result<Balance, Overflow> {
	price.checked_add(harm).ok_or(Overflow)
}

/// What verdicts of a round are expected to cost at the floor of the audit rate, rounded up: every
/// seat of a drawn task answers, with the highest bonus.
///
/// Tasks that are drawn more often are those of newcomers, whose checks are paid from their own
/// first payouts.
///
/// # Errors
/// [`Overflow`].
pub fn floor_bill(terms: &Terms, facts: &PlanFacts, floor_ppm: u32) -> Result<Balance, Overflow> {
	let always = reward::audit_bill(terms, facts)?;
	let floor = u128::from(floor_ppm.min(PPM));
	wide::mul_div_up(always, floor, u128::from(PPM)).ok_or(Overflow)
}

/// Why checks cannot be paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BillRefused {
	/// The bill is above the round's pool for verdicts: raise that share, or lower rate, committee
	/// or stride.
	AbovePool {
		/// The bill at the floor.
		bill: Balance,
		/// The pool.
		pool: Balance,
	},
	/// Checks would repeat too much of the work: lower rate, committee or stride.
	TooManyFlops {
		/// What they repeat, in parts per million of the tasks' FLOPs, rounded up.
		ppm: u128,
		/// [`MAX_AUDIT_FLOPS_PPM`].
		most: u32,
	},
	/// An amount leaves the range of a balance.
	Overflow,
}

impl From<Overflow> for BillRefused {
	fn from(_: Overflow) -> Self {
		Self::Overflow
	}
}

/// The rule of the bill: at the floor of the audit rate, the verdicts of a round cost no more than
/// their pool, and repeat no more than [`MAX_AUDIT_FLOPS_PPM`] of the work.
///
/// # Errors
/// A [`BillRefused`] that names the value and its bound; the first one found.
pub fn check_bill(terms: &Terms, facts: &PlanFacts, floor_ppm: u32) -> Result<(), BillRefused> {
	let bill = floor_bill(terms, facts, floor_ppm)?;
	let pool = money::pools(terms)?.validation;
	if bill > pool {
		return Err(BillRefused::AbovePool { bill, pool });
	}
	// Both are below 2^32, so their product fits.
	let seats = u128::from(floor_ppm.min(PPM)).saturating_mul(u128::from(terms.committee));
	let repeated = Wide::product(facts.segment_flops, seats);
	if repeated > Wide::product(facts.task_flops, u128::from(MAX_AUDIT_FLOPS_PPM)) {
		return Err(BillRefused::TooManyFlops {
			ppm: wide::mul_div_up(facts.segment_flops, seats, facts.task_flops)
				.unwrap_or(u128::MAX),
			most: MAX_AUDIT_FLOPS_PPM,
		});
	}
	Ok(())
}
