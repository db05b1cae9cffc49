//! Who is drawn from: validators of an adversary, honest ones, and honest ones that do not answer.

use assay_protocol::{
	draw::committee,
	limits::{MAX_COMMITTEE, PPM},
	Balance, Digest,
};

/// In place of the excluded account: the provider is no validator, so that nothing is assumed from
/// exclusion.
const NOBODY: u32 = u32::MAX;

/// A session of validators. Accounts of one side have equal stakes, and the adversary's together
/// have exactly its share.
#[derive(Debug, Clone)]
pub(super) struct Scene {
	/// Accounts of the adversary: the first ones.
	pub(super) adversaries: u32,
	/// Honest accounts, after them.
	honest: u32,
	stakes: Vec<(u32, Balance)>,
}

impl Scene {
	/// A share of the stake in so many of the accounts; 1 to all but one of them.
	pub(super) fn new(validators: u32, adversaries: u32, share_ppm: u32) -> Self {
		let honest = validators - adversaries;
		let (adversary_stake, honest_stake) = (
			Balance::from(share_ppm) * Balance::from(honest),
			Balance::from(PPM - share_ppm) * Balance::from(adversaries),
		);
		let stake = |account| match account < adversaries {
			true => adversary_stake,
			false => honest_stake,
		};
		Self {
			adversaries,
			honest,
			stakes: (0..validators)
				.map(|account| (account, stake(account)))
				.collect(),
		}
	}

	/// The same with as many accounts as the share says: nearly equal stakes for all.
	pub(super) fn even(validators: u32, share_ppm: u32) -> Self {
		let all = u64::from(validators) * u64::from(share_ppm);
		let nearest = (all + u64::from(PPM / 2)) / u64::from(PPM);
		let adversaries = (nearest as u32).clamp(1, validators - 1);
		Self::new(validators, adversaries, share_ppm)
	}

	/// How many honest accounts this share of them is, rounded in favour of the adversary.
	pub(super) fn offline(&self, offline_ppm: u32) -> u32 {
		let all = u64::from(self.honest) * u64::from(offline_ppm);
		all.div_ceil(u64::from(PPM)) as u32
	}

	/// The protocol's draw of the largest committee. Its first seats are the smaller committees: a
	/// property of the draw that the protocol's tests hold.
	pub(super) fn draw(&self, seed: &Digest, seats: u32) -> Vec<u32> {
		committee(seed, 0, 0, &self.stakes, seats, &NOBODY).into_inner()
	}

	/// Whether this account is the adversary's.
	pub(super) fn is_adversary(&self, account: u32) -> bool {
		account < self.adversaries
	}

	/// Whether a committee accepts wrong work: a quorum says valid and nobody says invalid. Every
	/// honest member that answers says invalid, so all who answer must be the adversary's.
	pub(super) fn accepts_wrong_work(&self, committee: &[u32], quorum: u32, offline: u32) -> bool {
		let answers = |account: &u32| *account >= self.adversaries + offline;
		let bought = committee
			.iter()
			.filter(|account| self.is_adversary(**account));
		!committee.iter().any(answers) && bought.count() >= quorum as usize
	}

	/// The probability of that, without trials.
	///
	/// Over the seats in their order: `reached[i]` is the probability that the seats so far are `i`
	/// of the adversary's and otherwise silent ones. Each seat goes by stake to one of those left.
	/// With equal stakes it is the hypergeometric distribution.
	pub(super) fn capture(&self, seats: u32, quorum: u32, offline: u32) -> f64 {
		let stake = |place: u32| {
			self.stakes
				.get(place as usize)
				.map_or(0.0, |(_, s)| *s as f64)
		};
		let (bad, good) = (stake(0), stake(self.adversaries));
		let total = bad * f64::from(self.adversaries) + good * f64::from(self.honest);
		let mut reached = [0.0; MAX_COMMITTEE as usize + 1];
		reached[0] = 1.0;
		for seat in 0..seats {
			let mut next = [0.0; MAX_COMMITTEE as usize + 1];
			for bought in 0..=seat {
				let here = reached[bought as usize];
				if here == 0.0 {
					// Nobody of a side is left: there may be no stake to divide by.
					continue;
				}
				let silent = seat - bought;
				let left = total - bad * f64::from(bought) - good * f64::from(silent);
				let free = |all: u32, taken: u32| f64::from(all.saturating_sub(taken));
				next[bought as usize + 1] += here * free(self.adversaries, bought) * bad / left;
				next[bought as usize] += here * free(offline, silent) * good / left;
			}
			reached = next;
		}
		(quorum..=seats)
			.map(|bought| reached[bought as usize])
			.sum()
	}
}

