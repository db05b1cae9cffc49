//! Training trains.

use assay_engine::{Engine, TaskInput};
use assay_numerics::{Adapter, Decimal};

use crate::support::{engine, plan, task};

/// Text that a model can learn in a moment.
fn text() -> Vec<u8> {
	b"the quick brown fox jumps over the lazy dog. ".repeat(100)
}

fn nats(loss: assay_numerics::Loss) -> f64 {
	loss.to_nats()
}

#[test]
fn training_lowers_the_loss_and_reports_every_step() {
	let plan = plan(4, 16, &[32], 32);
	let engine = engine(&plan);
	let data = text();
	let parent = engine.init(&[1; 32]);
	let mut reports = Vec::new();
	// WHEN a hundred steps are trained
	let output = engine
		.train(&task(&parent, &data, 100), &mut |report| {
			reports.push(report)
		})
		.unwrap();
	// THEN every step is reported and the loss falls by far, on data that was not seen, too
	assert_eq!(reports.len(), 100);
	assert!(reports
		.iter()
		.enumerate()
		.all(|(i, report)| report.step == i as u32));
	let losses: Vec<_> = reports.iter().map(|report| report.loss).collect();
	assert_eq!(losses, output.losses);
	assert!((nats(losses[0]) - 256_f64.ln()).abs() < 0.2, "{losses:?}");
	assert!(nats(losses[99]) < 0.5 * nats(losses[0]), "{losses:?}");
	let before = engine.evaluate(&parent, &data, 64).unwrap();
	let after = engine.evaluate(&output.params, &data, 64).unwrap();
	assert!(nats(after) < 0.5 * nats(before), "{before:?} to {after:?}");
	let mean: f64 = losses.iter().map(|loss| nats(*loss)).sum::<f64>() / 100.0;
	assert!((nats(output.loss) - mean).abs() < 1e-6);
}

#[test]
fn a_negated_gradient_raises_the_loss() {
	let plan = plan(4, 16, &[32], 32);
	let engine = engine(&plan);
	let data = text();
	let parent = engine.init(&[1; 32]);
	let honest = task(&parent, &data, 60);
	let fault = Some(assay_engine::Fault::NegateGradient { param: 3 });
	let loss = |input: TaskInput<'_>| nats(engine.train(&input, &mut |_| ()).unwrap().loss);
	assert!(loss(TaskInput { fault, ..honest }) > loss(honest));
}

#[test]
fn generated_text_depends_on_nothing_but_its_arguments() {
	let plan = plan(8, 16, &[64], 64);
	let data = text();
	let trained = {
		let engine = engine(&plan);
		let parent = engine.init(&[1; 32]);
		engine
			.train(&task(&parent, &data, 200), &mut |_| ())
			.unwrap()
			.params
	};
	let texts: Vec<_> = assay_engine::Isa::ALL
		.into_iter()
		.filter(|isa| isa.is_available())
		.map(|isa| {
			let engine = Engine::with_isa(&plan, 2, isa).unwrap();
			engine
				.generate_bytes(&trained, b"the qui", 40, 0.5, &[9; 32])
				.unwrap()
		})
		.collect();
	assert!(texts.iter().all(|text| *text == texts[0]));
	let engine = engine(&plan);
	let other = engine
		.generate_bytes(&trained, b"the qui", 40, 2.0, &[8; 32])
		.unwrap();
	assert_ne!(other, texts[0]);
	// What was learned continues the prompt.
	let greedy = engine
		.generate_bytes(&trained, b"the qui", 13, 0.0, &[0; 32])
		.unwrap();
	assert_eq!(String::from_utf8_lossy(&greedy), "ck brown fox ");
}

#[test]
fn the_memory_that_training_needs_is_known_before_it_is_taken() {
	// GIVEN a decoder: parameters, two moments and the gradients are four times a checkpoint
	let plan = crate::support::gpt(|model| model.width = 256, 1);
	let engine = engine(&plan);
	let needed = engine.memory_needed();
	let checkpoint = engine.program().checkpoint_bytes();
	// THEN it needs more than that, and less than all tensors of a step together would take
	let all = engine.program().tensors().iter();
	let all: u64 = all.map(|tensor| tensor.layout.bytes()).sum();
	assert!(needed > 4 * checkpoint, "{needed} for {checkpoint}");
	assert!(needed < all, "{needed} of {all}");
}

#[test]
fn a_model_that_adapters_belong_to_counts_twice_in_the_memory_that_is_needed() {
	// GIVEN a model, and the same with adapters on it
	let whole = engine(&crate::support::gpt(|model| model.width = 256, 1));
	let adapted = engine(&crate::support::gpt(
		|model| {
			model.width = 256;
			model.adapter = Some(Adapter {
				rank: 16,
				scale: Decimal::new(1, 0),
				base: [0; 32],
			});
		},
		1,
	));
	// THEN the base is that model, once as it was fetched and once as it is computed with
	let base = whole.program().checkpoint_bytes();
	assert_eq!((whole.base_bytes(), adapted.base_bytes()), (0, base));
	assert!(adapted.memory_needed() > 2 * base + 4 * adapted.program().checkpoint_bytes());
	// AND without its gradients and moments that is less than training all of it
	assert!(adapted.memory_needed() < whole.memory_needed());
}
