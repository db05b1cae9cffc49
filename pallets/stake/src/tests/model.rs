//! The holds against a plain model, under random calls, slashes and session changes.

use std::collections::BTreeMap;

use assay_protocol::Balance;
use assay_traits::{Bonds as _, Role};
use proptest::prelude::*;
use sp_runtime::Perbill;

use crate::{mock::*, BondOf, HoldReason};

/// Accounts 1 to 5 act; 1, 2 and 3 are validators and 4 is a provider from the start.
const ACTORS: std::ops::RangeInclusive<u64> = 1..=5;

#[derive(Clone, Debug)]
enum Step {
	Bond(u64, Role, Balance),
	Unbond(u64, Role),
	Withdraw(u64),
	Hold(u32, u64, Balance),
	Release(u32),
	Slash(u32, Balance),
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
	burned: Balance,
}

impl Model {
	fn new() -> Self {
		let mut model = Self::default();
		for who in ACTORS {
			model.free.insert(who, ENDOWMENT);
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

	/// Takes from the free money all but the existential deposit of 1.
	fn take(&mut self, who: u64, amount: Balance) -> bool {
		let free = self.free.get_mut(&who).unwrap();
		// Nothing to take is always there.
		if amount > 0 && *free < amount + 1 {
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
			if ready.is_some_and(|until| until <= self.session) {
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
}

fn step() -> impl Strategy<Value = Step> {
	let role = prop_oneof![Just(Role::Provider), Just(Role::Validator)];
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
		3 => (0u32..6, amount).prop_map(|(task, n)| Step::Slash(task, n)),
		1 => (ACTORS, 0u32..=100).prop_map(|(who, percent)| Step::Equivocate(who, percent)),
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
	// Nothing appears and only slashes burn: 5 accounts were endowed.
	assert_eq!(total + model.burned, 5 * ENDOWMENT);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn holds_follow_a_plain_model(steps in prop::collection::vec(step(), 1..80)) {
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
