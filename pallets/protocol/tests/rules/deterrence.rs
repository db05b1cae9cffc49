//! P17: which stake deters.

use crate::samples::ASY;
use assay_protocol::{deterrence::gain, limits::PPM, Audit, Overflow};
use proptest::prelude::*;

/// A floor of 5 %, a third of the stake adversarial, a committee of three; all of the stake burned.
const USUAL: Audit = Audit {
	floor_ppm: 50_000,
	adversary_ppm: 333_333,
	committee: 3,
	drawn_steps: 1,
	steps: 1,
	burned_ppm: PPM,
};

#[test]
fn a_floor_of_five_percent_asks_for_the_stakes_that_the_documents_name() {
	// GIVEN nobody adversarial: 1 / q' - 1 = 30 - 1
	let honest = Audit {
		adversary_ppm: 0,
		..USUAL
	};
	assert_eq!(honest.least_stake(ASY), Some(29 * ASY));
	// WHEN a third is adversarial, d is 26/27: 30 * 27 / 26 - 1 = 30.1538
	let milli = |audit: Audit| audit.least_stake(ASY).map(|stake| stake / (ASY / 1_000));
	assert_eq!(milli(USUAL), Some(30_153));
	// THEN with a half for informers it is twice that, 60.3: roughly 60
	let halved = Audit {
		burned_ppm: 500_000,
		..USUAL
	};
	assert_eq!(milli(halved), Some(60_307));
	// AND a committee of nine brings it to 58.003
	let nine = Audit {
		committee: 9,
		..halved
	};
	assert_eq!(milli(nine), Some(58_003));
}

#[test]
fn one_wrong_step_of_many_asks_for_as_many_times_the_stake() {
	// GIVEN a check of one segment of sixteen, and one wrong step
	let honest = Audit {
		adversary_ppm: 0,
		drawn_steps: 16,
		steps: 256,
		..USUAL
	};
	// THEN q' * d is 1/480
	assert_eq!(honest.least_stake(ASY), Some(479 * ASY));
}

#[test]
fn work_that_is_always_checked_by_honest_validators_needs_half_of_its_gain() {
	// q' is 2/3: S * 2/3 >= 1/3 * g.
	let always = Audit {
		floor_ppm: PPM,
		adversary_ppm: 0,
		..USUAL
	};
	assert_eq!(always.least_stake(ASY), Some(ASY / 2));
	assert_eq!(always.least_stake(1), Some(1));
	assert_eq!(always.least_stake(0), Some(0));
}

#[test]
fn what_is_never_found_is_deterred_by_no_stake() {
	// GIVEN checks that find nothing, each for another reason
	for audit in [
		Audit {
			floor_ppm: 0,
			..USUAL
		},
		Audit {
			adversary_ppm: PPM,
			..USUAL
		},
		Audit {
			committee: 0,
			..USUAL
		},
		Audit {
			drawn_steps: 0,
			..USUAL
		},
		Audit { steps: 0, ..USUAL },
		Audit {
			burned_ppm: 0,
			..USUAL
		},
	] {
		// THEN no stake deters, unless there is nothing to gain
		assert_eq!(audit.least_stake(1), None);
		assert!(!audit.deters(u128::MAX, 1));
		assert_eq!(audit.least_stake(0), Some(0));
	}
	// AND a gain can be too large for any balance
	assert_eq!(USUAL.least_stake(u128::MAX), None);
	assert_eq!(USUAL.least_stake(u128::MAX / 31).map(|_| ()), Some(()));
}

#[test]
fn values_beyond_their_range_count_as_its_end() {
	let most = Audit {
		floor_ppm: PPM,
		adversary_ppm: 999_999,
		committee: 15,
		drawn_steps: 7,
		steps: 7,
		burned_ppm: PPM,
	};
	for beyond in [
		Audit {
			floor_ppm: u32::MAX,
			..most
		},
		Audit {
			committee: u32::MAX,
			..most
		},
		Audit {
			drawn_steps: u32::MAX,
			..most
		},
		Audit {
			burned_ppm: u32::MAX,
			..most
		},
	] {
		assert_eq!(beyond.least_stake(ASY), most.least_stake(ASY));
	}
	let all = Audit {
		adversary_ppm: u32::MAX,
		..most
	};
	assert_eq!(all.least_stake(ASY), None);
}

