//! P4: whatever happens, the books balance.

use assay_protocol::{Ledger, LedgerError, Purpose};
use proptest::prelude::*;

#[test]
fn a_job_that_pays_claims_and_refunds_ends_drained() {
	// GIVEN an escrow of 1,000.
	let mut ledger = Ledger::open(1_000);
	assert!(ledger.is_balanced() && !ledger.is_drained());

	// WHEN 300 go to a task and 101 to a verdict.
	let pay = ledger.credit(Purpose::Compute, 300).expect("held");
	let fee = ledger.credit(Purpose::Validation, 101).expect("held");

	// THEN both can be claimed without 2 %, rounded against the claimer.
	assert_eq!((pay.net, pay.fee), (294, 6));
	assert_eq!((fee.net, fee.fee), (98, 3));
	assert_eq!((ledger.paid_compute, ledger.paid_validation), (294, 98));
	assert_eq!((ledger.fees, ledger.held, ledger.unclaimed), (9, 599, 392));
	// The burned fees have left the account: 1,000 - 9.
	assert_eq!(ledger.in_account(), Ok(991));

	// WHEN the rest is refunded and everything is claimed.
	assert_eq!(ledger.refund(), Ok(599));
	ledger.claim(392).expect("credited");
	ledger.claim(599).expect("credited");

	// THEN nothing is left, and the equation holds.
	assert!(ledger.is_balanced() && ledger.is_drained());
	assert_eq!(
		ledger.paid().expect("small") + ledger.refunded + ledger.fees,
		1_000
	);
}

#[test]
fn more_than_is_held_is_never_credited() {
	let mut ledger = Ledger::open(100);
	let before = ledger;

	assert_eq!(
		ledger.credit(Purpose::Data, 101),
		Err(LedgerError::HeldTooSmall {
			asked: 101,
			held: 100
		})
	);
	assert_eq!(ledger, before);
}

#[test]
fn more_than_is_credited_is_never_claimed() {
	let mut ledger = Ledger::open(100);
	ledger.credit(Purpose::Compute, 50).expect("held");
	let before = ledger;

	assert_eq!(
		ledger.claim(50),
		Err(LedgerError::UnclaimedTooSmall {
			asked: 50,
			unclaimed: 49
		})
	);
	assert_eq!(ledger, before);
}

#[test]
fn amounts_beyond_a_balance_are_refused() {
	let mut ledger = Ledger::open(u128::MAX);
	let before = ledger;

	assert_eq!(ledger.deposit(1), Err(LedgerError::Overflow));
	assert_eq!(ledger, before);
	ledger.slash(u128::MAX).expect("in range");
	assert_eq!(ledger.slash(1), Err(LedgerError::Overflow));
}

#[test]
fn slashed_stake_is_outside_of_the_equation() {
	let mut ledger = Ledger::open(10);
	ledger.slash(1_000).expect("in range");

	assert!(ledger.is_balanced());
	assert_eq!(ledger.in_account(), Ok(10));
}

#[test]
fn books_that_were_tampered_with_do_not_balance() {
	let balanced = Ledger::open(10);
	for spoil in [
		|ledger: &mut Ledger| ledger.held -= 1,
		|ledger: &mut Ledger| ledger.fees += 1,
		|ledger: &mut Ledger| ledger.unclaimed += 1,
		|ledger: &mut Ledger| ledger.refunded = u128::MAX,
	] {
		let mut ledger = balanced;
		spoil(&mut ledger);
		assert!(!ledger.is_balanced());
	}
}

#[derive(Clone, Debug)]
enum Booking {
	Deposit(u128),
	Credit(Purpose, u128),
	Claim(u128),
	Refund,
	Slash(u128),
}

fn booking() -> impl Strategy<Value = Booking> {
	let amount = prop_oneof![4 => 0u128..2_000, 1 => any::<u128>()];
	prop_oneof![
		1 => amount.clone().prop_map(Booking::Deposit),
		2 => amount.clone().prop_map(|amount| Booking::Credit(Purpose::Compute, amount)),
		1 => amount.clone().prop_map(|amount| Booking::Credit(Purpose::Data, amount)),
		2 => amount.clone().prop_map(|amount| Booking::Credit(Purpose::Validation, amount)),
		3 => amount.clone().prop_map(Booking::Claim),
		1 => Just(Booking::Refund),
		1 => amount.prop_map(Booking::Slash),
	]
}

proptest! {
	/// The model is a purse of coins: what went in and what came out.
	#[test]
	fn p4_books_balance_after_every_booking(
		escrow in 0u128..1 << 100,
		bookings in prop::collection::vec(booking(), 0..60),
	) {
		let mut ledger = Ledger::open(escrow);
		let (mut deposited, mut burned, mut claimed) = (escrow, 0u128, 0u128);
		for booking in bookings {
			let before = ledger;
			let refused = match booking {
				Booking::Deposit(amount) => {
					let done = ledger.deposit(amount);
					if done.is_ok() {
						deposited += amount;
					}
					done.is_err()
				},
				Booking::Credit(purpose, gross) => match ledger.credit(purpose, gross) {
					Ok(credited) => {
						prop_assert_eq!(credited.net + credited.fee, gross);
						burned += credited.fee;
						false
					},
					Err(_) => true,
				},
				Booking::Claim(amount) => {
					let done = ledger.claim(amount);
					if done.is_ok() {
						claimed += amount;
					}
					done.is_err()
				},
				Booking::Refund => ledger.refund().is_err(),
				Booking::Slash(amount) => ledger.slash(amount).is_err(),
			};
			if refused {
				prop_assert_eq!(ledger, before);
			}
			prop_assert!(ledger.is_balanced());
			prop_assert_eq!(ledger.escrow, deposited);
			prop_assert_eq!(ledger.in_account(), Ok(deposited - burned - claimed));
		}
	}
}
