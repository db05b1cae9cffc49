//! What has to be there before anything is started.

use std::{collections::BTreeMap, fs, io, path::Path};

use assay_protocol::{Plan, Terms};

use super::{
	network::{PROVIDERS, SUBMITTER, VALIDATORS},
	DemoError, DemoSettings,
};
use crate::{
	account::Account,
	data::DataFile,
	keys::WorkerKey,
	model::adapter_of,
	plan_file::{PlanFile, PlanFileError},
};

/// The plan and terms of the main job.
pub(crate) const MAIN_JOB: &str = include_str!("main-job.json");
/// Says that a directory may be emptied by the next demo.
const MARKER: &str = ".assay-demo";

/// Plan and terms: the main job, or what the settings say instead.
pub(super) fn job_of(settings: &DemoSettings, data: &DataFile) -> Result<(Plan, Terms), DemoError> {
	let mut file = match &settings.plan {
		Some(path) => PlanFile::read(path)?,
		None => serde_json::from_str(MAIN_JOB).map_err(|error| PlanFileError::Json {
			path: "the built-in main job".into(),
			reason: error.to_string(),
		})?,
	};
	if let Some(steps) = settings.steps {
		// As many segments as the file has, if there are as many steps.
		let segments = file
			.steps
			.div_ceil(file.stride.unwrap_or(file.steps).max(1));
		file.stride = Some(steps.div_ceil(segments.max(1)).max(1));
		file.steps = steps;
	}
	if let Some(terms) = &mut file.terms {
		terms.rounds = settings.rounds.unwrap_or(terms.rounds);
		terms.tasks = settings.tasks.unwrap_or(terms.tasks);
	}
	let plan = file.plan(Some(data.reference()))?;
	if adapter_of(&plan.step.model).is_some() {
		return Err(DemoError::Adapters);
	}
	let (terms, _) = file.terms(&plan)?;
	Ok((plan, terms))
}

/// Empties the directory of an earlier demo, or makes a new one. Never touches another's.
pub(super) fn empty(base: &Path) -> Result<(), DemoError> {
	let io = |source| DemoError::Io {
		path: base.to_owned(),
		source,
	};
	if base.exists() {
		let is_used = fs::read_dir(base).map_err(io)?.next().is_some();
		if is_used && !base.join(MARKER).exists() {
			return Err(DemoError::NotOurs(base.to_owned()));
		}
		for part in ["nodes", "workers", "store", "logs", "model"] {
			match fs::remove_dir_all(base.join(part)) {
				Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
				_ => {}
			}
		}
	}
	fs::create_dir_all(base).map_err(io)?;
	fs::write(base.join(MARKER), "").map_err(io)
}

/// The names of the network's accounts.
pub(super) fn names() -> Result<BTreeMap<Account, String>, DemoError> {
	let mut names = BTreeMap::new();
	let roles = [
		("validator", &VALIDATORS[..]),
		("provider", &PROVIDERS[..]),
		("submitter", &[SUBMITTER]),
	];
	for (role, accounts) in roles {
		for name in accounts {
			let account = WorkerKey::dev(&format!("//{name}"))?.account();
			names.insert(account, format!("{name} ({role})"));
		}
	}
	Ok(names)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_directory_that_is_not_a_demos_is_left_alone() {
		// GIVEN a directory with somebody's file
		let dir = tempfile::tempdir().unwrap();
		fs::write(dir.path().join("thesis"), "").unwrap();
		// WHEN a demo is to use it
		let error = empty(dir.path()).unwrap_err();
		// THEN it is refused and the file is still there
		assert!(matches!(error, DemoError::NotOurs(_)));
		assert!(dir.path().join("thesis").exists());
	}

	#[test]
	fn a_directory_of_an_earlier_demo_is_used_again() {
		// GIVEN a demo's directory with a store and a corpus beside it
		let dir = tempfile::tempdir().unwrap();
		empty(dir.path()).unwrap();
		fs::create_dir(dir.path().join("store")).unwrap();
		fs::write(dir.path().join("corpus.bin"), "x").unwrap();
		// WHEN the next demo uses it
		empty(dir.path()).unwrap();
		// THEN what the demo made is gone and what it was given is not
		assert!(!dir.path().join("store").exists());
		assert!(dir.path().join("corpus.bin").exists());
	}
}
