//! How long what is stored and what is sent can be.

use assay_numerics::{
	hash::descent::LAYER,
	referee::{Evidence, OpenedRoot},
};
use assay_protocol::dispute::{Answer, Ask, Clock, Layer, Path, Search, Stage, States};
use codec::{Encode, MaxEncodedLen};

#[test]
fn a_stage_is_at_most_thirty_eight_kilobytes_long() {
	// Two paths of four layers of 128 nodes, and a fifth of them.
	assert_eq!(Layer::max_encoded_len(), 4_098);
	assert_eq!(Path::max_encoded_len(), 1 + 4 * (56 + 4_098));
	assert_eq!(Search::max_encoded_len(), Stage::max_encoded_len() - 1);
	assert_eq!(Stage::max_encoded_len(), MOST_STAGE);
	assert!(States::max_encoded_len() < Stage::max_encoded_len());
	assert_eq!(Clock::max_encoded_len(), 16);
}

/// Bytes of a stage, at most.
const MOST_STAGE: usize = 37_628;

#[test]
fn moves_are_short_but_for_states_and_evidence() {
	// A question is a number of a kind.
	let ask = Ask::Child { index: u32::MAX };
	assert_eq!(ask.encoded_size(), 5);
	// The longest answer shows 257 states: 16 KB.
	let states = States::truncate_from(vec![
		assay_protocol::dispute::StateRoots {
			params: [1; 32],
			moments: [2; 32]
		};
		300
	]);
	assert_eq!(states.len(), 257);
	assert_eq!(Answer::States(states).encoded_size(), 1 + 2 + 257 * 64);
	// Others show a layer, with a root.
	let layer = Layer::truncate_from(vec![[1; 32]; 200]);
	assert_eq!(layer.len(), LAYER as usize);
	let root = [1; 32];
	let answer = Answer::Fold {
		root,
		layer: layer.clone(),
	};
	assert_eq!(answer.encoded_size(), 1 + 32 + 2 + 4_096);
	assert_eq!(Answer::Layer(layer).encoded_size(), 1 + 2 + 4_096);
	// Proofs are bounded by their types: below 128 KB.
	assert!(Evidence::max_encoded_len() < 128 << 10);
	assert!(OpenedRoot::max_encoded_len() < 2 << 10);
}
