//! The pledges of disputes.

use assay_protocol::Balance;
use assay_traits::{Bonds as _, Role};
use frame_support::{assert_noop, assert_ok, assert_storage_noop};
use sp_runtime::Perbill;

use crate::{mock::*, BondOf, Error, Event, HoldReason, PledgeTotal, PledgeTotals, Pledges};

fn total(who: u64, role: Role) -> (u32, Balance) {
	let PledgeTotal { open, amount, .. } = PledgeTotals::<Test>::get(who, role);
	(open, amount)
}

fn issued() -> Balance {
	pallet_balances::TotalIssuance::<Test>::get()
}

#[test]
fn a_pledge_moves_no_money_and_is_released_whole() {
	Chain::default().build_and_execute(|| {
		// WHEN validator 1, with 30 ASY, pledges 7 ASY
		take_events();
		assert_ok!(Stake::pledge(task(0), &1, 7 * ASY));

		// THEN its bond is what it was, and still admits it
		assert_eq!(held(1, HoldReason::ValidatorBond), 30 * ASY);
		assert!(Stake::active(&1, Role::Validator));
		assert_eq!(Stake::pledged(task(0)), 7 * ASY);
		assert_eq!(total(1, Role::Validator), (1, 7 * ASY));

		// WHEN it is released, THEN nothing is left of it
		Stake::release_pledge(task(0));
		assert!(!Pledges::<Test>::contains_key(task(0)));
		assert!(!PledgeTotals::<Test>::contains_key(1, Role::Validator));
		assert_eq!(
			take_events(),
			vec![
				Event::Pledged {
					stash: 1,
					role: Role::Validator,
					dispute: task(0),
					amount: 7 * ASY
				},
				Event::PledgeReleased {
					stash: 1,
					dispute: task(0),
					amount: 7 * ASY
				},
			]
		);
	});
}

#[test]
fn p10_a_dispute_has_one_pledge() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::pledge(task(0), &1, 7));
		assert_noop!(Stake::pledge(task(0), &2, 7), Error::<Test>::AlreadyPledged);
	});
}

#[test]
fn only_the_bonded_pledge() {
	Chain::default().build_and_execute(|| {
		assert_noop!(Stake::pledge(task(0), &5, 7), Error::<Test>::NotBonded);
		assert_noop!(Stake::pledge(task(0), &5, 0), Error::<Test>::NotBonded);
	});
}

#[test]
fn p11_the_pledges_of_a_bond_are_no_more_than_the_bond() {
	Chain::default().build_and_execute(|| {
		// GIVEN validator 1, with 30 ASY, of which 20 are pledged
		assert_ok!(Stake::pledge(task(0), &1, 20 * ASY));

		// WHEN one unit more than the other 10 is asked for, THEN it is refused
		assert_noop!(
			Stake::pledge(task(1), &1, 10 * ASY + 1),
			Error::<Test>::BondTooSmall
		);
		assert_noop!(
			Stake::pledge(task(1), &1, Balance::MAX),
			Error::<Test>::BondTooSmall
		);

		// WHEN just these are, THEN nothing is left, until the first is released
		assert_ok!(Stake::pledge(task(1), &1, 10 * ASY));
		assert_noop!(Stake::pledge(task(2), &1, 1), Error::<Test>::BondTooSmall);
		Stake::release_pledge(task(0));
		assert_ok!(Stake::pledge(task(2), &1, 20 * ASY));
	});
}

#[test]
fn the_bond_of_the_validator_is_pledged_first_and_that_of_the_provider_then() {
	Chain::default().build_and_execute(|| {
		// GIVEN a stash with 30 ASY as a validator and 10 ASY as a provider
		bond(1, Role::Provider, MIN_PROVIDER);

		// WHEN it pledges 25 ASY, then 6 ASY, then 5 ASY
		for (number, amount) in [(0, 25), (1, 6), (2, 5)] {
			assert_ok!(Stake::pledge(task(number), &1, amount * ASY));
		}

		// THEN 25 + 5 are of the first bond and 6, for which that had no room, of the second
		assert_eq!(total(1, Role::Validator), (2, 30 * ASY));
		assert_eq!(total(1, Role::Provider), (1, 6 * ASY));

		// WHEN neither bond has 5 ASY left, THEN both together are of no use
		assert_noop!(
			Stake::pledge(task(3), &1, 5 * ASY),
			Error::<Test>::BondTooSmall
		);
	});
}

#[test]
fn a_provider_alone_pledges_its_bond() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::pledge(task(0), &4, MIN_PROVIDER));
		assert_eq!(total(4, Role::Provider), (1, MIN_PROVIDER));
	});
}

