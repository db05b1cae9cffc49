//! Benchmarks of every call and hook at its worst case.
#![expect(
	clippy::arithmetic_side_effects,
	clippy::as_conversions,
	clippy::expect_used,
	clippy::indexing_slicing,
	clippy::unwrap_used,
	reason = "benchmarks run off-chain, on numbers of their own"
)]

use alloc::{boxed::Box, vec};

use assay_numerics::{
	hash::{descent::LAYER, Node, Tree as Hashes},
	samples,
};
use assay_protocol::{
	dispute::{
		Answer, Ask, Layer, Path, Place, Proof, Search, ShownLayer, Stage, StateRoots, States,
		StepClaim, Tree, MAX_PATH,
	},
	limits::{MAX_BORDERS, MAX_COMMITTEE, MAX_STEPS},
	CheckpointRef, DataRef, JobId, Plan, Root, TaskKey, Trace,
};
use assay_traits::{Bonds, Seated};
use frame_benchmarking::v2::*;
use frame_support::traits::Get;
use frame_system::RawOrigin;

use computed::Computed;

use crate::{
	Call, CaseRecord, Cases, Config, Dispute, Disputes, FullBlocks, Involved, Pallet, SweepCursor,
};

mod computed;

/// Brings other pallets into the states that the benchmarks begin in.
pub trait BenchmarkHelper<AccountId> {
	/// Gives a stash money and a bond that can be pledged, and names its worker.
	fn bond(stash: &AccountId) -> AccountId;
}

const TASK: TaskKey = TaskKey {
	job: JobId(0),
	round: 1,
	slot: 0,
	attempt: 0,
};

/// What is held and what is pledged: enough to be paid and burned.
const MONEY: u128 = 1_000_000;

/// A plan whose checkpoint and data nobody has.
fn plan() -> Plan {
	Plan {
		step: samples::gpt(16, 128, 1, 1),
		data: DataRef {
			root: [1; 32],
			bytes: 1 << 20,
		},
		steps: MAX_STEPS,
		stride: MAX_STEPS,
		parent: CheckpointRef {
			root: [2; 32],
			bytes: 1 << 20,
		},
		seed: [3; 32],
		eval_rows: 16,
	}
}

/// Two sides with bonds; behind the challenger, a whole committee without any, and another one that
/// has said valid.
struct Sides<T: Config> {
	provider: T::AccountId,
	provider_worker: T::AccountId,
	challenger: T::AccountId,
	challenger_worker: T::AccountId,
}

impl<T: Config> Sides<T> {
	fn new() -> Self {
		let provider: T::AccountId = account("provider", 0, 0);
		let challenger: T::AccountId = account("challenger", 0, 0);
		let sides = Sides {
			provider_worker: T::BenchmarkHelper::bond(&provider),
			challenger_worker: T::BenchmarkHelper::bond(&challenger),
			provider,
			challenger,
		};
		T::Bonds::hold_task(TASK, &sides.provider, MONEY).expect("it has the money");
		T::Bonds::pledge(TASK, &sides.challenger, MONEY).expect("it has the bond");
		sides
	}

	/// The dispute stands at a stage, with records as long as they can be.
	fn at(&self, plan: Plan, stage: Stage) {
		let others = |name, count| (0..count).map(move |seat| account(name, seat, 0));
		let dissenters = [self.challenger.clone()]
			.into_iter()
			.chain(others("dissenter", MAX_COMMITTEE - 1));
		let case = CaseRecord {
			provider: self.provider.clone(),
			parent: [2; 32],
			trace: Trace::truncate_from(vec![[4; 32]; MAX_BORDERS as usize]),
			plan,
			price: MONEY / 4,
			task_stake: MONEY,
			verdict_fee: MONEY / 40,
			dissenters: Seated::truncate_from(dissenters.collect()),
			assenters: Seated::truncate_from(others("assenter", MAX_COMMITTEE).collect()),
			lost: 0,
			failure: None,
		};
		Cases::<T>::insert(TASK, case);
		Involved::<T>::insert(&self.provider, TASK, ());
		Involved::<T>::insert(&self.challenger, TASK, ());
		let fresh = Pallet::<T>::fresh(self.challenger.clone());
		Disputes::<T>::insert(TASK, Dispute { stage, ..fresh });
	}
}

/// As many nodes as a move has room for, and the node of twice as many chunks above them.
fn nodes() -> (Node, Layer) {
	let chunks = 2 * LAYER;
	let tree = Hashes::of_chunks((0..chunks).map(|chunk| vec![chunk as u8; 1_024]));
	let node = Node::top(tree.root(), u64::from(chunks) * 1_024);
	let layer = tree.layer(&node).expect("it has several chunks");
	(node, Layer::truncate_from(layer))
}

