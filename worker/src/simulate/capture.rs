//! How often wrong work is accepted.

use assay_protocol::{draw::least_quorum, limits::PPM};
use serde::Serialize;

use super::{
	scene::Scene,
	trials::{count, seed, Estimate},
	Setting, THIRD_PPM,
};

/// The adversary's shares of the stake.
pub const SHARES_PPM: [u32; 4] = [100_000, 200_000, THIRD_PPM, 400_000];
/// The committees: an ordinary one as it grows with redraws, and larger ones.
pub const COMMITTEES: [u32; 5] = [3, 6, 9, 12, 15];
/// Shares of the honest validators that do not answer.
const OFFLINE_PPM: [u32; 2] = [0, 100_000];
/// Committees of the table of split stakes: of ordinary tasks, and after two redraws.
const SPLIT_COMMITTEES: [u32; 2] = [3, 9];
/// Percent of the accounts that the adversary's third lies in.
const SPLIT_PERCENT: [u32; 5] = [1, 10, 33, 60, 90];
/// The first number of a table's draws; each scene takes the next one.
const BY_SHARE: u32 = 0;
const BY_ACCOUNTS: u32 = 100;

/// How often one draw of a committee lets wrong work pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capture {
	/// The adversary's share of the stake.
	pub share_ppm: u32,
	/// In how many of the accounts it lies.
	pub adversaries: u32,
	/// Honest validators that do not answer.
	pub offline: u32,
	/// Seats.
	pub committee: u32,
	/// Equal verdicts that accept: as few as the protocol accepts.
	pub quorum: u32,
	/// The share to the power of the seats: a bound when all honest validators answer.
	pub bound: Option<f64>,
	/// The exact probability.
	pub closed: f64,
	/// The same by trials.
	pub tried: Estimate,
}

/// By the adversary's share.
pub(super) fn by_share(setting: &Setting) -> Vec<Capture> {
	let scenes = SHARES_PPM.map(|share| (share, Scene::even(setting.validators, share)));
	rows(setting, BY_SHARE, &scenes, &COMMITTEES)
}

/// By the number of accounts that hold a third.
pub(super) fn by_accounts(setting: &Setting) -> Vec<Capture> {
	let scenes = SPLIT_PERCENT.map(|percent| {
		let accounts = (setting.validators * percent / 100).max(1);
		(
			THIRD_PPM,
			Scene::new(setting.validators, accounts, THIRD_PPM),
		)
	});
	rows(setting, BY_ACCOUNTS, &scenes, &SPLIT_COMMITTEES)
}

fn rows(
	setting: &Setting,
	table: u32,
	scenes: &[(u32, Scene)],
	committees: &[u32],
) -> Vec<Capture> {
	let seats = committees.iter().copied().max().unwrap_or(0);
	let cases: Vec<(u32, u32)> = committees
		.iter()
		.flat_map(|committee| OFFLINE_PPM.map(|offline| (*committee, offline)))
		.collect();
	let mut rows = Vec::new();
	for ((share_ppm, scene), table) in scenes.iter().zip(table..) {
		// One draw answers for every size: smaller committees are its first seats.
		let hits = count(setting.trials, cases.len(), |trial, cells| {
			let drawn = scene.draw(&seed(setting, table, trial), seats);
			for ((committee, offline_ppm), cell) in cases.iter().zip(cells) {
				let members = &drawn[..*committee as usize];
				let offline = scene.offline(*offline_ppm);
				let quorum = least_quorum(*committee);
				*cell += u64::from(scene.accepts_wrong_work(members, quorum, offline));
			}
		});
		for ((committee, offline_ppm), hits) in cases.iter().zip(hits) {
			let (quorum, offline) = (least_quorum(*committee), scene.offline(*offline_ppm));
			let power = (f64::from(*share_ppm) / f64::from(PPM)).powi(*committee as i32);
			rows.push(Capture {
				share_ppm: *share_ppm,
				adversaries: scene.adversaries,
				offline,
				committee: *committee,
				quorum,
				bound: (offline == 0).then_some(power),
				closed: scene.capture(*committee, quorum, offline),
				tried: Estimate::of(hits, setting.trials),
			});
		}
	}
	rows
}
