//! Public randomness: who authored the latest blocks, and their VRF outputs.

use assay_protocol::{Balance, BlockNumber, DrawWindow, Outputs};

/// The record of block authors' VRF outputs. Implemented by pallet-beacon.
pub trait Beacon<AccountId> {
	/// The outputs of a draw from block `from`: those of the window of slots that begins behind the
	/// slot of block `from - 1`, by the rule of [`DrawWindow::outputs`] with the stakes of that
	/// block's session.
	///
	/// `None` while the window is not over, if the longest one has no output, and once block
	/// `from - 1` has left the record. So the answer, once there, stays the same until it is gone.
	fn outputs(
		from: BlockNumber,
		window: &DrawWindow,
		stakes: &[(AccountId, Balance)],
	) -> Option<Outputs<AccountId>>;
}
