//! Genesis presets: a development chain of one validator and a local network of three.

use alloc::{vec, vec::Vec};

use frame_support::build_struct_json_patch;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

use crate::{
	configs::BABE_GENESIS_EPOCH, units::ASY, AccountId, BabeConfig, Balance, BalancesConfig,
	RuntimeGenesisConfig, SessionConfig, SessionKeys, StakeConfig,
};

/// What each named account of a preset starts with.
const ENDOWMENT: Balance = 1_000_000 * ASY;
/// What each genesis validator has bonded.
const VALIDATOR_BOND: Balance = 10_000 * ASY;
/// What each genesis provider has bonded.
const PROVIDER_BOND: Balance = 1_000 * ASY;

/// A genesis validator: its stash, and the keys its node signs with.
struct Validator {
	stash: Sr25519Keyring,
	grandpa: Ed25519Keyring,
}

fn genesis(validators: &[Validator], providers: &[Sr25519Keyring]) -> serde_json::Value {
	let accounts = |keys: &mut dyn Iterator<Item = Sr25519Keyring>| -> Vec<AccountId> {
		keys.map(|key| key.to_account_id()).collect()
	};
	let bonds = |accounts: Vec<AccountId>, bond: Balance| -> Vec<(AccountId, Balance)> {
		accounts
			.into_iter()
			.map(|account| (account, bond))
			.collect()
	};
	let stashes = accounts(&mut validators.iter().map(|validator| validator.stash));
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig {
			balances: accounts(&mut Sr25519Keyring::iter())
				.into_iter()
				.map(|account| (account, ENDOWMENT))
				.collect::<Vec<_>>(),
		},
		babe: BabeConfig {
			epoch_config: BABE_GENESIS_EPOCH
		},
		stake: StakeConfig {
			validators: bonds(stashes, VALIDATOR_BOND),
			providers: bonds(accounts(&mut providers.iter().copied()), PROVIDER_BOND),
		},
		session: SessionConfig {
			keys: validators
				.iter()
				.map(|validator| {
					let stash = validator.stash.to_account_id();
					let keys = SessionKeys {
						babe: validator.stash.public().into(),
						grandpa: validator.grandpa.public().into(),
					};
					(stash.clone(), stash, keys)
				})
				.collect::<Vec<_>>(),
		},
	})
}

/// One validator, //Alice; providers //Dave, //Eve and //Ferdie.
fn development() -> serde_json::Value {
	genesis(
		&[Validator {
			stash: Sr25519Keyring::Alice,
			grandpa: Ed25519Keyring::Alice,
		}],
		&[
			Sr25519Keyring::Dave,
			Sr25519Keyring::Eve,
			Sr25519Keyring::Ferdie,
		],
	)
}

/// Three validators, //Alice, //Bob and //Charlie; providers //Dave, //Eve and //Ferdie.
fn local() -> serde_json::Value {
	genesis(
		&[
			Validator {
				stash: Sr25519Keyring::Alice,
				grandpa: Ed25519Keyring::Alice,
			},
			Validator {
				stash: Sr25519Keyring::Bob,
				grandpa: Ed25519Keyring::Bob,
			},
			Validator {
				stash: Sr25519Keyring::Charlie,
				grandpa: Ed25519Keyring::Charlie,
			},
		],
		&[
			Sr25519Keyring::Dave,
			Sr25519Keyring::Eve,
			Sr25519Keyring::Ferdie,
		],
	)
}

/// A preset as JSON, `None` when there is none of this name.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => development(),
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET => local(),
		_ => return None,
	};
	serde_json::to_vec(&patch).ok()
}

/// The names of the presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET),
		PresetId::from(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
	]
}
