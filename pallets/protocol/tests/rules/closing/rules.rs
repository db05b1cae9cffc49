//! Who is right, and what is refused.

use assay_numerics::{samples, Outline, Tile};
use assay_protocol::dispute::{
	Added, ClosingRuling, ClosingStage, DisputeError, Layer, Side, MAX_ADDENDS,
};
use proptest::prelude::*;
use std::sync::OnceLock;

use super::play::{step, Checkpoint, Scene, Step};

/// A decoder of one block: some dozen tensors, of one tile and of several.
fn outline() -> &'static Outline {
	static OUTLINE: OnceLock<Outline> = OnceLock::new();
	OUTLINE.get_or_init(|| Outline::new(&samples::gpt(16, 32, 1, 1)).unwrap())
}

fn scene() -> &'static Scene {
	static SCENE: OnceLock<Scene> = OnceLock::new();
	SCENE.get_or_init(|| Scene::new(outline(), 3))
}

/// Plays a conflict to its end: the ruling, and how many moves there were.
fn play(scene: &Scene, claimed: &Checkpoint, challenger: &Checkpoint) -> (ClosingRuling, u32) {
	let root = claimed.root();
	let case = scene.case(outline(), &root);
	let mut stage = case.start();
	for moves in 1.. {
		stage = match step(scene, &stage, claimed, challenger) {
			Step::Show(layer) => case.show(&stage, &layer).unwrap(),
			Step::Choose(index) => case.choose(&stage, index).unwrap(),
			Step::Add(parent, updates) => {
				match case.add(&stage, parent.as_ref(), &updates).unwrap() {
					Added::More(stage) => *stage,
					Added::Ruled(ruling) => return (ruling, moves),
				}
			}
		};
	}
	unreachable!("a conflict ends")
}

/// The stage in which a tile is added up, of the first tensor.
fn sum(scene: &Scene, claimed: &Checkpoint) -> ClosingStage {
	let root = claimed.root();
	let case = scene.case(outline(), &root);
	let mut stage = case.start();
	while !matches!(stage, ClosingStage::Sum(_)) {
		stage = match step(scene, &stage, claimed, claimed) {
			Step::Show(layer) => case.show(&stage, &layer).unwrap(),
			Step::Choose(_) => case.choose(&stage, 0).unwrap(),
			Step::Add(..) => unreachable!("no sum yet"),
		};
	}
	stage
}

#[test]
fn p42_a_checkpoint_with_one_wrong_bit_is_found_wrong_wherever_it_is() {
	let scene = scene();
	for (place, tiles) in scene.right.0.iter().enumerate() {
		for tile in [0, tiles.len() - 1] {
			let wrong = scene.right.with_wrong_tile(place, tile);
			let (ruling, moves) = play(scene, &wrong, &scene.right);
			assert_eq!(ruling, ClosingRuling::CheckpointWrong, "{place} {tile}");
			assert!(moves <= 8, "{moves}");
		}
	}
}

#[test]
fn p42_another_checkpoint_altogether_is_found_wrong() {
	let scene = scene();
	for wrong in [&scene.parent, &scene.updates[0], &scene.updates[2]] {
		let (ruling, _) = play(scene, wrong, &scene.right);
		assert_eq!(ruling, ClosingRuling::CheckpointWrong);
	}
	// One that takes the updates in another order is so where rounding differs.
	let mut updates = scene.updates.clone();
	updates.swap(0, 2);
	let swapped = Checkpoint::next(&scene.parent, &updates);
	assert_ne!(swapped, scene.right);
	assert_eq!(
		play(scene, &swapped, &scene.right).0,
		ClosingRuling::CheckpointWrong
	);
}

