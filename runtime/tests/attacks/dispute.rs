//! Disputes, move by move, by the calls that workers make.

use assay_protocol::{dispute::Side, TaskKey};
use assay_runtime::{time::DAYS, time::HOURS, Disputes, Runtime};
use assay_traits::{Cause, Disputes as _};
use pallet_disputes::{CaseRecord, Dispute};
use sp_keyring::Sr25519Keyring;

use crate::{
	chain,
	job::{call, key_of},
	play::{Move, Party},
	work,
};

type AccountId = assay_runtime::AccountId;

/// More blocks than a side has for its turns, with the grace of a provider.
pub(crate) const SILENCE: u32 = 2 * HOURS + DAYS + 1;

/// How a dispute stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
	/// It is over, or has another challenger.
	Ended,
	/// A side has no move that would be taken.
	NoMove(Side),
	/// A side that walks away has done so: it is its turn.
	Left,
}

/// An open dispute.
pub(crate) fn open(key: TaskKey) -> Option<(CaseRecord<AccountId>, Dispute<AccountId>)> {
	let case = pallet_disputes::Cases::<Runtime>::get(key)?;
	Some((case, pallet_disputes::Disputes::<Runtime>::get(key)?))
}

/// Who stands for the dispute.
pub(crate) fn challenger(key: TaskKey) -> Option<Sr25519Keyring> {
	open(key).map(|(_, dispute)| key_of(&dispute.challenger))
}

/// Who walks away from a dispute, and after how many of its own moves.
pub(crate) type Leaves = Option<(Side, u32)>;

/// Plays on until nobody moves any more, a few moves a block.
pub(crate) fn play(
	key: TaskKey,
	provider: &Party<'_>,
	challenger: &Party<'_>,
	mut leaves: Leaves,
) -> Stop {
	let Some(first) = self::challenger(key) else {
		return Stop::Ended;
	};
	for made in 1.. {
		if made % 8 == 0 {
			chain::next_block();
		}
		let Some((case, dispute)) = open(key) else {
			return Stop::Ended;
		};
		if key_of(&dispute.challenger) != first || dispute.has_lost {
			return Stop::Ended;
		}
		let outline = provider.setup.outline();
		let subject = case.subject(key, outline);
		let side = dispute.stage.turn();
		match &mut leaves {
			Some((who, 0)) if *who == side => return Stop::Left,
			Some((who, left)) if *who == side => *left -= 1,
			_ => {}
		}
		let moved = match side {
			Side::Provider => provider.answer(&subject, &dispute.stage).map(|answer| {
				let who = key_of(&case.provider);
				let taken = subject.answer(&dispute.stage, &answer).is_ok();
				let task = key;
				taken.then(|| call(who, pallet_disputes::Call::answer { task, answer }))
			}),
			Side::Challenger => challenger.ask(&subject, &dispute.stage).map(|next| {
				let task = key;
				match next {
					Move::Ask(ask) => call(first, pallet_disputes::Call::ask { task, ask }),
					Move::Prove(proof) => call(first, pallet_disputes::Call::prove { task, proof }),
				}
				Some(())
			}),
		};
		if moved.flatten().is_none() {
			return Stop::NoMove(side);
		}
	}
	unreachable!("a dispute has some twenty moves")
}

/// Blocks pass until the side whose turn it is has no time left, and the chain ends its turn by itself.
pub(crate) fn fall_silent() {
	chain::skip(SILENCE);
	chain::next_block();
	chain::next_block();
}

/// An honest challenger plays a dispute about wrong work to its end: the provider is convicted by proof,
/// or of its silence. Tells which.
pub(crate) fn convict(key: TaskKey, wrong: &Party<'_>) -> Cause {
	let provider = open(key).expect("it is disputed").0.provider;
	match play(key, wrong, work::honest(key.round, key.slot), None) {
		Stop::NoMove(Side::Provider) => fall_silent(),
		stop => assert_eq!(stop, Stop::Ended),
	}
	assert!(!Disputes::is_open(key));
	conviction(key, &provider).expect("it is convicted")
}

/// What a provider was convicted of about an attempt.
pub(crate) fn conviction(key: TaskKey, provider: &AccountId) -> Option<Cause> {
	let is_recorded = |cause: &Cause| {
		let place = (key, *cause, provider);
		pallet_slashing::Offences::<Runtime>::contains_key(key.job, place)
	};
	[Cause::Proven, Cause::Silent].into_iter().find(is_recorded)
}
