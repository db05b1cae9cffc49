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
//!   a draw's [`window`](crate::draw::window) can withhold it, which is a second try. An adversary with
//!   a third of the slots has the last one in one of three draws. That holds where the adversary does
//!   not choose the window: less is left where shorter windows just miss the share of the stake, and
//!   where its own provider reveals last and so chooses among windows.
//!   docs/security.md has the figures.
//! - `d` is the probability that a check finds the wrong work:
//!   `1 - (the adversary's share of the stake)^committee`, as one honest member opens a dispute,
//!   times drawn steps over steps where a single wrong step is the threat. Seats are drawn without
//!   replacement, and the chance that all of them are the adversary's is then at most this power,
//!   however it splits its stake. Members that do not answer are not in it.
//! - `g` is what the provider gains: [`gain`].
//!
//! Comparisons are exact: both sides are integers after multiplication with all divisors, below
//! 2^501. [`audit`](crate::audit) asks for the rule when a job is posted.

use crate::{
	ids::Balance,
	limits::{MAX_COMMITTEE, PPM},
	long::Long,
	money::Overflow,
};

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
