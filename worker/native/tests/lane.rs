//! The native lane without the exact one.

use assay_native::{
	initial_parameters, read_safetensors, Batch, NamedTensor, NativeError, NativeModel,
	NativeTrainer, Precision, Reader, Task,
};
use assay_numerics::samples::Preset;
use assay_numerics::{
	Adapter, ByteMlp, Classifier, Decimal, Model, Optimiser, PlanError, StepPlan,
};
use candle_core::{Device, Tensor};

const SEED: [u8; 32] = [7; 32];

/// The smallest preset, smaller.
fn plan() -> StepPlan {
	let mut plan = Preset::M1.plan(256);
	let Model::Gpt(model) = &mut plan.model else {
		unreachable!("presets are decoders")
	};
	(model.width, model.heads, model.kv_heads, model.head) = (32, 2, 2, 16);
	(model.context, model.layers, model.feed_forward) = (16, 2, 64);
	let Optimiser::AdamW(adam) = &mut plan.optimiser;
	adam.learning_rate = Decimal::new(1, -2);
	plan
}

fn model(plan: &StepPlan) -> NativeModel {
	let params = initial_parameters(plan, &SEED).unwrap();
	NativeModel::new(plan, params, &Device::Cpu).unwrap()
}

fn text() -> Vec<u8> {
	b"the quick brown fox jumps over the lazy dog. ".repeat(100)
}

fn task(steps: u32) -> Task {
	Task {
		seed: SEED,
		round: 0,
		slot: 0,
		steps,
	}
}

/// The losses of so many steps.
fn losses(trainer: &mut NativeTrainer, steps: u32) -> Vec<f32> {
	(0..steps).map(|_| trainer.step(&text()).unwrap()).collect()
}

#[test]
fn training_lowers_the_loss_on_held_out_text_and_the_model_writes_what_it_has_seen() {
	// GIVEN a model that knows nothing: its loss is about ln 256 = 5.5
	let mut trainer = NativeTrainer::new(model(&plan()), task(60)).unwrap();
	let before = trainer.model().evaluate(&text(), 20).unwrap();
	assert!((before - 5.5).abs() < 0.5, "{before}");
	// WHEN it is trained
	let losses = losses(&mut trainer, 60);
	// THEN it knows the sentence
	assert!(losses[59] < 1.0, "{losses:?}");
	let model = trainer.into_model();
	assert!(model.evaluate(&text(), 20).unwrap() < 1.0);
	let prompt: Vec<u32> = b"the quick brown "
		.iter()
		.map(|byte| u32::from(*byte))
		.collect();
	let words = model.generate(&prompt, 9, 0.0, &SEED).unwrap();
	assert_eq!(words, b"fox jumps".map(u32::from));
}

#[test]
fn the_same_seed_writes_the_same_text_and_another_one_another() {
	let model = model(&plan());
	let write = |seed| model.generate(&[65; 30], 20, 1.0, &[seed; 32]).unwrap();
	assert_eq!(write(1), write(1));
	assert_ne!(write(1), write(2));
}

#[test]
fn products_in_bf16_train_almost_alike() {
	let params = initial_parameters(&plan(), &SEED).unwrap();
	let half = NativeModel::with_precision(&plan(), params, &Device::Cpu, Precision::Bf16).unwrap();
	let mut half = NativeTrainer::new(half, task(20)).unwrap();
	let mut full = NativeTrainer::new(model(&plan()), task(20)).unwrap();
	let (half, full) = (losses(&mut half, 20), losses(&mut full, 20));
	assert_ne!(half, full);
	for (half, full) in half.iter().zip(&full) {
		assert!((half - full).abs() < 0.1, "{half} against {full}");
	}
}

