//! Budgets, pools, fees and penalties: integers only, rounded against the claimer.

use crate::{ids::Balance, limits::PPM, terms::Terms, wide};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Burned from every payout, in parts per million.
pub const FEE_PPM: u32 = 20_000;
/// Share of the price that a missed commit or reveal costs, in parts per million.
pub const MISS_PENALTY_PPM: u32 = 100_000;

/// An amount leaves the range of a balance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overflow;

/// What is left of a round's budget, by purpose.
///
/// A pool is never filled up from another one; what is left when the job ends is refunded.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Pools {
	/// For accepted tasks.
	pub compute: Balance,
	/// For dataset owners.
	pub data: Balance,
	/// For verdicts.
	pub validation: Balance,
}

/// The budget of one round: `ceil(price * tasks * 1_000_000 / compute share)`.
///
/// Rounded up, so that the compute pool always pays every task in full.
///
/// # Errors
/// [`Overflow`], also for a compute share of 0.
pub fn round_budget(terms: &Terms) -> Result<Balance, Overflow> {
	let tasks = terms
		.price
		.checked_mul(u128::from(terms.tasks))
		.ok_or(Overflow)?;
	wide::mul_div_up(tasks, u128::from(PPM), u128::from(terms.shares.compute)).ok_or(Overflow)
}

/// What the submitter deposits: the budget of every round.
///
/// # Errors
/// [`Overflow`].
pub fn escrow(terms: &Terms) -> Result<Balance, Overflow> {
	round_budget(terms)?
		.checked_mul(u128::from(terms.rounds))
		.ok_or(Overflow)
}

/// The pools that a round begins with: each share of the budget, rounded down.
///
/// # Errors
/// [`Overflow`].
pub fn pools(terms: &Terms) -> Result<Pools, Overflow> {
	let budget = round_budget(terms)?;
	let share = |ppm: u32| part(budget, ppm).ok_or(Overflow);
	Ok(Pools {
		compute: share(terms.shares.compute)?,
		data: share(terms.shares.data)?,
		validation: share(terms.shares.validation)?,
	})
}

/// A payout without its fee, and the fee: `net = floor(gross * 98 %)`.
pub fn split_fee(gross: Balance) -> (Balance, Balance) {
	let net = part(gross, PPM.saturating_sub(FEE_PPM)).unwrap_or(0);
	(net, gross.saturating_sub(net))
}

/// What a missed commit or reveal costs: a tenth of the price, rounded up.
pub fn miss_penalty(price: Balance) -> Balance {
	wide::mul_div_up(price, u128::from(MISS_PENALTY_PPM), u128::from(PPM)).unwrap_or(price)
}

/// Takes up to `amount` out of a pool: all of it, or what is left.
pub fn take(pool: &mut Balance, amount: Balance) -> Balance {
	let taken = amount.min(*pool);
	*pool = pool.saturating_sub(taken);
	taken
}

/// `floor(amount * ppm / 1_000_000)`; `None` only if `ppm` is above a million and the result
/// leaves the range.
pub(crate) fn part(amount: Balance, ppm: u32) -> Option<Balance> {
	wide::mul_div(amount, u128::from(ppm), u128::from(PPM))
}
