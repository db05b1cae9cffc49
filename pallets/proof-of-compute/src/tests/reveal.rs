//! Opening work: P2 and P3.

use crate::{mock::*, Error, Submissions};
use assay_protocol::{limits::MAX_SEGMENTS, Root, SlotState, TaskReveal, Verdict};
use frame_support::{assert_noop, assert_ok};

fn show(stash: u64, slot: u32, reveal: TaskReveal) -> sp_runtime::DispatchResult {
	ProofOfCompute::reveal_task(worker(stash), JOB, slot, reveal)
}

#[test]
fn a_seal_opens_to_nothing_but_what_was_sealed() {
	build_and_execute(|| {
		start(Setup::default());
		commit(DAVE, 0).unwrap();
		let honest = work(DAVE, 0);
		// Every field that the seal binds, changed alone.
		let changes: [fn(&mut TaskReveal); 6] = [
			|reveal| reveal.salt = [1; 32],
			|reveal| reveal.loss.0 -= 1,
			|reveal| reveal.trace[0] = [1; 32],
			|reveal| reveal.trace[1] = [1; 32],
			|reveal| reveal.update_root = [1; 32],
			|reveal| reveal.slot_root = [1; 32],
		];
		for change in changes {
			let mut reveal = honest.clone();
			change(&mut reveal);
			assert_noop!(show(DAVE, 0, reveal), Error::<Test>::SealMismatch);
		}
		// The moments are bound by the trace.
		let moments = TaskReveal {
			moments_root: [1; 32],
			..honest.clone()
		};
		assert_noop!(show(DAVE, 0, moments), Error::<Test>::TraceMismatch);
		assert_ok!(show(DAVE, 0, honest));
	});
}

#[test]
fn a_task_of_several_segments_is_revealed_with_all_their_borders() {
	for segments in [1, 2, MAX_SEGMENTS] {
		build_and_execute(|| {
			// GIVEN a task of so many segments whose work is sealed
			start(Setup {
				segments,
				..Default::default()
			});
			assert!(ProofOfCompute::trace_of(JOB, 0).is_empty());
			commit(DAVE, 0).unwrap();
			assert!(ProofOfCompute::trace_of(JOB, 0).is_empty());
			// WHEN it is revealed
			let honest = work(DAVE, 0);
			assert_ok!(show(DAVE, 0, honest.clone()));
			// THEN validators find one border more than segments
			let borders = ProofOfCompute::trace_of(JOB, 0);
			assert_eq!(borders.len(), segments as usize + 1);
			assert_eq!(borders, honest.trace.to_vec());
			let root = job(JOB).slots[0].work.unwrap().trace_root;
			assert_eq!(root, assay_numerics::list_root(&borders));
		});
	}
}

#[test]
fn a_trace_with_more_or_fewer_borders_than_the_plan_has_is_refused() {
	build_and_execute(|| {
		// GIVEN tasks of three segments
		start(Setup {
			segments: 3,
			..Default::default()
		});
		let honest = work(DAVE, 0);
		let changes: [fn(&mut Vec<Root>); 5] = [
			|borders| {
				borders.remove(1);
			},
			|borders| borders.insert(1, [9; 32]),
			|borders| {
				borders.pop();
			},
			|borders| borders.truncate(1),
			|borders| borders.clear(),
		];
		for change in changes {
			let mut borders = honest.trace.to_vec();
			change(&mut borders);
			let reveal = TaskReveal {
				trace: borders.try_into().unwrap(),
				..honest.clone()
			};
			// WHEN a provider seals and shows another number of borders
			let refused: Result<(), ()> = frame_support::storage::with_transaction(|| {
				let seal = task_seal(DAVE, 0, &reveal);
				ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
				// THEN it is refused although the seal opens
				assert_noop!(show(DAVE, 0, reveal), Error::<Test>::TraceMismatch);
				frame_support::storage::TransactionOutcome::Rollback(Ok::<
					_,
					sp_runtime::DispatchError,
				>(()))
			})
			.map_err(|_| ());
			assert_ok!(refused);
		}
		// What lies between is the provider's: validators compare it with their own.
		let mut other = honest;
		other.trace[1] = [9; 32];
		let seal = task_seal(DAVE, 0, &other);
		ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
		assert_ok!(show(DAVE, 0, other));
	});
}

