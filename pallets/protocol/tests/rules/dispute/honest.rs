//! P20: an honest provider that answers is never found wrong, whatever it is asked.

use super::play::{gpt, mlp, Party, Setup, MOST_MOVES};
use assay_numerics::referee::Held;
use assay_protocol::dispute::{Ask, Case, Place, Ruling, Side, Stage};
use proptest::prelude::*;
use std::sync::OnceLock;

/// Any question, of which most are refused.
pub(super) fn asks() -> impl Strategy<Value = Ask> {
	let place = prop_oneof![0..4_u32, 0..200_u32];
	let of = prop_oneof![
		Just(Held::Param),
		Just(Held::FirstMoment),
		Just(Held::SecondMoment)
	];
	prop_oneof![
		1 => place.clone().prop_map(|segment| Ask::Segment { segment }),
		1 => place.clone().prop_map(|step| Ask::Step { step }),
		4 => place.prop_map(|index| Ask::Child { index }),
		1 => of.prop_map(|of| Ask::State { of }),
		1 => Just(Ask::Finish),
		1 => Just(Ask::Ending),
	]
}

/// Some question that is taken.
fn some(case: &Case<'_>, stage: &Stage) -> Stage {
	let ask = match stage {
		Stage::Opened => Ask::Segment { segment: 0 },
		Stage::States { .. } => Ask::Step { step: 0 },
		_ => Ask::Child { index: 0 },
	};
	// Of a claim there may be nothing but its place.
	case.ask(stage, &ask)
		.or_else(|_| case.ask(stage, &Ask::Ending))
		.unwrap()
}

/// Asks in this order what is taken, and answers honestly; then the ruling, and the moves.
pub(super) fn asked(honest: &Party<'_>, asks: &[Ask]) -> (Ruling, u32) {
	let trace = honest.trace();
	let case = honest.case(&trace);
	let (mut stage, mut moves) = (Stage::Opened, 0);
	let mut asks = asks.iter();
	loop {
		moves += 1;
		if let Stage::Search(search) = &stage {
			let ends = matches!(
				search.place,
				Place::Tile { .. } | Place::Entry { .. } | Place::Ending { .. }
			);
			if ends {
				let proof = honest.proof(&case, search).unwrap();
				return (case.prove(&stage, &proof).unwrap(), moves);
			}
		}
		stage = match stage.turn() {
			Side::Challenger => {
				let taken = asks.by_ref().find_map(|ask| case.ask(&stage, ask).ok());
				taken.unwrap_or_else(|| some(&case, &stage))
			}
			// Whatever is asked, an honest provider's answer is taken.
			Side::Provider => {
				let answer = honest.answer(&case, &stage).unwrap();
				case.answer(&stage, &answer).unwrap()
			}
		};
	}
}

fn setups() -> &'static [Setup; 2] {
	static SETUPS: OnceLock<[Setup; 2]> = OnceLock::new();
	SETUPS.get_or_init(|| [Setup::new(mlp()), Setup::new(gpt())])
}

fn parties() -> &'static [Party<'static>; 2] {
	static PARTIES: OnceLock<[Party<'static>; 2]> = OnceLock::new();
	PARTIES.get_or_init(|| setups().each_ref().map(Setup::honest))
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(150))]

	#[test]
	fn p20_an_honest_provider_is_never_found_wrong(
		asks in prop::collection::vec(asks(), 0..60),
		decoder in any::<bool>(),
	) {
		let (ruling, moves) = asked(&parties()[usize::from(decoder)], &asks);
		prop_assert_eq!(ruling, Ruling::ChallengerWrong);
		prop_assert!(moves <= MOST_MOVES, "{}", moves);
	}
}
