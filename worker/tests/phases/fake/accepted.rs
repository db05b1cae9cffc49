//! Accepted work in its challenge window.

use assay_numerics::list_root;
use assay_protocol::{Slot, TaskKey, Trace};
use assay_worker::{
	account::Account,
	chain::{AcceptedTask, Detail},
};

use super::{Fake, State};

impl Fake {
	/// How many accepted tasks can still be disputed, or are.
	pub(crate) fn windows(&self) -> usize {
		self.state.lock().unwrap().accepted.len()
	}
}

impl State {
	/// The stake of accepted work waits for the end of its window, if there is one.
	pub(super) fn hold_back(&mut self, slot: Slot, task: TaskKey, provider: Account) {
		let challenge = self.job.terms.windows.challenge;
		if challenge == 0 {
			return self.release(task, provider);
		}
		let work = self.job.slots[slot as usize].work;
		let roots = (
			self.job.checkpoint,
			work.expect("it was revealed; qed").trace_root,
		);
		let accepted = AcceptedTask::accept(provider, roots, self.number, challenge);
		let until = accepted.until;
		self.accepted.insert(task, accepted);
		self.detail(Detail::WindowOpened { task, until });
	}

	pub(super) fn dispute_accepted(
		&mut self,
		signer: Account,
		task: TaskKey,
		trace: &Trace,
	) -> Result<(), &'static str> {
		let now = self.number;
		let accepted = self.accepted.get_mut(&task).ok_or("NotAccepted")?;
		if accepted.provider == signer {
			return Err("OwnWork");
		}
		if accepted.trace_root != list_root(trace) {
			return Err("OtherTrace");
		}
		accepted.dispute(now).map_err(|_| "WindowOver")?;
		let (provider, parent) = (accepted.provider, accepted.parent);
		self.begin_dispute(task, signer, (provider, parent, trace.clone(), None));
		Ok(())
	}

	pub(super) fn release_stakes(&mut self, tasks: &[TaskKey]) -> Result<(), &'static str> {
		let mut any = false;
		for task in tasks {
			let is_over = |of: &AcceptedTask| of.is_over(self.number);
			if self.accepted.get(task).is_some_and(is_over) {
				let accepted = self.accepted.remove(task).expect("it was found; qed");
				self.release(*task, accepted.provider);
				self.detail(Detail::WindowClosed { task: *task });
				any = true;
			}
		}
		any.then_some(()).ok_or("NothingToRelease")
	}

	/// An idle block releases what is over.
	pub(super) fn sweep_accepted(&mut self) {
		let tasks: Vec<_> = self.accepted.keys().copied().collect();
		let _ = self.release_stakes(&tasks);
	}

	/// A dispute is over: whether the stake stays held, for a window anew.
	pub(super) fn settle_window(&mut self, task: TaskKey, is_convicted: bool) -> bool {
		let now = self.number;
		if is_convicted {
			if self.accepted.remove(&task).is_some() {
				self.detail(Detail::WindowClosed { task });
			}
			return false;
		}
		let Some(accepted) = self.accepted.get_mut(&task) else {
			return false;
		};
		accepted.reopen(now);
		let until = accepted.until;
		self.detail(Detail::WindowOpened { task, until });
		true
	}
}
