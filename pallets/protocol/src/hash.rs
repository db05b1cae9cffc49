//! BLAKE2b-256 with a prefix for each purpose.
//!
//! Equal to `sp_core::blake2_256` of the same bytes. Pallets hash the preimages with the host
//! function, which is faster there; a test of each golden vector pins both.

use crate::ids::Digest;
use alloc::vec::Vec;
use blake2::{digest::consts::U32, Blake2b, Digest as _};
use codec::Encode;

/// Prefix of plan ids.
pub const PLAN: &[u8] = b"assay/plan/v1";
/// Prefix of a task's seal.
pub const TASK: &[u8] = b"assay/task/v1";
/// Prefix of the seal of a claim of failure.
pub const FAILURE: &[u8] = b"assay/failure/v1";
/// Prefix of a verdict's seal.
pub const VERDICT: &[u8] = b"assay/verdict/v1";
/// Prefix of the seed of a draw.
pub const DRAW: &[u8] = b"assay/draw/v1";
/// Prefix of the randomness of one seat.
pub const SEAT: &[u8] = b"assay/seat/v1";
/// Prefix of the seed of a round's order of members.
pub const ASSIGN: &[u8] = b"assay/assign/v1";
/// Prefix of the randomness that shuffles the members.
pub const SHUFFLE: &[u8] = b"assay/shuffle/v1";

/// Prefix of the randomness that decides whether a task is drawn.
pub const SAMPLE: &[u8] = b"assay/sample/v1";
/// Prefix of the randomness that names the drawn segment of a task.
pub const SEGMENT: &[u8] = b"assay/segment/v1";

/// BLAKE2b with 32 bytes of output.
pub fn blake2_256(bytes: &[u8]) -> Digest {
	Blake2b::<U32>::digest(bytes).into()
}

/// The prefix, followed by the SCALE encoding of the value.
pub fn preimage(prefix: &[u8], value: &impl Encode) -> Vec<u8> {
	let mut bytes = Vec::with_capacity(prefix.len().saturating_add(value.size_hint()));
	bytes.extend_from_slice(prefix);
	value.encode_to(&mut bytes);
	bytes
}
