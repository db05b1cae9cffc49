//! Bad input: a non-zero exit and one line that names the value and what to do.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::run::{assay, workshop, write_plan};

#[test]
fn a_plan_with_a_width_that_no_tile_has_is_refused() {
	// GIVEN a plan whose hidden layer is 17 wide
	let dir = workshop();
	write_plan(dir.path(), |plan| {
		plan["model"]["byte_mlp"]["hidden"] = serde_json::json!([17])
	});
	// WHEN it is trained
	let ran = assay(
		dir.path(),
		&["train", "--local", "plan.json", "--data", "data"],
	);
	// THEN the line names the width and where to change it
	ran.fails_with(&["17", "change"]);
}

#[test]
fn a_plan_with_a_field_that_nobody_knows_is_refused() {
	// GIVEN a plan with a misspelt field
	let dir = workshop();
	write_plan(dir.path(), |plan| plan["bacth"] = 16.into());
	// WHEN it is trained
	let ran = assay(
		dir.path(),
		&["train", "--local", "plan.json", "--data", "data"],
	);
	// THEN the line names the file and the field
	ran.fails_with(&["plan.json", "bacth"]);
}

#[test]
fn terms_that_cannot_pay_their_validators_are_refused() {
	// GIVEN terms that leave one percent for verdicts
	let dir = workshop();
	write_plan(dir.path(), |plan| {
		plan["terms"]["shares"] =
			serde_json::json!({ "compute": 990_000, "data": 0, "validation": 10_000 });
	});
	// WHEN the job is submitted
	let ran = assay(
		dir.path(),
		&[
			"job",
			"submit",
			"plan.json",
			"--data",
			"data",
			"--dev=//One",
		],
	);
	// THEN the line says what does not fit, before any node is asked
	ran.fails_with(&["terms.shares", "verdicts can cost", "leave shares out"]);
}

#[test]
fn data_whose_hash_does_not_match_is_refused() {
	// GIVEN a plan that names other data
	let dir = workshop();
	let root = format!("0x{}", "cd".repeat(32));
	write_plan(dir.path(), |plan| {
		plan["data"] = serde_json::json!({ "root": root, "bytes": 32_000 });
	});
	// WHEN it is trained on the data that is there
	let ran = assay(
		dir.path(),
		&["train", "--local", "plan.json", "--data", "data"],
	);
	// THEN the line names both roots
	ran.fails_with(&[&root, "give the file"]);
}

#[test]
fn a_truncated_artifact_is_refused_and_removed() {
	// GIVEN a checkpoint in a store, and its list cut short
	let dir = workshop();
	let args = [
		"train",
		"--local",
		"plan.json",
		"--data",
		"data",
		"--rounds",
		"1",
		"--json",
	];
	let trained = assay(dir.path(), &args).json();
	let root = trained["checkpoint"].as_str().unwrap();
	let name = root.trim_start_matches("0x");
	let path = dir.path().join("store").join(&name[..2]).join(name);
	fs::create_dir_all(path.parent().unwrap()).unwrap();
	fs::write(&path, [0; 31]).unwrap();
	// WHEN it is exported
	let args = [
		"model",
		"export",
		"--plan",
		"plan.json",
		"--data",
		"data",
		"--checkpoint",
		root,
		"--store",
		"store",
		"--out",
		"model",
	];
	let ran = assay(dir.path(), &args);
	// THEN the line names the file and both lengths, and the file is gone
	ran.fails_with(&[name, "truncated", "31 bytes"]);
	assert!(!path.exists());
}

#[test]
fn a_malformed_key_is_refused_without_being_shown() {
	// GIVEN a key file with something else in it
	let dir = workshop();
	let keys = dir.path().join("keys");
	fs::create_dir(&keys).unwrap();
	let path = keys.join("worker.key");
	fs::write(&path, "my secret phrase").unwrap();
	fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
	// WHEN it is shown
	let ran = assay(dir.path(), &["keys", "show", "--dir", "keys"]);
	// THEN the line names the file and not its content
	ran.fails_with(&["worker.key", "64 hexadecimal digits"]);
	assert!(!ran.err.contains("secret"));
}