#[test]
fn the_borders_of_an_attempt_are_gone_with_it() {
	build_and_execute(|| {
		// GIVEN work that its committee finds wrong
		start(Setup::default());
		to_unseal(Verdict::Invalid);
		assert_eq!(ProofOfCompute::trace_of(JOB, 0).len(), 2);
		// WHEN its verdicts are open
		open_all(Verdict::Invalid);
		// THEN the next attempt has none yet
		assert!(ProofOfCompute::trace_of(JOB, 0).is_empty());
		commit_all();
		assert!(ProofOfCompute::trace_of(JOB, 0).is_empty());
		// AND there is none of what does not exist
		assert!(ProofOfCompute::trace_of(JOB, 7).is_empty());
		assert!(ProofOfCompute::trace_of(OTHER_JOB, 0).is_empty());
	});
}

#[test]
fn work_that_begins_elsewhere_cannot_be_revealed() {
	build_and_execute(|| {
		// GIVEN a sealed trace that begins at another checkpoint than the round's.
		start(Setup::default());
		let reveal = work_from(DAVE, 0, [8; 32]);
		let seal = task_seal(DAVE, 0, &reveal);
		ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
		// THEN it is refused although the seal opens.
		assert_noop!(show(DAVE, 0, reveal), Error::<Test>::TraceMismatch);
	});
}

#[test]
fn work_that_leaves_something_in_its_slot_cannot_be_revealed() {
	build_and_execute(|| {
		// GIVEN a sealed trace that ends with a slot in which there is something.
		start(Setup::default());
		let mut reveal = work(DAVE, 0);
		reveal.slot_root = [6; 32];
		let end =
			assay_numerics::state_root(reveal.update_root, reveal.moments_root, reveal.slot_root);
		*reveal.trace.last_mut().unwrap() = end;
		let seal = task_seal(DAVE, 0, &reveal);
		ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
		// THEN it is refused although the seal opens: the next round's provider could not show it.
		assert_noop!(show(DAVE, 0, reveal), Error::<Test>::TraceMismatch);
	});
}

#[test]
fn a_copied_seal_earns_nothing() {
	build_and_execute(|| {
		// GIVEN a provider that commits another one's seal.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		let copied = task_seal(DAVE, 0, &work(DAVE, 0));
		commit(DAVE, 0).unwrap();
		ProofOfCompute::commit_task(worker(EVE), JOB, 1, copied).unwrap();
		// WHEN the first one shows its work.
		reveal(DAVE, 0).unwrap();
		// THEN the copy opens neither to the copied work nor to its own.
		assert_noop!(show(EVE, 1, work(DAVE, 0)), Error::<Test>::SealMismatch);
		assert_noop!(show(EVE, 1, work(EVE, 1)), Error::<Test>::SealMismatch);
		// AND it pays for the missed reveal.
		miss_deadline(JOB);
		assert_eq!(offences()[0].offender, EVE);
	});
}

#[test]
fn work_copied_from_a_reveal_cannot_be_sealed_any_more() {
	build_and_execute(|| {
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(DAVE, 0).unwrap();
		// What is public now can only be sealed by whoever is in TRAIN, and nobody is.
		let copy = task_seal(
			EVE,
			1,
			&TaskReveal {
				salt: salt(EVE),
				..work(DAVE, 0)
			},
		);
		let late = ProofOfCompute::commit_task(worker(EVE), JOB, 1, copy);
		assert_noop!(late, Error::<Test>::NotTraining);
	});
}