#[test]
fn the_gain_is_the_price_and_the_harm() {
	assert_eq!(gain(ASY, 2 * ASY), Ok(3 * ASY));
	assert_eq!(gain(u128::MAX, 1), Err(Overflow));
}

/// Any audit in range that can find something.
fn audits() -> impl Strategy<Value = Audit> {
	(1..=PPM, 0..PPM, 1u32..=15, 1u32..=256, 1u32..=256, 1..=PPM).prop_map(
		|(floor_ppm, adversary_ppm, committee, a, b, burned_ppm)| Audit {
			floor_ppm,
			adversary_ppm,
			committee,
			drawn_steps: a.min(b),
			steps: a.max(b),
			burned_ppm,
		},
	)
}

proptest! {
	#[test]
	fn p17_the_least_stake_deters_and_one_unit_less_does_not(audit in audits(), gain: u128) {
		match audit.least_stake(gain) {
			Some(0) => prop_assert!(audit.deters(0, gain)),
			Some(least) => {
				prop_assert!(audit.deters(least, gain));
				prop_assert!(audit.deters(u128::MAX, gain));
				prop_assert!(!audit.deters(least - 1, gain));
			}
			None => prop_assert!(!audit.deters(u128::MAX, gain)),
		}
	}

	#[test]
	fn p17_the_rule_is_the_formula_in_plain_integers_where_they_suffice(
		floor in 0..=PPM,
		adversary in 0..=PPM,
		committee in 0u32..=2,
		drawn in 0u32..=256,
		steps in 1u32..=256,
		stake in 0u128..1 << 36,
		gain in 0u128..1 << 28,
	) {
		let audit = Audit {
			floor_ppm: floor,
			adversary_ppm: adversary,
			committee,
			drawn_steps: drawn.min(steps),
			steps,
			burned_ppm: PPM,
		};
		let power = |ppm: u32| u128::from(ppm).pow(committee);
		let caught = 2 * u128::from(floor) * (power(PPM) - power(adversary))
			* u128::from(drawn.min(steps));
		let all = 3 * u128::from(PPM) * power(PPM) * u128::from(steps);

		prop_assert_eq!(audit.deters(stake, gain), stake * caught >= (all - caught) * gain);
	}

	#[test]
	fn p17_the_least_stake_is_monotone_in_every_argument(
		a in audits(), b in audits(), gains in (0u128..1 << 90, 0u128..1 << 90),
	) {
		let least = |audit: Audit, gain| audit.least_stake(gain).unwrap_or(u128::MAX);
		let base = least(a, gains.0);

		// Each argument alone, made better for the submitter.
		for better in [
			Audit { floor_ppm: a.floor_ppm.max(b.floor_ppm), ..a },
			Audit { adversary_ppm: a.adversary_ppm.min(b.adversary_ppm), ..a },
			Audit { committee: a.committee.max(b.committee), ..a },
			Audit { drawn_steps: a.drawn_steps.max(b.drawn_steps), ..a },
			Audit { steps: a.steps.min(b.steps), ..a },
			Audit { burned_ppm: a.burned_ppm.max(b.burned_ppm), ..a },
		] {
			prop_assert!(least(better, gains.0) <= base);
		}
		prop_assert!(least(a, gains.0.min(gains.1)) <= least(a, gains.0.max(gains.1)));
	}

	#[test]
	fn p17_every_argument_at_its_limits_has_an_answer(
		audit in (any::<[u32; 6]>()), stake: u128, gain: u128,
	) {
		let [floor_ppm, adversary_ppm, committee, drawn_steps, steps, burned_ppm] = audit;
		let audit = Audit { floor_ppm, adversary_ppm, committee, drawn_steps, steps, burned_ppm };

		prop_assert_eq!(
			audit.deters(stake, gain),
			audit.least_stake(gain).is_some_and(|least| stake >= least)
		);
	}
}
