//! Roots of tensors on all threads.

use assay_numerics::hash::{tensor_root, Root};
use blake3::{
	hazmat::{left_subtree_len, merge_subtrees_non_root, merge_subtrees_root, ChainingValue},
	hazmat::{HasherExt, Mode},
	Hasher,
};

/// Bytes that one thread hashes at a time, aligned. Less would leave the widest instructions idle.
pub(crate) const PIECE: usize = 1 << 16;

/// The pieces that so many bytes are hashed in, none if they are hashed as a whole.
pub(crate) fn pieces(bytes: usize) -> usize {
	if bytes <= PIECE {
		0
	} else {
		bytes.div_ceil(PIECE)
	}
}

/// The value of one piece of several, which is a subtree of its own.
pub(crate) fn piece(index: usize, bytes: &[u8]) -> ChainingValue {
	subtree(bytes, (index * PIECE) as u64)
}

/// The root of a tensor of several pieces from all of their values.
pub(crate) fn root_of_pieces(values: &[ChainingValue]) -> Root {
	let (left, right) = values.split_at(left_pieces(values.len()));
	*merge_subtrees_root(&merged(left), &merged(right), Mode::Hash).as_bytes()
}

fn merged(values: &[ChainingValue]) -> ChainingValue {
	if let [value] = values {
		return *value;
	}
	let (left, right) = values.split_at(left_pieces(values.len()));
	merge_subtrees_non_root(&merged(left), &merged(right), Mode::Hash)
}

/// The pieces of the left one of two subtrees: the greatest power of two that leaves something over.
fn left_pieces(pieces: usize) -> usize {
	pieces.next_power_of_two() / 2
}

/// [`tensor_root`] in pieces, on the threads of the pool that it is called in.
pub(crate) fn root(bytes: &[u8]) -> Root {
	if bytes.len() <= PIECE {
		return tensor_root(bytes);
	}
	let (left, right) = halves(bytes, 0);
	*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes()
}

/// The values of the two subtrees of bytes that start at `offset`.
fn halves(bytes: &[u8], offset: u64) -> (ChainingValue, ChainingValue) {
	let middle = left_subtree_len(bytes.len() as u64);
	let (left, right) = bytes.split_at(middle as usize);
	rayon::join(|| subtree(left, offset), || subtree(right, offset + middle))
}

fn subtree(bytes: &[u8], offset: u64) -> ChainingValue {
	if bytes.len() <= PIECE {
		let mut hasher = Hasher::new();
		return hasher
			.set_input_offset(offset)
			.update(bytes)
			.finalize_non_root();
	}
	let (left, right) = halves(bytes, offset);
	merge_subtrees_non_root(&left, &right, Mode::Hash)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn pieces_make_the_hash_of_the_whole() {
		let bytes: Vec<u8> = (0..700_001_u32)
			.map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
			.collect();
		for len in [
			0,
			1,
			1_024,
			PIECE,
			PIECE + 1,
			PIECE + 1_024,
			2 * PIECE,
			3 * PIECE,
			524_288,
			700_001,
		] {
			let bytes = &bytes[..len];
			assert_eq!(root(bytes), tensor_root(bytes), "{len}");
			let values = bytes.chunks(PIECE).enumerate().take(pieces(len));
			let values: Vec<_> = values.map(|(at, bytes)| piece(at, bytes)).collect();
			assert_eq!(values.is_empty(), len <= PIECE);
			if !values.is_empty() {
				assert_eq!(root_of_pieces(&values), tensor_root(bytes), "{len}");
			}
		}
	}
}
