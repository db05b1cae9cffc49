//! A chain with this pallet alone. Jobs, bonds and the beacon are kept in plain storage, so that a
//! failed call rolls them back like everything else; rounds obey the protocol's own state machine.

use crate as pallet_proof_of_compute;
use assay_protocol::{BeaconBlock, Digest, DrawWindow, SessionIndex};
use assay_traits::{Beacon, Bonds, Outputs, Role, Stakes};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl,
	storage::unhashed,
	traits::{ConstU32, Get, Hooks},
	weights::Weight,
};
use sp_runtime::{BuildStorage, DispatchResult};

mod accepted;
mod actors;
mod conflicts;
mod disputes;
mod jobs;

pub(crate) use accepted::*;
pub(crate) use actors::*;
pub(crate) use conflicts::*;
pub(crate) use disputes::*;
pub(crate) use jobs::*;

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system = 0,
		ProofOfCompute: pallet_proof_of_compute = 22,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

/// Slots of the shortest window of a draw.
pub(crate) const DRAW_SLOTS: u32 = 2;

/// The share of the stake that the authors of a window must hold more than: none, until a test says
/// otherwise.
#[derive(Debug)]
pub struct DrawStake;

impl Get<u32> for DrawStake {
	fn get() -> u32 {
		load("draw stake").unwrap_or(0)
	}
}

/// From now on the authors of a window must hold more than this share, in parts per million.
pub(crate) fn ask_for_stake(ppm: u32) {
	store("draw stake", &ppm);
}

impl pallet_proof_of_compute::Config for Test {
	type WeightInfo = ();
	type Rounds = MockRounds;
	type Disputes = MockDisputes;
	type Conflicts = MockConflicts;
	type Bonds = MockBonds;
	type Beacon = MockBeacon;
	type DrawSlots = ConstU32<DRAW_SLOTS>;
	type DrawStake = DrawStake;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = MockJobs;
}

/// A value of the mock's, by its name.
pub(crate) fn load<V: Decode>(name: impl Encode) -> Option<V> {
	unhashed::get(&("mock", name).encode())
}

/// Stores a value of the mock's under its name.
pub(crate) fn store<V: Encode>(name: impl Encode, value: &V) {
	unhashed::put(&("mock", name).encode(), value);
}

/// The stash of worker `w` is `w - 1,000`, for the accounts that have one.
#[derive(Debug)]
pub struct MockBonds;

impl Bonds<u64> for MockBonds {
	fn stash_of(worker: &u64) -> Option<u64> {
		(1_000..2_000).contains(worker).then(|| worker - 1_000)
	}
	fn active(_: &u64, _: Role) -> bool {
		true
	}
	fn hold_task(_: assay_protocol::TaskKey, _: &u64, _: u128) -> DispatchResult {
		Ok(())
	}
	fn release_task(_: assay_protocol::TaskKey) -> DispatchResult {
		Ok(())
	}
	fn task_stake(_: assay_protocol::TaskKey) -> u128 {
		unreachable!("this pallet knows no money")
	}
	fn slash_task(_: assay_protocol::TaskKey, _: u128) -> u128 {
		unreachable!("this pallet knows no money")
	}
	fn pay_from_task(_: assay_protocol::TaskKey, _: &u64, _: u128) -> u128 {
		unreachable!("this pallet knows no money")
	}
	fn pledge(_: assay_protocol::TaskKey, _: &u64, _: u128) -> DispatchResult {
		unreachable!("pallet-disputes asks for pledges")
	}
	fn pledged(_: assay_protocol::TaskKey) -> u128 {
		unreachable!("pallet-disputes asks for pledges")
	}
	fn release_pledge(_: assay_protocol::TaskKey) {
		unreachable!("pallet-disputes asks for pledges")
	}
	fn pay_from_pledge(_: assay_protocol::TaskKey, _: &u64, _: u128) -> u128 {
		unreachable!("pallet-disputes asks for pledges")
	}
	fn burn_pledge(_: assay_protocol::TaskKey, _: u128) -> u128 {
		unreachable!("pallet-disputes asks for pledges")
	}
	fn session() -> SessionIndex {
		load("session").unwrap_or(0)
	}
	fn stakes(session: SessionIndex) -> Option<Stakes<u64>> {
		load(("stakes", session))
	}
}

