//! Measures what a provider does in a dispute: it repeats a step with all tensors, commits to them and
//! shows what is disputed.
//!
//! `cargo run --release -p assay-engine --example transcript -- [1M | 10M | 50M] [threads]`

use std::{error::Error, time::Instant};

use assay_engine::{Engine, TaskInput};
use assay_numerics::{
	referee::{Part, Question, Tensors},
	samples::Preset,
};

fn main() -> Result<(), Box<dyn Error>> {
	let mut args = std::env::args().skip(1);
	let size: Preset = args.next().as_deref().unwrap_or("1M").parse()?;
	let threads = args.next().map_or(Ok(1), |text| text.parse())?;
	let engine = Engine::new(&size.plan(256), threads)?;
	let data: Vec<u8> = (0..100_000_u32).map(|i| (i * i / 7 % 251) as u8).collect();
	let parent = engine.init(&[1; 32]);
	let task = TaskInput {
		parent: &parent,
		data: &data,
		seed: [2; 32],
		round: 0,
		slot: 0,
		steps: 2,
		stride: 2,
		part: None,
		fault: None,
	};
	let timed = |what: &str, start: Instant| {
		println!("{what:<44} {:8.3} s", start.elapsed().as_secs_f64());
	};
	println!("{} threads, {}", threads, engine.isa());
	let start = Instant::now();
	engine.train(&task, &mut |_| {})?;
	timed("two steps", start);
	let start = Instant::now();
	let transcript = engine.transcript(&task, 1)?;
	timed("the same, with every tensor of the second", start);
	let start = Instant::now();
	let witness = transcript.witness(&data)?;
	timed("roots of all tensors", start);

	// A place whose inputs are virtual: the last tile of the gradient of the first scores.
	let program = engine.program();
	let ops = program.ops().iter().enumerate();
	let mut virtual_ops = ops.filter(|(_, op)| op.kind.is_virtual() && op.input_count() == 3);
	let Some((place, op)) = virtual_ops.next() else {
		return Ok(());
	};
	let tile = assay_numerics::ops::tiles(op) - 1;
	let start = Instant::now();
	let bytes = transcript.bytes(op.output).map_or(0, |bytes| bytes.len());
	timed(&format!("one virtual tensor of {bytes} bytes"), start);
	let question = Question {
		op: place as u32,
		tile,
		part: Part::Whole,
	};
	let start = Instant::now();
	witness.evidence(&transcript.env(), &question, &witness.shown_outputs(), None)?;
	timed("evidence about a tile of it", start);
	Ok(())
}
