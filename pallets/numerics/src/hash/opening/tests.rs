//! Openings against the hash of the whole input.

use super::*;
use crate::hash::{list_root, state_root, tensor_root, Tree, ZERO_ROOT};
use proptest::prelude::*;

/// Bytes of which no two chunks are alike.
fn input(bytes: usize) -> Vec<u8> {
	let mut all = vec![0; bytes];
	blake3::Hasher::new()
		.update(&bytes.to_le_bytes())
		.finalize_xof()
		.fill(&mut all);
	all
}

fn chunk(input: &[u8], index: usize) -> &[u8] {
	let end = input.len().min((index + 1) * BYTES);
	&input[index * BYTES..end]
}

/// Opens a chunk of an input, checks it against the root, and gives its siblings.
fn opened(input: &[u8], tree: &Tree, index: usize) -> Vec<Root> {
	let bytes = input.len() as u64;
	let siblings = tree.siblings(index as u64).unwrap();
	let opening = Opening {
		chunk: chunk(input, index),
		siblings: &siblings,
	};
	let result = opening.verify(&tensor_root(input), bytes, index as u64);
	assert_eq!(result, Ok(()), "chunk {index} of {bytes} bytes");
	siblings
}

#[test]
fn p9_every_chunk_of_up_to_40_opens_the_root_of_the_whole_input() {
	for chunks in 1..=40_usize {
		// GIVEN inputs whose last chunk is full, is one byte short, and is one byte long
		for bytes in [chunks * 1_024, chunks * 1_024 - 1, chunks * 1_024 - 1_023] {
			let input = input(bytes);
			// WHEN their trees are made
			let tree = Tree::new(&input);
			// THEN they have the root of BLAKE3, which every chunk opens with siblings up to the bound
			assert_eq!(tree.root(), tensor_root(&input), "{bytes} bytes");
			let most = (0..chunks).map(|index| opened(&input, &tree, index).len());
			assert_eq!(most.max(), Some(height(bytes as u64) as usize));
			assert_eq!(tree.siblings(chunks as u64), None);
		}
	}
}

#[test]
fn an_empty_input_has_one_empty_chunk() {
	assert_eq!(opened(&[], &Tree::new(&[]), 0), Vec::<Root>::new());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(40))]

	#[test]
	fn p9_chunks_of_long_inputs_open_their_roots(
		bytes in 1_usize..3_000_000,
		picks in prop::collection::vec(any::<prop::sample::Index>(), 8),
	) {
		let input = input(bytes);
		let tree = Tree::new(&input);
		let last = chunks(bytes as u64) as usize - 1;
		for index in picks.iter().map(|pick| pick.index(last + 1)).chain([0, last]) {
			prop_assert!(opened(&input, &tree, index).len() <= height(bytes as u64) as usize);
		}
	}

	#[test]
	fn p9_an_opening_fits_no_other_place_and_no_length_of_another_tree(
		bytes in 1_u64..50_000,
		other in 1_u64..50_000,
		pick in any::<prop::sample::Index>(),
		shift in any::<prop::sample::Index>(),
	) {
		let input = input(bytes as usize);
		let tree = Tree::new(&input);
		let count = chunks(bytes);
		let index = pick.index(count as usize);
		let siblings = opened(&input, &tree, index);
		let opening = Opening { chunk: chunk(&input, index), siblings: &siblings };
		let elsewhere = shift.index(count as usize);
		if elsewhere != index {
			let result = opening.verify(&tree.root(), bytes, elsewhere as u64);
			prop_assert!(result.is_err(), "at {elsewhere} instead of {index}");
		}
		// A last chunk of another length is refused; the length of the others is not in the tree, and a
		// different number of chunks changes the way to the root or leaves it as it is.
		if index as u64 + 1 == count && other != bytes {
			prop_assert!(opening.verify(&tree.root(), other, index as u64).is_err());
		}
	}
}