#[test]
fn p41_the_right_checkpoint_is_never_found_wrong() {
	let scene = scene();
	let wrong = scene.right.with_wrong_tile(2, 0);
	let (ruling, _) = play(scene, &scene.right, &wrong);
	assert_eq!(ruling, ClosingRuling::ChallengerWrong);
	assert_eq!(ruling.loser(), Side::Challenger);
	// P43: it is the same where the challenger claims the right one too, and chooses badly.
	let (ruling, _) = play(scene, &scene.right, &scene.right);
	assert_eq!(ruling, ClosingRuling::ChallengerWrong);
}

#[test]
fn updates_come_in_several_calls_and_the_parent_once() {
	// GIVEN more updates than one call takes
	let scene = Scene::new(outline(), MAX_ADDENDS + 2);
	let wrong = scene.right.with_wrong_tile(0, 0);
	let root = wrong.root();
	let case = scene.case(outline(), &root);
	let stage = sum(&scene, &wrong);
	let ClosingStage::Sum(first) = &stage else {
		panic!("a tile is chosen")
	};
	let (parent, updates) = scene.addends(first);
	// WHEN the first ones are shown
	let missing = case.add(&stage, None, &updates);
	assert_eq!(missing, Err(DisputeError::NotAwaited));
	let Ok(Added::More(next)) = case.add(&stage, parent.as_ref(), &updates) else {
		panic!("two are left")
	};
	// THEN the two others follow, without the parent
	let ClosingStage::Sum(second) = &*next else {
		panic!("the tile stays")
	};
	let (none, rest) = scene.addends(second);
	assert_eq!((none, rest.len(), second.added), (None, 2, MAX_ADDENDS));
	let again = case.add(&next, parent.as_ref(), &rest);
	assert_eq!(again, Err(DisputeError::NotAwaited));
	let twice = [rest.to_vec(), rest.to_vec()].concat();
	let too_many = DisputeError::NoSuchPlace { place: 4, count: 2 };
	assert_eq!(case.add(&next, None, &twice), Err(too_many));
	assert_eq!(case.add(&next, None, &[]), Err(DisputeError::NotAwaited));
	let ruled = Added::Ruled(ClosingRuling::CheckpointWrong);
	assert_eq!(case.add(&next, None, &rest), Ok(ruled));
}

#[test]
fn p40_only_the_agreed_tiles_are_added_and_in_their_order() {
	let scene = scene();
	let wrong = scene.right.with_wrong_tile(0, 0);
	let root = wrong.root();
	let case = scene.case(outline(), &root);
	let stage = sum(scene, &wrong);
	let ClosingStage::Sum(place) = &stage else {
		panic!("a tile is chosen")
	};
	let (parent, updates) = scene.addends(place);
	let refused = |parent, updates: &[_]| {
		let added = case.add(&stage, parent, updates);
		assert!(matches!(added, Err(DisputeError::Evidence(_))), "{added:?}");
	};
	refused(Some(&updates[0]), &updates);
	let mut swapped = updates.to_vec();
	swapped.swap(0, 1);
	refused(parent.as_ref(), &swapped);
	let elsewhere = scene.updates[0].open(place.param, place.tile + 1);
	refused(parent.as_ref(), &[elsewhere]);
	let elsewhere = scene.updates[0].open(place.param + 1, 0);
	refused(parent.as_ref(), &[elsewhere]);
}

#[test]
fn an_update_out_of_range_leaves_no_right_checkpoint() {
	let mut scene = scene().clone();
	scene.updates[1].0[0][0] = Tile::ZERO.map(|_| f32::MAX);
	scene.update_roots[1] = scene.updates[1].root();
	let claimed = scene.right.clone();
	let (ruling, _) = play(&scene, &claimed, &claimed);
	assert_eq!(ruling, ClosingRuling::CheckpointWrong);
}

