//! What pallet-disputes would be told.

use super::{load, store};
use assay_protocol::{Failure, Root, TaskKey};
use assay_traits::{Disputes, Dissent};
use codec::{Decode, Encode};
use sp_runtime::{DispatchError, DispatchResult};

/// Why a dissent is refused that cannot be pledged for.
pub(crate) const NO_PLEDGE: DispatchError = DispatchError::Other("NoPledge");

/// A [`Dissent`] as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Dissented {
	pub(crate) task: TaskKey,
	pub(crate) provider: u64,
	pub(crate) parent: Root,
	pub(crate) trace: Vec<Root>,
	pub(crate) validator: u64,
	pub(crate) failure: Option<Failure>,
	pub(crate) assenters: Vec<u64>,
}

/// Keeps every dissent and every assent.
#[derive(Debug)]
pub struct MockDisputes;

impl Disputes<u64> for MockDisputes {
	fn dissent(dissent: Dissent<u64>) -> DispatchResult {
		if load("opens nothing").unwrap_or(false) {
			return Ok(());
		}
		let mut all = dissents();
		if !Self::is_open(dissent.task) && load(("broke", dissent.validator)).unwrap_or(false) {
			return Err(NO_PLEDGE);
		}
		all.push(Dissented {
			task: dissent.task,
			provider: dissent.provider,
			parent: dissent.parent,
			trace: dissent.trace.into_inner(),
			validator: dissent.validator,
			failure: dissent.failure,
			assenters: dissent.assenters.into_inner(),
		});
		store("dissents", &all);
		Ok(())
	}

	fn is_open(task: TaskKey) -> bool {
		dissents().iter().any(|dissent| dissent.task == task)
	}

	fn assent(task: TaskKey, validator: &u64) {
		let mut all = assents();
		all.push((task, *validator));
		store("assents", &all);
	}
}

/// The dissents so far, those that joined a dispute among them.
pub(crate) fn dissents() -> Vec<Dissented> {
	load("dissents").unwrap_or_default()
}

/// The assents so far, whether there was a dispute or not.
pub(crate) fn assents() -> Vec<(TaskKey, u64)> {
	load("assents").unwrap_or_default()
}

/// From now on the stash has nothing that it could pledge.
pub(crate) fn make_broke(stash: u64) {
	store(("broke", stash), &true);
}

/// From now on no dissent opens a dispute, and none is refused.
pub(crate) fn open_nothing() {
	store("opens nothing", &true);
}