#[test]
fn frozen_tensors_stay_and_an_adapter_that_is_new_changes_nothing() {
	// GIVEN a trained model
	let mut base = NativeTrainer::new(model(&plan()), task(20)).unwrap();
	losses(&mut base, 20);
	let base = base.into_model();
	// WHEN an adapter is put on it
	let mut plan = plan();
	let Model::Gpt(gpt) = &mut plan.model else {
		unreachable!("presets are decoders")
	};
	gpt.adapter = Some(Adapter {
		rank: 16,
		scale: Decimal::new(1, 0),
		base: [0; 32],
	});
	let mut params = initial_parameters(&plan, &SEED).unwrap();
	params.extend(base.params().unwrap());
	let adapted = NativeModel::new(&plan, params, &Device::Cpu).unwrap();
	// THEN its loss is that of the model, only the adapter is trained, and that lowers the loss
	let loss = |model: &NativeModel| model.evaluate(&text(), 32).unwrap();
	assert_eq!(loss(&adapted), loss(&base));
	assert_eq!(adapted.params().unwrap().len(), 2 * 4);
	let mut trainer = NativeTrainer::new(adapted, task(10)).unwrap();
	losses(&mut trainer, 10);
	assert!(loss(trainer.model()) < loss(&base));
}

#[test]
fn tensors_that_are_not_the_plans_are_refused_by_name() {
	let refused = |change: &dyn Fn(&mut Vec<NamedTensor>)| {
		let mut params = initial_parameters(&plan(), &SEED).unwrap();
		change(&mut params);
		NativeModel::new(&plan(), params, &Device::Cpu).unwrap_err()
	};
	let missing = refused(&|params| drop(params.remove(0)));
	let name = "model.embed_tokens.weight";
	assert!(matches!(missing, NativeError::MissingTensor { name: found } if found == name));
	for twice in [true, false] {
		let unwanted = refused(&|params| {
			let mut tensor = params[0].clone();
			if !twice {
				tensor.name = String::from("rotary");
			}
			params.push(tensor);
		});
		assert!(matches!(unwanted, NativeError::UnexpectedTensor { .. }));
	}
	let transposed = refused(&|params| params[0].shape.reverse());
	assert!(
		matches!(transposed, NativeError::Shape { values: 8192, .. }),
		"{transposed}"
	);
	let short = refused(&|params| params[0].values.truncate(8_191));
	assert!(
		matches!(short, NativeError::Shape { values: 8191, .. }),
		"{short}"
	);
}

#[test]
fn a_plan_out_of_bounds_is_refused() {
	let plan = StepPlan { batch: 0, ..plan() };
	let refused = Reader::new(&plan).unwrap_err();
	assert!(matches!(
		refused,
		NativeError::Plan(PlanError::CountOutOfRange { .. })
	));
}

#[test]
fn data_that_do_not_fit_the_plan_are_refused() {
	// GIVEN 17 bytes, 16 of which may be read: an example takes 17
	let reader = Reader::new(&plan()).unwrap();
	let short = reader.draw(&[0; 17], &SEED, (0, 0, 0)).unwrap_err();
	assert!(matches!(
		short,
		NativeError::DataTooShort {
			items: 16,
			example: 17
		}
	));
	let held_out = model(&plan()).evaluate(&[0; 16 * 16], 4).unwrap_err();
	assert!(matches!(
		held_out,
		NativeError::DataTooShort {
			items: 16,
			example: 17
		}
	));
	// AND tokens of which the vocabulary has fewer
	let mut few = plan();
	let Model::Gpt(model) = &mut few.model else {
		unreachable!("presets are decoders")
	};
	model.vocabulary = 65;
	let reader = Reader::new(&few).unwrap();
	let great = reader.draw(&[66; 300], &SEED, (0, 0, 0)).unwrap_err();
	assert!(matches!(
		great,
		NativeError::ValueTooGreat {
			value: 66,
			bound: 65,
			..
		}
	));
}

