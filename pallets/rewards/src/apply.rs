//! The formula, asked for one term at a time.

use assay_protocol::{
	reward::{reward, verdict_fee, Contribution},
	Balance, JobId,
};
use assay_traits::Rewards;

use crate::{Config, Pallet};

impl<T: Config> Rewards<T::AccountId> for Pallet<T> {
	fn compute(_job: JobId, _provider: &T::AccountId, price: Balance, quality_ppm: u32) -> Balance {
		let work = Contribution {
			compute: price,
			quality_ppm,
			..Default::default()
		};
		// A part of the price always fits; if it ever did not, nothing is due rather than too much.
		reward(&work).map_or(0, |reward| reward.compute)
	}

	fn verdict(
		_job: JobId,
		_validator: &T::AccountId,
		price: Balance,
		recomputed: u128,
		task: u128,
		uptime_ppm: u32,
	) -> Balance {
		verdict_fee(price, recomputed, task, uptime_ppm)
	}
}
