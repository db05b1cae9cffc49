use std::sync::OnceLock;

use super::*;

/// One report for all tests: the seed is fixed, so what holds once holds always.
fn report() -> &'static Report {
	static REPORT: OnceLock<Report> = OnceLock::new();
	REPORT.get_or_init(|| {
		let setting = Setting {
			seed: 7,
			trials: 20_000,
			validators: 100,
		};
		simulate(&setting, |_| {}).expect("in range")
	})
}

/// Four standard deviations of the count, and one for counts of which less than one is expected.
fn assert_agrees(closed: f64, tried: &Estimate, what: &impl std::fmt::Debug) {
	let expected = closed * f64::from(tried.trials);
	let reach = 4.0 * (expected * (1.0 - closed)).sqrt() + 1.0;
	assert!((tried.hits as f64 - expected).abs() <= reach, "{what:?}");
}

fn row(share_ppm: u32, committee: u32, answers: bool) -> &'static Capture {
	let found = report().capture.iter().find(|row| {
		(row.share_ppm, row.committee, row.offline == 0) == (share_ppm, committee, answers)
	});
	found.expect("a row of the table")
}

#[test]
fn draws_of_the_protocol_agree_with_the_closed_forms() {
	for rows in [&report().capture, &report().split] {
		for row in rows {
			assert_agrees(row.closed, &row.tried, row);
		}
	}
	for row in &report().detection {
		assert_agrees(row.closed, &row.tried, row);
	}
}

#[test]
fn a_third_captures_a_committee_of_three_in_one_of_27_and_of_nine_in_less_than_one_of_10_000() {
	// GIVEN a third of the stake
	let (three, nine) = (row(THIRD_PPM, 3, true), row(THIRD_PPM, 9, true));
	// THEN the powers are 3.70 % and 5.1e-5, and the draws are below them
	let bound = |row: &Capture| row.bound.expect("everybody answers");
	assert!((bound(three) - 0.037_037).abs() < 1e-6, "{three:?}");
	assert!((0.034..0.037_04).contains(&three.closed), "{three:?}");
	assert!(
		nine.closed <= bound(nine) && bound(nine) <= 1e-4,
		"{nine:?}"
	);
	// AND with a tenth of the others silent, eight of nine leave 7.8e-5, and eight of twelve 5.7e-6
	let silent = [9, 12].map(|committee| row(THIRD_PPM, committee, false));
	assert_eq!(silent.map(|row| row.quorum), [8, 8]);
	assert!((7.7e-5..7.8e-5).contains(&silent[0].closed), "{silent:?}");
	assert!((5.5e-6..6.0e-6).contains(&silent[1].closed), "{silent:?}");
	// AND silent honest validators help the adversary
	for committee in COMMITTEES {
		let silent = row(THIRD_PPM, committee, false);
		assert!(silent.closed > row(THIRD_PPM, committee, true).closed);
		assert_eq!((silent.bound, silent.offline), (None, 7));
	}
}

#[test]
fn larger_shares_capture_more_and_larger_committees_less() {
	for answers in [true, false] {
		for shares in SHARES_PPM.windows(2) {
			for sizes in COMMITTEES.windows(2) {
				let here = row(shares[0], sizes[0], answers).closed;
				assert!(row(shares[1], sizes[0], answers).closed > here);
				// A tenth of the accounts never fills twelve seats.
				let larger = row(shares[0], sizes[1], answers).closed;
				assert!(larger < here || (larger, here) == (0.0, 0.0));
			}
		}
	}
}

#[test]
fn a_split_share_never_captures_more_than_its_power() {
	let rows = report().split.iter().filter(|row| row.offline == 0);
	let above = |row: &&Capture| row.bound.is_none_or(|bound| row.closed > bound);
	assert_eq!(rows.clone().count(), 10);
	assert_eq!(rows.filter(above).count(), 0);
}

