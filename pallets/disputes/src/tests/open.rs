//! Opening and joining.

use crate::{mock::*, Cases, Event, Involved};
use assay_protocol::SlotState;
use assay_traits::{Bonds, Disputes as _, Seated, Slash};
use frame_support::{assert_noop, assert_ok};

#[test]
fn d1_the_first_dissent_opens_and_later_ones_join() {
	build_and_execute(|| {
		System::reset_events();
		// GIVEN work that nobody has disputed
		assert!(!Disputes::is_open(TASK));
		assert_eq!(Disputes::dispute_view(TASK), None);
		// WHEN a validator dissents
		assert_ok!(dissent(FIRST, wrong()));
		// THEN its bond stands behind it
		assert_eq!(Stake::pledged(TASK), PLEDGE);
		let opened = Event::Opened {
			task: TASK,
			provider: PROVIDER,
			challenger: FIRST,
			pledge: PLEDGE,
		};
		assert_eq!(take_events(), [opened]);
		// AND WHEN others do, and one of them again THEN they stand in line, once each
		for validator in [SECOND, POOR, SECOND, FIRST] {
			assert_ok!(dissent(validator, wrong()));
		}
		let joined = [SECOND, POOR].map(|validator| Event::Joined {
			task: TASK,
			validator,
		});
		assert_eq!(take_events(), joined);
		let case = Cases::<Test>::get(TASK).unwrap();
		assert_eq!(case.dissenters.to_vec(), [FIRST, SECOND, POOR]);
		// AND what clients see is what is stored
		let view = Disputes::dispute_view(TASK).unwrap();
		assert_eq!((view.provider, view.challenger), (PROVIDER, FIRST));
		assert_eq!((view.left, view.is_over, view.moves), (TURN, false, 0));
		assert_eq!(view.trace, wrong().trace());
		assert_eq!(Disputes::open_disputes(), [TASK]);
		for stash in [PROVIDER, FIRST] {
			assert_eq!(Disputes::disputes_of(&stash), [TASK]);
		}
		assert!(Disputes::disputes_of(&SECOND).is_empty());
	});
}

#[test]
fn whoever_cannot_stand_behind_it_opens_nothing() {
	build_and_execute(|| {
		// WHEN a validator with too small a bond, or none, dissents THEN it is told
		assert_noop!(
			dissent(POOR, wrong()),
			pallet_stake::Error::<Test>::BondTooSmall
		);
		assert_noop!(
			dissent(NOBODY, wrong()),
			pallet_stake::Error::<Test>::NotBonded
		);
		assert!(!Disputes::is_open(TASK));
		// AND a job that is not there promises nothing
		IsPruned::set(true);
		assert!(dissent(FIRST, wrong()).is_err());
	});
}

#[test]
fn a_pledge_doubles_with_every_lost_dispute_up_to_ten_times() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, wrong()));
		let case = Cases::<Test>::get(TASK).unwrap();
		for lost in 0..14_u32 {
			// GIVEN a challenger that has lost so many disputes
			let counts = pallet_slashing::Counts {
				lost_disputes: lost,
				..Default::default()
			};
			pallet_slashing::CountsOf::<Test>::insert(THIRD, counts);
			assert_eq!(Slashing::lost_disputes(&THIRD), lost);
			// WHEN it is asked for a pledge THEN it has doubled as often
			let expected = PLEDGE << lost.min(10);
			assert_eq!(Disputes::pledge_for(&case, &THIRD), expected);
		}
	});
}

#[test]
fn those_that_say_valid_are_noted_once_and_only_while_there_is_a_dispute() {
	build_and_execute(|| {
		// GIVEN no dispute WHEN somebody assents THEN nothing is stored
		Disputes::assent(TASK, &THIRD);
		assert!(Cases::<Test>::get(TASK).is_none());
		// GIVEN a dispute WHEN somebody assents, twice
		assert_ok!(dissent(FIRST, wrong()));
		Disputes::assent(TASK, &THIRD);
		Disputes::assent(TASK, &THIRD);
		// THEN it stands beside those that did before
		let case = Cases::<Test>::get(TASK).unwrap();
		assert_eq!(case.assenters.to_vec(), [6, 7, THIRD]);
	});
}

#[test]
fn work_whose_provider_has_lost_is_not_disputed_again() {
	build_and_execute(|| {
		// GIVEN a provider that has lost a dispute, while the others still judge
		State::set(SlotState::Revealed);
		assert_ok!(dissent(FIRST, wrong()));
		play_out(wrong(), honest());
		assert!(!Disputes::is_open(TASK));
		// WHEN another validator says invalid THEN its verdict counts, and nothing is opened
		assert_ok!(dissent(SECOND, wrong()));
		assert!(!Disputes::is_open(TASK));
		assert_eq!(Stake::pledged(TASK), 0);
		assert_eq!(Involved::<Test>::iter().count(), 0);
	});
}

#[test]
fn work_without_a_stake_is_disputed_as_well() {
	build_and_execute(|| {
		// GIVEN a job that asks for no stake
		TaskStake::set(0);
		assert_ok!(Stake::release_task(TASK));
		assert_ok!(dissent(FIRST, wrong()));
		assert!(Disputes::is_open(TASK));
		// WHEN the provider loses THEN nothing is taken, and it is told
		System::reset_events();
		play_out(wrong(), honest());
		let convicted = Event::Convicted {
			task: TASK,
			provider: PROVIDER,
			proven: true,
			slashed: 0,
			informers: Seated::truncate_from(vec![FIRST]),
		};
		assert_eq!(take_events().last(), Some(&convicted));
		assert_eq!(NotedSlash::get(), 0);
		assert_eq!(bond(FIRST), BOND);
	});
}