/// So many full layers.
fn path(levels: u32) -> Path {
	let (node, layer) = nodes();
	Path::truncate_from(vec![ShownLayer { node, layer }; levels as usize])
}

fn claim(step: u32) -> StepClaim {
	let state = StateRoots {
		params: [5; 32],
		moments: [6; 32],
	};
	StepClaim {
		step,
		before: state,
		after: Some(state),
	}
}

/// Accumulators, which are remembered when they are shown.
fn accumulators() -> Tree {
	Tree::Accumulators {
		op: 0,
		tile: 0,
		claimed: [7; 32],
		root: [8; 32],
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// A node among 128, with all that was shown before it.
	#[benchmark]
	fn ask() {
		let sides = Sides::<T>::new();
		let (node, layer) = nodes();
		let search = Search {
			step: claim(0),
			outputs: [9; 32],
			list: path(MAX_PATH),
			fold: path(MAX_PATH),
			place: Place::Shown {
				tree: accumulators(),
				node,
				layer,
			},
		};
		sides.at(plan(), Stage::Search(search));
		let question = Ask::Child { index: LAYER - 1 };

		#[extrinsic_call]
		_(RawOrigin::Signed(sides.challenger_worker), TASK, question);

		assert_eq!(Disputes::<T>::get(TASK).unwrap().moves, 1);
	}

	// 128 nodes of the last tree, with all that was shown before them.
	#[benchmark]
	fn answer() {
		let sides = Sides::<T>::new();
		let (node, layer) = nodes();
		let search = Search {
			step: claim(0),
			outputs: [9; 32],
			list: path(MAX_PATH),
			fold: path(MAX_PATH - 1),
			place: Place::Asked {
				tree: accumulators(),
				node,
			},
		};
		sides.at(plan(), Stage::Search(search));
		let shown = Answer::Layer(layer);

		#[extrinsic_call]
		_(RawOrigin::Signed(sides.provider_worker), TASK, shown);

		assert_eq!(Disputes::<T>::get(TASK).unwrap().moves, 1);
	}

	// The states of the longest segment.
	#[benchmark]
	fn answer_states() {
		let sides = Sides::<T>::new();
		let states = (0..=MAX_STEPS).map(|step| StateRoots {
			params: [step as u8; 32],
			moments: [5; 32],
		});
		let states = States::truncate_from(states.collect());
		let border = |place: usize| -> Root { states[place].border() };
		let stage = Stage::Segment {
			first: 0,
			steps: MAX_STEPS,
			start: border(0),
			end: Some(border(MAX_STEPS as usize)),
		};
		sides.at(plan(), stage);
		let shown = Answer::States(states);

		#[extrinsic_call]
		answer(RawOrigin::Signed(sides.provider_worker), TASK, shown);

		assert_eq!(Disputes::<T>::get(TASK).unwrap().moves, 1);
	}

	// The longest evidence that there is in a step; the challenger is wrong, and fourteen are passed
	// over behind it.
	#[benchmark]
	fn prove() {
		let sides = Sides::<T>::new();
		let computed = Computed::new();
		sides.at(computed.plan, Stage::Search(computed.search));
		let proof = Proof::Tile(Box::new(computed.evidence));
		let caller: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), TASK, proof);

		assert!(!Cases::<T>::contains_key(TASK));
		assert_eq!(T::Bonds::pledged(TASK), 0);
	}

	// A silent challenger, with fourteen that are passed over behind it.
	#[benchmark]
	fn end() {
		let sides = Sides::<T>::new();
		sides.at(plan(), Stage::Opened);
		over::<T>();
		let caller: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), TASK);

		assert!(!Cases::<T>::contains_key(TASK));
	}

	// The same, found by the sweep.
	#[benchmark]
	fn sweep() {
		let sides = Sides::<T>::new();
		sides.at(plan(), Stage::Opened);
		over::<T>();

		#[block]
		{
			Pallet::<T>::sweep();
		}

		assert!(!Cases::<T>::contains_key(TASK));
		assert_eq!(SweepCursor::<T>::get(), Some(TASK));
	}

	// A block that was full.
	#[benchmark]
	fn on_finalize() {
		let most = T::BlockWeights::get().max_block;
		frame_system::Pallet::<T>::set_block_consumed_resources(most, 0);

		#[block]
		{
			Pallet::<T>::note_full_block();
		}

		frame_system::Pallet::<T>::set_block_consumed_resources(Default::default(), 0);
		assert_eq!(FullBlocks::<T>::get(), 1);
	}

	/// The time of whoever has a turn runs out.
	fn over<T: Config>() {
		let now = frame_system::Pallet::<T>::block_number();
		let blocks = T::TurnTime::get() + T::Grace::get() + 1;
		frame_system::Pallet::<T>::set_block_number(now + blocks.into());
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_externalities(),
		crate::mock::Test
	);
}
