//! The places where a test kills a worker.
//!
//! `ASSAY_FAILPOINT=name` aborts the process the first time it comes to the place of that name in
//! a worker's directory; a file there remembers that it did, so that the restarted worker goes on.

use std::{
	fmt,
	fs::File,
	path::{Path, PathBuf},
	str::FromStr,
	sync::atomic::{AtomicBool, Ordering},
	sync::Arc,
};

/// The environment variable that arms one place.
pub const VARIABLE: &str = "ASSAY_FAILPOINT";

macro_rules! failpoints {
	($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
		/// A place between two durable effects of a worker.
		#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
		pub enum Failpoint {
			$($(#[$doc])* $variant,)*
		}

		impl Failpoint {
			/// Every place, so that a test can try them all.
			pub const ALL: &[Self] = &[$(Self::$variant,)*];

			/// The name that arms it.
			pub fn name(self) -> &'static str {
				match self {
					$(Self::$variant => $name,)*
				}
			}
		}
	};
}

failpoints! {
	/// The provider's call to join is in a block.
	Joined = "joined",
	/// The state between two segments is published and the task goes on.
	StatePublished = "state-published",
	/// A task is trained and its update is not stored.
	Trained = "trained",
	/// The task's tensors are published and its salt is not spooled.
	UpdatePublished = "update-published",
	/// The task is spooled and its seal is not sent.
	TaskSpooled = "task-spooled",
	/// The seal is in a block and not marked.
	TaskCommitted = "task-committed",
	/// The seal is marked.
	TaskCommitMarked = "task-commit-marked",
	/// The reveal is in a block and not marked.
	TaskRevealed = "task-revealed",
	/// The reveal is marked.
	TaskRevealMarked = "task-reveal-marked",
	/// A task is recomputed and nothing is stored.
	Recomputed = "recomputed",
	/// The verdict is spooled and its seal is not sent.
	VerdictSpooled = "verdict-spooled",
	/// The verdict's seal is in a block and not marked.
	VerdictSealed = "verdict-sealed",
	/// The verdict's seal is marked.
	VerdictSealMarked = "verdict-seal-marked",
	/// The verdict's reveal is in a block and not marked.
	VerdictRevealed = "verdict-revealed",
	/// The verdict's reveal is marked.
	VerdictRevealMarked = "verdict-reveal-marked",
	/// The next checkpoint is published and the claim is not spooled.
	AggregatePublished = "aggregate-published",
	/// The claim is spooled and not sent.
	AggregateSpooled = "aggregate-spooled",
	/// The claim is in a block and not marked.
	AggregateClaimed = "aggregate-claimed",
	/// The claim is marked.
	AggregateMarked = "aggregate-marked",
	/// A call to advance a job is in a block.
	Advanced = "advanced",
	/// A call to read the beacon is in a block.
	Drew = "drew",
	/// A payout is in a block.
	PaidOut = "paid-out",
	/// A move in a dispute is in a block.
	DisputeMoved = "dispute-moved",
}

/// The worker was killed here, as far as a test in one process can kill it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("killed at the failpoint `{}`", .0.name())]
pub struct Killed(pub Failpoint);

/// A name that is none of [`Failpoint::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE}={0}: no such failpoint: use one of {names}", names = names())]
pub struct UnknownFailpoint(String);

impl fmt::Display for Failpoint {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

impl FromStr for Failpoint {
	type Err = UnknownFailpoint;

	fn from_str(name: &str) -> Result<Self, Self::Err> {
		Self::ALL
			.iter()
			.copied()
			.find(|point| point.name() == name)
			.ok_or_else(|| UnknownFailpoint(name.to_owned()))
	}
}

/// What a worker does when it comes to a place.
#[derive(Debug, Clone, Default)]
pub struct Failpoints(Option<Armed>);

#[derive(Debug, Clone)]
struct Armed {
	point: Failpoint,
	how: How,
}

#[derive(Debug, Clone)]
enum How {
	/// Aborts, and remembers it in this file.
	Abort { once: PathBuf },
	/// Returns an error, once.
	Return { fired: Arc<AtomicBool> },
}

impl Failpoints {
	/// Never kills.
	pub fn none() -> Self {
		Self(None)
	}

	/// What the environment asks for, for the worker of this directory.
	pub fn from_env(dir: &Path) -> Result<Self, UnknownFailpoint> {
		let Ok(name) = std::env::var(VARIABLE) else {
			return Ok(Self::none());
		};
		let point: Failpoint = name.parse()?;
		let once = dir.join(format!("killed-at-{point}"));
		Ok(Self(Some(Armed {
			point,
			how: How::Abort { once },
		})))
	}

	/// Returns [`Killed`] from the first [`hit`](Self::hit) of `point`, over all clones.
	pub fn returning(point: Failpoint) -> Self {
		Self(Some(Armed {
			point,
			how: How::Return {
				fired: Arc::default(),
			},
		}))
	}

	/// Whether the armed place was reached.
	pub fn has_fired(&self) -> bool {
		match &self.0 {
			None => false,
			Some(Armed {
				how: How::Abort { once },
				..
			}) => once.exists(),
			Some(Armed {
				how: How::Return { fired },
				..
			}) => fired.load(Ordering::SeqCst),
		}
	}

	/// The worker is at `point`.
	pub fn hit(&self, point: Failpoint) -> Result<(), Killed> {
		match &self.0 {
			Some(armed) if armed.point == point => match &armed.how {
				How::Abort { once } => {
					if File::create_new(once)
						.and_then(|file| file.sync_all())
						.is_ok()
					{
						std::process::abort();
					}
					Ok(())
				}
				How::Return { fired } => {
					if fired.swap(true, Ordering::SeqCst) {
						return Ok(());
					}
					Err(Killed(point))
				}
			},
			_ => Ok(()),
		}
	}
}

fn names() -> String {
	Failpoint::ALL
		.iter()
		.map(|point| point.name())
		.collect::<Vec<_>>()
		.join(", ")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_failpoint_has_its_own_name() {
		// GIVEN all places
		for point in Failpoint::ALL {
			// WHEN a name is read
			// THEN it is that place
			assert_eq!(point.name().parse(), Ok(*point));
		}
	}

	#[test]
	fn a_failpoint_kills_once() {
		// GIVEN an armed place
		let failpoints = Failpoints::returning(Failpoint::TaskSpooled);
		// WHEN it and another are reached, twice
		// THEN only the first visit kills
		assert_eq!(failpoints.hit(Failpoint::Trained), Ok(()));
		assert_eq!(
			failpoints.hit(Failpoint::TaskSpooled),
			Err(Killed(Failpoint::TaskSpooled))
		);
		assert_eq!(failpoints.hit(Failpoint::TaskSpooled), Ok(()));
		assert!(failpoints.has_fired());
	}

	#[test]
	fn an_unknown_failpoint_is_refused_by_its_name() {
		// GIVEN a name with a mistake
		// WHEN it is read
		let error = "task-spoled".parse::<Failpoint>().unwrap_err();
		// THEN the message names it and the right ones
		assert!(error.to_string().contains("task-spoled"));
		assert!(error.to_string().contains("task-spooled"));
	}
}