#[test]
fn a_key_is_made_once_and_shown_by_its_address() {
	// GIVEN a directory with a new key
	let dir = tempfile::tempdir().unwrap();
	let made = assay(dir.path(), &["keys", "generate", "--json"]).json();
	// WHEN it is shown, and made again
	let shown = assay(dir.path(), &["keys", "show", "--json"]).json();
	let again = assay(dir.path(), &["keys", "generate"]);
	// THEN it is the same account, and no key is overwritten
	assert_eq!(made["account"], shown["account"]);
	again.fails_with(&["worker.key", "never overwritten"]);
}

#[test]
fn a_node_that_is_down_is_named() {
	// GIVEN no node on this port
	let dir = workshop();
	let url = "ws://127.0.0.1:1";
	let submit = "job submit plan.json --data data --dev=//One --node";
	let submit: Vec<_> = submit.split(' ').chain([url]).collect();
	for args in [
		&submit[..],
		&["job", "show", "0", "--node", url],
		&["job", "watch", "0", "--node", url],
		&["job", "explain", "0", "--node", url],
		&["audit", "0", "--data", "data", "--node", url],
		&["job", "claim", "0", "--dev=//One", "--node", url],
		&["job", "cancel", "0", "--dev=//One", "--node", url],
		&["provider", "run", "--dev=//Dave", "--node", url],
		&["validator", "run", "--dev=//Alice", "--node", url],
	] {
		// WHEN something needs it
		let ran = assay(dir.path(), args);
		// THEN the line names the address and what to do
		ran.fails_with(&[url, "start a node"]);
	}
}

#[test]
fn an_account_to_pay_that_is_none_is_refused() {
	// GIVEN an address of another network
	let dir = workshop();
	let polkadot = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
	// WHEN a credit is claimed for it
	let ran = assay(dir.path(), &["job", "claim", "0", "--for", polkadot]);
	// THEN the line names it, before any node is asked
	ran.fails_with(&[polkadot, "prefix 42"]);
}

#[test]
fn an_account_to_explain_a_job_for_that_is_none_is_refused() {
	// GIVEN a word that is no address
	let dir = workshop();
	// WHEN a job is to be explained for it
	let ran = assay(dir.path(), &["job", "explain", "0", "--account", "dave"]);
	// THEN the line names it, before any node is asked
	ran.fails_with(&["dave", "SS58"]);
}

#[test]
fn rounds_and_data_of_an_audit_are_looked_at_before_any_node_is_asked() {
	// GIVEN rounds that end before they begin, and a file that is not there
	let dir = workshop();
	for (args, words) in [
		(&["audit", "0", "--rounds", "4..2"][..], ["4..2", "0..4"]),
		(&["audit", "0", "--rounds", "last"], ["last", "0..4"]),
		(
			&["audit", "0", "--data", "absent"],
			["absent", "No such file"],
		),
	] {
		// WHEN a job is audited with them THEN the line names what is wrong
		assay(dir.path(), args).fails_with(&words);
	}
}

#[test]
fn an_address_that_is_none_is_refused() {
	// GIVEN an address of the wrong kind
	let dir = workshop();
	// WHEN a job is asked for there
	let ran = assay(
		dir.path(),
		&["job", "show", "0", "--node", "http://localhost:9944"],
	);
	// THEN the line says how addresses look
	ran.fails_with(&["http://localhost:9944", "ws://"]);
}

#[test]
fn a_demo_does_not_empty_somebody_elses_directory() {
	// GIVEN a directory with somebody's file
	let dir = workshop();
	fs::create_dir(dir.path().join("mine")).unwrap();
	fs::write(dir.path().join("mine/thesis"), "").unwrap();
	// WHEN a demo is to use it
	let program = env!("CARGO_BIN_EXE_assay");
	let args = [
		"demo",
		"--data",
		"data",
		"--base",
		"mine",
		"--node-program",
		program,
	];
	let ran = assay(dir.path(), &args);
	// THEN it is refused and the file is still there
	ran.fails_with(&["mine", "--base"]);
	assert!(dir.path().join("mine/thesis").exists());
}
