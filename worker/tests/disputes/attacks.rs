//! Each kind of wrong work, through real workers.

use assay_engine::Fault;
use assay_numerics::{samples, StepPlan};
use assay_protocol::dispute::{Ruling, Side};
use assay_worker::dispute::DisputeError;

use crate::play::{dispute, workload, Course};

/// Seeds that every kind of wrong work is tried with.
const SEEDS: u8 = 20;

fn perceptron() -> StepPlan {
	samples::byte_mlp(4, 16, &[16], 16)
}

fn ensure_convicted(course: &Course) {
	assert_eq!(course.ruling, Some(Ruling::ProviderWrong), "{course:?}");
	assert!(course.moves <= 20, "{course:?}");
	assert!(course.bytes <= 100_000, "{course:?}");
}

/// Wrong work of this kind is convicted, with every seed and whatever the segments.
async fn convicted(fault: impl Fn(u8) -> Fault) {
	for seed in 0..SEEDS {
		// GIVEN a task in one segment, or in three
		let stride = if seed % 2 == 0 { 5 } else { 2 };
		let workload = workload(perceptron(), seed, (5, stride)).await;
		// WHEN a provider did it wrong, and an honest worker disputes it
		let course = dispute(&workload, Some(fault(seed)));
		// THEN the chain finds the provider wrong
		ensure_convicted(&course);
	}
}

#[tokio::test]
async fn a_sign_that_was_flipped_is_found() {
	convicted(|seed| Fault::NegateGradient {
		param: usize::from(seed % 4),
	})
	.await;
}

#[tokio::test]
async fn a_gradient_that_was_scaled_is_found() {
	convicted(|seed| Fault::ScaleGradient {
		param: usize::from(seed % 4),
		factor: 2 + i16::from(seed),
	})
	.await;
}

#[tokio::test]
async fn a_lower_precision_is_found() {
	convicted(|seed| Fault::LowerPrecision {
		param: usize::from(seed % 4),
	})
	.await;
}

#[tokio::test]
async fn the_data_of_another_slot_are_found() {
	convicted(|seed| Fault::WrongData {
		slot: 2 + u32::from(seed),
	})
	.await;
}

#[tokio::test]
async fn steps_that_were_left_out_are_found() {
	convicted(|seed| Fault::SkipSteps {
		first: u32::from(seed % 5),
	})
	.await;
}

#[tokio::test]
async fn an_update_of_nothing_is_found() {
	convicted(|_| Fault::ZeroUpdate).await;
}

#[tokio::test]
async fn a_wrong_state_of_the_optimiser_is_found() {
	convicted(|_| Fault::WrongOptimiser).await;
}

#[tokio::test]
async fn honest_work_has_nothing_to_dispute() {
	for seed in 0..SEEDS {
		// GIVEN work that was done as it should be
		let workload = workload(perceptron(), seed, (5, 2)).await;
		// WHEN an honest worker is to dispute it
		let course = dispute(&workload, None);
		// THEN it has nothing to ask for, and no fee is lost on it
		let silent = course.silent.expect("nobody is convicted");
		assert!(matches!(
			silent,
			(Side::Challenger, DisputeError::NoDifference(_))
		));
	}
}

#[tokio::test]
async fn wrong_work_on_a_decoder_is_found_through_its_attention() {
	let faults = [
		Fault::NegateGradient { param: 0 },
		Fault::ScaleGradient {
			param: 3,
			factor: -1,
		},
		Fault::LowerPrecision { param: 2 },
		Fault::WrongData { slot: 9 },
		Fault::SkipSteps { first: 1 },
		Fault::ZeroUpdate,
		Fault::WrongOptimiser,
	];
	for (seed, fault) in (0..).zip(faults) {
		// GIVEN a decoder of two blocks, whose scores are never held whole
		let workload = workload(samples::gpt(16, 32, 2, 2), seed, (2, 1)).await;
		// WHEN it was trained wrongly, THEN the chain finds it
		ensure_convicted(&dispute(&workload, Some(fault)));
		// AND an honest provider is left alone
		assert_eq!(dispute(&workload, None).ruling, None);
	}
}