#[test]
fn p9_every_flipped_bit_of_chunk_siblings_or_root_is_refused() {
	// GIVEN openings of a full and of the short last chunk of an input of 5 chunks
	let input = input(4 * 1_024 + 100);
	let (tree, bytes) = (Tree::new(&input), input.len() as u64);
	for index in [2, 4] {
		let siblings = opened(&input, &tree, index);
		let mut all = chunk(&input, index).to_vec();
		let chunk_bytes = all.len();
		all.extend(siblings.as_flattened());
		all.extend(tree.root());
		// WHEN any one bit of them is another
		for bit in 0..8 * all.len() {
			all[bit / 8] ^= 1 << (bit % 8);
			let (chunk, rest) = all.split_at(chunk_bytes);
			let (root, siblings) = rest.as_chunks::<32>().0.split_last().unwrap();
			// THEN they do not belong together
			let opening = Opening { chunk, siblings };
			let result = opening.verify(root, bytes, index as u64);
			assert_eq!(result, Err(OpeningError::OtherRoot), "bit {bit}");
			all[bit / 8] ^= 1 << (bit % 8);
		}
	}
}

#[test]
fn p9_a_parent_is_no_chunk() {
	// GIVEN the root of two chunks, which is a hash of 64 bytes, their values
	let input = input(2_048);
	let values = [
		chunk_value(0, &input[..1_024]),
		chunk_value(1, &input[1_024..]),
	];
	assert_eq!(merge(&values[0], &values[1], true), tensor_root(&input));
	// WHEN these are shown as the only chunk of an input
	let opening = Opening {
		chunk: values.as_flattened(),
		siblings: &[],
	};
	// THEN it has another root
	let result = opening.verify(&tensor_root(&input), 64, 0);
	assert_eq!(result, Err(OpeningError::OtherRoot));
}

#[test]
fn places_lengths_and_numbers_of_siblings_that_do_not_fit_are_refused() {
	let input = input(3 * 1_024);
	let (root, chunk) = (tensor_root(&input), &input[..1_024]);
	let siblings = Tree::new(&input).siblings(0).unwrap();
	let verify = |chunk, siblings: &[Root], index| {
		Opening { chunk, siblings }.verify(&root, input.len() as u64, index)
	};
	assert_eq!(verify(chunk, &siblings, 0), Ok(()));
	let absent = OpeningError::Absent { index: 3, count: 3 };
	assert_eq!(verify(chunk, &siblings, 3), Err(absent));
	for given in [0, 1_023, 1_025] {
		let refused = OpeningError::ChunkLength {
			given,
			expected: 1_024,
		};
		assert_eq!(verify(&input[..given as usize], &siblings, 0), Err(refused));
	}
	for given in [0, 1, 3] {
		let refused = OpeningError::SiblingCount { given, expected: 2 };
		let siblings = vec![[0; 32]; given as usize];
		assert_eq!(verify(chunk, &siblings, 0), Err(refused));
	}
	// The third chunk goes up a level without a neighbour.
	let refused = OpeningError::SiblingCount {
		given: 2,
		expected: 1,
	};
	assert_eq!(verify(&input[2_048..], &siblings, 2), Err(refused));
}

#[test]
fn refusals_say_what_to_do_in_one_line() {
	let absent = OpeningError::Absent { index: 3, count: 3 };
	let length = OpeningError::ChunkLength {
		given: 1,
		expected: 2,
	};
	let count = OpeningError::SiblingCount {
		given: 1,
		expected: 2,
	};
	for (refusal, says) in [
		(absent, "there is no place 3 among 3: count from 0"),
		(
			length,
			"the chunk has 1 bytes: give the 2 at this place, without padding",
		),
		(
			count,
			"the opening has 1 siblings: give the 2 on the way to the root",
		),
		(
			OpeningError::OtherRoot,
			"chunk and siblings do not make this root: check place, length and order",
		),
	] {
		assert_eq!(refusal.to_string(), says);
	}
}

