//! A chain in memory: genesis from a preset, blocks with BABE pre-digests.

use assay_runtime::{
	genesis, AllPalletsWithSystem, BlockNumber, Runtime, RuntimeGenesisConfig, System,
};
use codec::Encode;
use frame_support::{
	genesis_builder_helper::build_state,
	traits::{OnFinalize, OnInitialize, TryState, TryStateSelect},
};
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	Slot, BABE_ENGINE_ID,
};
use sp_io::TestExternalities;
use sp_runtime::{Digest, DigestItem};

/// The state right after genesis of a preset.
pub(crate) fn of_preset(name: &str) -> TestExternalities {
	let patch = genesis::preset(&name.into()).expect("the preset exists");
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	merge(&mut config, serde_json::from_slice(&patch).expect("a preset is JSON"));
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
		},
		(target, patch) => *target = patch,
	}
}

/// Begins block `number`: its author is the validator whose turn it is.
pub(crate) fn begin(number: BlockNumber) {
	let slot = Slot::from(u64::from(number) + 1_000);
	let pre_digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		authority_index: number % assay_runtime::Babe::authorities().len() as u32,
		slot,
	});
	let digest =
		Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, pre_digest.encode())] };
	System::reset_events();
	System::initialize(&number, &Default::default(), &digest);
	AllPalletsWithSystem::on_initialize(number);
	pallet_timestamp::Now::<Runtime>::put(*slot * assay_runtime::time::SLOT_MILLIS);
	pallet_timestamp::DidUpdate::<Runtime>::put(true);
}

/// Ends the block and checks the invariants of every pallet.
pub(crate) fn end(number: BlockNumber) {
	AllPalletsWithSystem::on_finalize(number);
	System::finalize();
	AllPalletsWithSystem::try_state(number, TryStateSelect::All).expect("every invariant holds");
}