#[test]
fn what_is_not_awaited_is_refused() {
	let scene = scene();
	let root = scene.right.root();
	let case = scene.case(outline(), &root);
	let asked = case.start();
	let turn = |turn| DisputeError::NotYourTurn { turn };
	let (parent, updates) = match sum(scene, &scene.right) {
		ClosingStage::Sum(sum) => scene.addends(&sum),
		_ => unreachable!("a tile is chosen"),
	};
	assert_eq!(case.choose(&asked, 0), Err(turn(Side::Provider)));
	assert_eq!(
		case.add(&asked, parent.as_ref(), &updates),
		Err(turn(Side::Provider))
	);
	let Step::Show(layer) = step(scene, &asked, &scene.right, &scene.right) else {
		panic!("the claimant shows")
	};
	let other = step(scene, &asked, &scene.parent, &scene.parent);
	let Step::Show(other) = other else {
		panic!("the claimant shows")
	};
	for wrong in [other, Layer::new()] {
		let shown = case.show(&asked, &wrong);
		assert!(matches!(shown, Err(DisputeError::Descent(_))), "{shown:?}");
	}
	let shown = case.show(&asked, &layer).unwrap();
	assert_eq!(shown.turn(), Side::Challenger);
	assert_eq!(case.show(&shown, &layer), Err(turn(Side::Challenger)));
	assert_eq!(
		case.add(&shown, parent.as_ref(), &updates),
		Err(DisputeError::NotAwaited)
	);
	let count = layer.len() as u32;
	let absent = DisputeError::NoSuchPlace {
		place: count,
		count,
	};
	assert_eq!(case.choose(&shown, count), Err(absent));
	let sum = sum(scene, &scene.right);
	assert_eq!(case.choose(&sum, 0), Err(DisputeError::NotAwaited));
	assert_eq!(case.show(&sum, &layer), Err(turn(Side::Challenger)));
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..Default::default() })]

	/// Against the plain model "whose checkpoint is the mean is right": whatever a challenger chooses,
	/// the right one stands, and against an honest challenger a wrong one falls.
	#[test]
	fn the_ruling_is_that_of_a_plain_model(
		wrong in prop::collection::vec((0..64usize, 0..64usize), 0..4),
		choices in prop::collection::vec(0..128u32, 0..8),
	) {
		let scene = scene();
		let mut claimed = scene.right.clone();
		for (place, tile) in wrong {
			let place = place % claimed.0.len();
			let tile = tile % claimed.0[place].len();
			claimed = claimed.with_wrong_tile(place, tile);
		}
		let is_right = claimed == scene.right;
		if !is_right {
			prop_assert_eq!(play(scene, &claimed, &scene.right).0, ClosingRuling::CheckpointWrong);
		}
		// Somebody that chooses by chance finds a tile as it is.
		let root = claimed.root();
		let case = scene.case(outline(), &root);
		let mut stage = case.start();
		let mut choices = choices.into_iter().chain(std::iter::repeat(0));
		let ruling = loop {
			stage = match step(scene, &stage, &claimed, &claimed) {
				Step::Show(layer) => case.show(&stage, &layer).unwrap(),
				Step::Choose(_) => {
					let ClosingStage::Shown { layer, .. } = &stage else {
						panic!("something is shown")
					};
					let count = layer.len() as u32;
					case.choose(&stage, choices.next().unwrap() % count).unwrap()
				}
				Step::Add(parent, updates) => {
					let ClosingStage::Sum(sum) = &stage else {
						panic!("a tile is chosen")
					};
					let (place, tile) = (sum.param as usize, sum.tile as usize);
					let is_tile_right = claimed.0[place][tile] == scene.right.0[place][tile];
					let added = case.add(&stage, parent.as_ref(), &updates).unwrap();
					let expected = match is_tile_right {
						true => ClosingRuling::ChallengerWrong,
						false => ClosingRuling::CheckpointWrong,
					};
					break (added, expected);
				}
			};
		};
		prop_assert_eq!(ruling.0, Added::Ruled(ruling.1));
		prop_assert!(!is_right || ruling.1 == ClosingRuling::ChallengerWrong);
	}
}