#[test]
fn p10_a_bond_is_not_withdrawn_while_it_is_pledged() {
	Chain::default().build_and_execute(|| {
		// GIVEN a bond that is unbonding, of which something is pledged then
		assert_ok!(Stake::unbond(signed(4), Role::Provider));
		assert_ok!(Stake::pledge(task(0), &4, 7));

		// WHEN its delay is over, THEN it is not withdrawn
		next_sessions(UNBONDING);
		assert_noop!(Stake::withdraw(signed(4)), Error::<Test>::PledgesOpen);

		// WHEN all of the pledge is burned, THEN it is open still
		assert_eq!(Stake::burn_pledge(task(0), 7), 7);
		assert_noop!(Stake::withdraw(signed(4)), Error::<Test>::PledgesOpen);

		// WHEN it is released, THEN the rest of the bond is free
		Stake::release_pledge(task(0));
		assert_ok!(Stake::withdraw(signed(4)));
		assert_eq!(free(4), ENDOWMENT - 7);
	});
}

#[test]
fn p10_the_other_bond_of_a_stash_is_withdrawn_and_its_worker_stays() {
	Chain::default().build_and_execute(|| {
		// GIVEN both bonds unbonding, the validator's pledged
		bond(1, Role::Provider, MIN_PROVIDER);
		assert_ok!(Stake::pledge(task(0), &1, 7));
		assert_ok!(Stake::unbond(signed(1), Role::Provider));
		assert_ok!(Stake::unbond(signed(1), Role::Validator));
		next_sessions(UNBONDING + 2);

		// WHEN both delays are over, THEN only the provider's bond goes
		assert_ok!(Stake::withdraw(signed(1)));
		assert!(!BondOf::<Test>::contains_key(1, Role::Provider));
		assert_eq!(held(1, HoldReason::ValidatorBond), 30 * ASY);
		assert_eq!(Stake::stash_of(&1), Some(1));

		// WHEN there is no other bond, THEN the call says why nothing is withdrawn
		assert_noop!(Stake::withdraw(signed(1)), Error::<Test>::PledgesOpen);
	});
}

#[test]
fn a_bond_that_is_not_ready_is_told_apart_from_one_that_is_pledged() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::pledge(task(0), &4, 7));
		assert_noop!(Stake::withdraw(signed(4)), Error::<Test>::NothingToWithdraw);
	});
}

#[test]
fn a_pledge_pays_out_of_the_bond() {
	Chain::default().build_and_execute(|| {
		// GIVEN 25 of validator 1's 30 ASY pledged
		assert_ok!(Stake::pledge(task(0), &1, 25 * ASY));
		let before = issued();
		take_events();

		// WHEN 15 ASY are paid to account 9
		assert_eq!(Stake::pay_from_pledge(task(0), &9, 15 * ASY), 15 * ASY);

		// THEN they are its free money, and bond, pledge and total fell by them
		assert_eq!(free(9), ENDOWMENT + 15 * ASY);
		assert_eq!(issued(), before);
		assert_eq!(held(1, HoldReason::ValidatorBond), 15 * ASY);
		assert_eq!(total(1, Role::Validator), (1, 10 * ASY));
		assert_eq!(Stake::pledged(task(0)), 10 * ASY);
		// 15 ASY are below the validator's minimum of 20.
		assert!(!Stake::active(&1, Role::Validator));

		// WHEN more than the rest is asked for, THEN the rest is paid
		assert_eq!(Stake::pay_from_pledge(task(0), &9, 11 * ASY), 10 * ASY);
		assert_eq!(Stake::pay_from_pledge(task(0), &9, 1), 0);
		assert_eq!(held(1, HoldReason::ValidatorBond), 5 * ASY);
		let paid = |amount| Event::PledgePaid {
			stash: 1,
			dispute: task(0),
			to: 9,
			amount,
		};
		assert_eq!(take_events(), vec![paid(15 * ASY), paid(10 * ASY)]);
	});
}

#[test]
fn a_pledge_may_pay_its_own_stash() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::pledge(task(0), &4, 7));
		assert_eq!(Stake::pay_from_pledge(task(0), &4, 7), 7);
		assert_eq!(free(4), ENDOWMENT - MIN_PROVIDER + 7);
		assert_eq!(held(4, HoldReason::ProviderBond), MIN_PROVIDER - 7);
	});
}

