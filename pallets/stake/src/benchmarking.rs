//! Benchmarks of every call and session hook at its worst case.
#![expect(
	clippy::arithmetic_side_effects,
	clippy::expect_used,
	clippy::unwrap_used,
	reason = "benchmarks run off-chain, on numbers of their own"
)]

use assay_protocol::{limits::MAX_AUTHORITIES, Balance, JobId};
use assay_traits::{Role, Stakes, TaskKey};
use codec::{Decode, Encode};
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, Unbalanced},
	tokens::Precision,
	Get,
};
use frame_system::RawOrigin;
use pallet_session::{SessionInterface, SessionManager};
use sp_runtime::{
	traits::{BlakeTwo256, Hash, TrailingZeroInput},
	Perbill,
};

use crate::{
	BondOf, Call, Candidates, Config, CurrentSession, Equivocations, Pallet, SessionStakes,
	StashOf, WorkerOf,
};

/// Makes a worker key that the benchmarks can sign with.
pub trait BenchmarkHelper<AccountId, Signature> {
	/// A worker key that serves nobody, and its signature of `message`.
	fn worker(message: &[u8]) -> (AccountId, Signature);
}

/// The key lives in the keystore of the process that runs the benchmarks.
impl BenchmarkHelper<sp_runtime::AccountId32, sp_runtime::MultiSignature> for () {
	fn worker(message: &[u8]) -> (sp_runtime::AccountId32, sp_runtime::MultiSignature) {
		use sp_runtime::traits::IdentifyAccount;

		const KEY_TYPE: sp_runtime::KeyTypeId = sp_runtime::KeyTypeId(*b"work");
		let public = sp_io::crypto::sr25519_generate(KEY_TYPE, None);
		let signature = sp_io::crypto::sr25519_sign(KEY_TYPE, &public, message)
			.expect("the key was generated above; qed");
		(
			sp_runtime::MultiSigner::from(public).into_account(),
			signature.into(),
		)
	}
}

/// More than any call holds.
fn endowment<T: Config>() -> Balance {
	(T::MinProviderBond::get() + T::MinValidatorBond::get() + T::Currency::minimum_balance()) * 10
}

fn funded<T: Config>(number: u32) -> T::AccountId {
	let stash: T::AccountId = account("stash", number, 0);
	T::Currency::increase_balance(&stash, endowment::<T>(), Precision::Exact).unwrap();
	stash
}

/// A bonded validator with session keys of its own.
fn candidate<T: Config>(number: u32) -> T::AccountId {
	let stash = funded::<T>(number);
	Pallet::<T>::do_bond(&stash, Role::Validator, T::MinValidatorBond::get()).unwrap();
	let seed = BlakeTwo256::hash(&stash.encode());
	let bytes = seed.as_ref().repeat(8);
	let keys = Decode::decode(&mut TrailingZeroInput::new(&bytes)).unwrap();
	T::Session::set_keys(&stash, keys).unwrap();
	stash
}

