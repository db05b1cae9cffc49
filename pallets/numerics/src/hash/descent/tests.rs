//! Descents against the hashes of whole inputs.

use super::*;
use crate::hash::{list_root, opening::chunk_value, tensor_root, Opening, Tree};
use codec::{DecodeAll, Encode};
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

fn chunk(input: &[u8], index: u64) -> &[u8] {
	input.chunks(1_024).nth(index as usize).unwrap_or(&[])
}

fn top(input: &[u8]) -> Node {
	Node::top(tensor_root(input), input.len() as u64)
}

/// The nodes on the way down to a chunk, with the layer shown below each but the last one.
fn way(tree: &Tree, top: Node, chunk: u64) -> (Vec<(Node, Vec<Root>)>, Node) {
	let (mut node, mut moves) = (top, Vec::new());
	while let Some(index) = node.toward(chunk) {
		let layer = tree.layer(&node).unwrap();
		let child = node.child(&layer, index).unwrap();
		moves.push((node, layer));
		node = child;
	}
	(moves, node)
}

/// The least number of moves that can tell so many chunks apart.
fn logarithm(chunks: u64) -> usize {
	(0..)
		.find(|moves| u64::from(LAYER).pow(*moves) >= chunks)
		.unwrap() as usize
}

fn check_descent(input: &[u8], tree: &Tree, index: u64) {
	let (top, bytes) = (top(input), input.len() as u64);
	let (moves, leaf) = way(tree, top, index);
	assert!(leaf.is_leaf() && leaf.first() == index && leaf.chunks() == 1);
	let own = chunk(input, index);
	let value = match top.chunks() {
		1 => tensor_root(input),
		_ => chunk_value(index, own),
	};
	assert_eq!(*leaf.value(), value, "chunk {index} of {bytes} bytes");
	assert_eq!(tree.leaf(index), Some(value));
	assert!(leaf.leaf_is(own) && !leaf.leaf_is(&input[..own.len() - 1]));
	let most = logarithm(top.chunks());
	assert_eq!(layers(bytes) as usize, most);
	// The last chunks may lie below fewer layers.
	assert!(moves.len() <= most);
	assert!(index > 0 || moves.len() == most);
	assert!(moves.iter().all(|(_, layer)| layer.len() <= LAYER as usize));
}

#[test]
fn every_input_of_up_to_700_chunks_is_descended_to_its_chunks() {
	for chunks in 1..=700_u64 {
		// GIVEN an input whose last chunk is now full and now of some bytes
		let input = input((chunks * 1_024 - chunks % 4 * 300) as usize);
		let tree = Tree::new(&input);
		// WHEN its first chunk, its last one and some others are gone down to
		for index in [
			0,
			chunks - 1,
			chunks / 2,
			chunks * 7 / 9,
			chunks * 127 / 128,
		] {
			// THEN they have the values that they have in the tree, after no more moves than needed
			check_descent(&input, &tree, index);
		}
	}
}

#[test]
fn long_inputs_are_descended_too() {
	for (chunks, missing) in [(16_384_u64, 0), (16_385, 1_023), (20_000, 511)] {
		let input = input((chunks * 1_024 - missing) as usize);
		let tree = Tree::new(&input);
		for index in [0, 1, 127, 128, chunks / 3, 16_383, chunks - 2, chunks - 1] {
			check_descent(&input, &tree, index);
		}
	}
}

#[test]
fn the_only_chunk_of_an_input_is_its_top() {
	for bytes in [0, 1, 1_023, 1_024] {
		let input = input(bytes);
		let node = top(&input);
		assert!(node.is_leaf() && node.layer() == 0 && node.toward(0).is_none());
		assert!(node.leaf_is(&input));
		assert!(!node.leaf_is(&[0; 1_025]) && !node.leaf_is(&[7]));
		assert_eq!(node.child(&[], 0), Err(DescentError::Leaf));
		assert_eq!(node.verify_layer(&[[0; 32]]), Err(DescentError::Leaf));
		assert_eq!(Tree::new(&input).layer(&node), None);
		assert_eq!(Tree::new(&input).leaf(0), Some(*node.value()));
	}
	assert_eq!(Tree::of_chunks::<&[u8]>([]), Tree::new(&[]));
}

