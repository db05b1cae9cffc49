//! Whole jobs through the real pallets, from posting to the last payout.

use assay_protocol::{JobState, Loss, TaskKey, Verdict};
use assay_runtime::{
	units::ASY, Balance, Balances, Jobs, Runtime, RuntimeCall, RuntimeEvent, Stake, System,
};
use assay_traits::Bonds as _;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo},
	traits::fungible::{Inspect, InspectHold},
};
use sp_keyring::Sr25519Keyring;

use crate::{
	chain,
	job::{self, BUDGET, CHALLENGE, PROVIDERS, ROUNDS, STAKE, SUBMITTER, TASKS, VALIDATORS},
};

const ENDOWMENT: Balance = 1_000_000 * ASY;

fn local(test: impl FnOnce()) {
	chain::of_preset(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
		// The beacon's ring needs a few blocks behind it, and blocks have numbers from 1.
		chain::run_to(3);
		test();
		chain::next_block();
	});
}

fn wealth(key: Sr25519Keyring) -> Balance {
	Balances::total_balance(&key.to_account_id())
}

fn claim_everything(job: assay_protocol::JobId) {
	let beneficiaries: Vec<_> = PROVIDERS
		.into_iter()
		.chain(VALIDATORS)
		.chain([SUBMITTER])
		.map(|key| key.to_account_id())
		.filter(|account| Jobs::claimable(job, account) > 0)
		.collect();
	let beneficiaries = beneficiaries.try_into().expect("seven of 64");
	job::call(
		Sr25519Keyring::Two,
		pallet_jobs::Call::claim { job, beneficiaries },
	);
}

#[test]
fn an_honest_job_pays_everybody_and_refunds_the_rest_to_the_unit() {
	local(|| {
		// GIVEN a job of 2 rounds with 3 tasks each, at 10 ASY a task
		let job = job::start();
		let escrow = 2 * BUDGET;
		assert_eq!(Jobs::ledger_of(job).escrow, escrow);

		// WHEN every round goes well
		for round in 0..ROUNDS {
			job::honest_round(
				job,
				[0x40 + round as u8; 32],
				Loss((3 - u64::from(round)) << 24),
			);
			chain::next_block();
		}

		// THEN the job is completed and every task is accepted
		assert_eq!(
			Jobs::job_view(job).expect("it exists").state,
			JobState::Completed
		);
		let records = Jobs::round_records(job);
		assert_eq!(records.len(), ROUNDS as usize);
		assert!(records
			.iter()
			.all(|record| record.accepted == TASKS && record.dropped == 0));
		// AND the books balance, with nothing slashed
		let ledger = Jobs::ledger_of(job);
		let paid = ledger.paid_compute + ledger.paid_data + ledger.paid_validation;
		assert_eq!(
			ledger.escrow,
			paid + ledger.refunded + ledger.fees + ledger.held
		);
		assert_eq!(ledger.held, 0, "nothing is left undecided");
		// Whoever has proven no more than one task is always drawn. A verdict about a quarter of a task,
		// at the highest bonus, is 3.125 ASY, of which the submitter pays 10.6666 %; three for each task.
		let fee = 3_125 * ASY / 1_000;
		let charged = 3 * (fee - fee * 106_666 / 1_000_000);
		// 6 tasks x 10 ASY, less that, less 2 %.
		assert_eq!(ledger.paid_compute, 6 * ((10 * ASY - charged) * 98 / 100));
		assert_eq!(ledger.paid_validation, 18 * (fee * 98 / 100));
		assert_eq!(ledger.slashed, 0);

		// AND after the claims everybody has what the events said
		claim_everything(job);
		let earned: Balance = PROVIDERS
			.into_iter()
			.map(|key| wealth(key) - ENDOWMENT)
			.sum();
		assert_eq!(earned, ledger.paid_compute);
		let earned: Balance = VALIDATORS
			.into_iter()
			.map(|key| wealth(key) - ENDOWMENT)
			.sum();
		assert_eq!(earned, ledger.paid_validation);
		let spent = ENDOWMENT - wealth(SUBMITTER);
		let deposit = <Runtime as pallet_jobs::Config>::JobDeposit::get();
		assert_eq!(spent, ledger.escrow - ledger.refunded + deposit);
		assert_eq!(
			Jobs::job_view(job).expect("it exists").state,
			JobState::Settled
		);

		// AND no stake is held any more beside the bonds, once the windows of its tasks are over
		chain::run_to(System::block_number() + CHALLENGE + 2);
		for key in PROVIDERS {
			assert_eq!(
				Balances::total_balance_on_hold(&key.to_account_id()),
				1_000 * ASY
			);
		}

		// AND the job can be pruned: its deposit comes back and its sub-account is gone
		job::call(Sr25519Keyring::Two, pallet_jobs::Call::prune_job { job });
		assert_eq!(
			ENDOWMENT - wealth(SUBMITTER),
			ledger.escrow - ledger.refunded
		);
		assert!(Jobs::job_view(job).is_none());
	});
}

