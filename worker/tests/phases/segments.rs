//! Tasks of several segments, of which a draw names one.

use assay_engine::Fault;
use assay_numerics::list_root;
use assay_protocol::{
	sampling, DataRef, Fate, JobId, JobState, Phase, Plan, Root, Slot, TaskKey, Unpaid, Verdict,
};
use assay_worker::{artifacts::DirStore, config::Cheat};

use crate::{
	fake::Ended,
	network::{account, plan, Network, TASK_PAY},
};

const STEPS: u32 = 10;
/// Three segments: 4, 4 and 2 steps.
const STRIDE: u32 = 4;
const SEGMENTS: u32 = 3;

/// A plan with segments of so many steps.
fn of_stride(stride: u32) -> impl FnOnce(DataRef) -> Plan {
	move |data| Plan {
		steps: STEPS,
		stride,
		..plan(data)
	}
}

/// States in the store, which have the length of a state.
fn states_in(network: &Network) -> usize {
	let program = assay_numerics::lower(&network.plan.step).unwrap();
	let tensors = program.params().iter().chain(program.moments());
	let bytes: u64 = tensors
		.map(|id| 32 + program.tensor(*id).unwrap().layout.bytes())
		.sum();
	let files = network.files().into_iter();
	files
		.filter(|file| file.metadata().unwrap().len() == 96 + bytes)
		.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_end_with_the_same_checkpoint_whatever_their_stride() {
	let mut checkpoints = Vec::new();
	for (stride, segments) in [(10, 1), (5, 2), (4, 3), (1, 10)] {
		// GIVEN a job of two rounds of three tasks of so many segments
		let mut network = Network::with(of_stride(stride));
		assert_eq!(network.plan.segments(), segments);
		// WHEN it runs
		network
			.run_until(|chain| chain.round() == 1 && chain.phase() == Some(Phase::Draw))
			.await;
		// THEN the states between the segments of all six tasks are in the store, and no others
		assert_eq!(states_in(&network), 6 * (segments as usize - 1));
		let state = network.run().await;
		// AND it completes, every verdict is valid, and nothing is sent in vain
		assert_eq!(state, JobState::Completed);
		let verdicts = network.chain.verdicts();
		assert_eq!(verdicts.len(), 2 * 3 * 3);
		assert!(verdicts
			.iter()
			.all(|(.., verdict)| *verdict == Verdict::Valid));
		assert_eq!(network.chain.refused(), Vec::<String>::new());
		assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
		let last = network.chain.records().last().unwrap().checkpoint;
		assert_eq!(last, network.expected().await);
		checkpoints.push(last);
	}
	assert!(checkpoints.iter().all(|root| *root == checkpoints[0]));
}

/// A job of which //Dave's first task is revealed, with this fault in it, and whose draws name this
/// segment of it. With the task's slot and trace.
async fn drawn(fault: Option<Fault>, segment: u32) -> (Network, Slot, Vec<Root>) {
	let mut network = Network::with(of_stride(STRIDE));
	network.seats[0].cheat = fault.map(|fault| Cheat { fault, tasks: 1 });
	network
		.run_until(|chain| chain.phase() == Some(Phase::Draw))
		.await;
	let slots = network.chain.slots();
	let dave = account("//Dave");
	let slot = slots
		.iter()
		.position(|(record, _)| record.provider == dave)
		.unwrap();
	let trace = slots[slot].1.clone();
	assert_eq!(trace.len(), SEGMENTS as usize + 1);
	let slot = slot as Slot;
	let names = |seed: &[u8; 32]| sampling::segment(seed, slot, 0, SEGMENTS) == segment;
	let seed = (0..=255).map(|byte| [byte; 32]).find(names).unwrap();
	network.chain.draw_with(seed);
	(network, slot, trace)
}

/// What all three validators say of the first attempt at a slot in the first round.
async fn judged(network: &mut Network, slot: Slot) -> Verdict {
	let of_slot = |chain: &crate::fake::Fake| -> Vec<Verdict> {
		let all = chain.verdicts().into_iter();
		all.filter(|(key, ..)| (key.round, key.slot, key.attempt) == (0, slot, 0))
			.map(|(.., verdict)| verdict)
			.collect()
	};
	network.run_until(|chain| of_slot(chain).len() >= 3).await;
	let verdicts = of_slot(&network.chain);
	assert_eq!(verdicts, [verdicts[0]; 3]);
	verdicts[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cheat_is_found_by_a_draw_of_its_segment_and_by_no_other() {
	// GIVEN a task whose last two steps, its last segment, changed nothing, and one that is wrong from its
	// first step on
	let end = Fault::SkipSteps { first: 8 };
	let all = Fault::NegateGradient { param: 1 };
	for (fault, segment, expected) in [
		(end, 0, Verdict::Valid),
		(end, 1, Verdict::Valid),
		(end, 2, Verdict::Invalid),
		(all, 0, Verdict::Invalid),
		(all, 1, Verdict::Invalid),
	] {
		// WHEN a segment of it is drawn
		let (mut network, slot, _) = drawn(Some(fault), segment).await;
		// THEN it is found wrong if that segment is
		let verdict = judged(&mut network, slot).await;
		assert_eq!(verdict, expected, "{fault:?}, segment {segment}");
		// AND the job goes on to its end, with the honest checkpoint if it was found
		let is_found = expected == Verdict::Invalid;
		assert_eq!(network.run().await, JobState::Completed);
		let last = network.chain.records().last().unwrap().checkpoint;
		assert_eq!(last == network.expected().await, is_found);
		// AND what was found is left out and disputed, and the slot redone
		let fates = network.chain.fates().into_iter();
		let fates: Vec<_> = fates
			.filter(|(key, _)| (key.round, key.slot) == (0, slot))
			.map(|(key, fate)| (key.attempt, fate))
			.collect();
		let disputed = (0, Fate::Redo(Unpaid::Disputed));
		match is_found {
			true => assert_eq!(fates, [disputed, (1, Fate::Accepted)]),
			false => assert_eq!(fates, [(0, Fate::Accepted)]),
		}
		// AND the chain has computed that it is wrong
		let task = TaskKey {
			job: JobId(0),
			round: 0,
			slot,
			attempt: 0,
		};
		let proven: &[Ended] = match is_found {
			true => &[Ended::Proven(task)],
			false => &[],
		};
		assert_eq!(network.chain.ended(), proven);
		assert_eq!(network.chain.refused(), Vec::<String>::new());
	}
}

/// Something that happens to the state before the drawn segment.
type Loss = fn(&DirStore, &Root);

const LOSSES: [(&str, Loss); 4] = [
	("it is withheld", |store, state| {
		std::fs::remove_file(store.path_of(state)).unwrap();
	}),
	("its list of roots is another one", |store, state| {
		change(store, state, |bytes| bytes[0] ^= 1);
	}),
	("its last tensor is another one", |store, state| {
		change(store, state, |bytes| *bytes.last_mut().unwrap() ^= 1);
	}),
	("it is cut short", |store, state| {
		change(store, state, |bytes| bytes.truncate(bytes.len() - 1));
	}),
];

/// Changes the file of a state.
fn change(store: &DirStore, state: &Root, how: fn(&mut Vec<u8>)) {
	let path = store.path_of(state);
	let mut bytes = std::fs::read(&path).unwrap();
	how(&mut bytes);
	std::fs::write(&path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_not_to_be_had_changes_no_verdict() {
	// GIVEN honest work, work that is wrong in the drawn segment, and work that is wrong before it
	for (fault, expected) in [
		(None, Verdict::Valid),
		(Some(Fault::SkipSteps { first: 9 }), Verdict::Invalid),
		(Some(Fault::NegateGradient { param: 1 }), Verdict::Invalid),
	] {
		for (what, lose) in LOSSES {
			// WHEN the state before the segment is lost after it was revealed
			let (mut network, slot, trace) = drawn(fault, 2).await;
			lose(&network.attempt(0, slot, 0), &trace[2]);
			// THEN the validators train from the parent and say what is true
			let verdict = judged(&mut network, slot).await;
			assert_eq!(verdict, expected, "{what}, {fault:?}");
		}
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_shows_the_borders_of_what_is_revealed() {
	// GIVEN a job before and after its tasks are revealed
	let mut network = Network::with(of_stride(STRIDE));
	network
		.run_until(|chain| chain.phase() == Some(Phase::Reveal))
		.await;
	let hidden = network.chain.slots().into_iter();
	assert!(hidden
		.filter(|(record, _)| record.work.is_none())
		.all(|(_, trace)| trace.is_empty()));
	network
		.run_until(|chain| chain.phase() == Some(Phase::Draw))
		.await;
	// THEN each trace is the one of the work, and its inner borders lead to the states in the store
	for (slot, (record, trace)) in network.chain.slots().into_iter().enumerate() {
		let store = network.attempt(0, slot as Slot, record.attempt);
		assert_eq!(list_root(&trace), record.work.unwrap().trace_root);
		for border in &trace[1..SEGMENTS as usize] {
			assert!(store.path_of(border).exists());
		}
		// AND nothing more is published than what a validator cannot have from elsewhere
		assert!(!store.path_of(trace.first().unwrap()).exists());
		assert!(!store.path_of(trace.last().unwrap()).exists());
	}
}
