//! The holds and pledges against a plain model, under random calls, slashes and session changes.

use std::collections::BTreeMap;

use assay_protocol::Balance;
use assay_traits::{Bonds as _, Role};
use proptest::prelude::*;
use sp_runtime::Perbill;

use crate::{mock::*, BondOf, HoldReason};

/// Accounts 1 to 5 act; 1, 2 and 3 are validators and 4 is a provider from the start.
const ACTORS: std::ops::RangeInclusive<u64> = 1..=5;

/// Accounts that do not exist until somebody pays them.
const OUTSIDERS: std::ops::RangeInclusive<u64> = 71..=72;

/// So high that small payments do not reach an outsider.
const EXISTENTIAL: Balance = 2 * ASY;

#[derive(Clone, Debug)]
enum Step {
	Bond(u64, Role, Balance),
	Unbond(u64, Role),
	Withdraw(u64),
	Hold(u32, u64, Balance),
	Release(u32),
	Slash(u32, Balance),
	PayTask(u32, u64, Balance),
	Pledge(u32, u64, Balance),
	ReleasePledge(u32),
	PayPledge(u32, u64, Balance),
	BurnPledge(u32, Balance),
	Equivocate(u64, u32),
	NextSession,
}

#[derive(Clone, Debug, Default)]
struct ModelBond {
	amount: Balance,
	until: Option<u32>,
	suspended: u32,
}

/// What the holds should be, without a chain.
#[derive(Debug, Default)]
struct Model {
	session: u32,
	free: BTreeMap<u64, Balance>,
	bonds: BTreeMap<(u64, Role), ModelBond>,
	tasks: BTreeMap<u32, (u64, Balance)>,
	pledges: BTreeMap<u32, (u64, Role, Balance)>,
	burned: Balance,
}

impl Model {
	fn new() -> Self {
		let mut model = Self::default();
		for who in ACTORS {
			model.free.insert(who, ENDOWMENT);
		}
		for who in OUTSIDERS {
			model.free.insert(who, 0);
		}
		for (who, role, amount) in [
			(1, Role::Validator, 30 * ASY),
			(2, Role::Validator, 40 * ASY),
			(3, Role::Validator, 50 * ASY),
			(4, Role::Provider, MIN_PROVIDER),
		] {
			assert!(model.bond(who, role, amount));
		}
		model
	}

	fn minimum(role: Role) -> Balance {
		match role {
			Role::Provider => MIN_PROVIDER,
			Role::Validator => MIN_VALIDATOR,
		}
	}

	/// Takes from the free money all but the existential deposit.
	fn take(&mut self, who: u64, amount: Balance) -> bool {
		let free = self.free.get_mut(&who).unwrap();
		// Nothing to take is always there.
		if amount > 0 && *free < amount + EXISTENTIAL {
			return false;
		}
		*free -= amount;
		true
	}

	fn bond(&mut self, who: u64, role: Role, amount: Balance) -> bool {
		let before = self.bonds.get(&(who, role)).cloned().unwrap_or_default();
		let total = before.amount + amount;
		if amount == 0 || total < Self::minimum(role) || !self.take(who, amount) {
			return false;
		}
		self.bonds.insert(
			(who, role),
			ModelBond {
				amount: total,
				until: None,
				..before
			},
		);
		true
	}

	fn unbond(&mut self, who: u64, role: Role) -> bool {
		let busy = role == Role::Provider && self.tasks.values().any(|(of, _)| *of == who);
		match self.bonds.get_mut(&(who, role)) {
			Some(bond) if bond.until.is_none() && !busy => {
				bond.until = Some(self.session + UNBONDING);
				true
			}
			_ => false,
		}
	}

	fn withdraw(&mut self, who: u64) -> bool {
		let mut any = false;
		for role in [Role::Provider, Role::Validator] {
			let ready = self.bonds.get(&(who, role)).and_then(|bond| bond.until);
			let pledged = self.pledges_of(who, role).count() > 0;
			if ready.is_some_and(|until| until <= self.session) && !pledged {
				let bond = self.bonds.remove(&(who, role)).unwrap();
				*self.free.get_mut(&who).unwrap() += bond.amount;
				any = true;
			}
		}
		any
	}

	fn hold(&mut self, task: u32, who: u64, amount: Balance) -> bool {
		let active = self
			.bonds
			.get(&(who, Role::Provider))
			.is_some_and(|bond| bond.until.is_none() && bond.amount >= MIN_PROVIDER);
		if !active || self.tasks.contains_key(&task) || !self.take(who, amount) {
			return false;
		}
		self.tasks.insert(task, (who, amount));
		true
	}

	fn release(&mut self, task: u32) {
		if let Some((who, amount)) = self.tasks.remove(&task) {
			*self.free.get_mut(&who).unwrap() += amount;
		}
	}