#[test]
fn a_seal_of_another_attempt_round_job_slot_or_chain_opens_to_nothing() {
	build_and_execute(|| {
		start(Setup {
			tasks: 1,
			..Default::default()
		});
		let honest = work(DAVE, 0);
		let task = <MockRounds as assay_traits::Rounds<u64>>::task(JOB, 0).unwrap();
		let right = context(DAVE, 0);
		let seals = [
			assay_protocol::SealContext {
				attempt: 1,
				..right
			},
			assay_protocol::SealContext { round: 1, ..right },
			assay_protocol::SealContext {
				job: OTHER_JOB,
				..right
			},
			assay_protocol::SealContext { slot: 1, ..right },
			assay_protocol::SealContext {
				genesis: [1; 32],
				..right
			},
			assay_protocol::SealContext {
				account: EVE,
				..right
			},
		]
		.map(|context| {
			assay_protocol::TaskClaim::of(context, task.parent, task.slot_root, &honest).seal()
		});
		for seal in seals {
			let result: Result<(), ()> = frame_support::storage::with_transaction(|| {
				ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
				let shown = show(DAVE, 0, honest.clone());
				assert_noop!(shown, Error::<Test>::SealMismatch);
				frame_support::storage::TransactionOutcome::Rollback(Ok::<
					_,
					sp_runtime::DispatchError,
				>(()))
			})
			.map_err(|_| ());
			assert_ok!(result);
		}
	});
}

#[test]
fn an_inherited_seal_does_not_open_for_the_next_attempt() {
	build_and_execute(|| {
		// GIVEN a provider that sealed in time and missed the reveal.
		start(Setup::default());
		let old = task_seal(DAVE, 0, &work(DAVE, 0));
		commit(DAVE, 0).unwrap();
		let reveal = work(DAVE, 0);
		miss_deadline(JOB);
		// WHEN the next one seals the same bytes.
		ProofOfCompute::commit_task(worker(EVE), JOB, 0, old).unwrap();
		// THEN it cannot open them.
		assert_noop!(show(EVE, 0, reveal), Error::<Test>::SealMismatch);
	});
}

#[test]
fn only_the_provider_reveals_and_only_in_time() {
	build_and_execute(|| {
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		assert_noop!(reveal(DAVE, 0), Error::<Test>::NotRevealing);
		commit_all();
		let honest = work(DAVE, 0);
		let stranger = RuntimeOrigin::signed(STRANGER);
		let foreign = ProofOfCompute::reveal_task(stranger, JOB, 0, honest.clone());
		assert_noop!(foreign, Error::<Test>::NotAWorker);
		assert_noop!(show(EVE, 0, honest), Error::<Test>::NotAssigned);
		reveal(DAVE, 0).unwrap();
		assert_noop!(reveal(DAVE, 0), Error::<Test>::AlreadyRevealed);
		// The deadline's block is in time, the one after it is not.
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(reveal(EVE, 1), Error::<Test>::DeadlinePassed);
	});
}

#[test]
fn a_reveal_in_the_last_block_is_in_time() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		run_to(job(JOB).round.deadline);
		assert_ok!(reveal(DAVE, 0));
	});
}

#[test]
fn an_accepted_slot_is_not_revealed_in_a_later_pass() {
	build_and_execute(|| {
		// GIVEN one slot accepted and the other in its second attempt.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(DAVE, 0).unwrap();
		miss_deadline(JOB);
		draw();
		let drawn = committee(0);
		for validator in &drawn {
			seal(*validator, 0, Verdict::Valid).unwrap();
		}
		for validator in &drawn {
			open(*validator, 0, Verdict::Valid).unwrap();
		}
		commit_all();
		assert_eq!(job(JOB).slots[0].state, SlotState::Accepted);
		assert_noop!(reveal(DAVE, 0), Error::<Test>::SlotNotOpen);
	});
}

#[test]
fn a_seal_that_only_the_jobs_pallet_knows_is_a_typed_error() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		// The record is lost, which no call can do.
		let submission = Submissions::<Test>::take((JOB, 0, 0));
		assert_noop!(reveal(DAVE, 0), Error::<Test>::RecordMissing);
		Submissions::<Test>::set((JOB, 0, 0), submission);
	});
}
