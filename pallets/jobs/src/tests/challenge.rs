//! Accepted work in its challenge window, and its stake: P11.

use std::collections::BTreeMap;

use assay_protocol::{BlockNumber, FailReason, JobId, JobState, TaskKey, Terms, Windows};
use assay_traits::{Bonds, Windows as _};
use frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;
use sp_runtime::DispatchResult;

use crate::{
	mock::{play::*, *},
	Accepted, Error, Event,
};

const CHALLENGE: BlockNumber = 30;

/// The terms of every test, with a window.
fn terms_with(challenge: BlockNumber) -> Terms {
	let windows = Windows {
		challenge,
		..terms().windows
	};
	Terms { windows, ..terms() }
}

fn release(tasks: &[TaskKey]) -> DispatchResult {
	let tasks = tasks.to_vec().try_into().unwrap();
	Jobs::release_stakes(RuntimeOrigin::signed(PASSER_BY), tasks)
}

/// The tasks that are accepted, in order.
fn windows(job: JobId) -> Vec<TaskKey> {
	let mut tasks: Vec<_> = Accepted::<Test>::iter_key_prefix(job).collect();
	tasks.sort();
	tasks
}

/// What pallet-disputes does with a provider that has lost.
fn convict(task: TaskKey) {
	Purses::slash_task(task, Purses::task_stake(task));
	assert_ok!(Purses::release_task(task));
	assert!(!Jobs::note_settled(task, true));
}

/// A job all of whose tasks were accepted in block 1, and whose credits are claimed.
fn settled() -> JobId {
	let job = started_with(terms_with(CHALLENGE));
	for _ in 0..2 {
		work_until_close(job);
		assert_ok!(close(job));
	}
	assert_ok!(claim(job, &[11, 12, 21, 22, 23]));
	assert_eq!(record(job).state, JobState::Settled);
	job
}

#[test]
fn p11_accepted_work_is_paid_at_once_and_keeps_its_stake_until_its_window_is_over() {
	build_and_execute(|| {
		// GIVEN two rounds of three accepted tasks
		let job = settled();
		// THEN all of them are paid, and all six stakes are held
		assert_eq!(windows(job).len(), 6);
		assert_eq!(Purses::held().len(), 6);
		let task = windows(job)[0];
		let accepted = Jobs::accepted(task).unwrap();
		assert_eq!((accepted.until, accepted.parent), (31, [2; 32]));
		assert_eq!(accepted.trace_root, [9; 32]);
		let second = Jobs::accepted(windows(job)[5]).unwrap();
		assert_eq!(second.parent, CHECKPOINT, "the second round's");
		// WHEN somebody releases one in the last block of its window THEN nothing is released
		go_to(31);
		assert_noop!(release(&[task]), Error::<Test>::NothingToRelease);
		// AND one block later its stake is free, once
		go_to(32);
		events();
		let before = Purses::left(accepted.provider);
		assert_ok!(release(&[task, task]));
		assert_eq!(events(), [Event::WindowClosed { task }]);
		assert_eq!(Purses::left(accepted.provider), before + 500);
		assert_eq!(Jobs::accepted(task), None);
		assert_noop!(release(&[task]), Error::<Test>::NothingToRelease);
	});
}

#[test]
fn p11_idle_blocks_release_what_is_over() {
	build_and_execute(|| {
		let job = settled();
		// GIVEN six windows that are open WHEN blocks end with room THEN nothing changes
		go_to(31);
		idle_blocks();
		assert_eq!(windows(job).len(), 6);
		// AND when they are over, some more idle blocks release all, and everybody has its money back
		go_to(32);
		idle_blocks();
		assert!(windows(job).is_empty() && Purses::held().is_empty());
		assert_eq!(Purses::left(11) + Purses::left(12), 20_000);
		assert_eq!(Purses::burned(), 0);
	});
}

#[test]
fn terms_without_a_window_release_the_stake_with_the_acceptance() {
	build_and_execute(|| {
		let job = started_with(terms_with(0));
		work_until_close(job);
		assert!(windows(job).is_empty() && Purses::held().is_empty());
	});
}

