//! Packing data.

use std::fs;

use crate::run::assay;

#[test]
fn packing_is_the_same_everywhere_and_checked_by_its_root() {
	// GIVEN two directories with the same sources
	let dir = tempfile::tempdir().unwrap();
	for (name, order) in [("one", ["a.rs", "b.rs"]), ("two", ["b.rs", "a.rs"])] {
		fs::create_dir(dir.path().join(name)).unwrap();
		for file in order {
			fs::write(dir.path().join(name).join(file), file).unwrap();
		}
	}
	// WHEN one is packed and the other is packed with its root expected
	let args = [
		"data",
		"pack",
		"one",
		"--kind",
		"rs",
		"--out",
		"packed/one",
		"--json",
	];
	let packed = assay(dir.path(), &args).json();
	let root = packed["root"].as_str().unwrap().to_owned();
	let again = assay(
		dir.path(),
		&["data", "pack", "two", "--kind", "rs", "--expect", &root],
	);
	// THEN both have the same bytes
	assert_eq!(again.code, Some(0), "{}", again.err);
	assert_eq!(packed["bytes"], 8);
	assert_eq!(
		fs::read(dir.path().join("packed/one")).unwrap(),
		b"a.rsb.rs"
	);
}

#[test]
fn data_that_is_not_the_expected_is_refused_and_not_written() {
	// GIVEN a file and the root of something else
	let dir = tempfile::tempdir().unwrap();
	fs::write(dir.path().join("file"), "changed").unwrap();
	let root = format!("0x{}", "ab".repeat(32));
	// WHEN it is packed with that root expected
	let ran = assay(
		dir.path(),
		&["data", "pack", "file", "--expect", &root, "--out", "out"],
	);
	// THEN both roots are named and nothing is written
	ran.fails_with(&[&root, "differ"]);
	assert!(!dir.path().join("out").exists());
}