#[test]
fn all_answers_to_a_small_round_fit_one_block() {
	local(|| {
		// GIVEN a running job with three tasks
		let job = job::start();
		let (slot, digest) = (0, [0; 32]);
		let reveal = job::honest_reveal(&job::tasks(job)[0]);
		// WHEN each call of a round is weighed before it is dispatched
		let calls: [RuntimeCall; 7] = [
			pallet_proof_of_compute::Call::commit_task {
				job,
				slot,
				seal: digest,
			}
			.into(),
			pallet_proof_of_compute::Call::reveal_task { job, slot, reveal }.into(),
			pallet_proof_of_compute::Call::seal_verdict {
				job,
				slot,
				seal: digest,
			}
			.into(),
			pallet_proof_of_compute::Call::reveal_verdict {
				job,
				slot,
				verdict: Verdict::Valid,
				salt: digest,
			}
			.into(),
			pallet_proof_of_compute::Call::claim_aggregate {
				job,
				round: 0,
				checkpoint: digest,
				loss: Loss(0),
			}
			.into(),
			pallet_proof_of_compute::Call::dispute_task { job, slot }.into(),
			pallet_jobs::Call::advance { job }.into(),
		];
		// THEN ten of each fit the normal part of a block, three validators times three tasks
		let weights = <Runtime as frame_system::Config>::BlockWeights::get();
		let most = weights
			.get(DispatchClass::Normal)
			.max_total
			.expect("normal calls are bounded");
		for call in calls {
			let weight = call.get_dispatch_info().call_weight;
			assert!(
				weight.saturating_mul(10).all_lte(most),
				"{call:?} weighs {weight:?}"
			);
		}
	});
}

#[test]
fn wrong_work_is_disputed_unpaid_and_redone_by_another_provider() {
	local(|| {
		// GIVEN a round in which the provider of slot 1 reveals another update
		let job = job::start();
		let tasks = job::tasks(job);
		let cheat = tasks[1].provider.clone();
		let reveals: Vec<_> = tasks
			.iter()
			.map(|task| match task.slot {
				1 => job::reveal_of(task, [0xBA; 32]),
				_ => job::honest_reveal(task),
			})
			.collect();
		for (task, reveal) in tasks.iter().zip(&reveals) {
			job::commit(task, reveal);
		}
		chain::next_block();
		for (task, reveal) in tasks.iter().zip(&reveals) {
			job::reveal(task, reveal.clone());
		}
		// WHEN the committee says so
		job::await_beacon(job);
		job::judge(job, &[0, 1, 2], |slot| match slot {
			1 => Verdict::Invalid,
			_ => Verdict::Valid,
		});

		// THEN a dispute is open in which the first of them stands for it, nobody has lost anything
		// yet, and the slot goes to somebody else
		let dispute = TaskKey {
			job,
			round: 0,
			slot: 1,
			attempt: 0,
		};
		let open = pallet_disputes::Disputes::<Runtime>::get(dispute).expect("it is open");
		let dissenters = pallet_disputes::Cases::<Runtime>::get(dispute)
			.expect("it is open")
			.dissenters;
		assert_eq!(dissenters.len(), 3);
		assert_eq!(open.challenger, dissenters[0]);
		assert!(Stake::pledged(dispute) > 0);
		assert_eq!(ENDOWMENT, wealth(job::key_of(&cheat)));
		assert_eq!(Jobs::ledger_of(job).slashed, 0);
		let redone = job::tasks(job)[1].clone();
		assert_ne!(redone.provider, cheat);
		assert_eq!(redone.attempt, 1);

		// AND once that is accepted, the round closes with all three slots
		let reveal = job::honest_reveal(&redone);
		job::commit(&redone, &reveal);
		chain::next_block();
		job::reveal(&redone, reveal);
		job::await_beacon(job);
		job::judge(job, &[1], |_| Verdict::Valid);
		chain::next_block();
		job::close(job, [0x40; 32], Loss(3 << 24));
		assert_eq!(Jobs::round_records(job)[0].accepted, TASKS);
		// AND the cheat has nothing to claim of this round
		assert_eq!(Jobs::claimable(job, &cheat), 0);

		// AND its stake is held when the job is over, claimed and gone, as long as the dispute lasts
		job::honest_round(job, [0x41; 32], Loss(2 << 24));
		claim_everything(job);
		assert_eq!(
			Jobs::job_view(job).expect("it exists").state,
			JobState::Settled
		);
		// The windows of what it did right are over.
		chain::run_to(System::block_number() + CHALLENGE + 2);
		assert_eq!(Stake::task_stake(dispute), STAKE);
		let held = Balances::total_balance_on_hold(&cheat);
		assert_eq!(held, 1_000 * ASY + STAKE);
	});
}

