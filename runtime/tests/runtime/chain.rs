//! A chain in memory: genesis from a preset, blocks with real BABE pre-digests.

use std::sync::OnceLock;

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
	make_vrf_sign_data, Epoch, Slot, BABE_ENGINE_ID,
};
use sp_core::{
	crypto::VrfSecret,
	sr25519::{Pair, Public},
	Pair as _,
};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{Digest, DigestItem};

/// The state right after genesis of a preset.
pub(crate) fn of_preset(name: &str) -> TestExternalities {
	of_patched(name, serde_json::json!({}))
}

/// The state right after genesis of a preset that is changed by a patch.
pub(crate) fn of_patched(name: &str, patch: serde_json::Value) -> TestExternalities {
	let preset = genesis::preset(&name.into()).expect("the preset exists");
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	merge(
		&mut config,
		serde_json::from_slice(&preset).expect("a preset is JSON"),
	);
	merge(&mut config, patch);
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
		end_block();
	}
	begin_block();
}

/// Runs blocks until the one of this number has begun.
pub(crate) fn run_to(number: BlockNumber) {
	while System::block_number() < number {
		next_block();
	}
}

/// Ends the current block and begins one so many numbers later, as if those between were empty. Hooks
/// of those do not run, so this is for clocks that are counted in thousands of blocks.
pub(crate) fn skip(blocks: BlockNumber) {
	end_block();
	begin(blocks, u64::from(blocks));
}

/// Ends the current block; the authors of so many slots leave theirs out before the next one.
pub(crate) fn miss_slots(slots: u64) {
	end_block();
	begin(1, 1 + slots);
}

/// Begins the next block, where the current one is at its end.
pub(crate) fn begin_block() {
	begin(1, 1);
}

/// Who authors the block in a slot so many after the current one, of those whose turns follow each other.
pub(crate) fn author_of(slots: u64) -> usize {
	let authors = Babe::authorities().len() as u64;
	((*Babe::current_slot() + slots) % authors) as usize
}

/// Begins a block so many numbers and slots later: its author is the validator whose turn it is, with a
/// VRF of its own.
fn begin(blocks: BlockNumber, slots: u64) {
	let number = System::block_number() + blocks;
	// The system counts in ones.
	System::set_block_number(number - 1);
	let slot = match number {
		1 => Slot::from(1_001),
		_ => Babe::current_slot() + slots,
	};
	// The first block of an epoch already belongs to it. Before block 1 there is no epoch to end.
	let epoch = match Babe::current_epoch() {
		current if number == 1 || slot < current.start_slot + current.duration => current,
		current => {
			let genesis = *current.start_slot - current.epoch_index * current.duration;
			let epoch_index = (*slot - genesis) / current.duration;
			// The one that was planned, also when others were skipped before it.
			Epoch {
				epoch_index,
				..Babe::next_epoch()
			}
		}
	};
	let turn = *slot % epoch.authorities.len() as u64;
	let authority_index = u32::try_from(turn).expect("few validators");
	let author = &epoch.authorities[authority_index as usize].0;
	let pair = pair_of(author.as_ref());
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

/// The key pair of an author. Made once: it comes from a phrase, which is meant to be slow.
fn pair_of(author: &Public) -> &'static Pair {
	static PAIRS: OnceLock<Vec<Pair>> = OnceLock::new();
	let pairs = PAIRS.get_or_init(|| Sr25519Keyring::iter().map(Sr25519Keyring::pair).collect());
	let pair = pairs.iter().find(|pair| pair.public() == *author);
	pair.expect("the presets' validators are keys that everybody knows")
}

/// Ends the current block.
pub(crate) fn end_block() {
	let number = System::block_number();
	AllPalletsWithSystem::on_idle(number, Weight::MAX);
	AllPalletsWithSystem::on_finalize(number);
	System::finalize();
	AllPalletsWithSystem::try_state(number, TryStateSelect::All).expect("every invariant holds");
}
