//! The bounds of every list and counter, in one place, so that storage and weights can use them.

use assay_numerics::{
	hash::opening::{height, ROOTS},
	referee,
};

use crate::ids::BlockNumber;

/// Tasks of one round, at most: what one call can give out again at a deadline.
pub const MAX_TASKS: u32 = 512;
/// Rounds of one job, at most.
pub const MAX_ROUNDS: u32 = 4_096;
/// Providers that can be members of one job, at most.
pub const MAX_MEMBERS: u32 = 1_024;
/// Steps of one task, at most.
pub const MAX_STEPS: u32 = 256;
/// Segments of one task, at most: as many as borders that fit into one chunk of a list, so that a
/// trace is shown as a whole.
pub const MAX_SEGMENTS: u32 = 31;
/// Borders of segments, at most: one more than segments.
pub const MAX_BORDERS: u32 = 32;
const _: () = assert!(MAX_BORDERS == MAX_SEGMENTS + 1 && MAX_BORDERS == ROOTS);
/// States before and after the steps of one segment, at most.
pub const MAX_STATES: u32 = 257;
const _: () = assert!(MAX_STATES == MAX_STEPS + 1);
/// Seats of one committee, at most.
pub const MAX_COMMITTEE: u32 = 15;
/// Validators of one session, at most.
pub const MAX_AUTHORITIES: u32 = 100;
/// VRF outputs that one draw can read, at most, and slots of its longest window.
pub const MAX_OUTPUTS: u32 = 64;
/// Bytes of an encoded [`Plan`](crate::Plan), at most.
pub const MAX_PLAN_BYTES: u32 = 4_096;
/// Examples of the held-out set that a checkpoint is evaluated on, at least.
pub const MIN_EVAL_EXAMPLES: u32 = 16;
/// Rows of all these examples together, at most: a GPT's example has one for every position. With
/// the longest context of 4,096 positions, exactly the least number of examples is left.
pub const MAX_EVAL_ROWS: u32 = 65_536;
/// Bytes of data, at least. What a model needs more is checked with its plan: the held-out set is
/// the last sixteenth and holds at least one example.
pub const MIN_DATA_BYTES: u64 = 4_096;
/// Bytes of data, at most: one tebibyte.
pub const MAX_DATA_BYTES: u64 = 1 << 40;
/// Siblings in the opening of a tile, at most: no tensor is longer than the data.
pub const MAX_SIBLINGS: u32 = referee::MAX_SIBLINGS;
const _: () = assert!(MAX_SIBLINGS == height(MAX_DATA_BYTES));
/// Bytes of a checkpoint, at most: 32 GiB, or some 8 billion parameters. A worker holds about four
/// times as much. The same bound is that of a frozen model, of which a worker that trains adapters
/// holds two copies.
pub const MAX_CHECKPOINT_BYTES: u64 = 1 << 35;
/// Elements of the largest tensor of a step beside the parameters, at most.
pub const MAX_STEP_ELEMENTS: u64 = 1 << 30;
/// Shortest window of a phase, in blocks.
pub const MIN_WINDOW: BlockNumber = 2;
/// Longest window of a phase, in blocks: eight hours of 3-second blocks.
///
/// The snapshot of stakes that a draw is made from has to last until the end of its round, see
/// [`MAX_WINDOWS_AFTER_DRAW`]: the runtime asserts it.
pub const MAX_WINDOW: BlockNumber = 9_600;
/// Longest window for disputes about accepted work, in blocks: a week of 3-second blocks. No draw is
/// made in it, so that it needs no snapshot of stakes.
pub const MAX_CHALLENGE: BlockNumber = 201_600;

/// How often one slot is given out in one round before it is dropped.
pub const MAX_ATTEMPTS: u8 = 3;
/// How often the undecided slots of one pass are drawn again before the job fails.
pub const MAX_REDRAWS: u8 = 3;
/// How often the window of CLOSE is restarted before the job fails.
pub const MAX_CLOSE_RESTARTS: u8 = 3;
/// Blocks that a DRAW waits for the beacon and for somebody to read it.
///
/// Shorter than the beacon's ring of 256 blocks, so what the window promises can still be read, and
/// longer than the wait for a draw's longest window of slots and that window.
pub const DRAW_WINDOW: BlockNumber = 200;
const _: () = assert!(2 * MAX_OUTPUTS < DRAW_WINDOW);
/// Share of a round's slots that must be accepted for the round to close, in parts per million.
pub const ROUND_QUORUM_PPM: u32 = 700_000;

/// One, in parts per million.
pub const PPM: u32 = 1_000_000;
/// Providers that failed one slot of one round, at most: [`MAX_ATTEMPTS`] as a bound of storage.
pub const MAX_FAILED: u32 = 3;

/// Windows from a draw to the end of its round, at most: its ASSAY and UNSEAL, then passes in which
/// nobody gets as far as a draw of their own, each a TRAIN and a REVEAL, then CLOSE with all its
/// restarts.
pub const MAX_WINDOWS_AFTER_DRAW: u32 = 10;

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_windows_after_a_draw_are_all_counted() {
		let passes_without_a_draw = u32::from(MAX_ATTEMPTS) - 1;
		let close = 1 + u32::from(MAX_CLOSE_RESTARTS);
		assert_eq!(
			MAX_WINDOWS_AFTER_DRAW,
			2 + 2 * passes_without_a_draw + close
		);
	}
}
