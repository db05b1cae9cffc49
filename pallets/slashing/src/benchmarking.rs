//! Benchmark of the call at its worst case: every record names another offender.

use assay_protocol::{JobId, TaskKey};
use assay_traits::Cause;
use frame_benchmarking::v2::*;
use frame_support::traits::{Contains, Get};
use frame_system::RawOrigin;

use crate::{Call, Config, CountsOf, Offences, Pallet, Record};

#[benchmarks]
mod benchmarks {
	use super::*;

	// A runtime's `Ended` counts job 0 as ended when it is built for benchmarks.
	#[benchmark]
	fn prune_offences(n: Linear<1, { T::MaxPrune::get() }>) -> Result<(), BenchmarkError> {
		let job = JobId(0);
		if !T::Ended::contains(&job) {
			return Err(BenchmarkError::Stop(
				"job 0 has to count as ended in benchmarks",
			));
		}
		for slot in 0..n {
			let offender: T::AccountId = account("offender", slot, 0);
			let task = TaskKey {
				job,
				round: 0,
				slot,
				attempt: 0,
			};
			let record = Record {
				offender: offender.clone(),
				amount: 1,
				burned: 1,
				paid: 0,
				session: 0,
			};
			Offences::<T>::insert(job, (task, Cause::Proven, &offender), record);
			CountsOf::<T>::mutate(&offender, |counts| counts.raise(Cause::Proven));
		}
		let caller: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), job);

		assert!(Offences::<T>::iter_prefix(job).next().is_none());
		Ok(())
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_externalities(),
		crate::mock::Test
	);
}
