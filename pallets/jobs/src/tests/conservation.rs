//! Money is conserved by every sequence of calls, facts and deadlines: P1, P2, P3 and P5 against a
//! model of plain integers.

use std::collections::BTreeMap;

use assay_protocol::{
	Balance, JobId, JobState, Loss, Phase, RoundFact, SlotState, Terms, Verdict, Windows, Work,
};
use assay_traits::Rounds as _;
use frame_support::traits::Hooks;
use proptest::prelude::*;

use crate::{
	mock::{play::*, *},
	Event,
};

/// One thing that somebody does, sensible or not.
#[derive(Clone, Debug)]
enum Deed {
	/// What the phase waits for, about one of the slots that it waits for.
	Sensible {
		slot: u32,
		validator: usize,
		verdict: Verdict,
		uptime: u32,
	},
	/// Any fact about any slot.
	Fact {
		kind: u8,
		slot: u32,
		validator: usize,
		verdict: Verdict,
	},
	/// Blocks pass.
	Wait {
		blocks: u32,
	},
	/// Blocks pass until the job is overdue, and somebody says so.
	Advance,
	/// A block ends with room.
	Idle,
	Join {
		provider: usize,
	},
	Leave {
		provider: usize,
	},
	/// A provider's money for stakes changes.
	Fill {
		provider: usize,
		amount: Balance,
	},
	Claim {
		who: Vec<usize>,
	},
	Cancel,
}

fn verdicts() -> impl Strategy<Value = Verdict> {
	prop_oneof![14 => Just(Verdict::Valid), 2 => Just(Verdict::Invalid), 1 => Just(Verdict::Unfetched)]
}

fn deeds() -> impl Strategy<Value = Deed> {
	prop_oneof![
		200 => (0..3u32, 0..4usize, verdicts(), 0..2_000_000u32).prop_map(
			|(slot, validator, verdict, uptime)| Deed::Sensible { slot, validator, verdict, uptime }
		),
		15 => (0..8u8, 0..5u32, 0..4usize, verdicts())
			.prop_map(|(kind, slot, validator, verdict)| Deed::Fact { kind, slot, validator, verdict }),
		6 => (0..5u32).prop_map(|blocks| Deed::Wait { blocks }),
		3 => Just(Deed::Advance),
		2 => Just(Deed::Idle),
		5 => (0..4usize).prop_map(|provider| Deed::Join { provider }),
		2 => (0..4usize).prop_map(|provider| Deed::Leave { provider }),
		2 => (0..4usize, 0..6_000u128).prop_map(|(provider, amount)| Deed::Fill { provider, amount }),
		6 => proptest::collection::vec(0..9usize, 0..5).prop_map(|who| Deed::Claim { who }),
		1 => Just(Deed::Cancel),
	]
}

const ACCOUNTS: [AccountId; 9] = [
	OWNER,
	PROVIDERS[0],
	PROVIDERS[1],
	PROVIDERS[2],
	PROVIDERS[3],
	21,
	22,
	23,
	24,
];

fn perform(job: JobId, deed: &Deed) {
	// Refusals are fine: what counts is what they leave behind.
	let _ = match deed {
		Deed::Sensible {
			slot,
			validator,
			verdict,
			uptime,
		} => sensible(job, *slot, VALIDATORS[*validator], *verdict, *uptime),
		Deed::Fact {
			kind,
			slot,
			validator,
			verdict,
		} => any_fact(job, *kind, *slot, VALIDATORS[*validator], *verdict),
		Deed::Wait { blocks } => {
			System::set_block_number(System::block_number() + blocks);
			Ok(())
		}
		Deed::Advance => {
			if let Some(due) = record(job).due {
				System::set_block_number(System::block_number().max(due));
			}
			plain(Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job))
		}
		Deed::Idle => {
			Jobs::on_idle(System::block_number(), frame_support::weights::Weight::MAX);
			Ok(())
		}
		Deed::Join { provider } => {
			let worker = worker_of(PROVIDERS[*provider]);
			plain(Jobs::join_job(RuntimeOrigin::signed(worker), job, 0))
		}
		Deed::Leave { provider } => {
			Jobs::leave_job(RuntimeOrigin::signed(worker_of(PROVIDERS[*provider])), job)
		}
		Deed::Fill { provider, amount } => {
			Purses::fill(PROVIDERS[*provider], *amount);
			Ok(())
		}
		Deed::Claim { who } => claim(
			job,
			&who.iter().map(|place| ACCOUNTS[*place]).collect::<Vec<_>>(),
		),
		Deed::Cancel => plain(Jobs::cancel_job(RuntimeOrigin::signed(OWNER), job)),
	};
}

