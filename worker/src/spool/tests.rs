use std::os::unix::fs::PermissionsExt;

use assay_numerics::{referee::Part, Loss};
use assay_protocol::{Failure, FailureReveal, TaskReveal, Verdict};
use bounded_collections::BoundedVec;
use proptest::prelude::*;

use super::*;

const GENESIS: [u8; 32] = [1; 32];
const STASH: Account = Account([2; 32]);

fn key(slot: u32) -> TaskKey {
	TaskKey {
		job: JobId(7),
		round: 1,
		slot,
		attempt: 0,
	}
}

fn task(slot: u32, salt: u8) -> TaskRecord {
	TaskRecord {
		key: key(slot),
		parent: [3; 32],
		slot_root_in: [0; 32],
		reveal: TaskReveal {
			trace: vec![[3; 32], [4; 32]].try_into().unwrap(),
			update_root: [5; 32],
			moments_root: [6; 32],
			slot_root: [0; 32],
			loss: Loss(9),
			salt: [salt; 32],
		},
	}
}

fn open(dir: &Path) -> Result<Spool, SpoolError> {
	Spool::open(dir, GENESIS, STASH)
}

#[test]
fn a_reopened_spool_knows_every_record() {
	// GIVEN a spool with a task, a verdict, a claim and a mark
	let dir = tempfile::tempdir().unwrap();
	let verdict = VerdictRecord {
		key: VerdictKey {
			task: key(0),
			draw: 1,
		},
		update: [5; 32],
		verdict: Verdict::Valid,
		salt: [8; 32],
	};
	let claim = ClaimRecord {
		job: JobId(7),
		round: 1,
		parent: [3; 32],
		checkpoint: [9; 32],
		loss: Loss(3),
	};
	let mut spool = open(dir.path()).unwrap();
	spool.append(Record::Task(task(0, 1))).unwrap();
	spool.append(Record::Verdict(verdict)).unwrap();
	spool.append(Record::Claim(claim)).unwrap();
	spool.append(Record::Mark(Mark::Committed(key(0)))).unwrap();
	drop(spool);
	// WHEN it is opened again
	let spool = open(dir.path()).unwrap();
	// THEN all of them are there, each under its own key only
	assert_eq!(spool.task(key(0), [3; 32]), Some(&task(0, 1)));
	assert_eq!(spool.task(key(0), [4; 32]), None);
	assert_eq!(spool.verdict(verdict.key, [5; 32]), Some(&verdict));
	assert_eq!(spool.verdict(verdict.key, [6; 32]), None);
	assert_eq!(spool.claim(JobId(7), 1, [3; 32]), Some(&claim));
	assert!(spool.is_marked(Mark::Committed(key(0))));
	assert!(!spool.is_marked(Mark::Revealed(key(0))));
}

#[test]
fn the_first_salt_of_a_task_holds() {
	// GIVEN a spooled task
	let dir = tempfile::tempdir().unwrap();
	let mut spool = open(dir.path()).unwrap();
	spool.append(Record::Task(task(0, 1))).unwrap();
	// WHEN it is spooled again with another salt
	spool.append(Record::Task(task(0, 2))).unwrap();
	// THEN the first one is used, now and after a restart
	assert_eq!(spool.task(key(0), [3; 32]).unwrap().reveal.salt, [1; 32]);
	drop(spool);
	assert_eq!(
		open(dir.path())
			.unwrap()
			.task(key(0), [3; 32])
			.unwrap()
			.reveal
			.salt,
		[1; 32]
	);
}

#[test]
fn an_attempt_has_work_or_a_claim_of_failure_and_never_both() {
	let failure = |slot: u32, salt: u8| FailureRecord {
		key: key(slot),
		parent: [3; 32],
		slot_root_in: [0; 32],
		reveal: FailureReveal {
			trace: BoundedVec::truncate_from(vec![[4; 32]]),
			place: Failure {
				step: 1,
				op: 7,
				tile: 2,
				part: Part::Step(3),
			},
			salt: [salt; 32],
		},
	};
	// GIVEN a spool with a claim of failure about one task and work on another
	let dir = tempfile::tempdir().unwrap();
	let mut spool = open(dir.path()).unwrap();
	spool.append(Record::Failure(failure(0, 1))).unwrap();
	spool.append(Record::Task(task(1, 2))).unwrap();
	// WHEN each is spooled again, as itself with another salt and as the other
	spool.append(Record::Failure(failure(0, 3))).unwrap();
	spool.append(Record::Task(task(0, 3))).unwrap();
	spool.append(Record::Failure(failure(1, 3))).unwrap();
	// THEN the first record holds, now and after a restart
	for spool in [spool, {
		let path = tempfile::tempdir().unwrap();
		fs::copy(dir.path().join(SPOOL_FILE), path.path().join(SPOOL_FILE)).unwrap();
		open(path.path()).unwrap()
	}] {
		assert_eq!(spool.failure(key(0), [3; 32]), Some(&failure(0, 1)));
		assert_eq!(spool.failure(key(0), [4; 32]), None);
		assert_eq!(spool.task(key(0), [3; 32]), None);
		assert_eq!(spool.task(key(1), [3; 32]), Some(&task(1, 2)));
		assert_eq!(spool.failure(key(1), [3; 32]), None);
		// AND a restarted worker looks after the job
		assert!(spool.jobs().contains(&JobId(7)));
	}
}

