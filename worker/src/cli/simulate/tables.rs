//! The tables as text, which is Markdown as well.

use crate::simulate::{
	Capture, CheckCost, Detection, Estimate, Gain, LeastStake, Report, Timing, Withholding,
	FLOOR_PPM, SIGMAS,
};

/// All tables, each under what it shows.
pub(super) fn all(report: &Report) -> String {
	let head = format!(
		"{} validators, {} trials a table, seed {}; in brackets intervals of {SIGMAS} standard deviations",
		report.validators, report.trials, report.seed
	);
	[
		head,
		capture(
			"Wrong work accepted, in one draw of its committee",
			&report.capture,
		),
		capture(
			"The same, a third of the stake in fewer or more accounts",
			&report.split,
		),
		detection(&report.detection),
		stakes(&report.stakes),
		gain(&report.gain),
		cost(&report.cost),
		withholding(&report.withholding),
		timing(&report.timing),
	]
	.join("\n\n")
}

/// A table under its title, every column as wide as its widest cell.
fn table<const N: usize>(title: &str, head: [&str; N], rows: &[[String; N]]) -> String {
	let width = |column: usize| {
		let cells = rows.iter().map(|row| row[column].chars().count());
		cells
			.chain([head[column].chars().count()])
			.max()
			.unwrap_or(0)
	};
	let widths: [usize; N] = std::array::from_fn(width);
	let line = |cells: [&str; N]| {
		let padded: Vec<String> = cells
			.iter()
			.zip(widths)
			.map(|(cell, width)| format!("{cell:>width$}"))
			.collect();
		format!("| {} |", padded.join(" | "))
	};
	let rules = widths.map(|width| "-".repeat(width.saturating_sub(1).max(1)) + ":");
	let mut lines = vec![
		format!("{title}:\n"),
		line(head),
		line(std::array::from_fn(|column| rules[column].as_str())),
	];
	lines.extend(
		rows.iter()
			.map(|row| line(std::array::from_fn(|at| row[at].as_str()))),
	);
	lines.join("\n")
}

/// A probability: in percent, or with a power of ten if it is small.
fn chance(value: f64) -> String {
	match value {
		0.0 => "0".into(),
		small if small < 0.000_95 => format!("{small:.1e}"),
		value => format!("{:.2} %", 100.0 * value),
	}
}

fn percent(ppm: u32) -> String {
	let text = format!("{:.1}", f64::from(ppm) / 10_000.0);
	format!("{} %", text.trim_end_matches(".0"))
}

fn interval(of: &Estimate) -> String {
	format!(
		"{} [{}, {}]",
		chance(of.share),
		chance(of.low),
		chance(of.high)
	)
}

fn capture(title: &str, rows: &[Capture]) -> String {
	let rows: Vec<[String; 9]> = rows
		.iter()
		.map(|row| {
			[
				percent(row.share_ppm),
				row.adversaries.to_string(),
				row.offline.to_string(),
				row.committee.to_string(),
				row.quorum.to_string(),
				row.bound.map_or_else(String::new, chance),
				chance(row.closed),
				interval(&row.tried),
				row.tried.hits.to_string(),
			]
		})
		.collect();
	let head = [
		"share",
		"accounts",
		"offline",
		"committee",
		"quorum",
		"share^committee",
		"exact",
		"tried",
		"hits",
	];
	table(title, head, &rows)
}

fn detection(rows: &[Detection]) -> String {
	let rows: Vec<[String; 6]> = rows
		.iter()
		.map(|row| {
			[
				row.segments.to_string(),
				row.skipped.to_string(),
				percent(row.rate_ppm),
				chance(row.closed),
				interval(&row.tried),
				row.tasks_until_found.to_string(),
			]
		})
		.collect();
	let title = "A task with skipped segments found out; one segment is drawn, committee of 3, \
	             a third adversarial";
	let head = [
		"segments",
		"skipped",
		"rate",
		"exact",
		"tried",
		"tasks to 95 %",
	];
	table(title, head, &rows)
}

fn stakes(rows: &[LeastStake]) -> String {
	let rows: Vec<[String; 5]> = rows
		.iter()
		.map(|row| {
			[
				percent(row.floor_ppm),
				format!("{} of {}", row.drawn_steps, row.steps),
				row.committee.to_string(),
				percent(row.burned_ppm),
				format!("{:.3}", row.times_gain),
			]
		})
		.collect();
	let title = "Least stake of a task by the rule, over the gain; a third adversarial";
	table(
		title,
		["floor", "drawn steps", "committee", "burned", "stake"],
		&rows,
	)
}

