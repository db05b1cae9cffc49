//! What everybody has, before an attack and after it.

use std::collections::BTreeMap;

use assay_protocol::JobId;
use assay_runtime::{Balance, Balances, Jobs, Runtime};
use assay_traits::Role;
use frame_support::traits::fungible::{Inspect, InspectHold};
use sp_keyring::Sr25519Keyring;

use crate::{
	job::{self, call},
	world::{ANYBODY, PROVIDERS, VALIDATORS},
};

/// What everybody that works has, and of it what is bonded.
#[derive(Debug)]
pub(crate) struct Books {
	job: JobId,
	before: BTreeMap<&'static str, (Balance, Balance)>,
}

impl Books {
	/// Everybody as it is now, with what it can claim of a job.
	pub(crate) fn open(job: JobId) -> Self {
		let all = workers().map(|key| (key.into(), (wealth(key, job), bond(key))));
		Self {
			job,
			before: all.collect(),
		}
	}

	/// What somebody has more than before; negative if less.
	pub(crate) fn gain(&self, key: Sr25519Keyring) -> i128 {
		let before = self.of(key).0;
		wealth(key, self.job) as i128 - before as i128
	}

	/// Pays out what the job owes to anybody, and asserts that nobody has lost anything but these: wealth,
	/// bond and record are what they were or better, and nothing is held or pledged beside the bond.
	pub(crate) fn ensure_honest(&self, dishonest: &[Sr25519Keyring]) {
		claim(self.job);
		for key in workers().filter(|key| !dishonest.contains(key)) {
			let (account, before) = (key.to_account_id(), self.of(key));
			assert!(self.gain(key) >= 0, "{key:?} has {}", self.gain(key));
			assert_eq!(bond(key), before.1, "{key:?}");
			assert_eq!(
				Balances::total_balance_on_hold(&account),
				before.1,
				"{key:?}"
			);
			let counts = pallet_slashing::CountsOf::<Runtime>::get(&account);
			assert_eq!(counts, Default::default(), "{key:?}");
		}
	}

	/// What somebody had bonded.
	pub(crate) fn bond_of(&self, key: Sr25519Keyring) -> Balance {
		self.of(key).1
	}

	fn of(&self, key: Sr25519Keyring) -> (Balance, Balance) {
		self.before[<&'static str>::from(key)]
	}
}

fn workers() -> impl Iterator<Item = Sr25519Keyring> {
	VALIDATORS.into_iter().chain(PROVIDERS)
}

fn wealth(key: Sr25519Keyring, job: JobId) -> Balance {
	let account = key.to_account_id();
	Balances::total_balance(&account) + Jobs::claimable(job, &account)
}

/// What somebody has bonded.
pub(crate) fn bond(key: Sr25519Keyring) -> Balance {
	[Role::Provider, Role::Validator]
		.into_iter()
		.filter_map(|role| pallet_stake::BondOf::<Runtime>::get(key.to_account_id(), role))
		.map(|bond| bond.amount)
		.sum()
}

/// Pays out everything that a job owes.
pub(crate) fn claim(job: JobId) {
	let owed: Vec<_> = workers()
		.chain([job::SUBMITTER])
		.map(|key| key.to_account_id())
		.filter(|account| Jobs::claimable(job, account) > 0)
		.collect();
	let beneficiaries = owed.try_into().expect("twelve of 64");
	call(ANYBODY, pallet_jobs::Call::claim { job, beneficiaries });
}
