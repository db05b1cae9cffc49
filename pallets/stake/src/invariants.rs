//! The properties of the crate documentation, checked on the stored state.

use alloc::collections::{BTreeMap, BTreeSet};

use assay_protocol::Balance;
use assay_traits::Role;
use frame_support::{
	ensure,
	traits::{fungible::hold::Inspect as InspectHold, Get},
};
use sp_runtime::TryRuntimeError;

use crate::{
	BondOf, Candidates, Config, CurrentSession, Equivocations, HeldTotal, HeldTotals, HoldReason,
	Pallet, PledgeTotal, PledgeTotals, Pledges, SessionStakes, StashOf, TaskHolds, WorkerOf,
};

impl<T: Config> Pallet<T> {
	/// Checks every property that can be seen from the state alone.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_bonds()?;
		Self::check_tasks()?;
		Self::check_pledges()?;
		Self::check_workers()?;
		Self::check_sessions()
	}

	/// P1 for bonds, and the list of candidates.
	fn check_bonds() -> Result<(), TryRuntimeError> {
		let mut candidates = BTreeSet::new();
		for (stash, role, bond) in BondOf::<T>::iter() {
			let held = Self::held(Self::hold_reason(role), &stash);
			ensure!(
				held == bond.amount,
				"P1: a bond differs from what the currency holds"
			);
			if role == Role::Validator && bond.unbonding_until.is_none() {
				candidates.insert(stash);
			}
		}
		let listed = Candidates::<T>::get();
		ensure!(
			listed.len() == candidates.len(),
			"a candidate is listed twice or not at all"
		);
		ensure!(
			listed.iter().all(|stash| candidates.contains(stash)),
			"a candidate has no active bond"
		);
		Ok(())
	}

	/// P1 and P4 for tasks.
	fn check_tasks() -> Result<(), TryRuntimeError> {
		let mut totals = BTreeMap::<T::AccountId, HeldTotal>::new();
		for (_, hold) in TaskHolds::<T>::iter() {
			let total = totals.entry(hold.stash).or_default();
			total.tasks = total.tasks.saturating_add(1);
			total.amount = total.amount.saturating_add(hold.amount);
		}
		let recorded: BTreeMap<_, _> = HeldTotals::<T>::iter().collect();
		ensure!(
			recorded == totals,
			"a total differs from the sum of its tasks"
		);
		for (stash, total) in totals {
			let held = Self::held(HoldReason::TaskStake, &stash);
			ensure!(
				held == total.amount,
				"P1: task stakes differ from what the currency holds"
			);
			let bond = BondOf::<T>::get(&stash, Role::Provider);
			ensure!(
				bond.is_some_and(|bond| bond.unbonding_until.is_none()),
				"P4: a provider with a running task is unbonding"
			);
		}
		Ok(())
	}

	/// P10 and P11.
	fn check_pledges() -> Result<(), TryRuntimeError> {
		let mut totals = BTreeMap::<(T::AccountId, Role), PledgeTotal>::new();
		for (_, pledge) in Pledges::<T>::iter() {
			let total = totals.entry((pledge.stash, pledge.role)).or_default();
			total.open = total.open.saturating_add(1);
			total.amount = total.amount.saturating_add(pledge.amount);
		}
		let mut recorded = 0_usize;
		for (stash, role, total) in PledgeTotals::<T>::iter() {
			recorded = recorded.saturating_add(1);
			let sum = totals.get(&(stash.clone(), role));
			ensure!(
				sum.is_some_and(|sum| sum.open == total.open && sum.amount == total.amount),
				"P10: a total differs from the sum of its pledges"
			);
			let Some(bond) = BondOf::<T>::get(&stash, role) else {
				return Err("P10: a pledge has no bond".into());
			};
			ensure!(
				total.amount <= bond.amount.saturating_add(total.slashed),
				"P11: more is pledged than the bond was"
			);
		}
		ensure!(recorded == totals.len(), "P10: a pledge is in no total");
		Ok(())
	}

	/// P5.
	fn check_workers() -> Result<(), TryRuntimeError> {
		for (stash, worker) in WorkerOf::<T>::iter() {
			ensure!(
				StashOf::<T>::get(&worker) == Some(stash.clone()),
				"P5: a worker serves another stash"
			);
			ensure!(
				BondOf::<T>::iter_prefix(&stash).next().is_some(),
				"P5: a stash without a bond has a worker"
			);
		}
		ensure!(
			WorkerOf::<T>::iter().count() == StashOf::<T>::iter().count(),
			"P5: a worker serves a stash that does not name it"
		);
		Ok(())
	}

	/// P3, P6 and P8.
	fn check_sessions() -> Result<(), TryRuntimeError> {
		let session = CurrentSession::<T>::get();
		let oldest = session.saturating_sub(T::HistorySessions::get());
		let planned = session.saturating_add(1);
		for (index, set) in SessionStakes::<T>::iter() {
			ensure!(
				index >= oldest && index <= planned,
				"P8: a snapshot is too old or too new"
			);
			ensure!(!set.is_empty(), "P6: a set is empty");
			let members: BTreeSet<_> = set.iter().map(|(stash, _)| stash).collect();
			ensure!(
				members.len() == set.len(),
				"P6: a validator is in a set twice"
			);
			for stash in members {
				let bond = BondOf::<T>::get(stash, Role::Validator);
				let answers = index.saturating_add(T::HistorySessions::get());
				ensure!(
					bond.is_some_and(|bond| bond.unbonding_until.is_none_or(|end| end > answers)),
					"P3: a validator could withdraw while its offences can be reported"
				);
			}
		}
		for (index, _, _) in Equivocations::<T>::iter() {
			ensure!(
				index >= oldest,
				"P8: an equivocation is remembered for too long"
			);
		}
		Ok(())
	}

	fn held(reason: HoldReason, stash: &T::AccountId) -> Balance {
		T::Currency::balance_on_hold(&reason.into(), stash)
	}
}