fn gain(rows: &[Gain]) -> String {
	let rows: Vec<[String; 5]> = rows
		.iter()
		.map(|row| {
			[
				format!("{:.3}", row.times_gain),
				if row.deters { "yes" } else { "no" }.into(),
				signed(row.by_rule),
				signed(row.closed),
				format!(
					"{} [{}, {}]",
					signed(row.tried),
					signed(row.low),
					signed(row.high)
				),
			]
		})
		.collect();
	let title = format!(
		"What skipping a whole task gains on average, over its gain unnoticed; rate {}, committee of \
		 3, a third adversarial, all of the stake burned",
		percent(FLOOR_PPM)
	);
	let head = [
		"stake",
		"deters",
		"by the rule",
		"one block withheld",
		"tried",
	];
	table(&title, head, &rows)
}

fn cost(rows: &[CheckCost]) -> String {
	let rows: Vec<[String; 7]> = rows
		.iter()
		.map(|row| {
			[
				row.tasks.to_string(),
				match row.before {
					0 => format!("first {}", row.rounds),
					before => format!("{} after {before}", row.rounds),
				},
				format!("{} ± {}", chance(row.drawn), chance(row.reach)),
				row.committee.to_string(),
				row.segments.to_string(),
				chance(row.repeated),
				chance(row.at_floor),
			]
		})
		.collect();
	let title = format!(
		"What checks cost with a floor of {}: tasks drawn and FLOPs repeated, by what a provider does \
		 in each of its rounds; one provider for 500 trials",
		percent(FLOOR_PPM)
	);
	let head = [
		"tasks a round",
		"rounds",
		"drawn",
		"committee",
		"segments",
		"FLOPs repeated",
		"of the floor",
	];
	table(&title, head, &rows)
}

fn withholding(rows: &[Withholding]) -> String {
	let rows: Vec<[String; 6]> = rows
		.iter()
		.map(|row| {
			[
				percent(row.share_ppm),
				row.validators.to_string(),
				row.slots.to_string(),
				percent(row.stake_ppm),
				row.closed.map(chance).unwrap_or_default(),
				format!("{} ± {}", chance(row.tried), chance(row.reach)),
			]
		})
		.collect();
	let title = format!(
		"What is left of a rate of {} when authors withhold blocks; a twentieth of the trials",
		percent(FLOOR_PPM)
	);
	let head = [
		"share",
		"validators",
		"slots",
		"authors hold more than",
		"exact",
		"tried, at least",
	];
	table(&title, head, &rows)
}

fn timing(rows: &[Timing]) -> String {
	let rows: Vec<[String; 6]> = rows
		.iter()
		.map(|row| {
			[
				percent(row.share_ppm),
				row.windows.to_string(),
				chance(row.closed),
				format!("{} ± {}", chance(row.tried), chance(row.reach)),
				chance(row.captured_3),
				chance(row.captured_9),
			]
		})
		.collect();
	let title = format!(
		"The same rate of {} if the adversary, which closes REVEAL, chooses among windows, and committees captured; a twentieth of the trials",
		percent(FLOOR_PPM)
	);
	let head = [
		"share",
		"windows",
		"exact",
		"tried",
		"committee of 3",
		"committee of 9",
	];
	table(&title, head, &rows)
}

/// A gain. Zero of rounding has no sign.
fn signed(value: f64) -> String {
	let text = format!("{value:+.4}");
	match text.as_str() {
		"-0.0000" | "+0.0000" => "0.0000".into(),
		_ => text,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn chances_are_written_in_percent_or_with_a_power() {
		assert_eq!(chance(0.0), "0");
		assert_eq!(chance(0.037_037), "3.70 %");
		assert_eq!(chance(0.000_95), "0.10 %");
		assert_eq!(chance(0.000_050_8), "5.1e-5");
		assert_eq!(percent(333_333), "33.3 %");
		assert_eq!(percent(50_000), "5 %");
		assert_eq!(signed(-0.000_01), "0.0000");
		assert_eq!(signed(0.25), "+0.2500");
	}

	#[test]
	fn a_table_has_columns_of_one_width() {
		let text = table("Title", ["a", "long"], &[["123".into(), "4".into()]]);
		assert_eq!(
			text,
			"Title:\n\n|   a | long |\n| --: | ---: |\n| 123 |    4 |"
		);
	}
}
