//! Starting a round and giving out its slots.

use alloc::collections::BTreeSet;

use assay_protocol::{
	assign::{assign_seed, Order},
	money, RoundState, Slot, SlotRecord, SlotState, TaskKey,
};
use assay_traits::Bonds;
use frame_support::storage::with_storage_layer;
use sp_runtime::DispatchError;

use crate::{desk::Desk, Config, Error, Event, Members, Pallet, Plans, SlotRoots, Slots};

impl<T: Config> Pallet<T> {
	/// Starts the job's next round: every slot is given out. `false` if one found nobody; the
	/// stakes held so far are then for the caller to release.
	pub(crate) fn start_round(desk: &mut Desk<T>) -> Result<bool, DispatchError> {
		let terms = desk.job.terms;
		let mut pools = money::pools(&terms).map_err(Error::<T>::from)?;
		// Few tasks may be drawn in one round and many in the next: what verdicts left stays theirs.
		let left = desk.job.pools.validation;
		pools.validation = pools.validation.saturating_add(left);
		desk.job.pools = pools;
		let round = RoundState::start(terms.tasks, desk.now, &terms.windows);
		desk.round = Some(round);
		Self::deposit_event(Event::RoundStarted {
			job: desk.id,
			round: desk.job.round,
			parent: desk.job.checkpoint.root,
			deadline: round.deadline,
		});
		let mut hirer = Hirer::of(desk)?;
		for slot in 0..terms.tasks {
			let Some(provider) = hirer.hire(desk, slot, 0, &[]) else {
				return Ok(false);
			};
			Self::carry_slot_root(desk, slot);
			Slots::<T>::insert(desk.id, slot, SlotRecord::assign(provider));
		}
		Ok(true)
	}

	/// Gives every slot to redo to another provider. `false` if one found nobody.
	pub(crate) fn start_pass(desk: &mut Desk<T>) -> Result<bool, DispatchError> {
		let mut hirer = Hirer::of(desk)?;
		for slot in 0..desk.job.terms.tasks {
			let mut record = Slots::<T>::get(desk.id, slot).ok_or(Error::<T>::Inconsistent)?;
			let SlotState::Redo(_) = record.state else {
				continue;
			};
			let attempt = record.attempt.saturating_add(1);
			let Some(provider) = hirer.hire(desk, slot, attempt, &record.failed) else {
				return Ok(false);
			};
			record.reassign(provider).map_err(Error::<T>::from)?;
			Slots::<T>::insert(desk.id, slot, record);
		}
		Ok(true)
	}

	/// What the accepted work of the last round left in the slot is what the next one starts from;
	/// a slot that was given up keeps what it had.
	fn carry_slot_root(desk: &Desk<T>, slot: Slot) {
		let Some(last) = Slots::<T>::get(desk.id, slot) else {
			return;
		};
		let SlotState::Accepted = last.state else {
			return;
		};
		let Some(work) = last.work else { return };
		if SlotRoots::<T>::get(desk.id, slot) != work.slot_root {
			SlotRoots::<T>::insert(desk.id, slot, work.slot_root);
		}
	}
}

/// Finds a provider for each slot of one round or pass.
struct Hirer<T: Config> {
	members: frame_support::BoundedVec<T::AccountId, T::MaxMembers>,
	order: Order,
	/// Members whose stake could not be held: they are not asked again, so that each costs one
	/// attempt only.
	broke: BTreeSet<T::AccountId>,
}

impl<T: Config> Hirer<T> {
	fn of(desk: &Desk<T>) -> Result<Self, DispatchError> {
		let plan = Plans::<T>::get(desk.id).ok_or(Error::<T>::Inconsistent)?;
		let members = Members::<T>::get(desk.id);
		let seed = assign_seed(&plan.seed, desk.id, desk.job.round);
		let order = Order::new(&seed, u32::try_from(members.len()).unwrap_or(u32::MAX));
		Ok(Self {
			members,
			order,
			broke: BTreeSet::new(),
		})
	}

	/// The first member in the slot's order that has not failed it and whose stake can be held.
	/// The stake is held then.
	fn hire(
		&mut self,
		desk: &mut Desk<T>,
		slot: Slot,
		attempt: u8,
		failed: &[T::AccountId],
	) -> Option<T::AccountId> {
		let task = TaskKey {
			job: desk.id,
			round: desk.job.round,
			slot,
			attempt,
		};
		let stake = desk.job.terms.task_stake;
		let broke = &mut self.broke;
		let provider = self
			.order
			.pick(&self.members, slot, attempt, |member| {
				if failed.contains(member) || broke.contains(member) {
					return false;
				}
				let held = with_storage_layer(|| T::Bonds::hold_task(task, member, stake));
				if held.is_err() {
					broke.insert(member.clone());
					Pallet::<T>::deposit_event(Event::MemberPassedOver {
						job: task.job,
						round: task.round,
						provider: member.clone(),
					});
				}
				held.is_ok()
			})?
			.clone();
		desk.touch();
		Pallet::<T>::deposit_event(Event::TaskAssigned {
			job: desk.id,
			round: desk.job.round,
			slot,
			attempt,
			provider: provider.clone(),
		});
		Some(provider)
	}
}