#[test]
fn a_job_is_settled_and_claimed_but_not_pruned_while_its_work_can_be_disputed() {
	build_and_execute(|| {
		// GIVEN a settled job in the last block of its windows
		let job = settled();
		let prune = || Jobs::prune_job(RuntimeOrigin::signed(PASSER_BY), job).map_err(|e| e.error);
		go_to(31);
		assert_noop!(prune(), Error::<Test>::WindowsOpen);
		// AND a dispute that lasts longer than they do
		let task = windows(job)[2];
		assert_ok!(Jobs::note_disputed(task));
		go_to(100);
		idle_blocks();
		assert_eq!(windows(job), [task]);
		assert_noop!(prune(), Error::<Test>::WindowsOpen);
		assert_noop!(release(&[task]), Error::<Test>::NothingToRelease);
		// WHEN its challenger has lost THEN the window begins anew, and the job waits for it
		events();
		assert!(Jobs::note_settled(task, false));
		assert_eq!(events(), [Event::WindowOpened { task, until: 130 }]);
		go_to(130);
		assert_noop!(prune(), Error::<Test>::WindowsOpen);
		// AND nothing of the job is left after it
		go_to(131);
		assert_ok!(release(&[task]));
		assert_ok!(prune());
		assert_eq!(Jobs::job_view(job), None);
	});
}

#[test]
fn a_conviction_ends_the_window_and_nothing_is_released_after_it() {
	build_and_execute(|| {
		// GIVEN accepted work that was found wrong in the last block of its window
		let job = settled();
		let task = windows(job)[0];
		go_to(31);
		assert_ok!(Jobs::note_disputed(task));
		go_to(50);
		// WHEN it is convicted
		events();
		convict(task);
		// THEN the stake is gone and so is the record
		assert_eq!(events(), [Event::WindowClosed { task }]);
		assert_eq!(Purses::burned(), 500);
		assert_noop!(release(&[task]), Error::<Test>::NothingToRelease);
		assert!(!Jobs::note_settled(task, false));
	});
}

#[test]
fn only_accepted_work_takes_a_dispute_once_and_in_time() {
	build_and_execute(|| {
		let job = settled();
		let (first, second) = (windows(job)[0], windows(job)[1]);
		let unknown = TaskKey {
			attempt: 1,
			..first
		};
		assert_noop!(Jobs::note_disputed(unknown), Error::<Test>::NotAccepted);
		assert_ok!(Jobs::note_disputed(first));
		assert_noop!(Jobs::note_disputed(first), Error::<Test>::AlreadyDisputed);
		go_to(32);
		assert_noop!(Jobs::note_disputed(second), Error::<Test>::WindowOver);
		// Work that was never accepted has no window that a dispute's end could begin anew.
		assert!(!Jobs::note_settled(unknown, false));
	});
}

#[test]
fn a_job_that_is_cancelled_leaves_the_windows_of_accepted_work_open() {
	build_and_execute(|| {
		// GIVEN one accepted task of a round, and two that are being judged
		let job = started_with(terms_with(CHALLENGE));
		work_until_assay(job);
		seal_all(job);
		judge(job, 0, assay_protocol::Verdict::Valid);
		// WHEN the job is cancelled
		assert_ok!(Jobs::cancel_job(RuntimeOrigin::signed(OWNER), job));
		// THEN the other stakes are released, and that of the accepted task after its window
		assert_eq!(windows(job), [key(job, 0, 0)]);
		assert_eq!(Purses::held().len(), 1);
		go_to(32);
		assert_ok!(release(&windows(job)));
		assert!(Purses::held().is_empty());
	});
}

#[test]
fn members_that_cannot_put_up_another_stake_are_passed_over_and_said_so() {
	build_and_execute(|| {
		// GIVEN two providers whose money is enough for the tasks of one round
		for provider in [11, 12] {
			Purses::fill(provider, 1_000);
		}
		let job = started_with(terms_with(CHALLENGE));
		work_until_close(job);
		events();
		// WHEN the next round starts while the stakes of the first are held
		assert_ok!(close(job));
		// THEN each is passed over once, by its name
		let told = events();
		for provider in [11, 12] {
			let passed = Event::MemberPassedOver {
				job,
				round: 1,
				provider,
			};
			assert_eq!(told.iter().filter(|event| **event == passed).count(), 1);
		}
		// AND a job that finds nobody fails: what was accepted is paid, its stakes come back
		let failed = Event::JobFailed {
			job,
			reason: FailReason::TooFewProviders,
		};
		assert!(told.contains(&failed));
		assert_eq!(ledger(job).paid_compute, 3 * 980);
		assert_eq!(Purses::held().len(), 3);
		go_to(32);
		idle_blocks();
		assert_eq!(Purses::left(11) + Purses::left(12), 2_000);
	});
}

