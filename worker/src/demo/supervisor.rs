//! Processes that are started, watched, restarted and stopped together.

use std::{
	collections::BTreeMap,
	fs::{self, OpenOptions},
	io,
	path::{Path, PathBuf},
	process::Stdio,
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};

use nix::{
	sys::signal::{kill, Signal},
	unistd::Pid,
};
use tokio::{
	process::{Child, Command},
	sync::{mpsc, watch},
	task::JoinSet,
};

use super::DemoError;
use crate::system::peak_kib;

/// A process that dies earlier than this after its start is given up after [`MOST_QUICK_DEATHS`].
const QUICK: Duration = Duration::from_secs(5);
/// Quick deaths in a row until a process is given up.
const MOST_QUICK_DEATHS: u32 = 5;
/// How long processes may take to stop by themselves.
const GRACE: Duration = Duration::from_secs(5);

/// What to run.
#[derive(Debug, Clone)]
pub(super) struct Job {
	/// A short name, also of the log file.
	pub(super) name: String,
	/// The program.
	pub(super) program: PathBuf,
	/// Its arguments.
	pub(super) args: Vec<String>,
	/// How much it gives way to others.
	pub(super) nice: u8,
}

/// Something a person wants to know.
#[derive(Debug)]
pub(super) enum Note {
	/// A process died and runs again.
	Restarted {
		/// Its name.
		name: String,
		/// How it ended.
		status: String,
	},
	/// A process keeps dying.
	GivenUp {
		/// Its name.
		name: String,
		/// How it ended.
		status: String,
	},
}

/// The running processes.
#[derive(Debug)]
pub(super) struct Supervisor {
	logs: PathBuf,
	stop: watch::Sender<bool>,
	notes: mpsc::Sender<Note>,
	running: JoinSet<()>,
	state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
	pids: BTreeMap<String, u32>,
	peaks: BTreeMap<String, u64>,
}

impl Supervisor {
	/// A supervisor that writes logs into a directory, and the channel of its notes.
	pub(super) fn new(logs: PathBuf) -> Result<(Self, mpsc::Receiver<Note>), DemoError> {
		fs::create_dir_all(&logs).map_err(|source| DemoError::Io {
			path: logs.clone(),
			source,
		})?;
		let (notes, received) = mpsc::channel(64);
		let (stop, _) = watch::channel(false);
		let running = JoinSet::new();
		Ok((
			Self {
				logs,
				stop,
				notes,
				running,
				state: Arc::default(),
			},
			received,
		))
	}

	/// Starts a process and keeps it running.
	pub(super) fn start(&mut self, job: Job) -> Result<(), DemoError> {
		let log = self.log_of(&job.name);
		let child = spawn(&job, &log)?;
		let keeper = Keeper {
			job,
			log,
			stop: self.stop.subscribe(),
			notes: self.notes.clone(),
			state: self.state.clone(),
		};
		self.running.spawn(keeper.keep(child));
		Ok(())
	}

	/// The log of a process.
	pub(super) fn log_of(&self, name: &str) -> PathBuf {
		self.logs.join(format!("{name}.log"))
	}

	/// Process ids by name.
	pub(super) fn pids(&self) -> BTreeMap<String, u32> {
		lock(&self.state).pids.clone()
	}

	/// Looks at the memory of all processes and this one. The peaks of restarted processes stay.
	pub(super) fn measure(&self) {
		let mut state = lock(&self.state);
		let mut pids = state.pids.clone();
		pids.insert("demo".to_owned(), std::process::id());
		for (name, pid) in pids {
			if let Some(peak) = peak_kib(pid) {
				let seen = state.peaks.entry(name).or_default();
				*seen = (*seen).max(peak);
			}
		}
	}

	/// The peak memory of each process in MB, rounded up.
	pub(super) fn peaks_mb(&self) -> BTreeMap<String, u64> {
		let state = lock(&self.state);
		let mb = |kib: &u64| (kib * 1024).div_ceil(1_000_000);
		state
			.peaks
			.iter()
			.map(|(name, kib)| (name.clone(), mb(kib)))
			.collect()
	}

	/// Stops all processes: asks, waits, then kills.
	pub(super) async fn stop(mut self) {
		let _ = self.stop.send(true);
		while self.running.join_next().await.is_some() {}
	}
}

/// Keeps one process running.
struct Keeper {
	job: Job,
	log: PathBuf,
	stop: watch::Receiver<bool>,
	notes: mpsc::Sender<Note>,
	state: Arc<Mutex<State>>,
}