#[test]
fn secrets_are_readable_by_their_owner_alone() {
	// GIVEN a new spool
	let dir = tempfile::tempdir().unwrap();
	let _spool = open(dir.path()).unwrap();
	// WHEN its file is looked at
	let mode = fs::metadata(dir.path().join(SPOOL_FILE))
		.unwrap()
		.permissions()
		.mode();
	// THEN nobody else can read it
	assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn two_workers_never_share_a_spool() {
	// GIVEN an open spool
	let dir = tempfile::tempdir().unwrap();
	let _first = open(dir.path()).unwrap();
	// WHEN a second worker opens it
	// THEN it is refused
	assert!(matches!(open(dir.path()), Err(SpoolError::InUse(_))));
}

#[test]
fn a_spool_of_another_chain_is_refused() {
	// GIVEN a spool
	let dir = tempfile::tempdir().unwrap();
	drop(open(dir.path()).unwrap());
	// WHEN the same directory is used on another chain
	let error = Spool::open(dir.path(), [9; 32], STASH).unwrap_err();
	// THEN it is refused: job ids there mean other jobs
	assert!(matches!(error, SpoolError::Foreign { .. }));
}

#[test]
fn a_damaged_record_in_the_middle_is_an_error_and_not_a_torn_tail() {
	// GIVEN a spool of three records, one bit of the second flipped
	let dir = tempfile::tempdir().unwrap();
	let path = dir.path().join(SPOOL_FILE);
	let mut spool = open(dir.path()).unwrap();
	let second = fs::metadata(&path).unwrap().len();
	spool.append(Record::Task(task(0, 1))).unwrap();
	spool.append(Record::Task(task(1, 1))).unwrap();
	drop(spool);
	let mut bytes = fs::read(&path).unwrap();
	bytes[second as usize + 40] ^= 1;
	fs::write(&path, bytes).unwrap();
	// WHEN it is opened
	// THEN the error names its place
	assert!(matches!(
		open(dir.path()),
		Err(SpoolError::Damaged { offset, .. }) if offset == second
	));
}

#[test]
fn a_damaged_length_in_the_middle_does_not_cut_off_what_follows() {
	// GIVEN a spool of three records, the highest bit of the second's length flipped, so that it
	// leads out of the file as that of a torn tail does
	let dir = tempfile::tempdir().unwrap();
	let path = dir.path().join(SPOOL_FILE);
	let mut spool = open(dir.path()).unwrap();
	let second = fs::metadata(&path).unwrap().len();
	spool.append(Record::Task(task(0, 1))).unwrap();
	spool.append(Record::Task(task(1, 1))).unwrap();
	drop(spool);
	let mut bytes = fs::read(&path).unwrap();
	bytes[second as usize + 3] ^= 0x80;
	fs::write(&path, &bytes).unwrap();
	// WHEN it is opened
	// THEN the error names its place, and no salt is lost
	assert!(matches!(
		open(dir.path()),
		Err(SpoolError::Damaged { offset, .. }) if offset == second
	));
	assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_spool_names_the_jobs_that_it_is_about() {
	// GIVEN a spool with work on one job
	let dir = tempfile::tempdir().unwrap();
	let mut spool = open(dir.path()).unwrap();
	assert!(spool.jobs().is_empty());
	spool.append(Record::Task(task(0, 1))).unwrap();
	drop(spool);
	// WHEN a restarted worker opens it
	// THEN it knows which job may still owe its pay
	let jobs = open(dir.path()).unwrap().jobs();
	assert_eq!(jobs.into_iter().collect::<Vec<_>>(), [key(0).job]);
}

proptest! {
	#[test]
	fn a_torn_tail_loses_the_last_record_at_most(cut in 1usize..400, zeros in 0usize..64) {
		// GIVEN a spool of two tasks, cut anywhere in the second, with reserved space behind
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join(SPOOL_FILE);
		let mut spool = open(dir.path()).unwrap();
		spool.append(Record::Task(task(0, 1))).unwrap();
		let first = fs::metadata(&path).unwrap().len() as usize;
		spool.append(Record::Task(task(1, 1))).unwrap();
		drop(spool);
		let mut bytes = fs::read(&path).unwrap();
		let keep = first + cut % (bytes.len() - first);
		bytes.truncate(keep);
		if keep == first {
			bytes.extend(std::iter::repeat_n(0, zeros));
		}
		fs::write(&path, bytes).unwrap();
		// WHEN it is opened and written to again
		let mut spool = open(dir.path()).unwrap();
		prop_assert!(spool.task(key(0), [3; 32]).is_some());
		prop_assert!(spool.task(key(1), [3; 32]).is_none());
		spool.append(Record::Task(task(1, 2))).unwrap();
		drop(spool);
		// THEN the first record was kept and the new one stands where the torn one was
		let spool = open(dir.path()).unwrap();
		prop_assert_eq!(spool.task(key(0), [3; 32]).unwrap().reveal.salt, [1; 32]);
		prop_assert_eq!(spool.task(key(1), [3; 32]).unwrap().reveal.salt, [2; 32]);
	}
}