fn plain(
	result: frame_support::pallet_prelude::DispatchResultWithPostInfo,
) -> sp_runtime::DispatchResult {
	result.map(|_| ()).map_err(|error| error.error)
}

fn sensible(
	job: JobId,
	pick: u32,
	validator: AccountId,
	verdict: Verdict,
	uptime_ppm: u32,
) -> sp_runtime::DispatchResult {
	let Some(round) = crate::Rounds::<Test>::get(job) else {
		let worker = worker_of(PROVIDERS[pick as usize]);
		return plain(Jobs::join_job(RuntimeOrigin::signed(worker), job, 0));
	};
	let waits = |state: SlotState| {
		matches!(
			(round.phase, state),
			(Phase::Train, SlotState::Assigned)
				| (Phase::Reveal, SlotState::Committed)
				| (
					Phase::Assay,
					SlotState::Revealed | SlotState::Judging { .. }
				) | (Phase::Unseal, SlotState::Judging { .. })
		)
	};
	let waiting: Vec<u32> = (0..3)
		.filter(|slot| {
			crate::Slots::<Test>::get(job, slot).is_some_and(|record| waits(record.state))
		})
		.collect();
	let slot = waiting
		.get(pick as usize % waiting.len().max(1))
		.copied()
		.unwrap_or(0);
	match round.phase {
		Phase::Train => commit(job, slot),
		// Now and then training ends.
		Phase::Reveal if verdict != Verdict::Valid => reveal_failure(job, slot),
		Phase::Reveal => reveal(job, slot),
		Phase::Draw => draw(job),
		Phase::Assay => seal(job, slot, validator),
		Phase::Unseal => Jobs::note(
			job,
			RoundFact::Unsealed {
				slot,
				validator,
				verdict,
				uptime_ppm,
			},
		),
		Phase::Close | Phase::Ended => close(job),
	}
}

fn any_fact(
	job: JobId,
	kind: u8,
	slot: u32,
	validator: AccountId,
	verdict: Verdict,
) -> sp_runtime::DispatchResult {
	match kind {
		0 => commit(job, slot),
		1 => {
			let work = Work {
				update: [1; 32],
				trace_root: [9; 32],
				slot_root: [slot as u8; 32],
				loss: Loss(1),
			};
			Jobs::note(job, RoundFact::Revealed { slot, work })
		}
		2 => draw(job),
		3 => seal(job, slot, validator),
		4 => unseal(job, slot, validator, verdict),
		5 => dispute(job, slot),
		6 => reveal_failure(job, slot),
		_ => close(job),
	}
}

/// What the money should be, in plain integers.
#[derive(Debug, Default)]
struct Model {
	escrow: Balance,
	stake: Balance,
	/// What verdicts were paid.
	verdicts: Vec<Balance>,
	/// Rounds that have begun.
	rounds: Balance,
	/// What providers paid for their own checks.
	charged: Balance,
	paid_compute: Balance,
	paid_validation: Balance,
	refunded: Balance,
	burned: Balance,
	/// Attempts whose stakes wait for a dispute.
	disputed: usize,
	credits: BTreeMap<AccountId, Balance>,
	claimed: BTreeMap<AccountId, Balance>,
}

impl Model {
	fn credit(&mut self, who: AccountId, net: Balance) {
		*self.credits.entry(who).or_default() += net;
	}

	fn hear(&mut self, event: Event<Test>) {
		match event {
			Event::RoundStarted { .. } => self.rounds += 1,
			Event::TaskAccepted {
				provider,
				pay,
				charged,
				..
			} => {
				// Every task is worth its full price, 1,000, less what is charged for a check, less 2 %.
				assert_eq!(pay, (1_000 - charged) * 98 / 100);
				assert!(charged <= 1_000);
				self.charged += charged;
				self.paid_compute += pay;
				self.credit(provider, pay);
			}
			Event::VerdictPaid { validator, pay, .. } => {
				self.paid_validation += pay;
				self.verdicts.push(pay);
				self.credit(validator, pay);
			}
			Event::Refunded { owner, amount, .. } => {
				self.refunded += amount;
				self.credit(owner, amount);
			}
			Event::Claimed {
				beneficiary,
				amount,
				..
			} => {
				let credit = self.credits.remove(&beneficiary).unwrap();
				assert_eq!(credit, amount, "a claim pays all of a credit");
				*self.claimed.entry(beneficiary).or_default() += amount;
			}
			Event::TaskUnpaid { reason, .. } => {
				use assay_protocol::Unpaid::*;
				self.disputed += usize::from(reason == Disputed);
				self.burned += match reason {
					MissedCommit | MissedReveal => 100,
					Disputed | Withheld | Undecided | JobEnded | BadPlan => 0,
				};
			}
			_ => {}
		}
	}