impl Keeper {
	async fn keep(mut self, mut child: Child) {
		let mut quick_deaths = 0;
		loop {
			let started = Instant::now();
			if let Some(pid) = child.id() {
				lock(&self.state).pids.insert(self.job.name.clone(), pid);
			}
			let status = tokio::select! {
				status = child.wait() => match status {
					Ok(status) => status.to_string(),
					Err(error) => error.to_string(),
				},
				() = told_to_stop(&mut self.stop) => {
					end(&mut child).await;
					break;
				},
			};
			lock(&self.state).pids.remove(&self.job.name);
			quick_deaths = if started.elapsed() < QUICK {
				quick_deaths + 1
			} else {
				0
			};
			let name = self.job.name.clone();
			if quick_deaths >= MOST_QUICK_DEATHS {
				let _ = self.notes.send(Note::GivenUp { name, status }).await;
				break;
			}
			let _ = self.notes.try_send(Note::Restarted { name, status });
			let pause = Duration::from_millis(200 << quick_deaths);
			tokio::select! {
				() = tokio::time::sleep(pause) => {},
				() = told_to_stop(&mut self.stop) => break,
			}
			child = match spawn(&self.job, &self.log) {
				Ok(child) => child,
				Err(error) => {
					let name = self.job.name.clone();
					let note = Note::GivenUp {
						name,
						status: error.to_string(),
					};
					let _ = self.notes.send(note).await;
					break;
				}
			};
		}
		lock(&self.state).pids.remove(&self.job.name);
	}
}

/// Starts a process in a group of its own, so that Ctrl-C reaches the supervisor alone, which
/// stops the others in order. If the supervisor is killed, the system kills its children.
fn spawn(job: &Job, log: &Path) -> Result<Child, DemoError> {
	let io_error = |path: &Path| {
		let path = path.to_owned();
		move |source: io::Error| DemoError::Io { path, source }
	};
	let out = OpenOptions::new()
		.create(true)
		.append(true)
		.open(log)
		.map_err(io_error(log))?;
	let err = out.try_clone().map_err(io_error(log))?;
	let mut command = if job.nice > 0 {
		let mut nice = Command::new("nice");
		nice.arg("-n").arg(job.nice.to_string()).arg(&job.program);
		nice
	} else {
		Command::new(&job.program)
	};
	command
		.args(&job.args)
		.stdin(Stdio::null())
		.stdout(out)
		.stderr(err)
		.process_group(0);
	command.kill_on_drop(true);
	#[cfg(target_os = "linux")]
	// SAFETY: between fork and exec only one async-signal-safe system call is made.
	unsafe {
		command
			.pre_exec(|| nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(io::Error::from));
	}
	command.spawn().map_err(io_error(&job.program))
}

/// Returns when all processes are to stop. Also when the supervisor is gone.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
	let _ = stop.wait_for(|stop| *stop).await;
}

async fn end(child: &mut Child) {
	let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) else {
		return;
	};
	let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
	if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
		let _ = child.kill().await;
	}
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
	state.lock().unwrap_or_else(|poison| poison.into_inner())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn shell(name: &str, script: &str) -> Job {
		Job {
			name: name.into(),
			program: "sh".into(),
			args: vec!["-c".into(), script.into()],
			nice: 0,
		}
	}

	#[tokio::test]
	async fn what_dies_is_restarted_and_what_is_stopped_stays_dead() {
		// GIVEN a process
		let dir = tempfile::tempdir().unwrap();
		let (mut supervisor, mut notes) = Supervisor::new(dir.path().join("logs")).unwrap();
		supervisor
			.start(shell("sleeper", "exec sleep 600"))
			.unwrap();
		let first = loop {
			tokio::task::yield_now().await;
			if let Some(pid) = supervisor.pids().get("sleeper") {
				break *pid;
			}
		};
		// WHEN it is killed
		kill(Pid::from_raw(first as i32), Signal::SIGKILL).unwrap();
		// THEN it runs again as another process
		let note = tokio::time::timeout(Duration::from_secs(20), notes.recv())
			.await
			.unwrap();
		assert!(matches!(note, Some(Note::Restarted { name, .. }) if name == "sleeper"));
		let second = loop {
			tokio::task::yield_now().await;
			if let Some(pid) = supervisor.pids().get("sleeper") {
				break *pid;
			}
		};
		assert_ne!(first, second);
		supervisor.measure();
		assert!(supervisor.peaks_mb()["sleeper"] > 0);
		// and WHEN all are stopped THEN it is gone
		supervisor.stop().await;
		assert!(kill(Pid::from_raw(second as i32), None).is_err());
	}

	#[tokio::test]
	async fn what_keeps_dying_is_given_up() {
		// GIVEN a process that ends at once
		let dir = tempfile::tempdir().unwrap();
		let (mut supervisor, mut notes) = Supervisor::new(dir.path().join("logs")).unwrap();
		// WHEN it is started
		supervisor.start(shell("broken", "exit 3")).unwrap();
		// THEN it is restarted a few times and then given up, with its status
		let given_up = async {
			loop {
				match notes.recv().await {
					Some(Note::GivenUp { name, status }) => return (name, status),
					Some(_) => {}
					None => panic!("the supervisor is gone"),
				}
			}
		};
		let (name, status) = tokio::time::timeout(Duration::from_secs(60), given_up)
			.await
			.unwrap();
		assert_eq!(name, "broken");
		assert!(status.contains('3'));
		supervisor.stop().await;
	}
}