#[test]
fn skipping_a_part_is_found_in_proportion_to_it() {
	// GIVEN half of the segments skipped, and all of them
	let rows = &report().detection;
	let found = |segments, skipped| {
		let row = rows.iter().find(|row| {
			(row.segments, row.skipped, row.rate_ppm) == (segments, skipped, FLOOR_PPM)
		});
		row.expect("a row of the table")
	};
	// THEN it is half as often
	let (half, all) = (found(64, 32), found(64, 64));
	assert!((all.closed / half.closed - 2.0).abs() < 1e-12);
	// AND 5 % of 96.5 % take 61 tasks: 0.95174^61 = 0.0489, 0.95174^60 = 0.0514
	assert_eq!(all.tasks_until_found, 61);
	assert_eq!(all.closed, found(1, 1).closed);
}

#[test]
fn the_gain_changes_its_sign_at_the_least_stake() {
	let rows = &report().gain;
	let mut signs = Vec::new();
	for row in rows {
		// GIVEN any stake of the table, its trials agree with the exact gain
		let reach = (row.high - row.low) / 2.0 * 4.0 / SIGMAS;
		assert!((row.tried - row.closed).abs() <= reach, "{row:?}");
		// AND the rule never counts less than an adversary with one withheld block can gain
		assert!(row.closed <= row.by_rule, "{row:?}");
		// AND its sign is the rule's, but for one unit, which is less than these numbers resolve
		let resolved = row.by_rule.abs() > 1e-9;
		assert!(!resolved || row.deters == (row.by_rule < 0.0), "{row:?}");
		signs.push(row.deters);
	}
	// THEN it changes once, from one unit below the least stake to the least stake
	let first = signs.iter().position(|deters| *deters).expect("some deter");
	assert!(signs[first..].iter().all(|deters| *deters));
	let stake = |row: &Gain| row.stake.parse::<u128>().expect("an amount");
	assert_eq!(stake(&rows[first]), stake(&rows[first - 1]) + 1);
}

#[test]
fn five_percent_asks_for_sixty_times_the_gain_where_half_is_an_informers() {
	let row = report().stakes.iter().find(|row| {
		(row.floor_ppm, row.committee, row.burned_ppm) == (FLOOR_PPM, 3, 500_000)
			&& row.drawn_steps == row.steps
	});
	assert_eq!(
		row.expect("a row of the table").least_stake,
		"60307685118352"
	);
}

#[test]
fn whoever_works_seldom_is_drawn_more_often_than_the_floor_for_ever() {
	let row = |tasks, is_new| {
		let rows = &report().cost;
		let found = rows
			.iter()
			.find(|row| (row.tasks, row.before == 0) == (tasks, is_new));
		found.expect("a row of the table")
	};
	let floor = f64::from(FLOOR_PPM) / 1e6;
	// GIVEN one task a round: in balance a fiftieth of n is lost and 1/n is won, n being proof over value
	let seldom = row(1, false);
	assert!(
		(seldom.drawn * 50f64.sqrt() - 1.0).abs() < 0.1,
		"{seldom:?}"
	);
	// AND ten tasks a round, where the balance would be below the floor
	let often = row(10, false);
	assert!(
		(floor - often.reach..1.2 * floor).contains(&often.drawn),
		"{often:?}"
	);
	// THEN newcomers are drawn more often than either
	assert!(row(1, true).drawn > 2.0 * seldom.drawn);
	assert!(row(10, true).drawn > 2.0 * often.drawn);
	// AND what is repeated is a segment for every seat
	for row in &report().cost {
		let each = f64::from(row.committee) / f64::from(row.segments);
		assert!((row.repeated - row.drawn * each).abs() < 1e-12);
		assert!((row.at_floor - floor * each).abs() < 1e-12 && row.reach > 0.0);
	}
}