#[test]
fn a_stake_that_is_missing_at_the_end_of_its_window_is_told_and_nothing_waits_for_it() {
	build_and_execute(|| {
		let job = settled();
		let task = windows(job)[0];
		// GIVEN a stake that vanished, as only a defect elsewhere could make it
		Purses::lose(task);
		go_to(32);
		events();
		// WHEN it is released THEN that is told, and the record is gone
		assert_ok!(release(&[task]));
		let missing = Event::UnexpectedStake {
			job,
			slot: task.slot,
			attempt: 0,
		};
		assert_eq!(events(), [missing, Event::WindowClosed { task }]);
		assert_eq!(windows(job).len(), 5);
	});
}

#[test]
fn a_provider_sees_the_accepted_tasks_of_its_own() {
	build_and_execute(|| {
		let job = settled();
		let count = |provider| Jobs::accepted_of(&provider).len();
		assert_eq!(count(11) + count(12), 6);
		assert_eq!(count(13), 0);
		let (task, accepted) = Jobs::accepted_of(&11).remove(0);
		assert_eq!((task.job, accepted.provider), (job, 11));
	});
}

/// What becomes of accepted work, by the number of its task.
#[derive(Clone, Debug)]
enum Deed {
	Wait(BlockNumber),
	Dispute(usize),
	Lose(usize),
	Convict(usize),
	Release(usize),
	Idle,
}

/// What a record is in the model.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Now {
	Open(BlockNumber),
	Disputed,
	Free,
	Lost,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
	let task = 0..6usize;
	let deed = prop_oneof![
		4 => (0..20u32).prop_map(Deed::Wait),
		3 => task.clone().prop_map(Deed::Dispute),
		2 => task.clone().prop_map(Deed::Lose),
		1 => task.clone().prop_map(Deed::Convict),
		2 => task.prop_map(Deed::Release),
		1 => Just(Deed::Idle),
	];
	prop::collection::vec(deed, 0..80)
}

/// Does it, and tells the model what must have followed.
fn perform(deed: &Deed, now: BlockNumber, model: &mut BTreeMap<TaskKey, Now>) {
	let task = |index: &usize| *model.keys().nth(*index).unwrap();
	let is_over = |state: Now| matches!(state, Now::Open(until) if now > until);
	match deed {
		Deed::Wait(_) => {}
		Deed::Dispute(index) => {
			let task = task(index);
			let in_time = matches!(model[&task], Now::Open(until) if now <= until);
			assert_eq!(Jobs::note_disputed(task).is_ok(), in_time);
			if in_time {
				model.insert(task, Now::Disputed);
			}
		}
		Deed::Lose(index) => {
			let task = task(index);
			if model[&task] == Now::Disputed {
				assert!(Jobs::note_settled(task, false), "the stake stays");
				model.insert(task, Now::Open(now + CHALLENGE));
			}
		}
		Deed::Convict(index) => {
			let task = task(index);
			if model[&task] == Now::Disputed {
				convict(task);
				model.insert(task, Now::Lost);
			}
		}
		Deed::Release(index) => {
			let task = task(index);
			assert_eq!(release(&[task]).is_ok(), is_over(model[&task]));
			if is_over(model[&task]) {
				model.insert(task, Now::Free);
			}
		}
		Deed::Idle => {
			// From wherever the last sweep stopped, all six are looked at by the second one.
			idle();
			idle();
			for state in model.values_mut().filter(|state| is_over(**state)) {
				*state = Now::Free;
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

	#[test]
	fn p11_each_stake_is_released_or_lost_once_whatever_becomes_of_the_work(deeds in deeds()) {
		build_and_execute(|| {
			// GIVEN six accepted tasks of a settled job
			let job = settled();
			let mut model: BTreeMap<_, _> =
				windows(job).into_iter().map(|task| (task, Now::Open(1 + CHALLENGE))).collect();
			let mut now = 1;
			for deed in &deeds {
				if let Deed::Wait(blocks) = deed {
					now += blocks;
					go_to(now);
				}
				perform(deed, now, &mut model);
				// THEN records and stakes are those of the model
				let of = |wanted: fn(&Now) -> bool| model.values().filter(|now| wanted(now)).count();
				let held = of(|now| matches!(now, Now::Open(_) | Now::Disputed));
				assert_eq!(windows(job).len(), held);
				assert_eq!(Purses::held().len(), held);
				let burned = 500 * of(|now| *now == Now::Lost) as u128;
				assert_eq!(Purses::burned(), burned);
				let held = 500 * held as u128;
				assert_eq!(Purses::left(11) + Purses::left(12), 20_000 - held - burned);
				check_everything();
			}
		});
	}
}