#[test]
fn a_pledge_pays_no_account_that_cannot_take_it() {
	Chain::default().build_and_execute(|| {
		// GIVEN an existential deposit of 10, and nobody at account 77
		ExistentialDeposit::set(10);
		assert_ok!(Stake::pledge(task(0), &1, 100));

		// WHEN it would get 9, THEN nothing has changed
		assert_storage_noop!(assert_eq!(Stake::pay_from_pledge(task(0), &77, 9), 0));

		// WHEN it gets 10, THEN it exists
		assert_eq!(Stake::pay_from_pledge(task(0), &77, 10), 10);
		assert_eq!(free(77), 10);
		assert_eq!(Stake::pledged(task(0)), 90);
	});
}

#[test]
fn a_pledge_is_burned_out_of_the_bond() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::pledge(task(0), &1, 100));
		let before = issued();
		take_events();

		// WHEN 30 and then the rest of a pledge of 100 are burned
		assert_eq!(Stake::burn_pledge(task(0), 30), 30);
		assert_eq!(Stake::burn_pledge(task(0), Balance::MAX), 70);
		assert_eq!(Stake::burn_pledge(task(0), 1), 0);

		// THEN the bond has 100 less, and nobody has them
		assert_eq!(held(1, HoldReason::ValidatorBond), 30 * ASY - 100);
		assert_eq!(issued(), before - 100);
		let burned = |amount| Event::PledgeBurned {
			stash: 1,
			dispute: task(0),
			amount,
		};
		assert_eq!(take_events(), vec![burned(30), burned(70)]);
	});
}

#[test]
fn a_dispute_without_a_pledge_pays_burns_and_releases_nothing() {
	Chain::default().build_and_execute(|| {
		take_events();
		assert_storage_noop!({
			assert_eq!(Stake::pledged(task(0)), 0);
			assert_eq!(Stake::pay_from_pledge(task(0), &9, 7), 0);
			assert_eq!(Stake::burn_pledge(task(0), 7), 0);
			Stake::release_pledge(task(0));
		});
		assert_eq!(take_events(), vec![]);
	});
}

#[test]
fn p11_a_slash_goes_before_pledges_and_what_it_leaves_is_paid() {
	Chain::default().build_and_execute(|| {
		// GIVEN 10 and 15 of validator 1's 30 ASY pledged
		assert_ok!(Stake::pledge(task(0), &1, 10 * ASY));
		assert_ok!(Stake::pledge(task(1), &1, 15 * ASY));

		// WHEN it equivocates, which costs 60 % of 30 = 18 ASY
		let burned = Stake::punish_equivocation(&1, Perbill::from_percent(60), 0);
		assert_eq!(burned, 18 * ASY);
		Stake::do_try_state().unwrap();
		take_events();

		// THEN 30 - 18 = 12 are left: 10 for the first that draws, 2 for the second
		assert_eq!(Stake::pay_from_pledge(task(0), &9, 10 * ASY), 10 * ASY);
		assert_eq!(Stake::pay_from_pledge(task(1), &9, 6 * ASY), 2 * ASY);
		assert_eq!(held(1, HoldReason::ValidatorBond), 0);

		// THEN 6 - 2 = 4 are written off, once, and 15 - 6 = 9 are left of the pledge
		assert_eq!(Stake::pledged(task(1)), 9 * ASY);
		assert_eq!(Stake::burn_pledge(task(1), Balance::MAX), 0);
		assert_eq!(Stake::pledged(task(1)), 0);
		let uncovered = |missing| Event::PledgeUncovered {
			stash: 1,
			dispute: task(1),
			missing,
		};
		let paid = |number, amount| Event::PledgePaid {
			stash: 1,
			dispute: task(number),
			to: 9,
			amount,
		};
		assert_eq!(
			take_events(),
			vec![
				paid(0, 10 * ASY),
				uncovered(4 * ASY),
				paid(1, 2 * ASY),
				uncovered(9 * ASY),
			]
		);
	});
}

#[test]
fn p11_a_bond_that_does_not_cover_its_pledges_has_no_room_until_it_is_raised() {
	Chain::default().build_and_execute(|| {
		// GIVEN a bond of 30 ASY, all of it pledged, of which 15 are slashed
		assert_ok!(Stake::pledge(task(0), &1, 30 * ASY));
		Stake::punish_equivocation(&1, Perbill::from_percent(50), 0);

		// WHEN nothing more or something more is pledged, THEN there is no room
		assert_noop!(Stake::pledge(task(1), &1, 0), Error::<Test>::BondTooSmall);
		assert_noop!(Stake::pledge(task(1), &1, 1), Error::<Test>::BondTooSmall);

		// WHEN the 15 and 1 more are bonded, THEN there is room for 1, and all is covered
		bond(1, Role::Validator, 16 * ASY);
		assert_ok!(Stake::pledge(task(1), &1, ASY));
		assert_eq!(Stake::burn_pledge(task(0), Balance::MAX), 30 * ASY);
	});
}