#[test]
fn too_few_nodes_too_many_and_a_child_that_there_is_not_are_refused() {
	// GIVEN an input of 300 chunks, of which four lie below each node of the layer
	let input = input(300 * 1_024);
	let (node, tree) = (top(&input), Tree::new(&input));
	let layer = tree.layer(&node).unwrap();
	assert_eq!((layer.len(), node.layer()), (75, 75));
	// WHEN too little, too much or a node past the last one is named THEN it is refused
	let count = |given| {
		Err(DescentError::Count {
			given,
			expected: 75,
		})
	};
	assert_eq!(node.child(&layer[1..], 0), count(74));
	let more = [layer.as_slice(), &layer[..1]].concat();
	assert_eq!(node.child(&more, 0), count(76));
	assert_eq!(
		node.child(&layer, 75),
		Err(DescentError::Absent {
			index: 75,
			count: 75
		})
	);
	// AND nodes in another order
	let mut turned = layer.clone();
	turned.swap(3, 4);
	assert_eq!(node.verify_layer(&turned), Err(DescentError::OtherValue));
	// AND a chunk that is looked for where it is not
	let child = node.child(&layer, 1).unwrap();
	assert_eq!((child.first(), child.chunks(), child.layer()), (4, 4, 4));
	assert_eq!(
		[3, 4, 7, 8].map(|at| child.toward(at)),
		[None, Some(0), Some(3), None]
	);
	assert!(!child.leaf_is(chunk(&input, 4)));
	assert_eq!(child.roots(&[]), Err(DescentError::NoLeaf));
	// AND a tree of another size
	let other = Tree::new(&input[..200 * 1_024]);
	assert_eq!(other.layer(&node), None);
	assert_eq!(other.first_difference(&node, &layer), None);
}

#[test]
fn a_node_stands_for_no_input_of_another_length() {
	// GIVEN the layer of an input of 200 chunks
	let input = input(200 * 1_024);
	let layer = Tree::new(&input).layer(&top(&input)).unwrap();
	// WHEN it is shown for the same root with another number of chunks THEN it is refused
	for chunks in [2, 99, 101, 198, 201, 396, 401] {
		let node = Node::top(tensor_root(&input), chunks * 1_024);
		assert!(node.verify_layer(&layer).is_err(), "{chunks}");
	}
	// AND if its layer has the same shape, its leaves are nodes that no chunk is the value of
	for chunks in [100, 199] {
		let node = Node::top(tensor_root(&input), chunks * 1_024);
		let last = node.child(&layer, 99).unwrap();
		assert!(last.is_leaf() && !last.leaf_is(chunk(&input, chunks - 1)));
	}
}

#[test]
fn the_chunks_of_a_list_show_its_roots() {
	for count in [1_u32, 31, 32, 33, 64, 100, 5_000] {
		// GIVEN a list of roots
		let roots: Vec<Root> = (0..count).map(|i| tensor_root(&i.to_le_bytes())).collect();
		let tree = Tree::new(roots.as_flattened());
		let node = Node::top(list_root(&roots), u64::from(count) * 32);
		for place in [0, count / 2, count - 1] {
			// WHEN it is gone down to the chunk of a place
			let (_, leaf) = way(&tree, node, u64::from(place / ROOTS));
			let first = leaf.first_root() as usize;
			assert_eq!(first as u32, place / ROOTS * ROOTS);
			let shown = &roots[first..roots.len().min(first + ROOTS as usize)];
			// THEN its roots are shown there, and no others, fewer or more
			assert_eq!(leaf.roots(shown), Ok(()));
			let mut other = shown.to_vec();
			other[0][31] ^= 1;
			assert_eq!(leaf.roots(&other), Err(DescentError::OtherValue));
			let expected = shown.len() as u32;
			let less = DescentError::Count {
				given: expected - 1,
				expected,
			};
			assert_eq!(leaf.roots(&shown[1..]), Err(less));
			assert!(leaf.roots(&[shown, &shown[..1]].concat()).is_err());
		}
	}
}

#[test]
fn what_joins_to_the_value_of_a_node_of_the_middle_does_not_make_a_root() {
	// GIVEN 256 chunks, whose first half is a node of the layer's own
	let input = input(512 * 1_024);
	let node = top(&input);
	let layer = Tree::new(&input).layer(&node).unwrap();
	let child = node.child(&layer, 0).unwrap();
	// WHEN the child's layer is shown for an input of as many chunks THEN it makes another root
	let below = Tree::new(&input).layer(&child).unwrap();
	assert_eq!(child.verify_layer(&below), Ok(()));
	let alone = Node::top(*child.value(), child.chunks() * 1_024);
	assert_eq!(alone.verify_layer(&below), Err(DescentError::OtherValue));
}

#[test]
fn a_decoded_node_that_no_input_has_shows_nothing() {
	// GIVEN nodes whose places are no places of their inputs
	for (first, chunks, bytes) in [
		(u64::MAX, 1, u64::MAX),
		(1 << 60, 1, 5_000),
		(5, 1, 5_000),
		(3, 0, 0),
		(u64::MAX, u64::MAX, u64::MAX),
	] {
		let encoded = ([7_u8; 32], first, chunks, bytes).encode();
		let node = Node::decode_all(&mut encoded.as_slice()).unwrap();
		// WHEN anything is shown of them THEN it is not taken, and nothing panics
		assert!(!node.leaf_is(&[]) && !node.leaf_is(&[0; 1_024]));
		assert!(node.roots(&[]).is_err());
		let layer = vec![[0; 32]; node.layer() as usize];
		assert!(node.child(&layer, 127).is_err());
		assert_eq!(Tree::new(&[0; 5_000]).layer(&node), None);
	}
}