	fn slash(&mut self, task: u32, amount: Balance) -> Balance {
		let Some((_, held)) = self.tasks.get_mut(&task) else {
			return 0;
		};
		let burned = amount.min(*held);
		*held -= burned;
		self.burned += burned;
		burned
	}

	/// Gives, unless the account would be left with less than the existential deposit.
	fn give(&mut self, to: u64, amount: Balance) -> bool {
		let free = self.free.get_mut(&to).unwrap();
		if *free + amount < EXISTENTIAL {
			return false;
		}
		*free += amount;
		true
	}

	fn pay_task(&mut self, task: u32, to: u64, amount: Balance) -> Balance {
		let due = self
			.tasks
			.get(&task)
			.map_or(0, |(_, held)| amount.min(*held));
		if due == 0 || !self.give(to, due) {
			return 0;
		}
		self.tasks.get_mut(&task).unwrap().1 -= due;
		due
	}

	/// The amounts that are pledged of a bond.
	fn pledges_of(&self, who: u64, role: Role) -> impl Iterator<Item = Balance> + '_ {
		self.pledges
			.values()
			.filter(move |(of, as_, _)| (*of, *as_) == (who, role))
			.map(|(_, _, amount)| *amount)
	}

	fn pledge(&mut self, dispute: u32, who: u64, amount: Balance) -> bool {
		if self.pledges.contains_key(&dispute) {
			return false;
		}
		for role in [Role::Validator, Role::Provider] {
			let pledged: Balance = self.pledges_of(who, role).sum();
			let bond = self.bonds.get(&(who, role));
			if bond.is_some_and(|bond| pledged + amount <= bond.amount) {
				self.pledges.insert(dispute, (who, role, amount));
				return true;
			}
		}
		false
	}

	/// Draws on a pledge, for an account or to be burned.
	fn draw(&mut self, dispute: u32, to: Option<u64>, amount: Balance) -> Balance {
		let Some((who, role, pledged)) = self.pledges.get(&dispute).copied() else {
			return 0;
		};
		let due = amount.min(pledged);
		let there = self.bonds[&(who, role)].amount.min(due);
		let taken = match to {
			Some(to) if there > 0 && self.give(to, there) => there,
			Some(_) => 0,
			None => {
				self.burned += there;
				there
			}
		};
		self.bonds.get_mut(&(who, role)).unwrap().amount -= taken;
		// What the bond has not is gone from the pledge all the same.
		self.pledges.get_mut(&dispute).unwrap().2 -= taken + (due - there);
		taken
	}
}

fn step() -> impl Strategy<Value = Step> {
	let role = prop_oneof![Just(Role::Provider), Just(Role::Validator)];
	let payee = prop_oneof![ACTORS, OUTSIDERS];
	let amount = prop_oneof![
		0..3 * ASY,
		9 * ASY..30 * ASY,
		Just(MIN_PROVIDER),
		Just(ENDOWMENT)
	];
	prop_oneof![
		4 => (ACTORS, role.clone(), amount.clone()).prop_map(|(who, role, n)| Step::Bond(who, role, n)),
		3 => (ACTORS, role).prop_map(|(who, role)| Step::Unbond(who, role)),
		3 => ACTORS.prop_map(Step::Withdraw),
		6 => (0u32..6, ACTORS, amount.clone()).prop_map(|(task, who, n)| Step::Hold(task, who, n)),
		3 => (0u32..6).prop_map(Step::Release),
		3 => (0u32..6, amount.clone()).prop_map(|(task, n)| Step::Slash(task, n)),
		2 => (0u32..6, payee.clone(), amount.clone()).prop_map(|(task, to, n)| Step::PayTask(task, to, n)),
		6 => (0u32..4, ACTORS, amount.clone()).prop_map(|(of, who, n)| Step::Pledge(of, who, n)),
		2 => (0u32..4).prop_map(Step::ReleasePledge),
		3 => (0u32..4, payee, amount.clone()).prop_map(|(of, to, n)| Step::PayPledge(of, to, n)),
		2 => (0u32..4, amount).prop_map(|(of, n)| Step::BurnPledge(of, n)),
		2 => (ACTORS, 0u32..=100).prop_map(|(who, percent)| Step::Equivocate(who, percent)),
		3 => Just(Step::NextSession),
	]
}