/// Begins a session with these validators, each with a stake of 100.
pub(crate) fn set_session(session: SessionIndex, validators: impl IntoIterator<Item = u64>) {
	let stakes: Vec<(u64, u128)> = validators.into_iter().map(|stash| (stash, 100)).collect();
	store("session", &session);
	store(("stakes", session), &Stakes::try_from(stakes).unwrap());
}

/// Every finished block has a slot, and an output but for those without one. The author of block `b`
/// is validator `b % 3`, so that validators 1 and 2 are seen, and stash 0, which has no stake.
#[derive(Debug)]
pub struct MockBeacon;

impl Beacon<u64> for MockBeacon {
	fn outputs(from: u32, window: &DrawWindow, stakes: &[(u64, u128)]) -> Option<Outputs<u64>> {
		let all: Vec<(u32, u64, Option<Digest>)> = load("blocks").unwrap_or_default();
		let (_, start, _) = all.iter().find(|(block, ..)| block + 1 == from)?;
		let blocks = all
			.iter()
			.filter(|(block, ..)| *block >= from)
			.map(|(block, slot, vrf)| BeaconBlock {
				slot: slot.saturating_sub(*start),
				output: vrf.map(|vrf| (u64::from(block % 3), vrf)),
			});
		// Slots are counted from the closing one, so that every window begins right behind it: its grid
		// is the beacon's matter.
		window.outputs(0, blocks, stakes)
	}
}

/// Adds a block to the record, with an output or without.
pub(crate) fn record_block(block: u32, slot: u64, has_output: bool) {
	let mut all: Vec<(u32, u64, Option<Digest>)> = load("blocks").unwrap_or_default();
	let vrf = assay_protocol::hash::blake2_256(&("vrf", block).encode());
	all.retain(|(recorded, ..)| *recorded != block);
	all.push((block, slot, has_output.then_some(vrf)));
	store("blocks", &all);
}

/// The blocks from now on have no output until a test says so.
pub(crate) fn without_outputs(without: bool) {
	store("without outputs", &without);
}

/// So many slots pass without a block.
pub(crate) fn withhold_blocks(slots: u64) {
	store("slot", &(slot() + slots));
}

/// The slot of the current block: that of its number, unless slots have passed without a block.
fn slot() -> u64 {
	load("slot").unwrap_or(u64::from(System::block_number()))
}

/// Finishes the current block and begins the next one, in the next slot.
pub(crate) fn next_block() {
	let now = System::block_number();
	record_block(now, slot(), !load("without outputs").unwrap_or(false));
	store("slot", &(slot() + 1));
	System::set_block_number(now + 1);
	ProofOfCompute::on_initialize(now + 1);
}

/// Finishes blocks until `block` is the current one.
pub(crate) fn run_to(block: u32) {
	while System::block_number() < block {
		next_block();
	}
}

/// Gives the rest of the block to the pallet.
pub(crate) fn idle() {
	ProofOfCompute::on_idle(System::block_number(), Weight::MAX);
}

pub(crate) fn externalities() -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig::default().build_storage().unwrap();
	let mut externalities = sp_io::TestExternalities::new(storage);
	externalities.execute_with(|| {
		set_session(0, VALIDATORS);
		System::set_block_number(1);
		ProofOfCompute::on_initialize(1);
	});
	externalities
}

/// Runs a test on a new chain and checks every invariant at its end.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	externalities().execute_with(|| {
		test();
		check();
	});
}

/// Checks every invariant.
pub(crate) fn check() {
	ProofOfCompute::do_try_state().unwrap();
	check_jobs();
}
