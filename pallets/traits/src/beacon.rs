//! Public randomness: who authored the latest blocks, and their VRF outputs.

use assay_protocol::{limits::MAX_OUTPUTS, BlockNumber, Digest};
use frame_support::{traits::ConstU32, BoundedVec};

/// Author and VRF output of consecutive blocks that have one, oldest first.
pub type Outputs<AccountId> = BoundedVec<(AccountId, Digest), ConstU32<MAX_OUTPUTS>>;

/// The record of block authors' VRF outputs. Implemented by pallet-beacon.
pub trait Beacon<AccountId> {
	/// The outputs of the first `count` blocks that have one, at or after block `from`.
	///
	/// `None` while there are fewer, when one of them has left the record, or when `count` is 0 or
	/// above [`MAX_OUTPUTS`]. So the answer, once there, stays the same until it is gone.
	fn outputs(from: BlockNumber, count: u32) -> Option<Outputs<AccountId>>;
}
