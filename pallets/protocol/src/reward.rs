//! The reward formula.
//!
//! ```text
//! reward = compute contribution * quality score
//!        + data contribution * rarity factor
//!        + validation service * uptime bonus
//! ```
//! Contributions are amounts, factors are parts per million. Every product is rounded down.

use crate::{
	ids::Balance,
	limits::PPM,
	money::{self, Overflow},
	plan::PlanFacts,
	wide,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Weight of the evaluation-loss score in the quality of an accepted task, in parts per million.
///
/// 0 in this version: accepted work of the exact lane is worth its full price, because its bits
/// are decided by the plan and not by the provider.
pub const QUALITY_WEIGHT_PPM: u32 = 0;
/// The highest weight that may ever be chosen for the exact lane.
pub const MAX_QUALITY_WEIGHT_PPM: u32 = 200_000;
/// Lowest factor of a dataset that is no duplicate.
pub const MIN_RARITY_PPM: u32 = 250_000;
/// Highest factor of a dataset.
pub const MAX_RARITY_PPM: u32 = 4_000_000;
/// Uptime bonus of a validator that never answers.
pub const MIN_UPTIME_PPM: u32 = 500_000;
/// Uptime bonus of a validator that always answers.
pub const MAX_UPTIME_PPM: u32 = 1_250_000;
/// Uptime bonus of a validator that was never drawn.
pub const NEW_UPTIME_PPM: u32 = PPM;

/// The six symbols of the formula.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Contribution {
	/// Price of the reference FLOPs of accepted tasks.
	pub compute: Balance,
	/// Quality score, 0..=1; more counts as 1.
	pub quality_ppm: u32,
	/// Licence price of the samples consumed in accepted tasks.
	pub data: Balance,
	/// Rarity factor: 0 for a duplicate, else clamped to 0.25..=4.
	pub rarity_ppm: u32,
	/// Price of the FLOPs recomputed for verdicts that stand.
	pub validation: Balance,
	/// Uptime bonus, clamped to 0.5..=1.25.
	pub uptime_ppm: u32,
}

/// The three terms of the formula, each paid from its own pool.
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
pub struct Reward {
	/// For compute.
	pub compute: Balance,
	/// For data.
	pub data: Balance,
	/// For validation.
	pub validation: Balance,
}

impl Reward {
	/// The sum of the terms.
	///
	/// # Errors
	/// [`Overflow`].
	pub fn total(&self) -> Result<Balance, Overflow> {
		self.compute
			.checked_add(self.data)
			.and_then(|sum| sum.checked_add(self.validation))
			.ok_or(Overflow)
	}
}

/// The formula.
///
/// # Errors
/// [`Overflow`] if a term leaves the range, which terms that were checked never do.
pub fn reward(of: &Contribution) -> Result<Reward, Overflow> {
	let rarity_ppm = match of.rarity_ppm {
		0 => 0,
		ppm => ppm.clamp(MIN_RARITY_PPM, MAX_RARITY_PPM),
	};
	let uptime_ppm = of.uptime_ppm.clamp(MIN_UPTIME_PPM, MAX_UPTIME_PPM);
	Ok(Reward {
		compute: money::part(of.compute, of.quality_ppm.min(PPM)).ok_or(Overflow)?,
		data: money::part(of.data, rarity_ppm).ok_or(Overflow)?,
		validation: money::part(of.validation, uptime_ppm).ok_or(Overflow)?,
	})
}

/// The quality of an accepted task: `1 - w + w * s`, with `w` = [`QUALITY_WEIGHT_PPM`] clamped to
/// [`MAX_QUALITY_WEIGHT_PPM`] and `s` the score. Rejected work has quality 0 and is not asked.
pub fn quality_ppm(score_ppm: u32) -> u32 {
	weighted_quality_ppm(QUALITY_WEIGHT_PPM, score_ppm)
}

