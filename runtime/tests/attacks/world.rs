//! The chain that every attack begins on, what a seed varies in it, and what the seeds come to.

use std::sync::OnceLock;

use assay_runtime::{units::ASY, Runtime};
use frame_support::storage::{with_transaction, TransactionOutcome};
use serde_json::json;
use sp_core::Blake2Hasher;
use sp_io::TestExternalities;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::DispatchError;
use sp_state_machine::InMemoryBackend;

use crate::chain;

/// Who judges: twice the seats of a committee.
pub(crate) const VALIDATORS: [Sr25519Keyring; 6] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
	Sr25519Keyring::AliceStash,
	Sr25519Keyring::BobStash,
	Sr25519Keyring::CharlieStash,
];
/// Who trains: three tasks and two providers to redo them.
pub(crate) const PROVIDERS: [Sr25519Keyring; 5] = [
	Sr25519Keyring::Dave,
	Sr25519Keyring::Eve,
	Sr25519Keyring::Ferdie,
	Sr25519Keyring::DaveStash,
	Sr25519Keyring::EveStash,
];
/// Who has no part in the jobs and may call what anybody may.
pub(crate) const ANYBODY: Sr25519Keyring = Sr25519Keyring::Two;

const VALIDATOR_BOND: u128 = 10_000 * ASY;
const PROVIDER_BOND: u128 = 1_000 * ASY;

/// Numbers that follow from a seed: splitmix64.
#[derive(Clone)]
pub(crate) struct Rng(u64);

impl Rng {
	/// The numbers of one seed of a class.
	pub(crate) fn of(class: &str, seed: u64) -> Self {
		let start = class.bytes().fold(seed, |sum, byte| {
			sum.wrapping_mul(0x0100_0000_01B3) ^ u64::from(byte)
		});
		Self(start)
	}

	pub(crate) fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		mixed ^ (mixed >> 31)
	}

	/// A number below `end`.
	pub(crate) fn below(&mut self, end: usize) -> usize {
		(self.next() % end as u64) as usize
	}

	pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
		of[self.below(of.len())]
	}

	pub(crate) fn bytes(&mut self) -> [u8; 32] {
		let mut bytes = [0; 32];
		for part in bytes.chunks_mut(8) {
			part.copy_from_slice(&self.next().to_le_bytes());
		}
		bytes
	}

	/// So many distinct members.
	pub(crate) fn some<T: Copy>(&mut self, count: usize, of: &[T]) -> Vec<T> {
		let mut left = of.to_vec();
		(0..count)
			.map(|_| left.swap_remove(self.below(left.len())))
			.collect()
	}
}

/// What an attack came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
	/// Whether an honest validator had a seat and the part that is wrong.
	pub(crate) drawn: bool,
	/// Whether the attack succeeded: what is wrong counts.
	pub(crate) accepted: bool,
}

/// Tries an attack with every seed, on a chain of its own, and prints what it came to. An attack that was
/// drawn is never accepted; that honest accounts lose nothing, each attack asserts itself.
pub(crate) fn class(name: &str, attack: impl Fn(&mut Rng) -> Outcome) {
	let (mut drawn, mut accepted) = (0, 0);
	let seeds = number_of("ASSAY_ATTACK_SEEDS", 20);
	for seed in 0..seeds {
		let told = Told(name, seed);
		let mut rng = Rng::of(name, seed);
		let outcome = begun(&mut rng).execute_with(|| {
			let outcome = attack(&mut rng);
			chain::next_block();
			outcome
		});
		drawn += u64::from(outcome.drawn);
		accepted += u64::from(outcome.drawn && outcome.accepted);
		assert!(!outcome.drawn || !outcome.accepted, "{outcome:?}");
		drop(told);
	}
	println!("attack: {name}: seeds {seeds}, drawn {drawn}, accepted when drawn {accepted}");
	// A few seeds may all miss the part that is wrong.
	assert!(drawn > 0 || seeds < 20, "no seed tried the attack");
}

/// Tells which seed failed.
struct Told<'a>(&'a str, u64);

impl Drop for Told<'_> {
	fn drop(&mut self) {
		if std::thread::panicking() {
			eprintln!("attack: {}: seed {} failed", self.0, self.1);
		}
	}
}

/// What happens if this is done; the chain is as it was before.
pub(crate) fn would<T>(act: impl FnOnce() -> T) -> T {
	let undone = with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(act())));
	undone.expect("nothing fails")
}

/// A number from the environment.
pub(crate) fn number_of(variable: &str, default: u64) -> u64 {
	match std::env::var(variable) {
		Ok(value) => value
			.parse()
			.unwrap_or_else(|_| panic!("{variable}={value}: give a whole number")),
		Err(_) => default,
	}
}

/// A chain of six validators with a few blocks, whose randomness is the seed's.
pub(crate) fn begun(rng: &mut Rng) -> TestExternalities {
	static BEGUN: OnceLock<InMemoryBackend<Blake2Hasher>> = OnceLock::new();
	let backend = BEGUN.get_or_init(|| {
		let preset = sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET;
		let mut state = chain::of_patched(preset, genesis());
		// The beacon's ring needs a few blocks behind it, and blocks have numbers from 1.
		state.execute_with(|| {
			chain::run_to(3);
			chain::end_block();
		});
		state.commit_all().expect("the state is whole");
		state.backend
	});
	let mut state = TestExternalities::default();
	state.backend = backend.clone();
	state.execute_with(|| {
		pallet_babe::Randomness::<Runtime>::put(rng.bytes());
		chain::begin_block();
	});
	state
}

fn genesis() -> serde_json::Value {
	let bonds = |keys: &[Sr25519Keyring], bond: u128| -> Vec<_> {
		keys.iter()
			.map(|key| json!([key.to_account_id(), bond]))
			.collect()
	};
	let keys = VALIDATORS.map(|key| {
		let name: &'static str = key.into();
		let grandpa = Ed25519Keyring::iter().find(|other| <&'static str>::from(*other) == name);
		let keys = assay_runtime::SessionKeys {
			babe: key.public().into(),
			grandpa: grandpa.expect("the same names").public().into(),
		};
		json!([key.to_account_id(), key.to_account_id(), keys])
	});
	json!({
		"stake": {
			"validators": bonds(&VALIDATORS, VALIDATOR_BOND),
			"providers": bonds(&PROVIDERS, PROVIDER_BOND),
		},
		"session": { "keys": keys },
	})
}
