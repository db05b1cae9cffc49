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
				assert!(row(shares[0], sizes[1], answers).closed < here);
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
fn a_longer_window_of_blocks_leaves_less_of_the_rate_and_one_of_slots_leaves_all_the_same() {
	let rows: Vec<_> = report()
		.withholding
		.iter()
		.filter(|row| row.share_ppm == THIRD_PPM)
		.collect();
	for pair in rows.windows(2) {
		assert!(pair[1].window > pair[0].window);
		assert!(pair[1].in_blocks < pair[0].in_blocks, "{pair:?}");
		assert_eq!(pair[1].in_slots, pair[0].in_slots);
	}
	// With one output there is no difference but that of draws by powers of two.
	assert!((rows[0].in_blocks - rows[0].in_slots).abs() <= rows[0].reach * 4.0 / SIGMAS + 0.01);
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
