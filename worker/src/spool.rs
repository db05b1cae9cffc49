//! What a worker must not forget when it is killed: an append-only, fsynced log.
//!
//! Spool first, submit second, mark third. A record holds everything that a call needs, salts
//! included, and is on the disk before the call is sent. So a restarted worker never seals the
//! same task with another salt: it finds the first one. Whether the call arrived, the chain knows;
//! a mark only saves looking.

mod frame;
mod record;

use std::{
	collections::{BTreeMap, BTreeSet},
	fs::{self, File, OpenOptions},
	io::{self, Read, Seek, SeekFrom, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

use assay_protocol::{JobId, Round, TaskKey};
use codec::{Decode, Encode};

pub use self::record::{
	ClaimRecord, FailureRecord, Mark, Record, TaskRecord, VerdictKey, VerdictRecord,
};
use crate::account::Account;

/// The name of the spool in a worker's directory.
pub const SPOOL_FILE: &str = "spool.log";

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
	/// The disk does not do what it is asked.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// Another process has it open.
	#[error("{0}: another worker is using this directory: stop it or choose another --dir")]
	InUse(PathBuf),
	/// A record in the middle does not match its checksum.
	#[error("{path}: the record at byte {offset} is damaged: restore the file from a copy; deleting it forfeits the tasks that are not revealed")]
	Damaged {
		/// The file.
		path: PathBuf,
		/// Where the record begins.
		offset: u64,
	},
	/// It belongs to another key or chain.
	#[error("{path}: belongs to {found}, not to {expected}: choose another --dir")]
	Foreign {
		/// The file.
		path: PathBuf,
		/// Stash and chain in the file.
		found: String,
		/// Stash and chain of this worker.
		expected: String,
	},
}

/// The log and what it says, by task.
#[derive(Debug)]
pub struct Spool {
	path: PathBuf,
	file: File,
	tasks: BTreeMap<(TaskKey, [u8; 32]), TaskRecord>,
	failures: BTreeMap<(TaskKey, [u8; 32]), FailureRecord>,
	verdicts: BTreeMap<(VerdictKey, [u8; 32]), VerdictRecord>,
	claims: BTreeMap<(JobId, Round, [u8; 32]), ClaimRecord>,
	marks: BTreeSet<Mark>,
}

impl Spool {
	/// Opens or makes the spool of a directory, for one stash on one chain.
	///
	/// A tail that a crash left half written is cut off: its record was never acted on.
	pub fn open(dir: &Path, genesis: [u8; 32], stash: Account) -> Result<Self, SpoolError> {
		let path = dir.join(SPOOL_FILE);
		let io = |source| SpoolError::Io {
			path: path.clone(),
			source,
		};
		fs::create_dir_all(dir).map_err(io)?;
		let mut file = OpenOptions::new()
			.read(true)
			.append(true)
			.create(true)
			.mode(0o600)
			.open(&path)
			.map_err(io)?;
		match file.try_lock() {
			Ok(()) => {}
			Err(fs::TryLockError::WouldBlock) => return Err(SpoolError::InUse(path)),
			Err(fs::TryLockError::Error(source)) => return Err(io(source)),
		}
		let mut bytes = Vec::new();
		file.read_to_end(&mut bytes).map_err(io)?;
		let (payloads, sound) = frame::read_all(&bytes).map_err(|offset| SpoolError::Damaged {
			path: path.clone(),
			offset,
		})?;
		if sound < bytes.len() as u64 {
			tracing::warn!(
				target: "assay::spool",
				path = %path.display(),
				cut = bytes.len() as u64 - sound,
				"cut off a record that was never finished"
			);
			file.set_len(sound)
				.and_then(|()| file.sync_all())
				.map_err(io)?;
			file.seek(SeekFrom::End(0)).map_err(io)?;
		}
		let mut spool = Self {
			path: path.clone(),
			file,
			tasks: BTreeMap::new(),
			failures: BTreeMap::new(),
			verdicts: BTreeMap::new(),
			claims: BTreeMap::new(),
			marks: BTreeSet::new(),
		};
		spool.replay(&payloads, genesis, stash)?;
		if payloads.is_empty() {
			spool.append(Record::Owner { genesis, stash })?;
			// The directory entry itself must survive a power cut.
			File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)?;
		}
		Ok(spool)
	}

	/// Writes a record and returns when it is on the disk.
	pub fn append(&mut self, record: Record) -> Result<(), SpoolError> {
		let frame = frame::write(&record.encode());
		self.file
			.write_all(&frame)
			.and_then(|()| self.file.sync_data())
			.map_err(|source| SpoolError::Io {
				path: self.path.clone(),
				source,
			})?;
		self.note(record);
		Ok(())
	}

	/// The finished work on an attempt, if it was done from `parent`.
	pub fn task(&self, task: TaskKey, parent: [u8; 32]) -> Option<&TaskRecord> {
		self.tasks.get(&(task, parent))
	}

	/// The claim that an attempt's training ends, if it was made from `parent`.
	pub fn failure(&self, task: TaskKey, parent: [u8; 32]) -> Option<&FailureRecord> {
		self.failures.get(&(task, parent))
	}

	/// The jobs that something was written about.
	pub fn jobs(&self) -> BTreeSet<JobId> {
		let tasks = self.tasks.keys().map(|(task, _)| task.job);
		let failures = self.failures.keys().map(|(task, _)| task.job);
		let verdicts = self.verdicts.keys().map(|(verdict, _)| verdict.task.job);
		let claims = self.claims.keys().map(|(job, ..)| *job);
		let provided = tasks.chain(failures);
		provided.chain(verdicts).chain(claims).collect()
	}

	/// How many attempts have finished work.
	pub fn tasks_done(&self) -> usize {
		self.tasks.len()
	}

	/// The verdict on an attempt, if it was about the update of this root.
	pub fn verdict(&self, key: VerdictKey, update: [u8; 32]) -> Option<&VerdictRecord> {
		self.verdicts.get(&(key, update))
	}

	/// The claim about a round, if the round started from `parent`.
	pub fn claim(&self, job: JobId, round: Round, parent: [u8; 32]) -> Option<&ClaimRecord> {
		self.claims.get(&(job, round, parent))
	}

	/// Whether a call was seen in a block.
	pub fn is_marked(&self, mark: Mark) -> bool {
		self.marks.contains(&mark)
	}

	fn replay(
		&mut self,
		payloads: &[(u64, &[u8])],
		genesis: [u8; 32],
		stash: Account,
	) -> Result<(), SpoolError> {
		for (index, (offset, payload)) in payloads.iter().enumerate() {
			let damaged = || SpoolError::Damaged {
				path: self.path.clone(),
				offset: *offset,
			};
			let mut rest = *payload;
			let record = Record::decode(&mut rest).map_err(|_| damaged())?;
			if index == 0 {
				let Record::Owner {
					genesis: g,
					stash: s,
				} = &record
				else {
					return Err(damaged());
				};
				if (*g, *s) != (genesis, stash) {
					return Err(SpoolError::Foreign {
						path: self.path.clone(),
						found: name_of(*s, g),
						expected: name_of(stash, &genesis),
					});
				}
			}
			self.note(record);
		}
		Ok(())
	}

	/// The first record of a key holds: a second one would be another salt for the same seal. An
	/// attempt has work or a claim of failure, never both.
	fn note(&mut self, record: Record) {
		match record {
			Record::Owner { .. } => {}
			Record::Task(task) => {
				let key = (task.key, task.parent);
				if !self.failures.contains_key(&key) {
					self.tasks.entry(key).or_insert(task);
				}
			}
			Record::Failure(failure) => {
				let key = (failure.key, failure.parent);
				if !self.tasks.contains_key(&key) {
					self.failures.entry(key).or_insert(failure);
				}
			}
			Record::Verdict(verdict) => {
				self.verdicts
					.entry((verdict.key, verdict.update))
					.or_insert(verdict);
			}
			Record::Claim(claim) => {
				self.claims
					.entry((claim.job, claim.round, claim.parent))
					.or_insert(claim);
			}
			Record::Mark(mark) => {
				self.marks.insert(mark);
			}
		}
	}
}

fn name_of(stash: Account, genesis: &[u8; 32]) -> String {
	format!("{stash} on the chain 0x{}…", hex::encode(&genesis[..4]))
}

#[cfg(test)]
mod tests;
