//! Trains a plan on a text as a job does: rounds of slots from the same checkpoint, whose mean is
//! the next one. Prints losses, times and a sample.
//!
//! `cargo run -p assay-engine --example learn -- text [name=value...]`, names as in [`Setting`].

use std::{error::Error, time::Instant};

use assay_engine::{Engine, TaskInput};
use assay_numerics::{samples, train_items, Decimal, Optimiser, StepPlan};

/// What can be set from the command line.
#[derive(Debug)]
struct Setting {
	context: u16,
	embedding: u16,
	hidden: Vec<u16>,
	batch: u32,
	steps: u32,
	rounds: u32,
	slots: u32,
	/// Mantissa and exponent.
	rate: (i32, i8),
	/// The decay of the second moment, in thousandths.
	beta2: i32,
	warmup: u32,
	rows: u32,
	threads: usize,
	sample: usize,
}

impl Setting {
	fn set(&mut self, name: &str, value: &str) -> Result<(), Box<dyn Error>> {
		match name {
			"context" => self.context = value.parse()?,
			"embedding" => self.embedding = value.parse()?,
			"hidden" => self.hidden = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
			"batch" => self.batch = value.parse()?,
			"steps" => self.steps = value.parse()?,
			"rounds" => self.rounds = value.parse()?,
			"slots" => self.slots = value.parse()?,
			"rate" => {
				let (mantissa, exponent) = value.split_once('e').ok_or("rate is like 2e-3")?;
				self.rate = (mantissa.parse()?, exponent.parse()?);
			}
			"beta2" => self.beta2 = value.parse()?,
			"warmup" => self.warmup = value.parse()?,
			"rows" => self.rows = value.parse()?,
			"threads" => self.threads = value.parse()?,
			"sample" => self.sample = value.parse()?,
			_ => return Err(format!("there is no setting {name}").into()),
		}
		Ok(())
	}

	fn plan(&self) -> Result<StepPlan, Box<dyn Error>> {
		if self.hidden.len() > 8 {
			return Err("at most eight hidden layers".into());
		}
		let (context, embedding) = (self.context, self.embedding);
		let mut plan = samples::byte_mlp(context, embedding, &self.hidden, self.batch);
		let Optimiser::AdamW(adam) = &mut plan.optimiser;
		adam.learning_rate = Decimal::new(self.rate.0, self.rate.1);
		adam.beta2 = Decimal::new(self.beta2, -3);
		adam.warmup = self.warmup;
		Ok(plan)
	}
}

/// Nats of the bytes by their own frequencies.
fn unigram_entropy(bytes: &[u8]) -> f64 {
	let mut counts = [0_u64; 256];
	for byte in bytes {
		counts[usize::from(*byte)] += 1;
	}
	let total = bytes.len() as f64;
	let shares = counts
		.iter()
		.filter(|count| **count > 0)
		.map(|count| *count as f64 / total);
	-shares.map(|share| share * share.ln()).sum::<f64>()
}

fn main() -> Result<(), Box<dyn Error>> {
	let mut arguments = std::env::args().skip(1);
	let data = std::fs::read(arguments.next().ok_or("which text?")?)?;
	let mut setting = Setting {
		context: 16,
		embedding: 32,
		hidden: vec![256, 256],
		batch: 256,
		steps: 256,
		rounds: 4,
		slots: 3,
		rate: (2, -3),
		beta2: 990,
		warmup: 50,
		rows: 4_096,
		threads: 1,
		sample: 0,
	};
	for argument in arguments {
		let (name, value) = argument.split_once('=').ok_or("settings are name=value")?;
		setting.set(name, value)?;
	}
	let engine = Engine::new(&setting.plan()?, setting.threads)?;
	let seed = [42; 32];
	let entropy = unigram_entropy(&data[train_items(data.len() as u64) as usize..]);
	let bytes = engine.program().checkpoint_bytes();
	println!("{setting:?}, {}, checkpoint of {bytes} bytes", engine.isa());
	let mut checkpoint = engine.init(&seed);
	let first = engine.evaluate(&checkpoint, &data, setting.rows)?.to_nats();
	println!("held-out: unigram entropy {entropy:.4}, first loss {first:.4} nats");
	for round in 0..setting.rounds {
		let mut updates = Vec::new();
		let (mut seconds, mut losses) = (0.0, Vec::new());
		for slot in 0..setting.slots {
			let task = TaskInput {
				parent: &checkpoint,
				data: &data,
				seed,
				round,
				slot,
				steps: setting.steps,
				stride: setting.steps,
				part: None,
				fault: None,
			};
			let start = Instant::now();
			let output = engine.train(&task, &mut |_| ())?;
			seconds += start.elapsed().as_secs_f64() / f64::from(setting.slots);
			losses.push(output.losses[output.losses.len() - 1].to_nats());
			updates.push(output.params);
		}
		let alone = engine.evaluate(&updates[0], &data, setting.rows)?.to_nats();
		checkpoint = engine.aggregate(&checkpoint, &updates)?;
		let start = Instant::now();
		let loss = engine.evaluate(&checkpoint, &data, setting.rows)?.to_nats();
		let evaluation = start.elapsed().as_secs_f64();
		println!(
			"round {round}: held-out {loss:.4} ({:.1} % under unigram), slot 0 alone {alone:.4}, \
			 last steps {losses:.3?}, {seconds:.3} s a task, evaluation {evaluation:.3} s",
			100.0 * (1.0 - loss / entropy)
		);
	}
	if setting.sample > 0 {
		let text =
			engine.generate_bytes(&checkpoint, b"\tpub fn new(", setting.sample, 0.7, &seed)?;
		println!("\tpub fn new({}", String::from_utf8_lossy(&text));
	}
	Ok(())
}