/// Forgets the genesis validators, so that the number of candidates is the benchmark's.
fn without_candidates<T: Config>() {
	for stash in Candidates::<T>::take() {
		BondOf::<T>::remove(stash, Role::Validator);
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn bond(c: Linear<0, { T::MaxCandidates::get() - 1 }>) {
		without_candidates::<T>();
		for number in 0..c {
			candidate::<T>(number);
		}
		let stash = funded::<T>(c);
		let amount = T::MinValidatorBond::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(stash.clone()), Role::Validator, amount);

		assert_eq!(
			BondOf::<T>::get(stash, Role::Validator).unwrap().amount,
			amount
		);
	}

	#[benchmark]
	fn unbond(c: Linear<1, { T::MaxCandidates::get() }>) {
		without_candidates::<T>();
		let stash = candidate::<T>(0);
		for number in 1..c {
			candidate::<T>(number);
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(stash.clone()), Role::Validator);

		assert!(!Candidates::<T>::get().contains(&stash));
	}

	#[benchmark]
	fn withdraw() {
		without_candidates::<T>();
		let stash = candidate::<T>(0);
		Pallet::<T>::do_bond(&stash, Role::Provider, T::MinProviderBond::get()).unwrap();
		Pallet::<T>::link_worker(&stash, &account("worker", 0, 0));
		Pallet::<T>::do_unbond(&stash, Role::Provider).unwrap();
		Pallet::<T>::do_unbond(&stash, Role::Validator).unwrap();
		CurrentSession::<T>::mutate(|session| *session += T::UnbondingSessions::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(stash.clone()));

		assert!(BondOf::<T>::iter_prefix(&stash).next().is_none());
		assert!(!WorkerOf::<T>::contains_key(&stash));
	}

	#[benchmark]
	fn set_worker() {
		let stash = funded::<T>(0);
		Pallet::<T>::do_bond(&stash, Role::Provider, T::MinProviderBond::get()).unwrap();
		Pallet::<T>::link_worker(&stash, &account("worker", 0, 0));
		let (worker, proof) = T::BenchmarkHelper::worker(&Pallet::<T>::worker_message(&stash));

		#[extrinsic_call]
		_(RawOrigin::Signed(stash.clone()), worker.clone(), proof);

		assert_eq!(StashOf::<T>::get(worker), Some(stash));
	}

	#[benchmark]
	fn unset_worker() {
		let stash = funded::<T>(0);
		Pallet::<T>::do_bond(&stash, Role::Provider, T::MinProviderBond::get()).unwrap();
		Pallet::<T>::link_worker(&stash, &account("worker", 0, 0));

		#[extrinsic_call]
		_(RawOrigin::Signed(stash.clone()));

		assert!(!WorkerOf::<T>::contains_key(&stash));
	}

	#[benchmark]
	fn new_session(c: Linear<1, { T::MaxCandidates::get() }>) {
		without_candidates::<T>();
		for number in 0..c {
			candidate::<T>(number);
		}
		let planned = CurrentSession::<T>::get() + 2;

		#[block]
		{
			<Pallet<T> as SessionManager<T::AccountId>>::new_session(planned);
		}

		let elected = u32::try_from(SessionStakes::<T>::get(planned).unwrap().len()).unwrap();
		assert_eq!(elected, c.min(T::MaxValidators::get()));
	}

	#[benchmark]
	fn start_session(v: Linear<1, { T::MaxValidators::get() }>) {
		without_candidates::<T>();
		let session = T::HistorySessions::get() + 1;
		let mut set = Stakes::<T::AccountId>::default();
		for number in 0..v {
			let stash = candidate::<T>(number);
			BondOf::<T>::mutate(&stash, Role::Validator, |slot| {
				slot.as_mut().unwrap().suspended_until = session + 1;
			});
			Equivocations::<T>::insert(0, &stash, Perbill::one());
			set.try_push((stash, T::MinValidatorBond::get())).unwrap();
		}
		SessionStakes::<T>::insert(0, set.clone());
		SessionStakes::<T>::insert(session, set);

		#[block]
		{
			<Pallet<T> as SessionManager<T::AccountId>>::start_session(session);
		}

		assert!(!SessionStakes::<T>::contains_key(0));
		assert!(Equivocations::<T>::iter_prefix(0).next().is_none());
	}

	#[benchmark]
	fn punish_equivocation() {
		without_candidates::<T>();
		let offender = candidate::<T>(0);
		let stake = T::MinValidatorBond::get();
		let dispute = TaskKey {
			job: JobId(0),
			round: 0,
			slot: 0,
			attempt: 0,
		};
		Pallet::<T>::do_pledge(dispute, &offender, stake).unwrap();
		let mut set = Stakes::<T::AccountId>::default();
		for number in 1..MAX_AUTHORITIES {
			set.try_push((account("stash", number, 0), stake)).unwrap();
		}
		set.try_push((offender.clone(), stake)).unwrap();
		SessionStakes::<T>::insert(0, set);

		#[block]
		{
			Pallet::<T>::punish_equivocation(&offender, Perbill::from_percent(50), 0);
		}

		assert!(BondOf::<T>::get(offender, Role::Validator).unwrap().amount < stake);
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::Chain::default().externalities(),
		crate::mock::Test
	);
}