#[cfg(test)]
mod tests {
	use assay_protocol::draw::least_quorum;

	use super::*;

	/// `n` over `k`.
	fn choose(n: u32, k: u32) -> f64 {
		if k > n {
			return 0.0;
		}
		(0..k)
			.map(|i| f64::from(n - i) / f64::from(k - i))
			.product()
	}

	#[test]
	fn equal_stakes_give_the_hypergeometric_distribution() {
		for (adversaries, offline) in [(10, 0), (33, 0), (33, 7), (40, 6)] {
			// GIVEN 100 equal stakes
			let scene = Scene::new(100, adversaries, adversaries * 10_000);
			for seats in [1, 3, 5, 7, 9, 15] {
				// WHEN seats go to adversaries and silent ones only
				let quorum = least_quorum(seats);
				let counted: f64 = (quorum..=seats)
					.map(|bought| choose(adversaries, bought) * choose(offline, seats - bought))
					.sum();
				// THEN both formulas agree
				let expected = counted / choose(100, seats);
				let found = scene.capture(seats, quorum, offline);
				assert!(
					(found - expected).abs() <= 1e-9 * expected,
					"{found} {expected}"
				);
			}
		}
	}

	#[test]
	fn the_power_of_the_share_is_never_exceeded_however_the_stake_is_split() {
		for share in [100_000, 333_333, 400_000] {
			for accounts in [1, 2, 10, 50, 90, 99] {
				let scene = Scene::new(100, accounts, share);
				for seats in [1, 3, 9, 15] {
					let power = (f64::from(share) / 1e6).powi(seats as i32);
					let found = scene.capture(seats, least_quorum(seats), 0);
					assert!(found <= power * (1.0 + 1e-12), "{share} {accounts} {seats}");
				}
			}
		}
	}

	#[test]
	fn one_honest_answer_is_enough_against_wrong_work() {
		// GIVEN accounts 0..3 of the adversary, 3 silent and the others honest
		let scene = Scene::new(10, 3, 300_000);
		let accepts = |committee: &[u32], quorum| scene.accepts_wrong_work(committee, quorum, 1);
		// THEN a committee accepts wrong work without an honest answer and with a quorum only
		assert!(accepts(&[0, 1, 2], 2));
		assert!(accepts(&[0, 3, 2], 2));
		assert!(!accepts(&[0, 3, 2], 3));
		assert!(!accepts(&[0, 1, 4], 2));
		assert!(!accepts(&[4, 5, 6], 2));
	}

	#[test]
	fn the_share_is_exact_whatever_the_number_of_accounts() {
		for accounts in [1, 33, 90] {
			let scene = Scene::new(100, accounts, 333_333);
			let sum = |from: u32, to: u32| -> Balance {
				scene.stakes[from as usize..to as usize]
					.iter()
					.map(|(_, stake)| stake)
					.sum()
			};
			assert_eq!(sum(0, accounts) * 1_000_000, sum(0, 100) * 333_333);
		}
		assert_eq!(Scene::even(100, 333_333).adversaries, 33);
		assert_eq!(Scene::even(15, 1).adversaries, 1);
		// 10 % of 67 honest ones are rounded up.
		assert_eq!(Scene::even(100, 333_333).offline(100_000), 7);
		assert_eq!(Scene::even(100, 333_333).offline(0), 0);
	}
}
