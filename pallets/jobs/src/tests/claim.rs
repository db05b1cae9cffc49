//! Credits and how they are paid out.

use assay_protocol::{JobId, JobState, Verdict};
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::{play::*, *},
	Error, Event,
};

/// One accepted slot: its provider has 980, and so has each of three validators.
fn one_accepted() -> (JobId, AccountId) {
	let job = started();
	work_until_assay(job);
	seal_all(job);
	judge(job, 0, Verdict::Valid);
	(job, slot(job, 0).provider)
}

#[test]
fn anybody_has_a_credit_paid_out_to_whom_it_belongs() {
	build_and_execute(|| {
		// GIVEN a credit of 980 in a job that still runs.
		let (job, provider) = one_accepted();
		assert_eq!(Jobs::claimable(job, &provider), 980);
		events();
		// WHEN a passer-by claims for the provider, a validator and itself.
		assert_ok!(claim(job, &[provider, 21, PASSER_BY]));
		// THEN both are paid, and the passer-by is not.
		assert_eq!(balance(provider), ENDOWMENT + 980);
		assert_eq!(balance(21), ENDOWMENT + 980);
		assert_eq!(balance(PASSER_BY), ENDOWMENT);
		assert_eq!(
			events(),
			[
				Event::Claimed {
					job,
					beneficiary: provider,
					amount: 980
				},
				Event::Claimed {
					job,
					beneficiary: 21,
					amount: 980
				},
			]
		);
		assert_eq!(ledger(job).unclaimed, 2 * 980);
	});
}

#[test]
fn claiming_twice_pays_once() {
	build_and_execute(|| {
		let (job, provider) = one_accepted();
		// GIVEN a claim that names the provider twice.
		assert_ok!(claim(job, &[provider, provider]));
		assert_eq!(balance(provider), ENDOWMENT + 980);
		// THEN another one finds nothing.
		assert_noop!(claim(job, &[provider]), Error::<Test>::NothingToClaim);
		assert_noop!(claim(job, &[]), Error::<Test>::NothingToClaim);
		assert_noop!(claim(JobId(9), &[provider]), Error::<Test>::UnknownJob);
		assert_eq!(balance(provider), ENDOWMENT + 980);
	});
}

#[test]
fn a_credit_too_small_for_an_account_waits_and_holds_up_nobody() {
	build_and_execute(|| {
		// GIVEN an existential deposit of 10 and a price of 8, so that a verdict is worth 7, and a
		// validator without an account.
		let terms = assay_protocol::Terms {
			price: 8,
			..terms()
		};
		let job = started_with(terms);
		work_until_assay(job);
		for validator in [21, 22, 24] {
			for slot in 0..3 {
				assert_ok!(seal(job, slot, validator));
			}
		}
		for validator in [21, 22, 24] {
			assert_ok!(unseal(job, 0, validator, Verdict::Valid));
		}
		assert_eq!(Jobs::claimable(job, &24), 7);
		assert_eq!(balance(24), 0);
		events();
		// WHEN it is claimed for together with another one.
		assert_ok!(claim(job, &[24, 21]));
		// THEN the other one is paid, and the small credit stays.
		assert_eq!(
			events(),
			[
				Event::ClaimDeferred {
					job,
					beneficiary: 24,
					amount: 7
				},
				Event::Claimed {
					job,
					beneficiary: 21,
					amount: 7
				},
			]
		);
		assert_eq!(Jobs::claimable(job, &24), 7);
		assert_noop!(claim(job, &[24]), Error::<Test>::NothingToClaim);
		// AND with a second one, 14 in all, it can be paid.
		for validator in [21, 22, 24] {
			assert_ok!(unseal(job, 1, validator, Verdict::Valid));
		}
		assert_ok!(claim(job, &[24]));
		assert_eq!(balance(24), 14);
	});
}

#[test]
fn the_last_claim_of_an_ended_job_settles_it() {
	build_and_execute(|| {
		// GIVEN a cancelled job with four credits.
		let (job, provider) = one_accepted();
		assert_ok!(Jobs::cancel_job(RuntimeOrigin::signed(OWNER), job));
		assert_eq!(record(job).state, JobState::Cancelled);
		// WHEN all but one are paid out, THEN it still owes something.
		assert_ok!(claim(job, &[21, 22, provider]));
		assert_eq!(record(job).state, JobState::Cancelled);
		// WHEN the last one is, THEN it is settled, and only the deposit is left.
		assert_ok!(claim(job, &[23]));
		assert_eq!(record(job).state, JobState::Settled);
		assert_eq!(balance(Jobs::account_of(job)), DEPOSIT);
	});
}

#[test]
fn a_refund_that_cannot_be_paid_can_be_claimed() {
	build_and_execute(|| {
		// GIVEN a job whose owner's account is gone, and a rest of the escrow below 10.
		let shares = assay_protocol::Shares {
			compute: 210_526,
			data: 0,
			validation: 789_474,
		};
		let terms = assay_protocol::Terms {
			price: 1,
			task_stake: 1,
			rounds: 1,
			shares,
			..terms()
		};
		let job = started_with(terms);
		use frame_support::traits::fungible::Mutate;
		Balances::set_balance(&OWNER, 0);
		// Budget: 3 / 0.210526, rounded up: 15. All is paid but what is left of it.
		work_until_close(job);
		assert_ok!(close(job));
		let left = ledger(job).refunded;
		assert!(left > 0 && left < ED, "{left}");
		// THEN the refund waits as a credit.
		assert_eq!(Jobs::claimable(job, &OWNER), left);
		// WHEN the account exists again, THEN it is claimed like any other.
		Balances::set_balance(&OWNER, ED);
		assert_ok!(claim(job, &[OWNER]));
		assert_eq!(balance(OWNER), ED + left);
	});
}
