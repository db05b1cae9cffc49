//! A chain in memory: genesis from a preset, blocks with real BABE pre-digests.

use assay_runtime::{
	genesis, AllPalletsWithSystem, Babe, BlockNumber, RuntimeGenesisConfig, RuntimeOrigin, System,
	Timestamp,
};
use codec::Encode;
use frame_support::{
	genesis_builder_helper::build_state,
	traits::{OnFinalize, OnIdle, OnInitialize, TryState, TryStateSelect},
	weights::Weight,
};
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryVRFPreDigest},
	make_vrf_sign_data, Slot, BABE_ENGINE_ID,
};
use sp_core::crypto::VrfSecret;
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{Digest, DigestItem};

/// The state right after genesis of a preset.
pub(crate) fn of_preset(name: &str) -> TestExternalities {
	let patch = genesis::preset(&name.into()).expect("the preset exists");
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	merge(
		&mut config,
		serde_json::from_slice(&patch).expect("a preset is JSON"),
	);
	let mut state = TestExternalities::default();
	state.execute_with(|| {
		build_state::<RuntimeGenesisConfig>(config.to_string().into_bytes()).expect("it builds");
	});
	state
}

/// RFC 7396, which is how a node applies a preset to the defaults.
fn merge(target: &mut serde_json::Value, patch: serde_json::Value) {
	match (target, patch) {
		(serde_json::Value::Object(target), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(target.entry(key).or_insert(serde_json::Value::Null), value);
			}
		}
		(target, patch) => *target = patch,
	}
}

/// Ends the current block, checks the invariants of every pallet, and begins the next.
pub(crate) fn next_block() {
	let number = System::block_number();
	if number > 0 {
		end(number);
	}
	begin(number + 1);
}

/// Runs blocks until the one of this number has begun.
pub(crate) fn run_to(number: BlockNumber) {
	while System::block_number() < number {
		next_block();
	}
}

/// Begins a block: its author is the validator whose turn it is, with a VRF of its own.
fn begin(number: BlockNumber) {
	let slot = Slot::from(u64::from(number) + 1_000);
	// The first block of an epoch already belongs to it. Before block 1 there is no epoch to end.
	let epoch = match Babe::current_epoch() {
		current if number == 1 || slot < current.start_slot + current.duration => current,
		_ => Babe::next_epoch(),
	};
	let authority_index = number % u32::try_from(epoch.authorities.len()).expect("few validators");
	let author = &epoch.authorities[authority_index as usize].0;
	let pair = Sr25519Keyring::iter()
		.find(|key| key.public() == *author.as_ref())
		.expect("the presets' validators are keys that everybody knows")
		.pair();
	let transcript = make_vrf_sign_data(&epoch.randomness, slot, epoch.epoch_index);
	let pre_digest = PreDigest::SecondaryVRF(SecondaryVRFPreDigest {
		authority_index,
		slot,
		vrf_signature: pair.vrf_sign(&transcript),
	});
	let digest = Digest {
		logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, pre_digest.encode())],
	};
	System::reset_events();
	System::initialize(&number, &Default::default(), &digest);
	AllPalletsWithSystem::on_initialize(number);
	let now = *slot * assay_runtime::time::SLOT_MILLIS;
	Timestamp::set(RuntimeOrigin::none(), now).expect("the time fits the slot");
}

fn end(number: BlockNumber) {
	AllPalletsWithSystem::on_idle(number, Weight::MAX);
	AllPalletsWithSystem::on_finalize(number);
	System::finalize();
	AllPalletsWithSystem::try_state(number, TryStateSelect::All).expect("every invariant holds");
}