#[test]
fn whoever_disputes_and_falls_silent_pays_the_provider_after_the_job_is_gone() {
	local(|| {
		// GIVEN revealed work that a provider without a seat disputes
		let job = job::start();
		let tasks = job::tasks(job);
		for task in &tasks {
			job::commit(task, &job::honest_reveal(task));
		}
		chain::next_block();
		for task in &tasks {
			job::reveal(task, job::honest_reveal(task));
		}
		let accused = tasks[0].provider.clone();
		let accuser = tasks[1].provider.clone();
		let slot = 0;
		job::call(
			job::key_of(&accuser),
			pallet_proof_of_compute::Call::dispute_task { job, slot },
		);
		job::await_beacon(job);
		job::judge(job, &[0, 1, 2], |_| Verdict::Valid);
		// THEN the slot is redone although all of its committee agreed, and its stake waits
		let redone = job::tasks(job)[0].clone();
		assert_eq!(redone.attempt, 1);
		let dispute = TaskKey {
			job,
			round: 0,
			slot,
			attempt: 0,
		};
		assert_eq!(Stake::task_stake(dispute), STAKE);
		assert_ne!(redone.provider, accused);
		// WHEN the challenger, whose turn it is, never moves, and the job is taken back meanwhile
		job::call(SUBMITTER, pallet_jobs::Call::cancel_job { job });
		assert_eq!(Stake::task_stake(dispute), STAKE);
		let before = wealth(job::key_of(&accused));
		let turn = <Runtime as pallet_disputes::Config>::TurnTime::get();
		chain::run_to(System::block_number() + turn + 5);
		// THEN the provider is acquitted without anybody's call: its stake is free, it has the price of
		// its task, and the pledge is gone
		assert!(!pallet_disputes::Disputes::<Runtime>::contains_key(dispute));
		assert_eq!(Stake::task_stake(dispute), 0);
		assert_eq!(wealth(job::key_of(&accused)), before + 10 * ASY);
		assert_eq!(Stake::pledged(dispute), 0);
		assert!(wealth(job::key_of(&accuser)) < ENDOWMENT);
	});
}

#[test]
fn a_silent_provider_loses_a_tenth_of_the_price_and_its_slot() {
	local(|| {
		// GIVEN a round in which the provider of slot 0 never seals
		let job = job::start();
		let tasks = job::tasks(job);
		let silent = tasks[0].provider.clone();
		for task in &tasks[1..] {
			job::commit(task, &job::honest_reveal(task));
		}
		// WHEN the deadline passes, and blocks have time to spare
		chain::run_to(tasks[0].deadline + 3);
		// THEN nobody had to call: 10 % of 10 ASY are burned
		assert_eq!(ENDOWMENT - wealth(job::key_of(&silent)), ASY);
		// AND the others can go on
		for task in &tasks[1..] {
			job::reveal(task, job::honest_reveal(task));
		}
		job::await_beacon(job);
		job::judge(job, &[1, 2], |_| Verdict::Valid);
		// AND the slot is with another provider
		let redone = job::tasks(job)[0].clone();
		assert_ne!(redone.provider, silent);
	});
}

#[test]
fn a_job_that_nobody_works_on_ends_by_itself_and_refunds_everything() {
	local(|| {
		// GIVEN a running job
		let job = job::start();
		// WHEN nobody ever does anything again
		chain::run_to(System::block_number() + 200);
		// THEN it has ended, and all its money is back without anybody asking for it
		let ledger = Jobs::ledger_of(job);
		assert_eq!(ledger.escrow, 2 * BUDGET);
		assert_eq!(ledger.refunded, ledger.escrow);
		let deposit = <Runtime as pallet_jobs::Config>::JobDeposit::get();
		assert_eq!(ENDOWMENT - wealth(SUBMITTER), deposit);
		assert_eq!(
			Jobs::job_view(job).expect("it exists").state,
			JobState::Settled
		);
	});
}

#[test]
fn sessions_without_jobs_keep_every_invariant() {
	local(|| {
		// GIVEN three validators
		let before = assay_runtime::Session::current_index();
		// WHEN two sessions pass
		chain::run_to(2 * assay_runtime::time::EPOCH_SLOTS + 10);
		// THEN sessions went on and try_state held at the end of each block
		assert!(assay_runtime::Session::current_index() >= before + 2);
		assert!(!System::events().iter().any(|record| {
			matches!(
				record.event,
				RuntimeEvent::Stake(pallet_stake::Event::NobodyElected { .. })
			)
		}));
	});
}