#[test]
fn trials_of_withheld_blocks_agree_with_the_closed_forms() {
	for row in &report().withholding {
		if let Some(closed) = row.closed {
			let reach = row.reach * 4.0 / SIGMAS + 0.001;
			assert!((row.tried - closed).abs() <= reach, "{row:?}");
		}
	}
	for row in &report().timing {
		let reach = row.reach * 4.0 / SIGMAS + 0.001;
		assert!((row.tried - row.closed).abs() <= reach, "{row:?}");
	}
}

#[test]
fn two_thirds_of_the_rate_are_left_where_one_author_fills_the_window() {
	// GIVEN a third of the slots, and windows that do not depend on who their authors are
	let third = |row: &&Withholding| row.share_ppm == THIRD_PPM && row.closed.is_some();
	let rows: Vec<_> = report().withholding.iter().filter(third).collect();
	assert_eq!(rows.len(), 5);
	for row in rows {
		// THEN the rule of deterrence counts no more than what is left
		assert!(row.closed.is_some_and(|left| left >= 2.0 / 3.0), "{row:?}");
	}
}

#[test]
fn a_share_of_the_stake_that_short_windows_just_miss_leaves_less_than_two_thirds() {
	let left = |validators, slots| {
		let found = report()
			.withholding
			.iter()
			.find(|row| (row.validators, row.slots) == (validators, slots) && row.stake_ppm > 0);
		found.expect("a row of the table")
	};
	// GIVEN windows of 8 slots, with few validators
	for validators in [15, 30] {
		let row = left(validators, 8);
		// THEN less is left than the rule of deterrence counts
		assert!(row.tried + row.reach < 2.0 / 3.0, "{row:?}");
		// AND the longest window leaves as much as it counts
		assert!(left(validators, 64)
			.closed
			.is_some_and(|left| left >= 2.0 / 3.0));
	}
	// AND with 100 validators only the longest window can be enough
	assert!((left(100, 8).tried - left(100, 64).tried).abs() < 0.1);
}

#[test]
fn whoever_chooses_among_windows_is_checked_less() {
	let rows = &report().timing;
	let of = |share_ppm| rows.iter().filter(move |row| row.share_ppm == share_ppm);
	for share_ppm in SHARES_PPM {
		let rows: Vec<_> = of(share_ppm).collect();
		for pair in rows.windows(2) {
			// GIVEN more windows to choose among
			assert!(pair[1].windows > pair[0].windows);
			// THEN less of the rate is left, and more committees are captured
			assert!(pair[1].closed < pair[0].closed, "{pair:?}");
			assert!(pair[1].captured_9 > pair[0].captured_9, "{pair:?}");
		}
	}
	// AND with a third of the slots and two windows less than half, with eight less than 6 %
	let left = |windows| {
		let row = of(THIRD_PPM).find(|row| row.windows == windows);
		row.expect("a row of the table").closed
	};
	assert!((0.4..0.5).contains(&left(2)), "{}", left(2));
	assert!(left(8) < 0.06, "{}", left(8));
}

#[test]
fn the_same_seed_gives_the_same_report_and_another_one_other_counts() {
	let simulated = |seed| {
		let setting = Setting {
			seed,
			trials: 1_000,
			validators: 15,
		};
		simulate(&setting, |_| {}).expect("in range")
	};
	let base = simulated(1);
	assert_eq!(simulated(1), base);
	assert_ne!(simulated(2).capture, base.capture);
}

#[test]
fn numbers_out_of_range_are_refused_with_their_bounds() {
	let refused = |trials, validators| {
		let setting = Setting {
			seed: 1,
			trials,
			validators,
		};
		simulate(&setting, |_| {}).map_err(|error| error.to_string())
	};
	for (trials, validators, text) in [
		(999, 100, "--trials is 999: choose from 1000 to 1000000000"),
		(
			u32::MAX,
			100,
			"--trials is 4294967295: choose from 1000 to 1000000000",
		),
		(1_000, 14, "--validators is 14: choose from 15 to 100"),
		(1_000, 101, "--validators is 101: choose from 15 to 100"),
	] {
		assert_eq!(refused(trials, validators), Err(text.to_owned()));
	}
}
