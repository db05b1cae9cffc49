//! What the chain has told in the current block.

use assay_protocol::{TaskKey, Unpaid};
use assay_runtime::{AccountId, RuntimeEvent, System};
use sp_keyring::Sr25519Keyring;

use crate::round::Drawn;

/// Why an attempt was not paid, if that was told in this block.
pub(crate) fn unpaid(key: TaskKey) -> Option<Unpaid> {
	System::events()
		.into_iter()
		.find_map(|record| match record.event {
			RuntimeEvent::Jobs(pallet_jobs::Event::TaskUnpaid {
				job,
				round,
				slot,
				attempt,
				reason,
				..
			}) if (job, round, slot, attempt) == (key.job, key.round, key.slot, key.attempt) => Some(reason),
			_ => None,
		})
}

/// Whether an attempt was accepted in this block.
pub(crate) fn is_accepted(key: TaskKey) -> bool {
	System::events().into_iter().any(|record| {
		matches!(
			record.event,
			RuntimeEvent::Jobs(pallet_jobs::Event::TaskAccepted { job, round, slot, attempt, .. })
			if (job, round, slot, attempt) == (key.job, key.round, key.slot, key.attempt)
		)
	})
}

/// Whether a validator was credited a verdict about a slot in this block.
pub(crate) fn is_paid(drawn: &Drawn, seat: Sr25519Keyring) -> bool {
	let (job, slot, who): (_, _, AccountId) =
		(drawn.task.job, drawn.task.slot, seat.to_account_id());
	System::events().into_iter().any(|record| {
		matches!(
			record.event,
			RuntimeEvent::Jobs(pallet_jobs::Event::VerdictPaid {
				job: of, slot: at, validator, ..
			}) if (of, at, &validator) == (job, slot, &who)
		)
	})
}