/// Applies a step to both sides and compares the answers.
fn apply(model: &mut Model, step: Step) {
	match step {
		Step::Bond(who, role, amount) => {
			let answer = Stake::bond(signed(who), role, amount).is_ok();
			assert_eq!(answer, model.bond(who, role, amount));
		}
		Step::Unbond(who, role) => {
			assert_eq!(
				Stake::unbond(signed(who), role).is_ok(),
				model.unbond(who, role)
			);
		}
		Step::Withdraw(who) => {
			assert_eq!(Stake::withdraw(signed(who)).is_ok(), model.withdraw(who));
		}
		Step::Hold(slot, who, amount) => {
			let answer = Stake::hold_task(task(slot), &who, amount).is_ok();
			assert_eq!(answer, model.hold(slot, who, amount));
		}
		Step::Release(slot) => {
			Stake::release_task(task(slot)).unwrap();
			model.release(slot);
		}
		Step::Slash(slot, amount) => {
			assert_eq!(
				Stake::slash_task(task(slot), amount),
				model.slash(slot, amount)
			);
		}
		Step::PayTask(slot, to, amount) => {
			assert_eq!(
				Stake::pay_from_task(task(slot), &to, amount),
				model.pay_task(slot, to, amount)
			);
		}
		Step::Pledge(slot, who, amount) => {
			let answer = Stake::pledge(task(slot), &who, amount).is_ok();
			assert_eq!(answer, model.pledge(slot, who, amount));
		}
		Step::ReleasePledge(slot) => {
			Stake::release_pledge(task(slot));
			model.pledges.remove(&slot);
		}
		Step::PayPledge(slot, to, amount) => {
			assert_eq!(
				Stake::pay_from_pledge(task(slot), &to, amount),
				model.draw(slot, Some(to), amount)
			);
		}
		Step::BurnPledge(slot, amount) => {
			assert_eq!(
				Stake::burn_pledge(task(slot), amount),
				model.draw(slot, None, amount)
			);
		}
		Step::Equivocate(who, percent) => {
			let fraction = Perbill::from_percent(percent);
			let burned = Stake::punish_equivocation(&who, fraction, model.session);
			let stake = Stake::stakes(model.session)
				.and_then(|set| set.into_iter().find(|(member, _)| *member == who))
				.map_or(0, |(_, stake)| stake);
			assert!(
				burned <= fraction.mul_ceil(stake),
				"no more than the fraction at once"
			);
			if let Some(bond) = model.bonds.get_mut(&(who, Role::Validator)) {
				bond.amount -= burned;
				bond.suspended = BondOf::<Test>::get(who, Role::Validator)
					.unwrap()
					.suspended_until;
			}
			model.burned += burned;
		}
		Step::NextSession => {
			next_sessions(1);
			model.session += 1;
			// A set that goes on prolongs its members' delay; the model takes that over.
			for ((who, role), bond) in model.bonds.iter_mut() {
				let until = BondOf::<Test>::get(who, role).unwrap().unbonding_until;
				assert!(until >= bond.until, "a delay never gets shorter");
				bond.until = until;
			}
		}
	}
}

/// Compares every balance.
fn compare(model: &Model) {
	let mut total = 0;
	for who in ACTORS {
		let bond_of = |role| model.bonds.get(&(who, role)).map_or(0, |bond| bond.amount);
		let tasks: Balance = model
			.tasks
			.values()
			.filter(|(of, _)| *of == who)
			.map(|(_, amount)| amount)
			.sum();
		assert_eq!(free(who), model.free[&who], "free money of {who}");
		assert_eq!(held(who, HoldReason::ProviderBond), bond_of(Role::Provider));
		assert_eq!(
			held(who, HoldReason::ValidatorBond),
			bond_of(Role::Validator)
		);
		assert_eq!(held(who, HoldReason::TaskStake), tasks);
		for role in [Role::Provider, Role::Validator] {
			let active = model.bonds.get(&(who, role)).is_some_and(|bond| {
				bond.until.is_none()
					&& bond.amount >= Model::minimum(role)
					&& bond.suspended <= model.session
			});
			assert_eq!(Stake::active(&who, role), active, "{who} as {role:?}");
		}
		total += free(who) + tasks + bond_of(Role::Provider) + bond_of(Role::Validator);
	}
	for who in OUTSIDERS {
		assert_eq!(free(who), model.free[&who], "free money of {who}");
		total += free(who);
	}
	for slot in 0..4 {
		let pledged = model.pledges.get(&slot).map_or(0, |(_, _, amount)| *amount);
		assert_eq!(Stake::pledged(task(slot)), pledged, "the pledge of {slot}");
	}
	for slot in 0..6 {
		let staked = model.tasks.get(&slot).map_or(0, |(_, amount)| *amount);
		assert_eq!(Stake::task_stake(task(slot)), staked, "the stake of {slot}");
	}
	// Nothing appears, and only slashes and pledges burn: 5 accounts were endowed.
	assert_eq!(total + model.burned, 5 * ENDOWMENT);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn holds_follow_a_plain_model(steps in prop::collection::vec(step(), 1..120)) {
		ExistentialDeposit::set(EXISTENTIAL);
		Chain::default().build_and_execute(|| {
			let mut model = Model::new();
			for step in steps {
				apply(&mut model, step);
				compare(&model);
				Stake::do_try_state().unwrap();
			}
		});
	}
}