#[test]
fn batches_and_prompts_that_are_not_the_models_are_refused() {
	let model = model(&plan());
	let wrong = |count, inputs: usize, targets: usize| {
		let batch = Batch {
			count,
			inputs: vec![1; inputs],
			targets: vec![1; targets],
		};
		matches!(model.loss(&batch), Err(NativeError::BatchShape { .. }))
	};
	// No example, no whole one, one over the context, and targets for half of them.
	assert!(wrong(0, 0, 0) && wrong(2, 31, 31) && wrong(1, 17, 17) && wrong(2, 32, 16));
	assert!(!wrong(2, 32, 32) && !wrong(2, 8, 8));
	let empty = model.generate(&[], 1, 0.0, &SEED).unwrap_err();
	assert!(matches!(empty, NativeError::EmptyPrompt));
	let unknown = model.generate(&[1, 256], 1, 0.0, &SEED).unwrap_err();
	assert!(matches!(
		unknown,
		NativeError::ValueTooGreat {
			item: 1,
			value: 256,
			bound: 256
		}
	));
}

#[test]
fn a_task_ends_after_its_steps() {
	let mut trainer = NativeTrainer::new(model(&plan()), task(2)).unwrap();
	losses(&mut trainer, 2);
	let done = trainer.step(&text()).unwrap_err();
	assert!(matches!(done, NativeError::TaskDone { steps: 2 }));
}

#[test]
fn a_perceptron_of_bytes_writes_from_nothing_and_a_classifier_does_not() {
	let bytes = Model::ByteMlp(ByteMlp {
		context: 4,
		embedding: 16,
		hidden: vec![16].try_into().unwrap(),
	});
	let classes = Model::Classifier(Classifier {
		inputs: 16,
		hidden: vec![16].try_into().unwrap(),
		classes: 3,
	});
	let of = |kind| {
		model(&StepPlan {
			model: kind,
			batch: 16,
			..plan()
		})
	};
	assert_eq!(of(bytes).generate(&[], 5, 1.0, &SEED).unwrap().len(), 5);
	let silent = of(classes).generate(&[1], 1, 0.0, &SEED).unwrap_err();
	assert!(matches!(silent, NativeError::CannotWrite));
}

#[test]
fn measuring_needs_a_process_that_was_started_for_it() {
	// GIVEN a process that computes with some threads
	let threads = candle_core::utils::get_num_threads();
	let wrong = assay_native::bench::measure(&plan(), &text(), 1, threads + 1).unwrap_err();
	assert!(matches!(wrong, NativeError::Threads { wanted, .. } if wanted == threads + 1));
	// WHEN it is asked for these THEN it measures
	let found = assay_native::bench::measure(&plan(), &text(), 3, threads).unwrap();
	assert_eq!((found.steps, found.threads), (3, threads));
	assert!(found.tokens_per_second > 0.0 && found.first_loss > 4.0);
	// AND no steps cannot be measured
	let nothing = assay_native::bench::measure(&plan(), &text(), 0, threads).unwrap_err();
	assert!(matches!(nothing, NativeError::NothingToMeasure));
}

#[test]
fn a_model_that_was_written_as_safetensors_is_read_again() {
	// GIVEN the parameters of a model in a file
	let params = initial_parameters(&plan(), &SEED).unwrap();
	let tensors = params.iter().map(|param| {
		let tensor = Tensor::from_slice(&param.values, param.shape.clone(), &Device::Cpu);
		(param.name.clone(), tensor.unwrap())
	});
	let name = format!("assay-native-{}.safetensors", std::process::id());
	let path = std::env::temp_dir().join(name);
	candle_core::safetensors::save(&tensors.collect(), &path).unwrap();
	// WHEN they are read
	let mut read = read_safetensors(&path).unwrap();
	std::fs::remove_file(&path).unwrap();
	// THEN they are the same, and no file has none
	read.sort_by(|a, b| a.name.cmp(&b.name));
	let mut params = params;
	params.sort_by(|a, b| a.name.cmp(&b.name));
	assert_eq!(read, params);
	assert!(read_safetensors(&path).is_err());
}
