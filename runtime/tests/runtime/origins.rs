//! No stake moves without a proof: every call of the runtime, by everybody, while deadlines are open.

mod arguments;
mod parties;
mod stakes;

use std::{
	collections::{BTreeMap, BTreeSet},
	panic::{catch_unwind, AssertUnwindSafe},
};

use arguments::Maker;
use assay_protocol::{JobId, Phase, TaskKey, Verdict};
use assay_runtime::{
	units::ASY, AccountId, AllPalletsWithSystem, Jobs, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use assay_traits::{Rounds, Windows as _};
use frame_support::traits::{GetCallMetadata, TryState, TryStateSelect};
use parties::{about_accepted, plausible, signers, Traces};
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::Dispatchable;
use stakes::Stakes;

use crate::{
	chain,
	job::{self, PROVIDERS, SUBMITTER},
};

/// Arguments by chance for each call, in each scene.
const TRIES: u32 = 6;

/// The calls of our own pallets that do something for somebody before any deadline. The others need
/// one that has passed, a proof, or an ended job's last claim.
const SERVED: [(&str, &str); 20] = [
	("Disputes", "ask"),
	("Jobs", "cancel_job"),
	("Jobs", "claim"),
	("Jobs", "join_job"),
	("Jobs", "leave_job"),
	("Jobs", "post_job"),
	("Jobs", "release_stakes"),
	("ProofOfCompute", "claim_aggregate"),
	("ProofOfCompute", "clear_round"),
	("ProofOfCompute", "commit_task"),
	("ProofOfCompute", "dispute_accepted"),
	("ProofOfCompute", "dispute_task"),
	("ProofOfCompute", "draw"),
	("ProofOfCompute", "reveal_task"),
	("ProofOfCompute", "reveal_verdict"),
	("ProofOfCompute", "seal_verdict"),
	("Stake", "bond"),
	("Stake", "set_worker"),
	("Stake", "unbond"),
	("Stake", "unset_worker"),
];
/// The calls by which a task's stake is free again: its submitter gives up, or the window is over in which
/// its accepted work could be disputed.
const RELEASING: [(&str, &str); 2] = [("Jobs", "cancel_job"), ("Jobs", "release_stakes")];

type Name = (String, String);

/// What was tried.
#[derive(Debug, Default)]
struct Tally {
	tried: u32,
	served: BTreeMap<Name, u32>,
	released: BTreeSet<Name>,
	/// Calls with arguments that decoded, by chance.
	made: BTreeSet<Name>,
}

/// Undone whatever it did, also if it panics: a mandatory call in the wrong place ends its block.
fn undone<R>(attempt: impl FnOnce() -> R) -> Option<R> {
	const MARK: &[u8] = b"undone";
	sp_io::storage::start_transaction();
	sp_io::storage::set(MARK, &[1]);
	let result = catch_unwind(AssertUnwindSafe(attempt)).ok();
	// A panic has left transactions open above this one.
	while sp_io::storage::get(MARK).is_some() {
		sp_io::storage::rollback_transaction();
	}
	result
}

impl Tally {
	/// Lets nobody and everybody dispatch a call, each in the same state, and says who loses by it.
	fn dispatch(&mut self, call: &RuntimeCall, before: &Stakes) {
		let metadata = call.get_call_metadata();
		let name = (metadata.pallet_name.into(), metadata.function_name.into());
		let accounts = signers().into_iter().map(|key| Some(key.to_account_id()));
		for caller in accounts.chain([None]) {
			self.tried += 1;
			let origin = caller
				.clone()
				.map_or(RuntimeOrigin::none(), RuntimeOrigin::signed);
			let ran = undone(|| {
				let is_ok = call.clone().dispatch(origin).is_ok();
				let number = System::block_number();
				let released = before
					.compare(&Stakes::now(), caller.as_ref())
					.and_then(|released| stakes::slash_event().map_or(Ok(released), Err))
					.and_then(|released| match is_ok {
						true => AllPalletsWithSystem::try_state(number, TryStateSelect::All)
							.map(|_| released)
							.map_err(|broken| format!("{broken:?}")),
						false => Ok(released),
					});
				(is_ok, released)
			});
			let Some((is_ok, released)) = ran else {
				// Only the author of a block puts this into it, and only once.
				assert_eq!(name, ("Timestamp".into(), "set".into()), "{call:?} panics");
				continue;
			};
			let released = released.unwrap_or_else(|lost| panic!("{call:?} by {caller:?}: {lost}"));
			// A call of Utility is other calls of the same caller.
			if !released.is_empty() && metadata.pallet_name != "Utility" {
				self.released.insert(name.clone());
			}
			if is_ok {
				*self.served.entry(name.clone()).or_default() += 1;
			}
		}
	}

	/// Dispatches calls by chance and such as a party would make.
	fn scene(&mut self, maker: &mut Maker, calls: &[RuntimeCall]) {
		let before = Stakes::now();
		for variant in maker.variants() {
			for _ in 0..TRIES {
				if let Some(call) = maker.call(&variant) {
					self.made.insert(variant.name.clone());
					self.dispatch(&call, &before);
				}
			}
		}
		for call in calls {
			self.dispatch(call, &before);
		}
	}
}

fn phase(job: JobId) -> Phase {
	let round = <Jobs as Rounds<AccountId>>::round(job);
	round.expect("the job runs").state.phase
}

/// A job that was cancelled in its first round: it owes for accepted work, whose traces are told and
/// which can be disputed, and a dispute about slot 0 holds the stake of one provider and a pledge of
/// another.
fn disputed_job() -> (JobId, TaskKey, Traces) {
	let job = job::start();
	let tasks = job::tasks(job);
	for task in &tasks {
		job::commit(task, &job::honest_reveal(task));
	}
	chain::next_block();
	for task in &tasks {
		job::reveal(task, job::honest_reveal(task));
	}
	let challenger = job::key_of(&tasks[1].provider);
	let (round, slot, attempt) = (0, 0, 0);
	job::call(
		challenger,
		pallet_proof_of_compute::Call::dispute_task { job, slot },
	);
	job::await_beacon(job);
	job::judge(job, &[0, 1, 2], |_| Verdict::Valid);
	job::call(SUBMITTER, pallet_jobs::Call::cancel_job { job });
	let dispute = TaskKey {
		job,
		round,
		slot,
		attempt,
	};
	assert!(pallet_disputes::Disputes::<Runtime>::contains_key(dispute));
	let accepted = tasks[1..].iter().map(|task| {
		let key = TaskKey {
			slot: task.slot,
			..dispute
		};
		(key, job::honest_reveal(task).trace)
	});
	(job, dispute, accepted.collect())
}

/// The last block of the windows of accepted work.
fn last_of(traces: &Traces) -> u32 {
	let until = traces
		.iter()
		.map(|(task, _)| Jobs::accepted(*task).expect("its window is open").until);
	until.max().expect("two are accepted")
}

#[test]
fn no_stake_moves_without_a_proof_whoever_calls_what() {
	chain::of_preset(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
		chain::run_to(3);
		// GIVEN an ended job with an open dispute, a job that waits for members, and one that runs
		let (ended, dispute, traces) = disputed_job();
		let waiting = pallet_jobs::NextJob::<Runtime>::get();
		let (plan, terms) = (job::plan(), job::terms());
		job::call(SUBMITTER, pallet_jobs::Call::post_job { plan, terms });
		let (job, min_price) = (waiting, ASY);
		job::call(PROVIDERS[0], pallet_jobs::Call::join_job { job, min_price });
		let job = job::start();
		let accounts = signers().into_iter().map(|key| key.to_account_id());
		let escrows = [ended, waiting, job].map(Jobs::account_of);
		let mut maker = Maker::new(accounts.chain(escrows).collect(), 1);
		let mut tally = Tally::default();
		// WHEN every call is dispatched by everybody, by chance and as a party would, in each phase
		let mut scene = |expected| {
			assert_eq!(phase(job), expected);
			Stakes::now().assert_rich();
			let mut calls = plausible([job, waiting, ended], dispute);
			calls.extend(about_accepted(&traces));
			tally.scene(&mut maker, &calls);
		};
		scene(Phase::Train);
		let tasks = job::tasks(job);
		for task in &tasks {
			job::commit(task, &job::honest_reveal(task));
		}
		chain::next_block();
		scene(Phase::Reveal);
		for task in &tasks {
			job::reveal(task, job::honest_reveal(task));
		}
		job::await_beacon(job);
		// The first block in which the accepted work of the ended job cannot be disputed any more.
		chain::run_to(1 + last_of(&traces));
		scene(Phase::Draw);
		let anyone = Sr25519Keyring::Two;
		job::call(anyone, pallet_proof_of_compute::Call::draw { job });
		scene(Phase::Assay);
		let tasks = job::tasks(job);
		let mut seats: Vec<_> = tasks
			.iter()
			.flat_map(|task| {
				Jobs::committee_of(job, task.slot)
					.into_iter()
					.map(move |seat| (task, seat))
			})
			.collect();
		for (task, seat) in &seats {
			job::call(
				job::key_of(seat),
				job::seal_call(task, seat, Verdict::Valid),
			);
		}
		// All but the last opening, which decides.
		let (last, seat) = seats.pop().expect("three tasks are judged");
		for (task, seat) in &seats {
			job::call(job::key_of(seat), job::open_call(task, Verdict::Valid));
		}
		scene(Phase::Unseal);
		job::call(job::key_of(&seat), job::open_call(last, Verdict::Valid));
		scene(Phase::Close);

		// THEN, beside what was asserted after each of them, calls of all kinds were among them
		let names: BTreeSet<Name> = maker.variants().into_iter().map(|call| call.name).collect();
		let impossible: BTreeSet<_> = names.difference(&tally.made).collect();
		assert!(impossible.is_empty(), "never decoded: {impossible:?}");
		let served: u32 = tally.served.values().sum();
		assert!(tally.tried > 20_000, "{} calls are too few", tally.tried);
		assert!(served > 2_000, "{served} served calls are too few");
		let name = |(pallet, call): (&str, &str)| (pallet.to_owned(), call.to_owned());
		for served in SERVED.map(name) {
			assert!(
				tally.served.contains_key(&served),
				"{served:?} was never served"
			);
		}
		// AND stakes were released by the submitter and after the windows of accepted work alone
		assert_eq!(tally.released, RELEASING.map(name).into());
	});
}
