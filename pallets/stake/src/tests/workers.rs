//! Worker keys and their proofs of possession.

use assay_traits::{Bonds as _, Role};
use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Error, Event, WorkerOf};

#[test]
fn a_stash_names_another_key_and_the_earlier_one_is_free() {
	Chain::default().build_and_execute(|| {
		// WHEN a stash that is its own worker names key 44
		take_events();
		assert_ok!(Stake::set_worker(signed(4), 44, proof(44, 4)));

		// THEN key 44 acts for it, and its own key for nobody
		assert_eq!(Stake::stash_of(&44), Some(4));
		assert_eq!(Stake::stash_of(&4), None);
		assert_eq!(
			take_events(),
			vec![
				Event::WorkerUnset {
					stash: 4,
					worker: 4
				},
				Event::WorkerSet {
					stash: 4,
					worker: 44
				},
			]
		);
	});
}

#[test]
fn the_same_key_can_be_named_again() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::set_worker(signed(4), 44, proof(44, 4)));
		assert_ok!(Stake::set_worker(signed(4), 44, proof(44, 4)));
		assert_eq!(Stake::stash_of(&44), Some(4));
	});
}

#[test]
fn a_proof_by_another_key_is_refused() {
	Chain::default().build_and_execute(|| {
		assert_noop!(
			Stake::set_worker(signed(4), 44, proof(45, 4)),
			Error::<Test>::ProofMismatch
		);
	});
}

#[test]
fn a_proof_for_another_stash_is_refused() {
	Chain::default().build_and_execute(|| {
		bond(5, Role::Provider, MIN_PROVIDER);
		assert_noop!(
			Stake::set_worker(signed(5), 44, proof(44, 4)),
			Error::<Test>::ProofMismatch
		);
	});
}

#[test]
fn a_proof_for_another_chain_is_refused() {
	Chain::default().build_and_execute(|| {
		// GIVEN a proof made for this chain
		let proof = proof(44, 4);

		// WHEN the chain has another genesis block
		frame_system::BlockHash::<Test>::insert(0, sp_core::H256::repeat_byte(9));

		// THEN it does not hold
		assert_noop!(
			Stake::set_worker(signed(4), 44, proof),
			Error::<Test>::ProofMismatch
		);
	});
}

#[test]
fn p5_a_key_that_serves_one_stash_cannot_be_named_by_another() {
	Chain::default().build_and_execute(|| {
		// GIVEN key 44, which serves stash 4
		assert_ok!(Stake::set_worker(signed(4), 44, proof(44, 4)));

		// WHEN stash 1 names it with a proof of its own, THEN it is refused
		assert_noop!(
			Stake::set_worker(signed(1), 44, proof(44, 1)),
			Error::<Test>::WorkerTaken
		);

		// WHEN stash 4 frees it, THEN stash 1 may
		assert_ok!(Stake::unset_worker(signed(4)));
		assert_ok!(Stake::set_worker(signed(1), 44, proof(44, 1)));
		assert_eq!(Stake::stash_of(&44), Some(1));
	});
}

#[test]
fn a_stash_without_a_bond_names_nobody() {
	Chain::default().build_and_execute(|| {
		assert_noop!(
			Stake::set_worker(signed(5), 44, proof(44, 5)),
			Error::<Test>::NotBonded
		);
	});
}

#[test]
fn unsetting_frees_the_key_once() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::unset_worker(signed(4)));
		assert_eq!(Stake::stash_of(&4), None);
		assert_eq!(WorkerOf::<Test>::get(4), None);
		assert_noop!(Stake::unset_worker(signed(4)), Error::<Test>::NoWorker);
	});
}
