//! P19: what was not committed is refused.

use super::play::{mlp, play, Move, Party, Setup};
use assay_numerics::{
	hash::DescentError,
	referee::{Evidence, Held, OpenedRoot, RefereeError},
	Root,
};
use assay_protocol::dispute::{Answer, DisputeError, Layer, Proof, Stage};

/// The answers of a provider to a dispute, each with the stage that it is given at.
fn answers(provider: &Party<'_>, stages: &[Stage]) -> Vec<(Stage, Answer)> {
	let trace = provider.trace();
	let case = provider.setup.case(&trace);
	let answers = stages
		.iter()
		.filter_map(|stage| Some((stage.clone(), provider.answer(&case, stage)?)));
	answers.collect()
}

/// The same layer with another bit in each of its roots, and with one more or less.
fn spoilt(layer: &Layer) -> Vec<Layer> {
	let mut all: Vec<Layer> = (0..layer.len())
		.map(|place| {
			let mut other = layer.clone();
			other[place][place % 32] ^= 1 << (place % 8);
			other
		})
		.collect();
	let mut less = layer.clone();
	less.pop();
	all.push(less);
	let mut more = layer.clone();
	if more.try_push([3; 32]).is_ok() {
		all.push(more);
	}
	all
}

#[test]
fn p19_what_was_not_committed_is_refused() {
	let setup = Setup::new(mlp());
	let honest = setup.honest();
	let mut lying = setup.honest();
	lying.lie_in_list(4, Held::SecondMoment, 1);
	let fold = (0..).find(|op| {
		let made = &setup.program.ops()[*op as usize];
		assay_numerics::ops::steps(made, 0) > 1
	});
	let wrong = setup.wrong(4, fold.unwrap(), 0);
	let mut seen = 0;
	for provider in [lying, wrong] {
		let trace = provider.trace();
		let case = setup.case(&trace);
		let (_, stages) = play(&provider, &honest);
		for (stage, answer) in answers(&provider, &stages) {
			assert!(case.answer(&stage, &answer).is_ok());
			// WHEN any root is another one THEN the answer is refused
			let others: Vec<Answer> = match answer {
				Answer::States(states) => {
					let last = states.len() - 1;
					let ends = [0, last].into_iter().flat_map(|place| {
						let mut params = states.clone();
						params[place].params[5] ^= 4;
						let mut moments = states.clone();
						moments[place].moments[31] ^= 128;
						[params, moments]
					});
					let mut all: Vec<_> = ends.collect();
					let mut less = states.clone();
					less.remove(1);
					all.push(less);
					all.into_iter().map(Answer::States).collect()
				}
				Answer::Layer(layer) => spoilt(&layer).into_iter().map(Answer::Layer).collect(),
				Answer::Outputs { root, layer } => with_root(root, &layer)
					.map(|(root, layer)| Answer::Outputs { root, layer })
					.collect(),
				Answer::Fold { root, layer } => with_root(root, &layer)
					.map(|(root, layer)| Answer::Fold { root, layer })
					.collect(),
			};
			for other in others {
				seen += 1;
				let refused = case.answer(&stage, &other).unwrap_err();
				let is_expected = match other {
					Answer::States(_) => refused == DisputeError::OtherStates,
					_ => matches!(
						refused,
						DisputeError::Descent(
							DescentError::OtherValue | DescentError::Count { .. }
						)
					),
				};
				assert!(is_expected, "{refused:?}");
			}
		}
	}
	assert!(seen > 50, "{seen}");
}

/// A root of one's own choice does not go with the layer either.
fn with_root(root: Root, layer: &Layer) -> impl Iterator<Item = (Root, Layer)> + use<'_> {
	let mut other = root;
	other[9] ^= 2;
	let spoilt = spoilt(layer).into_iter().map(move |layer| (root, layer));
	spoilt.chain([(other, layer.clone())])
}

#[test]
fn p19_evidence_that_opens_nothing_or_something_else_is_refused() {
	let setup = Setup::new(mlp());
	let honest = setup.honest();
	// GIVEN a tile that was reached, and its evidence
	let wrong = setup.wrong(4, 3, 0);
	let trace = wrong.trace();
	let case = setup.case(&trace);
	let (_, stages) = play(&wrong, &honest);
	let stage = stages.last().unwrap();
	let Some(Move::Prove(Proof::Tile(evidence))) = honest.ask(&case, stage) else {
		panic!("{stage:?}");
	};
	// WHEN a bit of it is another one, or it is none, or too much
	let mut others: Vec<Evidence> = Vec::new();
	for tile in 0..evidence.tiles.len() {
		let mut other = evidence.clone();
		other.tiles[tile].chunk[17] ^= 1;
		others.push(*other);
	}
	for root in 0..evidence.roots.len() {
		let mut other = evidence.clone();
		other.roots[root].chunk[3] ^= 1;
		others.push(*other);
	}
	others.push(Evidence::default());
	let mut more = *evidence;
	more.before = Some(Default::default());
	others.push(more);
	for other in others {
		let refused = case
			.prove(stage, &Proof::Tile(Box::new(other)))
			.unwrap_err();
		// THEN nothing is judged
		assert!(
			matches!(
				refused,
				DisputeError::Evidence(
					RefereeError::Opening(_) | RefereeError::Missing { .. } | RefereeError::Unused
				)
			),
			"{refused:?}"
		);
	}
	// AND the same of an entry of a state
	let mut lying = setup.honest();
	lying.lie_in_list(4, Held::Param, 0);
	let trace = lying.trace();
	let case = setup.case(&trace);
	let (_, stages) = play(&lying, &honest);
	let none = Proof::Entry(Box::<OpenedRoot>::default());
	assert!(matches!(
		case.prove(stages.last().unwrap(), &none),
		Err(DisputeError::Evidence(RefereeError::Opening(_)))
	));
}
