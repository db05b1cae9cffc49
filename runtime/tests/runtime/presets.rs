//! The genesis presets.

use assay_runtime::{genesis, units::ASY, Balances, Session};
use frame_support::traits::fungible::{Inspect, InspectHold};
use sp_keyring::Sr25519Keyring;

use crate::chain;

#[test]
fn every_preset_builds_and_its_invariants_hold() {
	for name in genesis::preset_names() {
		// GIVEN the state of a preset
		let mut state = chain::of_preset(name.as_ref());
		state.execute_with(|| {
			// WHEN its first blocks run
			// THEN every pallet's try_state holds at the end of each
			chain::run_to(4);
		});
	}
}

#[test]
fn an_unknown_preset_is_none() {
	assert_eq!(genesis::preset(&"mainnet".into()), None);
}

#[test]
fn the_local_preset_has_three_bonded_validators() {
	// GIVEN the local preset
	chain::of_preset(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
		// THEN Alice, Bob and Charlie are the validators, in an order that Stake chose
		let mut validators = Session::validators();
		validators.sort();
		let mut expected = [
			Sr25519Keyring::Alice,
			Sr25519Keyring::Bob,
			Sr25519Keyring::Charlie,
		]
		.map(|key| key.to_account_id());
		expected.sort();
		assert_eq!(validators, expected);
		// AND their bonds are held, not spent: 1,000,000 - 10,000 stay free
		for stash in validators {
			assert_eq!(Balances::total_balance_on_hold(&stash), 10_000 * ASY);
			assert_eq!(Balances::balance(&stash), 990_000 * ASY);
		}
	});
}