/// [`quality_ppm`] for another weight.
pub fn weighted_quality_ppm(weight_ppm: u32, score_ppm: u32) -> u32 {
	let weight = weight_ppm.min(MAX_QUALITY_WEIGHT_PPM);
	let scored = money::part(Balance::from(weight), score_ppm.min(PPM)).unwrap_or(0);
	PPM.saturating_sub(weight)
		.saturating_add(u32::try_from(scored).unwrap_or(0))
}

/// The score of a task: its gain over the median gain of the round, clamped to 0..=1, and 1 if the
/// median is not positive. Gains are differences of [`Loss`](assay_numerics::Loss).
pub fn score_ppm(gain: i128, median: i128) -> u32 {
	let (Ok(median), Ok(gain)) = (u128::try_from(median), u128::try_from(gain)) else {
		// A median below zero scores everybody 1; below it, a gain below zero scores 0.
		return if median <= 0 { PPM } else { 0 };
	};
	if gain >= median {
		return PPM;
	}
	// Below the median, so below a million, and the median is not 0.
	wide::mul_div(gain, u128::from(PPM), median)
		.and_then(|ppm| u32::try_from(ppm).ok())
		.unwrap_or(0)
}

/// The pay of an accepted task, before the fee: the first term of the formula.
pub fn compute_pay(price: Balance, quality_ppm: u32) -> Balance {
	// A part of the price always fits.
	money::part(price, quality_ppm.min(PPM)).unwrap_or(0)
}

/// The fee of a verdict, before the payout fee: the last term of the formula, with
/// `price * recomputed / task` as the validation service.
///
/// `recomputed` counts up to `task`; a task without FLOPs pays nothing. Saturates, which no terms
/// that were checked reach.
pub fn verdict_fee(price: Balance, recomputed: u128, task: u128, uptime_ppm: u32) -> Balance {
	let service = wide::mul_div(price, recomputed.min(task), task).unwrap_or(0);
	let uptime_ppm = uptime_ppm.clamp(MIN_UPTIME_PPM, MAX_UPTIME_PPM);
	money::part(service, uptime_ppm).unwrap_or(Balance::MAX)
}

/// The uptime bonus: `0.5 + 0.75 * answered / drawn`, rounded down; 1 if never drawn.
///
/// More answers than draws count as all of them.
pub fn uptime_ppm(drawn: u32, answered: u32) -> u32 {
	let range = u128::from(MAX_UPTIME_PPM.saturating_sub(MIN_UPTIME_PPM));
	match wide::mul_div(range, u128::from(answered.min(drawn)), u128::from(drawn)) {
		Some(bonus) => MIN_UPTIME_PPM.saturating_add(u32::try_from(bonus).unwrap_or(0)),
		None => NEW_UPTIME_PPM,
	}
}

/// Fetching a task's update and looking whether it is a checkpoint of the model counts as much as so
/// many-th part of its FLOPs.
pub const FETCH_DIVISOR: u128 = 256;

/// The FLOPs that fetching a task counts as, for the fee of a verdict about a task that was not
/// drawn; never more than a check of it.
pub fn fetched(facts: &PlanFacts) -> u128 {
	let part = facts.task_flops.checked_div(FETCH_DIVISOR).unwrap_or(0);
	part.min(facts.segment_flops)
}

/// The part of a verdict's fee that the provider pays, whose task is drawn with a higher rate than
/// the floor: `fee * (rate - floor) / rate`, rounded up; nothing otherwise.
///
/// The submitter's part of a task's fees is then `floor / rate` of them, with probability `rate`: on
/// average what it pays at the floor, whoever works.
pub fn providers_part(fee: Balance, rate_ppm: u32, floor_ppm: u32) -> Balance {
	if rate_ppm <= floor_ppm {
		return 0;
	}
	let submitters = wide::mul_div(fee, u128::from(floor_ppm), u128::from(rate_ppm));
	// The rate is above the floor, so it is not 0 and the quotient is below the fee.
	fee.saturating_sub(submitters.unwrap_or(0))
}
