//! Random moves of random accounts: D1 to D6.

use crate::{mock::*, Cases, Event};
use assay_numerics::referee::Held;
use assay_protocol::{
	dispute::{Answer, Ask, Proof},
	SlotState,
};
use assay_traits::{Bonds, Disputes as _};
use frame_support::traits::Hooks;
use proptest::prelude::*;

/// What somebody tries.
#[derive(Clone, Debug)]
enum Try {
	Dissent(u64),
	Assent(u64),
	/// The right move of the side whose turn it is.
	Move,
	/// The move that another challenger would make.
	OtherMove,
	Ask(u64, Ask),
	Answer(u64),
	Prove(u64),
	End(u64),
	Idle,
	Blocks(u32),
	FullBlock,
	/// The work is judged, or not any more.
	Judged(bool),
	Prune,
}

fn tries() -> impl Strategy<Value = Try> {
	let who = 1..10_u64;
	let asks = prop_oneof![
		(0..4_u32).prop_map(|segment| Ask::Segment { segment }),
		(0..3_u32).prop_map(|step| Ask::Step { step }),
		(0..40_u32).prop_map(|index| Ask::Child { index }),
		Just(Ask::State { of: Held::Param }),
		Just(Ask::Finish),
	];
	prop_oneof![
		3 => who.clone().prop_filter("no work of its own", |who| *who != PROVIDER)
			.prop_map(Try::Dissent),
		1 => who.clone().prop_map(Try::Assent),
		24 => Just(Try::Move),
		3 => Just(Try::OtherMove),
		3 => (who.clone(), asks).prop_map(|(who, ask)| Try::Ask(who, ask)),
		1 => who.clone().prop_map(Try::Answer),
		1 => who.clone().prop_map(Try::Prove),
		2 => who.prop_map(Try::End),
		1 => Just(Try::Idle),
		2 => (0..TURN + GRACE + 3).prop_map(Try::Blocks),
		1 => Just(Try::FullBlock),
		1 => any::<bool>().prop_map(Try::Judged),
		1 => Just(Try::Prune),
	]
}

fn make(attempt: &Try, provider: &Party<'_>) {
	// What is refused changes nothing, as a call's storage is rolled back.
	let _ = frame_support::storage::with_storage_layer(|| match attempt.clone() {
		Try::Dissent(who) => dissent(who, provider),
		Try::Assent(who) => {
			Disputes::assent(TASK, &who);
			Ok(())
		}
		Try::Move | Try::OtherMove => {
			let (case, dispute) = Disputes::open_dispute(TASK)?;
			let subject = case.subject(TASK, setup().outline());
			let is_other = matches!(attempt, Try::OtherMove);
			let challenger = if is_other { wrong() } else { honest() };
			let has_one = provider.answer(&subject, &dispute.stage).is_some()
				|| challenger.ask(&subject, &dispute.stage).is_some();
			match has_one {
				true => step(provider, challenger),
				false => Ok(()),
			}
		}
		Try::Ask(who, ask) => Disputes::ask(signed(who), TASK, ask),
		Try::Answer(who) => Disputes::answer(signed(who), TASK, Answer::States(Default::default())),
		Try::Prove(who) => Disputes::prove(signed(who), TASK, Proof::Tile(Default::default())),
		Try::End(who) => Disputes::end(signed(who), TASK),
		Try::Idle => {
			Disputes::on_idle(System::block_number(), frame_support::weights::Weight::MAX);
			Ok(())
		}
		Try::Blocks(count) => {
			next_blocks(count);
			Ok(())
		}
		Try::FullBlock => {
			full_block();
			Ok(())
		}
		Try::Judged(is_judged) => {
			State::set(match is_judged {
				true => SlotState::Accepted,
				false => SlotState::Revealed,
			});
			Ok(())
		}
		Try::Prune => {
			IsPruned::set(true);
			Ok(())
		}
	});
}

/// What the plain model knows: the stake, and whose pledge stands.
#[derive(Default)]
struct Model {
	/// What is left of all the money.
	issued: u128,
	/// Whether the stake was taken or freed.
	is_over: bool,
	convicted: u32,
}

impl Model {
	/// Follows what happened, and checks that every unit is where it says.
	fn follow(&mut self, events: Vec<RuntimeEvent>) {
		for event in events {
			match event {
				RuntimeEvent::Slashing(pallet_slashing::Event::Slashed { amount, .. }) => {
					// D6: what is slashed and not paid out is burned.
					self.issued -= amount;
				}
				RuntimeEvent::Disputes(Event::Convicted { slashed, .. }) => {
					assert_eq!(slashed, STAKE);
					self.is_over = true;
					self.convicted += 1;
				}
				RuntimeEvent::Disputes(Event::Acquitted { .. }) => self.is_over = true,
				_ => {}
			}
		}
		assert_eq!(issued(), self.issued);
		assert!(self.convicted <= 1, "one attempt is convicted once");
		// D2 and D3: the stake is there until a dispute has ended.
		let expected = if self.is_over { 0 } else { STAKE };
		assert_eq!(Stake::task_stake(TASK), expected);
		assert_eq!(Stake::pledged(TASK) > 0, Cases::<Test>::contains_key(TASK));
	}
}

fn run(tries: &[Try], is_right: bool) {
	IsPruned::set(false);
	State::set(SlotState::Revealed);
	NotedSlash::set(0);
	let provider = if is_right { honest() } else { wrong() };
	externalities().execute_with(|| {
		let mut model = Model {
			issued: issued(),
			..Model::default()
		};
		for attempt in tries {
			System::reset_events();
			make(attempt, provider);
			let events = System::events().into_iter().map(|record| record.event);
			model.follow(events.collect());
			Disputes::do_try_state().unwrap();
		}
		// D4: left alone, every dispute ends, whatever the sides do not do.
		State::set(SlotState::Accepted);
		for _ in 0..2 * 9 {
			next_blocks(2 * (TURN + GRACE));
			System::reset_events();
			Disputes::on_idle(System::block_number(), frame_support::weights::Weight::MAX);
			let events = System::events().into_iter().map(|record| record.event);
			model.follow(events.collect());
		}
		assert!(!Disputes::is_open(TASK));
		assert_eq!(Stake::pledged(TASK), 0);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	#[test]
	fn d1_to_d6_hold_whatever_is_tried(
		tries in prop::collection::vec(tries(), 1..120),
		is_right in any::<bool>(),
	) {
		run(&tries, is_right);
	}
}
