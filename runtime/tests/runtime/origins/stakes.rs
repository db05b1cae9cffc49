//! What everybody has, at one moment.

use std::collections::BTreeMap;

use assay_protocol::{JobId, TaskKey};
use assay_runtime::{AccountId, Balance, Balances, Jobs, Runtime, System};
use assay_traits::Role;
use codec::Encode;
use pallet_jobs::{Jobs as JobsMap, Ledgers};
use pallet_stake::{BondOf, Pledges, TaskHolds};

/// Balances, bonds, stakes and pledges of all accounts, the books of all jobs, and all records of
/// offences.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stakes {
	/// Free and held.
	pub(crate) wealth: BTreeMap<AccountId, Balance>,
	bonds: BTreeMap<(AccountId, Vec<u8>), Balance>,
	tasks: BTreeMap<TaskKey, (AccountId, Balance)>,
	pledges: BTreeMap<TaskKey, (AccountId, Balance)>,
	/// Of each job that is not pruned: what is in its account, and what its books say.
	escrows: BTreeMap<JobId, (Balance, Balance)>,
	/// The records of pallet-slashing, its counts, pallet-offences' reports and equivocations.
	offences: Vec<Vec<u8>>,
	issuance: Balance,
}

impl Stakes {
	pub(crate) fn now() -> Self {
		let mut escrows = BTreeMap::new();
		for (id, job) in JobsMap::<Runtime>::iter() {
			let ledger = Ledgers::<Runtime>::get(id);
			let books = ledger.in_account().expect("the books do not overflow");
			let held = Balances::free_balance(Jobs::account_of(id));
			escrows.insert(id, (held, books + job.deposit));
		}
		let wealth = frame_system::Account::<Runtime>::iter()
			.map(|(account, info)| (account, info.data.free + info.data.reserved))
			.collect();
		let mut offences: Vec<Vec<u8>> = pallet_slashing::Offences::<Runtime>::iter()
			.map(|record| record.encode())
			.chain(pallet_slashing::CountsOf::<Runtime>::iter().map(|counts| counts.encode()))
			.chain(pallet_offences::Reports::<Runtime>::iter().map(|report| report.encode()))
			.chain(pallet_stake::Equivocations::<Runtime>::iter().map(|found| found.encode()))
			.collect();
		offences.sort();
		Self {
			wealth,
			bonds: BondOf::<Runtime>::iter()
				.map(|(stash, role, bond)| ((stash, role.encode()), bond.amount))
				.collect(),
			tasks: TaskHolds::<Runtime>::iter()
				.map(|(task, hold)| (task, (hold.stash, hold.amount)))
				.collect(),
			pledges: Pledges::<Runtime>::iter()
				.map(|(task, pledge)| (task, (pledge.stash, pledge.amount)))
				.collect(),
			escrows,
			offences,
			issuance: Balances::total_issuance(),
		}
	}

	/// What there is that could be taken, so that no test is about nothing.
	pub(crate) fn assert_rich(&self) {
		let roles = [Role::Provider, Role::Validator].map(|role| role.encode());
		for role in roles {
			assert!(self.bonds.keys().any(|(_, of)| *of == role));
		}
		assert!(!self.tasks.is_empty(), "no task stake is held");
		assert!(!self.pledges.is_empty(), "nothing is pledged");
		assert!(self.escrows.values().any(|(held, _)| *held > 0));
	}

	/// Says what a call has done that no call may do without a proof or a deadline. `caller` is who
	/// signed it. Otherwise tells whose task stakes were released.
	pub(crate) fn compare(
		&self,
		after: &Self,
		caller: Option<&AccountId>,
	) -> Result<Vec<TaskKey>, String> {
		let is_other = |account: &AccountId| Some(account) != caller;
		if self.offences != after.offences {
			return Err("an offence is recorded".into());
		}
		let accounts: Vec<AccountId> = self
			.escrows
			.keys()
			.map(|id| Jobs::account_of(*id))
			.collect();
		for (account, before) in &self.wealth {
			let now = after.wealth.get(account).copied().unwrap_or(0);
			if now < *before && is_other(account) && !accounts.contains(account) {
				return Err(format!("{account} has {now} instead of {before}"));
			}
		}
		for ((stash, role), before) in &self.bonds {
			let now = after.bonds.get(&(stash.clone(), role.clone()));
			if now.is_none_or(|now| now < before) && is_other(stash) {
				return Err(format!(
					"the bond of {stash} is {now:?} instead of {before}"
				));
			}
		}
		for (task, (stash, before)) in &self.pledges {
			let now = after.pledges.get(task);
			if now != Some(&(stash.clone(), *before)) && is_other(stash) {
				return Err(format!(
					"the pledge of {stash} is {now:?} instead of {before}"
				));
			}
		}
		let mut released = Vec::new();
		for (task, (stash, before)) in &self.tasks {
			match after.tasks.get(task) {
				Some((holder, now)) if holder == stash && now >= before => {}
				Some(other) => return Err(format!("the stake of {task:?} is now {other:?}")),
				// Its stash has not become poorer, see above: it is free again.
				None => released.push(*task),
			}
		}
		for (id, (held, books)) in &self.escrows {
			// A job that is pruned has paid out what its books said; `try_state` compares.
			let Some((held_now, books_now)) = after.escrows.get(id) else {
				continue;
			};
			// Anybody can send something to any account; nobody can take more than the books say.
			if held_now + books < held + books_now {
				return Err(format!("the escrow of {id:?} moved by more than its books"));
			}
		}
		if after.wealth.values().sum::<Balance>() != after.issuance {
			return Err("the accounts do not add up to the issuance".into());
		}
		if after.issuance > self.issuance {
			return Err("money was made".into());
		}
		Ok(released)
	}
}

/// Whether the chain's events tell of a slash.
pub(crate) fn slash_event() -> Option<String> {
	use assay_runtime::RuntimeEvent;
	System::events().into_iter().find_map(|record| {
		let is_slash = matches!(
			&record.event,
			RuntimeEvent::Slashing(pallet_slashing::Event::Slashed { .. })
				| RuntimeEvent::Balances(pallet_balances::Event::Slashed { .. })
		);
		is_slash.then(|| format!("{:?}", record.event))
	})
}
