//! Running the program.

use std::{
	path::{Path, PathBuf},
	process::{Command, Output},
};

/// What a run of the program gave.
pub(crate) struct Ran {
	pub(crate) code: Option<i32>,
	pub(crate) out: String,
	pub(crate) err: String,
}

/// Runs the program in a directory.
pub(crate) fn assay(dir: &Path, args: &[&str]) -> Ran {
	assay_with(dir, args, &[])
}

/// The same with more environment variables.
pub(crate) fn assay_with(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ran {
	let program = env!("CARGO_BIN_EXE_assay");
	let output: Output = Command::new(program)
		.args(args)
		.current_dir(dir)
		.env_remove("RUST_LOG")
		.envs(variables.iter().copied())
		.output()
		.expect("the program is built; qed");
	Ran {
		code: output.status.code(),
		out: String::from_utf8(output.stdout).expect("the program prints text"),
		err: String::from_utf8(output.stderr).expect("the program prints text"),
	}
}

impl Ran {
	/// The JSON object that it printed.
	pub(crate) fn json(&self) -> serde_json::Value {
		assert_eq!(self.code, Some(0), "{}", self.err);
		serde_json::from_str(&self.out).expect("one JSON object")
	}

	/// Asserts that it failed with one line that has all these words in it.
	pub(crate) fn fails_with(&self, words: &[&str]) {
		assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
		assert_eq!(self.out, "");
		assert_eq!(self.err.trim_end().lines().count(), 1, "{}", self.err);
		for word in words {
			assert!(self.err.contains(word), "no `{word}` in: {}", self.err);
		}
	}
}

/// A directory with a plan and its data.
pub(crate) fn workshop() -> tempfile::TempDir {
	let dir = tempfile::tempdir().unwrap();
	let text = "the cat sat on the mat and the dog ran. ".repeat(800);
	std::fs::write(dir.path().join("data"), text).unwrap();
	write_plan(dir.path(), |_| {});
	dir
}

/// Writes the plan, changed somehow.
pub(crate) fn write_plan(dir: &Path, change: impl FnOnce(&mut serde_json::Value)) -> PathBuf {
	let mut plan = serde_json::json!({
		"model": { "byte_mlp": { "context": 4, "embedding": 16, "hidden": [32, 16] } },
		"optimiser": { "adam_w": {
			"learning_rate": "0.01", "beta1": "0.9", "beta2": "0.99",
			"epsilon": "1e-8", "weight_decay": "0.01", "warmup": 4,
		} },
		"batch": 32,
		"profile": "exact-12.1",
		"steps": 16,
		"stride": 4,
		"seed": format!("0x{}", "07".repeat(32)),
		"eval_rows": 256,
		"terms": {
			"price": "1 ASY",
			"tasks": 3, "rounds": 2, "providers": 3, "committee": 3, "quorum": 2,
			"windows": {
				"open": 50, "train": 50, "reveal": 20, "assay": 50, "unseal": 20, "close": 20,
			},
		},
	});
	change(&mut plan);
	let path = dir.join("plan.json");
	std::fs::write(&path, plan.to_string()).unwrap();
	path
}

/// Makes the plan one for a small decoder of bytes.
pub(crate) fn decoder(plan: &mut serde_json::Value) {
	plan["model"] = serde_json::json!({
		"gpt": { "context": 16, "width": 32, "layers": 1, "heads": 2 }
	});
	plan["batch"] = 4.into();
	plan["eval_rows"] = 32.into();
}