#[test]
fn heights_are_those_of_the_longest_way() {
	for (bytes, expected) in [
		(0, 0),
		(1_024, 0),
		(1_025, 1),
		(2_048, 1),
		(2_049, 2),
		// Every list of roots of tensors, the largest tensor of a step, the longest data.
		(65_535 * 32, MAX_LIST_HEIGHT),
		(1 << 32, 22),
		(1 << 40, 30),
		(u64::MAX, MAX_HEIGHT),
	] {
		assert_eq!(height(bytes), expected, "{bytes}");
		let way = Way {
			index: 0,
			count: chunks(bytes),
		};
		assert_eq!(way.count() as u32, expected, "{bytes}");
	}
	assert_eq!((MAX_HEIGHT, MAX_LIST_HEIGHT), (54, 11));
}

#[test]
fn p9_the_last_chunk_of_the_longest_input_has_a_root() {
	// GIVEN the last chunk of an input of 2^64 - 1 bytes, and siblings
	let chunk = [7; 1_023];
	let siblings = [[1; 32]; MAX_HEIGHT as usize];
	let opening = Opening {
		chunk: &chunk,
		siblings: &siblings,
	};
	// WHEN they are folded THEN there is a root, which the same opening opens
	let last = chunks(u64::MAX) - 1;
	let root = opening.root(u64::MAX, last).unwrap();
	assert_eq!(opening.verify(&root, u64::MAX, last), Ok(()));
}

#[test]
fn tiles_of_tensors_open_and_the_last_one_of_data_is_padded() {
	// GIVEN 1,500 bytes of data: one tile, and one of 476 bytes
	let data = input(1_500);
	let (root, tree) = (tensor_root(&data), Tree::new(&data));
	// WHEN both are opened
	let tile = |index: usize| {
		let siblings = tree.siblings(index as u64).unwrap();
		let opening = Opening {
			chunk: chunk(&data, index),
			siblings: &siblings,
		};
		opening.tile(&root, 1_500, index as u32).unwrap()
	};
	// THEN they have the bytes of the data, then zeros
	let bytes = [tile(0).to_bytes(), tile(1).to_bytes()].concat();
	assert_eq!(bytes[..1_500], data);
	assert_eq!(bytes[1_500..], [0; 548]);
	// AND no other padding can be shown
	let siblings = tree.siblings(1).unwrap();
	let mut padded = chunk(&data, 1).to_vec();
	padded.resize(1_024, 0);
	let opening = Opening {
		chunk: &padded,
		siblings: &siblings,
	};
	let refused = OpeningError::ChunkLength {
		given: 1_024,
		expected: 476,
	};
	assert_eq!(opening.tile(&root, 1_500, 1), Err(refused));
}

#[test]
fn roots_of_tensors_open_from_a_state_down() {
	// GIVEN a state of 70 parameters, of 140 moments, and without a slot
	let list = |count: u32, salt: u8| -> Vec<Root> {
		let root = |i: u32| tensor_root(&[&i.to_le_bytes()[..], &[salt]].concat());
		(0..count).map(root).collect()
	};
	let (params, moments) = (list(70, 1), list(140, 2));
	let parts = [list_root(&params), list_root(&moments), ZERO_ROOT];
	let state = state_root(parts[0], parts[1], parts[2]);
	// WHEN the state is opened, and then the lists THEN every root is found at its place
	let listed = |roots: &[Root], place: u32| {
		let bytes = roots.as_flattened();
		let index = (place / ROOTS) as usize;
		let siblings = Tree::new(bytes).siblings(index as u64).unwrap();
		let opening = Opening {
			chunk: chunk(bytes, index),
			siblings: &siblings,
		};
		opening.listed(&list_root(roots), roots.len() as u32, place)
	};
	assert_eq!(list_root(&parts), state);
	for (place, part) in (0..).zip(parts) {
		assert_eq!(listed(&parts, place), Ok(part));
	}
	for roots in [params, moments] {
		for (place, root) in (0..).zip(&roots) {
			assert_eq!(listed(&roots, place), Ok(*root));
		}
	}
	// AND there is nothing past the last one
	let opening = Opening {
		chunk: parts.as_flattened(),
		siblings: &[],
	};
	let absent = OpeningError::Absent { index: 3, count: 3 };
	assert_eq!(opening.listed(&state, 3, 3), Err(absent));
}
