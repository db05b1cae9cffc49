//! Perceptrons.
//!
//! A ReLU turns a rounding into a whole gradient where what it takes is almost zero: which side it is
//! on may differ. So batches are looked for in which nothing is, or biases keep a distance.

use assay_native::NamedTensor;
use assay_numerics::{ByteMlp, Classifier, Model, Optimiser, Profile, StepPlan};

use crate::{
	decoder::adam,
	run::{params, tokens, Step},
};

/// What no ReLU may take less of, over the root of the mean square: seven times the rounding.
const CLEAR: f64 = 2.5e-3;

fn plan(model: Model) -> StepPlan {
	StepPlan {
		model,
		optimiser: Optimiser::AdamW(adam()),
		batch: 16,
		loss_scale: 3,
		profile: Profile::Exact12V1,
	}
}

fn bytes(context: u16, embedding: u16, hidden: &[u16]) -> Model {
	Model::ByteMlp(ByteMlp {
		context,
		embedding,
		hidden: hidden.to_vec().try_into().unwrap(),
	})
}

/// Compares the first batch in which every ReLU is sure.
fn compare(plan: &StepPlan, data: &[u8], params: &[NamedTensor]) {
	let mut steps = (0..200).map(|step| Step::new(plan, data, params.to_vec(), step));
	let step = steps.find(|step| step.least_activation() > CLEAR).unwrap();
	let (error, name) = step.compare();
	println!("{error:.1e} {name}");
}

#[test]
fn perceptrons_of_bytes_agree() {
	for (context, embedding, hidden) in [(3, 16, &[16, 16][..]), (18, 32, &[48]), (2, 16, &[16; 4])]
	{
		let plan = plan(bytes(context, embedding, hidden));
		compare(&plan, &tokens(9_000, 1, 256), &params(&plan));
	}
}

#[test]
fn perceptrons_of_bytes_wider_than_blocks_agree() {
	// GIVEN biases of 2 and -2 in the first layer and 6 and -6 in the second: the weights that they
	// are added to sum up to less
	let plan = plan(bytes(12, 32, &[272, 144]));
	let mut params = params(&plan);
	for (name, bias) in [("dense0.bias", 2.0), ("dense1.bias", 6.0)] {
		let param = params.iter_mut().find(|param| param.name == name).unwrap();
		for (i, value) in param.values.iter_mut().enumerate() {
			*value += if i % 3 == 1 { -bias } else { bias };
		}
	}
	compare(&plan, &tokens(9_000, 1, 256), &params);
}

#[test]
fn classifiers_agree() {
	for (inputs, hidden, classes) in [(64, &[32, 16][..], 10), (144, &[16], 17)] {
		let plan = plan(Model::Classifier(Classifier {
			inputs,
			hidden: hidden.to_vec().try_into().unwrap(),
			classes,
		}));
		// GIVEN records of bytes with labels
		let mut data = tokens(300 * usize::from(inputs + 1), 1, 256);
		for record in data.chunks_exact_mut(usize::from(inputs + 1)) {
			let label = record.last_mut().unwrap();
			*label %= classes as u8;
		}
		// THEN both lanes agree
		compare(&plan, &data, &params(&plan));
	}
}
