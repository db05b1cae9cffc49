//! A chain with this pallet alone. Jobs, bonds and the beacon are kept in plain storage, so that a
//! failed call rolls them back like everything else; rounds obey the protocol's own state machine.

use crate as pallet_proof_of_compute;
use assay_protocol::{Digest, SessionIndex};
use assay_traits::{Beacon, Bonds, Outputs, Role, Stakes};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl,
	storage::unhashed,
	traits::{ConstU32, Hooks},
	weights::Weight,
};
use sp_runtime::{BuildStorage, DispatchResult};

mod actors;
mod disputes;
mod jobs;

pub(crate) use actors::*;
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

/// Outputs that a draw waits for.
pub(crate) const DRAW_BLOCKS: u32 = 2;

impl pallet_proof_of_compute::Config for Test {
	type WeightInfo = ();
	type Rounds = MockRounds;
	type Disputes = MockDisputes;
	type Bonds = MockBonds;
	type Beacon = MockBeacon;
	type DrawBlocks = ConstU32<DRAW_BLOCKS>;
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

/// Every finished block has an output, but those that a test withheld.
#[derive(Debug)]
pub struct MockBeacon;

impl Beacon<u64> for MockBeacon {
	fn outputs(from: u32, count: u32) -> Option<Outputs<u64>> {
		let all: Vec<(u32, u64, Digest)> = load("outputs").unwrap_or_default();
		let outputs: Vec<_> = all
			.into_iter()
			.filter(|(block, _, _)| *block >= from)
			.take(count as usize)
			.map(|(_, author, vrf)| (author, vrf))
			.collect();
		(outputs.len() as u32 == count).then(|| outputs.try_into().unwrap())
	}
}

/// Adds the output of a block to the record.
pub(crate) fn record_output(block: u32) {
	let mut all: Vec<(u32, u64, Digest)> = load("outputs").unwrap_or_default();
	let vrf = assay_protocol::hash::blake2_256(&("vrf", block).encode());
	all.push((block, u64::from(block % 3), vrf));
	store("outputs", &all);
}

/// The blocks from now on have no output until a test says so.
pub(crate) fn withhold_outputs(withheld: bool) {
	store("withheld", &withheld);
}

/// Finishes the current block and begins the next one.
pub(crate) fn next_block() {
	let now = System::block_number();
	if !load("withheld").unwrap_or(false) {
		record_output(now);
	}
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
