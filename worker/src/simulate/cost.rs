//! What checks cost: how often tasks are drawn, and how much of the work is done again.
//!
//! A task is drawn with the rate of its provider, which falls as the provider proves value and rises
//! as that decays. Whoever works seldom is drawn more often than the floor says, for ever: it proves
//! as much as it forgets. So the floor alone is not the cost of checks.

use assay_protocol::{limits::PPM, sampling::is_drawn, Balance, Digest, Standing};
use serde::Serialize;

use super::{
	trials::{count, seed, SIGMAS},
	Setting, FLOOR_PPM,
};

/// Tasks that a provider has in each of its rounds.
const TASKS: [u32; 2] = [1, 10];
/// The rounds of a newcomer, and rounds after which the beginning is forgotten: 0.98^250 is 0.6 %.
const ROUNDS: [(u32, u32); 2] = [(0, 10), (250, 100)];
/// Seats and segments, as terms with this floor may have them.
const CHECKS: [(u32, u32); 6] = [(3, 4), (3, 8), (3, 16), (3, 31), (9, 16), (9, 31)];
/// What a task is worth: 1 ASY. Only its relation to other tasks counts, and all are alike here.
const VALUE: Balance = 1_000_000_000_000;
/// One provider for so many trials of other tables: each has thousands of draws.
const TRIALS_EACH: u32 = 500;
const TABLE: u32 = 500;

/// How often tasks are drawn, and what the recomputation of one segment by every seat adds up to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckCost {
	/// The floor of the audit rate.
	pub floor_ppm: u32,
	/// Tasks that the provider has in each of its rounds.
	pub tasks: u32,
	/// Rounds that it has worked in before.
	pub before: u32,
	/// Rounds that are looked at.
	pub rounds: u32,
	/// The average share of its tasks that is drawn, by trials.
	pub drawn: f64,
	/// The interval reaches so far to both sides.
	pub reach: f64,
	/// Seats of a committee.
	pub committee: u32,
	/// Segments of a task, of which each seat recomputes one.
	pub segments: u32,
	/// FLOPs that are repeated, over those of the tasks.
	pub repeated: f64,
	/// The part of them that the submitter pays for: that of the floor.
	pub at_floor: f64,
}

pub(super) fn table(setting: &Setting) -> Vec<CheckCost> {
	// A spread needs two.
	let trials = (setting.trials / TRIALS_EACH).max(2);
	let mut rows = Vec::new();
	for (tasks, table) in TASKS.into_iter().zip(TABLE..) {
		// A sum and a sum of squares for each span of rounds.
		let sums = count(trials, 2 * ROUNDS.len(), |trial, cells| {
			let drawn = drawn(&seed(setting, table, trial), tasks);
			for (drawn, cells) in drawn.into_iter().zip(cells.chunks_exact_mut(2)) {
				cells[0] += drawn;
				cells[1] += drawn * drawn;
			}
		});
		for ((before, rounds), sums) in ROUNDS.into_iter().zip(sums.chunks_exact(2)) {
			let (n, of) = (f64::from(trials), f64::from(rounds * tasks));
			let (mean, square) = (sums[0] as f64 / n, sums[1] as f64 / n);
			let deviation = ((square - mean * mean).max(0.0) / (n - 1.0)).sqrt();
			let drawn = mean / of;
			rows.extend(CHECKS.map(|(committee, segments)| {
				let each = f64::from(committee) / f64::from(segments);
				CheckCost {
					floor_ppm: FLOOR_PPM,
					tasks,
					before,
					rounds,
					drawn,
					reach: SIGMAS * deviation / of,
					committee,
					segments,
					repeated: drawn * each,
					at_floor: f64::from(FLOOR_PPM) / f64::from(PPM) * each,
				}
			}));
		}
	}
	rows
}

/// How many tasks of a provider are drawn in each span of [`ROUNDS`]. All its work is right.
fn drawn(seed: &Digest, tasks: u32) -> [u64; ROUNDS.len()] {
	let mut drawn = [0; ROUNDS.len()];
	let mut standing = Standing::default();
	let end = ROUNDS.map(|(before, rounds)| before + rounds);
	for round in 0..end.into_iter().max().unwrap_or(0) {
		standing = standing.at(round);
		// All tasks of a round are revealed before any is drawn: they have one rate.
		let rate = standing.rate_ppm(VALUE, FLOOR_PPM);
		for task in 0..tasks {
			// Every task of the provider's life has a slot of its own in the trial's draw.
			if !is_drawn(seed, round * tasks + task, 0, rate) {
				continue;
			}
			standing = standing.proved(VALUE);
			for (drawn, (before, rounds)) in drawn.iter_mut().zip(ROUNDS) {
				*drawn += u64::from((before..before + rounds).contains(&round));
			}
		}
	}
	drawn
}

#[cfg(test)]
mod tests {
	use assay_protocol::{
		audit::highest_floor_ppm, draw::draw_seed, AuditPolicy, JobId, PlanFacts,
	};

	use super::*;

	#[test]
	fn a_newcomer_is_drawn_until_it_has_proven_more_than_a_task() {
		for number in 0..20 {
			let seed = draw_seed::<u32>(JobId(1), number, 0, &[]);
			// GIVEN one task a round: 1 and 0.98 + 1 are drawn for certain, then 1 in 1.94
			let [first, later] = drawn(&seed, 1);
			assert!((2..=10).contains(&first) && later <= 100);
			// AND with ten tasks a round, all of the first round and never all of the others
			let [first, later] = drawn(&seed, 10);
			assert!((10..100).contains(&first) && later < 1_000);
		}
	}

	#[test]
	fn the_checks_of_the_table_are_those_of_terms_that_are_accepted() {
		for (committee, segments) in CHECKS {
			let facts = PlanFacts {
				task_flops: 1_000 * u128::from(segments),
				segment_flops: 1_000,
				segments,
				checkpoint_bytes: 0,
			};
			// GIVEN the floor of the table THEN it repeats no more than the chain allows
			let most = highest_floor_ppm(committee, &facts, &AuditPolicy::STRICT);
			assert!(FLOOR_PPM <= most, "{committee} {segments}");
			// AND the fees of a newcomer's check are within its pay: 1.25 of a segment for each seat
			assert!(5 * committee <= 4 * segments, "{committee} {segments}");
		}
	}
}
