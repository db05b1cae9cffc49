//! What work is worth.

use assay_protocol::{Balance, JobId};

/// The reward formula, applied. Implemented by pallet-rewards.
///
/// Amounts are before the fee. Whether the round's pool covers them is for the caller.
pub trait Rewards<AccountId> {
	/// The pay of an accepted task.
	fn compute(job: JobId, provider: &AccountId, price: Balance, quality_ppm: u32) -> Balance;

	/// The fee of a verdict that stands, for `recomputed` of a task's FLOPs.
	fn verdict(
		job: JobId,
		validator: &AccountId,
		price: Balance,
		recomputed: u128,
		task: u128,
		uptime_ppm: u32,
	) -> Balance;
}
