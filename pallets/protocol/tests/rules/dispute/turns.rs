//! P18: what is not awaited is refused.

use super::play::{ending, mlp, play, Setup};
use assay_numerics::{hash::DescentError, referee::Held};
use assay_protocol::{
	dispute::{
		Answer, Ask, Case, DisputeError, Layer, Place, Proof, Search, ShownLayer, Side, Stage, Tree,
	},
	Trace,
};

/// Stages of every kind, out of three disputes.
fn stages(setup: &Setup) -> (Trace, Vec<Stage>) {
	let honest = setup.honest();
	let mut lying = setup.honest();
	lying.lie_in_list(4, Held::Param, 1);
	let fold = (0..).find(|op| {
		let made = &setup.program.ops()[*op as usize];
		assay_numerics::ops::steps(made, 0) > 1
	});
	let wrong = setup.wrong(4, fold.unwrap(), 0);
	// What they agree on is the same in both: all before the last step.
	let mut all = play(&lying, &honest).1;
	all.extend(play(&wrong, &honest).1);
	(wrong.trace(), all)
}

/// What a stage waits for, as a table of kinds: the moves that may be taken there.
fn awaited(stage: &Stage) -> &'static [&'static str] {
	match stage {
		Stage::Opened => &["segment"],
		Stage::Segment { .. } => &["states"],
		Stage::States { .. } => &["step"],
		Stage::Step(_) => &["outputs"],
		Stage::Search(search) => match &search.place {
			Place::Asked { .. } => &["layer"],
			Place::Shown { tree, .. } => match tree {
				Tree::Outputs if search.step.after.is_none() => &["child", "ending"],
				Tree::Outputs => &["child", "state"],
				Tree::Accumulators { .. } => &["child", "finish"],
				Tree::EndingFold { .. } => &["child", "ending"],
				_ => &["child"],
			},
			Place::Fold { .. } => &["fold"],
			Place::Tile { .. } | Place::Ending { .. } => &["tile"],
			Place::Entry { .. } => &["entry"],
			Place::EndingFold => &["fold"],
		},
	}
}

enum Any {
	Ask(Ask),
	Answer(Answer),
	Prove(Proof),
}

/// A move of every kind.
fn every_move() -> Vec<(&'static str, Any)> {
	let (root, layer) = ([1; 32], Layer::truncate_from(vec![[2; 32]; 3]));
	let of = Held::Param;
	vec![
		("segment", Any::Ask(Ask::Segment { segment: 0 })),
		("step", Any::Ask(Ask::Step { step: 0 })),
		("child", Any::Ask(Ask::Child { index: 0 })),
		("state", Any::Ask(Ask::State { of })),
		("finish", Any::Ask(Ask::Finish)),
		("ending", Any::Ask(Ask::Ending)),
		("states", Any::Answer(Answer::States(Default::default()))),
		(
			"outputs",
			Any::Answer(Answer::Outputs {
				root,
				layer: layer.clone(),
			}),
		),
		("layer", Any::Answer(Answer::Layer(layer.clone()))),
		("fold", Any::Answer(Answer::Fold { root, layer })),
		("tile", Any::Prove(Proof::Tile(Default::default()))),
		("entry", Any::Prove(Proof::Entry(Default::default()))),
	]
}

/// Why a move is refused, if it is.
fn refusal(case: &Case<'_>, stage: &Stage, by: &Any) -> Option<DisputeError> {
	match by {
		Any::Ask(ask) => case.ask(stage, ask).err(),
		Any::Answer(answer) => case.answer(stage, answer).err(),
		Any::Prove(proof) => case.prove(stage, proof).err(),
	}
}

#[test]
fn p18_what_is_not_awaited_is_refused_at_every_stage() {
	// GIVEN stages of every kind, of disputes about work and about a claim that training ends
	let setup = Setup::new(mlp());
	let (trace, stages) = stages(&setup);
	let mut kinds = all_refused(&setup.case(&trace), &stages);
	let setup = ending();
	let (claims, trace, stages) = super::ending::stages(&setup);
	let case = Case {
		failure: Some(claims),
		..setup.case(&trace)
	};
	kinds.extend(all_refused(&case, &stages));
	// THEN all kinds of moves were awaited somewhere
	assert_eq!(kinds.len(), every_move().len(), "{kinds:?}");
}

