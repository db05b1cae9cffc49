//! `assay simulate`.

use std::fs;

use crate::run::assay;

const FEW: [&str; 3] = ["simulate", "--trials", "1000"];

#[test]
fn tables_are_one_json_object_on_request() {
	// GIVEN nothing but the program
	let dir = tempfile::tempdir().unwrap();
	// WHEN the tables are asked for as JSON
	let report = assay(dir.path(), &[&FEW[..], &["--seed", "9", "--json"]].concat()).json();
	// THEN the object has the setting and all tables
	assert_eq!(report["seed"], 9);
	assert_eq!(report["trials"], 1_000);
	assert_eq!(report["validators"], 100);
	let rows = |table: &str| report[table].as_array().map(Vec::len);
	assert_eq!(rows("capture"), Some(4 * 5 * 2));
	assert_eq!(rows("split"), Some(5 * 2 * 2));
	assert_eq!(rows("stakes"), Some(2 * 4 * 2 * 2));
	assert_eq!(rows("gain"), Some(8));
	assert_eq!(rows("cost"), Some(2 * 2 * 6));
	assert_eq!(rows("withholding"), Some(4 * 2 + 3 * 4));
	assert_eq!(rows("timing"), Some(4 * 5));
	assert!(rows("detection") > Some(40));
	// AND a row has the closed form beside the trials, amounts being strings
	let row = &report["capture"][0];
	for key in ["share_ppm", "adversaries", "offline", "committee", "quorum"] {
		assert!(row[key].is_u64(), "{key}");
	}
	assert!(row["bound"].is_f64() && row["closed"].is_f64());
	for key in ["share", "low", "high"] {
		assert!(row["tried"][key].is_f64(), "{key}");
	}
	assert_eq!(row["tried"]["trials"], 1_000);
	assert!(report["stakes"][0]["least_stake"].is_string());
	assert!(report["gain"][0]["stake"].is_string());
	// AND a grown committee has the quorum of the protocol
	let nine = report["capture"].as_array().unwrap().iter();
	let quorums: Vec<_> = nine.filter(|row| row["committee"] == 9).collect();
	assert_eq!(quorums.len(), 4 * 2);
	assert!(quorums.iter().all(|row| row["quorum"] == 8));
	// AND a row of the cost of checks has both shares
	for key in ["drawn", "reach", "repeated", "at_floor"] {
		assert!(report["cost"][0][key].is_f64(), "{key}");
	}
}

#[test]
fn tables_go_to_a_file_beside_the_text() {
	// GIVEN a file's name
	let dir = tempfile::tempdir().unwrap();
	// WHEN the tables are written to it
	let ran = assay(dir.path(), &[&FEW[..], &["--json", "tables.json"]].concat());
	// THEN the text is printed, with every table, and the file has the same run as JSON
	assert_eq!(ran.code, Some(0), "{}", ran.err);
	for words in [
		"Wrong work accepted",
		"found out",
		"Least stake",
		"gains on average",
		"What checks cost",
		"withhold",
		"closes REVEAL",
	] {
		assert!(ran.out.contains(words), "no `{words}` in: {}", ran.out);
	}
	let text = fs::read_to_string(dir.path().join("tables.json")).unwrap();
	let written: serde_json::Value = serde_json::from_str(&text).unwrap();
	assert_eq!(
		written,
		assay(dir.path(), &[&FEW[..], &["--json"]].concat()).json()
	);
}

#[test]
fn numbers_that_make_no_table_are_refused() {
	let dir = tempfile::tempdir().unwrap();
	// GIVEN too few trials, and too many validators
	for (args, words) in [
		(["--trials", "0"], ["--trials is 0", "1000"]),
		(["--validators", "101"], ["--validators is 101", "100"]),
		(["--validators", "3"], ["--validators is 3", "15"]),
	] {
		// WHEN they are simulated
		let ran = assay(dir.path(), &[&["simulate"][..], &args].concat());
		// THEN the line names the number and its bounds
		ran.fails_with(&words);
	}
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_anything_is_simulated() {
	// GIVEN a directory in the place of the file
	let dir = tempfile::tempdir().unwrap();
	fs::create_dir(dir.path().join("tables.json")).unwrap();
	// WHEN the tables are to be written to it, with more trials than anybody waits for
	let args = ["--trials", "1000000000", "--json", "tables.json"];
	let ran = assay(dir.path(), &[&["simulate"][..], &args].concat());
	// THEN the line names it at once
	ran.fails_with(&["tables.json", "directory"]);
}