#[test]
fn every_refusal_says_what_to_do() {
	let all = [
		DescentError::Leaf,
		DescentError::NoLeaf,
		DescentError::Count {
			given: 1,
			expected: 2,
		},
		DescentError::Absent { index: 2, count: 2 },
		DescentError::OtherValue,
	];
	for error in all {
		let said = error.to_string();
		assert!(!said.contains('\n') && said.contains([':']), "{said}");
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn p9_one_flipped_bit_of_any_layer_is_refused(
		bytes in 1_025_usize..2_000_000,
		pick in any::<prop::sample::Index>(),
		bits in prop::collection::vec(any::<prop::sample::Index>(), 12),
	) {
		// GIVEN the way down to a chunk
		let input = input(bytes);
		let (tree, top) = (Tree::new(&input), top(&input));
		let (moves, leaf) = way(&tree, top, pick.index(top.chunks() as usize) as u64);
		for (node, layer) in moves {
			for bit in &bits {
				// WHEN a bit of a layer is flipped THEN it is refused, whichever child is named
				let mut other = layer.clone();
				let bit = bit.index(layer.len() * 256);
				other[bit / 256][bit / 8 % 32] ^= 1 << (bit % 8);
				let refused = node.child(&other, bit as u32 % node.layer());
				prop_assert_eq!(refused, Err(DescentError::OtherValue));
				// AND it is the first difference from the tree
				let first = tree.first_difference(&node, &other);
				prop_assert_eq!(first, Some((bit / 256) as u32));
			}
			prop_assert_eq!(tree.first_difference(&node, &layer), None);
		}
		// AND so is a flipped bit of the chunk
		let mut chunk = chunk(&input, leaf.first()).to_vec();
		chunk[0] ^= 1;
		prop_assert!(!leaf.leaf_is(&chunk));
	}

	#[test]
	fn descents_find_the_first_chunk_that_differs_and_open_all_before_it_in_the_others_root(
		bytes in 1_usize..1_500_000,
		first in any::<prop::sample::Index>(),
		more in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
	) {
		// GIVEN two inputs of one length that differ in some chunks
		let own = input(bytes);
		let (mut theirs, top_of_own) = (own.clone(), top(&own));
		let chunks = top_of_own.chunks() as usize;
		let places = more.iter().chain([&first]).map(|pick| pick.index(chunks));
		let places: std::collections::BTreeSet<usize> = places.collect();
		for place in &places {
			theirs[place * 1_024] ^= 1;
		}
		let differs = *places.first().unwrap() as u64;
		let (mut tree, shown) = (Tree::new(&own), Tree::new(&theirs));
		// WHEN the one goes down to the first node that it has otherwise, and takes over what it sees
		let mut node = top(&theirs);
		while !node.is_leaf() {
			let layer = shown.layer(&node).unwrap();
			let index = tree.first_difference(&node, &layer).unwrap();
			tree.graft(&node, &layer).unwrap();
			node = node.child(&layer, index).unwrap();
		}
		// THEN it comes to the first chunk that differs
		prop_assert_eq!(node.first(), differs);
		prop_assert!(node.leaf_is(chunk(&theirs, differs)) && !node.leaf_is(chunk(&own, differs)));
		// AND what lies before opens in the other's root
		for index in [0, differs / 2, differs.saturating_sub(1)] {
			if index < differs {
				let siblings = tree.siblings(index).unwrap();
				let opening = Opening { chunk: chunk(&own, index), siblings: &siblings };
				let opened = opening.verify(&tensor_root(&theirs), bytes as u64, index);
				prop_assert_eq!(opened, Ok(()));
			}
		}
		// AND so does the other's chunk there
		if chunks > 1 {
			prop_assert_eq!(tree.root(), tensor_root(&theirs));
			let siblings = tree.siblings(differs).unwrap();
			let opening = Opening { chunk: chunk(&theirs, differs), siblings: &siblings };
			prop_assert_eq!(opening.verify(&tensor_root(&theirs), bytes as u64, differs), Ok(()));
		}
	}
}

#[test]
fn only_what_a_node_shows_is_put_into_a_tree() {
	let (own, theirs) = (input(300 * 1_024), input(300 * 1_024 - 1));
	let node = top(&theirs);
	let layer = Tree::new(&theirs).layer(&node).unwrap();
	let mut tree = Tree::new(&own);
	// A layer of the tree's own does not make the other's root.
	let own_layer = tree.layer(&node).unwrap();
	assert_eq!(tree.graft(&node, &own_layer), Err(DescentError::OtherValue));
	// Nor has a tree of another size such a node.
	let mut small = Tree::new(&own[..1_024]);
	assert_eq!(small.graft(&node, &layer), Err(DescentError::OtherValue));
	assert_eq!((tree.root(), small.chunks()), (tensor_root(&own), 1));
	assert_eq!(tree.graft(&node, &layer), Ok(()));
	assert_eq!(tree.root(), tensor_root(&theirs));
}