/// Tells which kinds of moves are awaited, when all others are refused.
fn all_refused(case: &Case<'_>, stages: &[Stage]) -> std::collections::BTreeSet<&'static str> {
	let mut kinds = std::collections::BTreeSet::<&str>::new();
	for stage in stages {
		kinds.extend(awaited(stage));
		for (kind, by) in every_move() {
			// WHEN any move is made
			let refused = refusal(case, stage, &by);
			let side = match by {
				Any::Answer(_) => Side::Provider,
				Any::Ask(_) | Any::Prove(_) => Side::Challenger,
			};
			let turn = stage.turn();
			// THEN it is looked at if it is awaited, and refused if it is not
			if side != turn {
				let expected = DisputeError::NotYourTurn { turn };
				assert_eq!(refused, Some(expected), "{kind} at {stage:?}");
			} else if awaited(stage).contains(&kind) {
				assert_ne!(
					refused,
					Some(DisputeError::NotAwaited),
					"{kind} at {stage:?}"
				);
			} else {
				let expected = DisputeError::NotAwaited;
				assert_eq!(refused, Some(expected), "{kind} at {stage:?}");
			}
		}
	}
	kinds
}

#[test]
fn p18_a_place_that_there_is_not_is_refused_with_their_number() {
	let setup = Setup::new(mlp());
	let (trace, stages) = stages(&setup);
	let case = setup.case(&trace);
	let place = u32::MAX;
	for stage in &stages {
		let (ask, expected) = match stage {
			Stage::Opened => (
				Ask::Segment { segment: place },
				DisputeError::NoSuchPlace { place, count: 3 },
			),
			Stage::States { states, .. } => (
				Ask::Step { step: place },
				DisputeError::NoSuchPlace {
					place,
					count: states.len() as u32 - 1,
				},
			),
			Stage::Search(Search {
				place: Place::Shown { tree, node, layer },
				..
			}) => {
				let count = layer.len() as u32;
				let refused = match tree.is_list() && node.is_leaf() {
					true => DisputeError::NoSuchPlace { place, count },
					false => DisputeError::Descent(DescentError::Absent {
						index: place,
						count,
					}),
				};
				(Ask::Child { index: place }, refused)
			}
			_ => continue,
		};
		assert_eq!(case.ask(stage, &ask), Err(expected));
	}
	// AND the third segment is the last one, of one step
	let last = case
		.ask(&Stage::Opened, &Ask::Segment { segment: 2 })
		.unwrap();
	assert!(
		matches!(
			last,
			Stage::Segment {
				first: 4,
				steps: 1,
				..
			}
		),
		"{last:?}"
	);
	assert_eq!(
		case.ask(&Stage::Opened, &Ask::Segment { segment: 3 }),
		Err(DisputeError::NoSuchPlace { place: 3, count: 3 })
	);
}

#[test]
fn a_stage_that_no_dispute_has_is_told_as_a_defect() {
	// GIVEN a search with more layers behind it than any list has
	let setup = Setup::new(mlp());
	let honest = setup.honest();
	let wrong = setup.wrong(4, 3, 0);
	let trace = wrong.trace();
	let case = setup.case(&trace);
	let (_, stages) = play(&wrong, &honest);
	let asked = stages.iter().find_map(|stage| match stage {
		Stage::Search(search) if matches!(search.place, Place::Shown { .. }) => {
			Some(search.clone())
		}
		_ => None,
	});
	let mut search = asked.unwrap();
	let Place::Shown { tree, node, layer } = search.place.clone() else {
		unreachable!("it was filtered");
	};
	while search
		.list
		.try_push(ShownLayer {
			node,
			layer: layer.clone(),
		})
		.is_ok()
	{}
	search.place = Place::Asked { tree, node };
	// WHEN another one is shown THEN it is refused as a defect
	let refused = case.answer(&Stage::Search(search), &Answer::Layer(layer));
	assert_eq!(refused, Err(DisputeError::Inconsistent));
}
