//! The worker key of a stash: naming it with a proof of possession, and freeing it.

use alloc::vec::Vec;

use assay_traits::Role;
use codec::Encode;
use frame_support::{ensure, pallet_prelude::DispatchResult};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{BlakeTwo256, Hash, Verify, Zero};

use crate::{BondOf, Config, Error, Event, Pallet, StashOf, WorkerOf};

/// Domain of the proof; a signature made for another purpose never starts like this.
const WORKER_DOMAIN: &[u8] = b"assay/worker/v1";

impl<T: Config> Pallet<T> {
	/// What a worker key signs to serve `stash` on this chain.
	pub fn worker_message(stash: &T::AccountId) -> [u8; 32] {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let mut message = Vec::from(WORKER_DOMAIN);
		genesis.encode_to(&mut message);
		stash.encode_to(&mut message);
		BlakeTwo256::hash(&message).into()
	}

	pub(crate) fn do_set_worker(
		stash: &T::AccountId,
		worker: &T::AccountId,
		proof: &T::Signature,
	) -> DispatchResult {
		let bonded = BondOf::<T>::contains_key(stash, Role::Provider)
			|| BondOf::<T>::contains_key(stash, Role::Validator);
		ensure!(bonded, Error::<T>::NotBonded);
		let message = Self::worker_message(stash);
		ensure!(
			proof.verify(&message[..], worker),
			Error::<T>::ProofMismatch
		);
		let free = StashOf::<T>::get(worker).is_none_or(|owner| owner == *stash);
		ensure!(free, Error::<T>::WorkerTaken);
		Self::unlink_worker(stash);
		Self::link_worker(stash, worker);
		Ok(())
	}

	pub(crate) fn do_unset_worker(stash: &T::AccountId) -> DispatchResult {
		ensure!(Self::unlink_worker(stash), Error::<T>::NoWorker);
		Ok(())
	}

	pub(crate) fn link_worker(stash: &T::AccountId, worker: &T::AccountId) {
		WorkerOf::<T>::insert(stash, worker);
		StashOf::<T>::insert(worker, stash);
		Self::deposit_event(Event::WorkerSet {
			stash: stash.clone(),
			worker: worker.clone(),
		});
	}

	/// Frees the worker of `stash`; says whether there was one.
	pub(crate) fn unlink_worker(stash: &T::AccountId) -> bool {
		let Some(worker) = WorkerOf::<T>::take(stash) else {
			return false;
		};
		StashOf::<T>::remove(&worker);
		Self::deposit_event(Event::WorkerUnset {
			stash: stash.clone(),
			worker,
		});
		true
	}
}
