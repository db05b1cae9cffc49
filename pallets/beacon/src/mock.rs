//! A runtime with the real BABE, whose blocks carry real VRF signatures.

use codec::{Decode, Encode};
use frame_support::{
	derive_impl,
	traits::{ConstU32, ConstU64, FindAuthor, OnFinalize, OnInitialize},
};
use sp_consensus_babe::{
	digests::{PreDigest, PrimaryPreDigest, SecondaryPlainPreDigest, SecondaryVRFPreDigest},
	AuthorityPair, Slot, BABE_ENGINE_ID,
};
use sp_core::crypto::{Pair, VrfSecret};
use sp_runtime::{BuildStorage, ConsensusEngineId, Digest, DigestItem};

use crate as pallet_beacon;

type Block = frame_system::mocking::MockBlockU32<Test>;

// The order of the real runtime: BABE computes its output before the beacon records it.
frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system = 0,
		Timestamp: pallet_timestamp = 1,
		Babe: pallet_babe = 2,
		Beacon: pallet_beacon = 6,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

impl pallet_babe::Config for Test {
	type EpochDuration = ConstU64<100_000>;
	type ExpectedBlockTime = ConstU64<1>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = ();
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<10>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

/// The stash of authority `i` is `100 + i`; authority 9 has none.
#[derive(Debug)]
pub struct Stashes;

impl FindAuthor<u64> for Stashes {
	fn find_author<'a, I>(digests: I) -> Option<u64>
	where
		I: 'a + IntoIterator<Item = (ConsensusEngineId, &'a [u8])>,
	{
		Babe::find_author(digests)
			.filter(|index| *index != 9)
			.map(|index| 100 + u64::from(index))
	}
}

impl pallet_beacon::Config for Test {
	type FindAuthor = Stashes;
	type Slot = pallet_beacon::BabeSlot<Test>;
	type Vrf = pallet_beacon::BabeVrf<Test>;
	type WeightInfo = ();
}

/// What the pre-digest of a block claims.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim {
	Primary,
	SecondaryVrf,
	SecondaryPlain,
	Unclaimed,
}

fn pair(index: u32) -> AuthorityPair {
	AuthorityPair::from_seed(&[index as u8 + 1; 32])
}

pub(crate) fn externalities() -> sp_io::TestExternalities {
	let authorities = (0..10).map(|index| (pair(index).public(), 1)).collect();
	let genesis = RuntimeGenesisConfig {
		babe: pallet_babe::GenesisConfig {
			authorities,
			epoch_config: sp_consensus_babe::BabeEpochConfiguration {
				c: (1, 4),
				allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
			},
			..Default::default()
		},
		..Default::default()
	};
	sp_io::TestExternalities::new(genesis.build_storage().unwrap())
}

pub(crate) fn build_and_execute(test: impl FnOnce()) {
	externalities().execute_with(|| {
		test();
		Beacon::do_try_state(System::block_number()).unwrap();
	});
}

/// Runs the next block, in the next slot, and returns the output of its author as computed from its
/// key, if its claim has one.
pub(crate) fn next_block(author: u32, claim: Claim) -> Option<[u8; 32]> {
	block_after(1, author, claim)
}

/// The same, so many slots after the block before.
pub(crate) fn block_after(slots: u64, author: u32, claim: Claim) -> Option<[u8; 32]> {
	let output = open_block(slots, author, claim);
	close_block();
	output
}

/// Starts the next block, so many slots after the one before, up to where its transactions would
/// run. The first block is in slot [`FIRST`], if it is one slot after none.
pub(crate) fn open_block(slots: u64, author: u32, claim: Claim) -> Option<[u8; 32]> {
	let number = System::block_number() + 1;
	let slot = Slot::from(last_slot() + slots);
	sp_io::storage::set(SLOT, &u64::from(slot).encode());
	let transcript = sp_consensus_babe::make_vrf_transcript(&Babe::randomness(), slot, 0);
	let author_pair = pair(author);
	let key: &sp_core::sr25519::Pair = author_pair.as_ref();
	let vrf_signature = key.vrf_sign(&transcript.clone().into_sign_data());
	let output: [u8; 32] = key.make_bytes(sp_consensus_babe::RANDOMNESS_VRF_CONTEXT, &transcript);
	let authority_index = author;
	let pre_digest = match claim {
		Claim::Primary => Some(PreDigest::Primary(PrimaryPreDigest {
			authority_index,
			slot,
			vrf_signature,
		})),
		Claim::SecondaryVrf => Some(PreDigest::SecondaryVRF(SecondaryVRFPreDigest {
			authority_index,
			slot,
			vrf_signature,
		})),
		Claim::SecondaryPlain => Some(PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index,
			slot,
		})),
		Claim::Unclaimed => None,
	};
	let logs = pre_digest
		.map(|claim| DigestItem::PreRuntime(BABE_ENGINE_ID, claim.encode()))
		.into_iter()
		.collect();
	System::reset_events();
	System::initialize(&number, &Default::default(), &Digest { logs });
	AllPalletsWithSystem::on_initialize(number);
	matches!(claim, Claim::Primary | Claim::SecondaryVrf).then_some(output)
}

/// Ends the current block.
pub(crate) fn close_block() {
	// The time inherent of a real block: a slot is two milliseconds long.
	Timestamp::set(RuntimeOrigin::none(), 2 * last_slot()).unwrap();
	AllPalletsWithSystem::on_finalize(System::block_number());
}

/// Where the mock keeps the slot of the latest block, also of one without a claim.
const SLOT: &[u8] = b"mock/slot";

/// The slot of the first block, on the grid of all windows of up to 20 slots, and of 64.
pub(crate) const FIRST: u64 = 931_170_240;

fn last_slot() -> u64 {
	sp_io::storage::get(SLOT).map_or(FIRST - 1, |slot| u64::decode(&mut &slot[..]).unwrap())
}
