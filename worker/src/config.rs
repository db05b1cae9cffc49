//! What a worker is told when it starts.

use std::path::PathBuf;

use assay_engine::Fault;
use assay_protocol::{Balance, BlockNumber, JobId};

/// The node that is asked when none is named.
pub const DEFAULT_NODE: &str = "ws://127.0.0.1:9944";

/// Slots of the window that a draw waits for after its reveal phase: `DrawSlots` of the presets.
pub const DRAW_SLOTS: BlockNumber = 2;

/// Blocks after which a call that is not seen in the chain's state is sent again. It may have been
/// in a block that is no longer on the best chain.
pub const RESEND_AFTER: BlockNumber = 4;

/// Blocks after which a refused call is tried again, if the chain's state still asks for it.
pub const RETRY_AFTER: BlockNumber = 2;

/// Longest time that one read may take.
pub const READ_SECONDS: u64 = 30;

/// Longest time until a transaction is in a block: a few blocks, because a worker does nothing else
/// meanwhile. What was not seen by then is looked for in the chain's state and sent again.
pub const SUBMIT_SECONDS: u64 = 15;

/// The settings of a role.
#[derive(Debug, Clone)]
pub struct Settings {
	/// Where key and spool lie.
	pub dir: PathBuf,
	/// The jobs to work on. Empty: every one.
	pub jobs: Vec<JobId>,
	/// A provider joins no job that pays less per task.
	pub min_price: Balance,
	/// Threads of the engine.
	pub threads: usize,
	/// What a dishonest provider does, for demonstrations.
	pub cheat: Option<Cheat>,
}

/// Wrong work, to show that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cheat {
	/// What is done wrongly.
	pub fault: Fault,
	/// How many tasks are falsified before the provider is honest again.
	pub tasks: usize,
}