	fn check(&self, job: JobId) {
		let books = ledger(job);
		assert_eq!(books.escrow, self.escrow);
		assert_eq!(books.paid_compute, self.paid_compute);
		assert_eq!(books.paid_validation, self.paid_validation);
		assert_eq!(books.refunded, self.refunded);
		assert_eq!(books.slashed, self.burned);
		assert_eq!(Purses::burned(), self.burned);
		// A disputed attempt keeps all of its stake, whatever becomes of its job.
		assert_eq!(disputed().len(), self.disputed);
		assert!(disputed().iter().all(|(.., stake)| *stake == self.stake));
		assert_eq!(
			books.held + books.fees,
			self.escrow - self.paid_compute - self.paid_validation - self.refunded
		);
		// A verdict is worth five quarters of the price at most, 1,225 without the fee, and all of them
		// no more than a pool of 12,000 for each round and what providers were charged: P5.
		assert!(self.verdicts.iter().all(|pay| *pay <= 1_225));
		let pools = self.rounds * 12_000 + self.charged;
		assert!(self.verdicts.iter().sum::<Balance>() * 100 <= pools * 98);
		// Each fee is 2 % of a payout, rounded up: never more than one unit above the fraction.
		let gross = self.paid_compute + self.paid_validation + books.fees;
		assert!(books.fees * 50 >= gross && books.fees * 50 < gross + 50 * 200);
		assert_eq!(books.unclaimed, self.credits.values().sum::<Balance>());
		// What is not burned as a fee is somewhere on the chain.
		assert_eq!(Balances::total_issuance(), 10 * ENDOWMENT - books.fees);
		for account in ACCOUNTS {
			let start = match account {
				OWNER => ENDOWMENT - ESCROW - DEPOSIT,
				24 => 0,
				_ => ENDOWMENT,
			};
			let claimed = self.claimed.get(&account).copied().unwrap_or(0);
			assert_eq!(balance(account), start + claimed, "{account}");
		}
	}
}

/// With every task drawn, or every second one of whoever has proven something.
fn play_out(deeds: &[Deed], is_always_drawn: bool, challenge: u32) {
	build_and_execute(|| {
		let (audit_floor_ppm, task_stake) = match is_always_drawn {
			true => (1_000_000, 500),
			false => (500_000, 2_000),
		};
		let job = post_with(Terms {
			providers: 2,
			audit_floor_ppm,
			task_stake,
			windows: Windows {
				challenge,
				..terms().windows
			},
			..terms()
		});
		let mut model = Model {
			escrow: ESCROW,
			stake: task_stake,
			..Default::default()
		};
		events();
		for deed in deeds {
			perform(job, deed);
			events().into_iter().for_each(|event| model.hear(event));
			model.check(job);
			check_everything();
		}
		// Whatever has happened, deadlines alone lead to the end.
		for _ in 0..200 {
			if record(job).due.is_none() {
				break;
			}
			perform(job, &Deed::Advance);
		}
		assert!(record(job).ended.is_some(), "P6: deadlines lead to an end");
		let _ = claim(job, &ACCOUNTS);
		events().into_iter().for_each(|event| model.hear(event));
		model.check(job);
		// All is claimed: what was paid, refunded and burned is the escrow, to the unit.
		let books = ledger(job);
		assert_eq!(record(job).state, JobState::Settled);
		assert_eq!(
			books.paid_compute + books.paid_validation + books.refunded + books.fees,
			ESCROW
		);
		assert_eq!(balance(Jobs::account_of(job)), DEPOSIT);
		// Accepted work keeps its stake until its window is over.
		let windows = crate::Accepted::<Test>::iter_keys().count();
		assert_eq!(Purses::held().len(), model.disputed + windows);
		go_to(System::block_number() + challenge + 1);
		idle_blocks();
		assert_eq!(Purses::held().len(), model.disputed);
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

	#[test]
	fn p1_money_is_conserved_by_every_sequence(
		deeds in proptest::collection::vec(deeds(), 0..240),
		is_always_drawn in any::<bool>(),
		challenge in prop_oneof![Just(0), 1..60u32],
	) {
		play_out(&deeds, is_always_drawn, challenge);
	}
}
