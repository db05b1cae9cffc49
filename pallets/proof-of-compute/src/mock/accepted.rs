//! Accepted work as pallet-jobs would keep it.

use super::{load, store, MockRounds, System, JOB};
use assay_protocol::{AcceptedTask, Root, Round, Slot, SlotRecord, TaskKey};
use assay_traits::Windows;
use sp_runtime::{DispatchError, DispatchResult};

/// Blocks in which accepted work can be disputed.
pub(crate) const CHALLENGE: u32 = 20;

/// Keeps accepted work.
pub(super) fn accept(round: Round, slot: Slot, parent: Root, record: &SlotRecord<u64>) {
	let task = TaskKey {
		job: JOB,
		round,
		slot,
		attempt: record.attempt,
	};
	let roots = (parent, record.work.unwrap().trace_root);
	let now = System::block_number();
	let accepted = AcceptedTask::accept(record.provider, roots, now, CHALLENGE);
	store(("accepted", task), &accepted);
}

impl Windows<u64> for MockRounds {
	fn accepted(task: TaskKey) -> Option<AcceptedTask<u64>> {
		load(("accepted", task))
	}

	fn note_disputed(task: TaskKey) -> DispatchResult {
		let mut accepted = Self::accepted(task).unwrap();
		let noted = accepted.dispute(System::block_number());
		noted.map_err(|_| DispatchError::Other("ChallengeError"))?;
		store(("accepted", task), &accepted);
		Ok(())
	}

	fn note_settled(_: TaskKey, _: bool) -> bool {
		unreachable!("pallet-disputes tells how disputes end")
	}
}
