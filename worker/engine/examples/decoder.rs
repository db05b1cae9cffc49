//! Prints how fast the engine trains a decoder of 10.8 million parameters, by phase.
//!
//! `cargo run -p assay-engine --example decoder -- [threads isa steps]`. It tells more of where the time
//! goes than `assay bench`, which compares.

use std::{collections::BTreeMap, error::Error, time::Duration};

use assay_engine::{Engine, Isa, OpTime, TaskInput};
use assay_numerics::{samples::Preset, OpKind};

/// Tokens of the plan: those of a text in lower and upper case. It does not fill its tiles.
const VOCABULARY: u32 = 65;

fn main() -> Result<(), Box<dyn Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let number = |at: usize, otherwise: usize| -> Result<usize, std::num::ParseIntError> {
		arguments.get(at).map_or(Ok(otherwise), |text| text.parse())
	};
	let threads = number(0, 2)?;
	let isa = match arguments.get(1) {
		Some(name) => Isa::from_name(name)?,
		None => Isa::widest(),
	};
	let steps = number(2, 5)? as u32;
	let engine = Engine::with_isa(&Preset::M10.plan(VOCABULARY), threads, isa)?;
	let parent = engine.init(&[1; 32]);
	let data: Vec<u8> = (0..1_000_000_u32)
		.map(|i| ((i.wrapping_mul(2_654_435_761) >> 24) % VOCABULARY) as u8)
		.collect();
	let task = TaskInput {
		parent: &parent,
		data: &data,
		seed: [2; 32],
		round: 0,
		slot: 0,
		steps,
		stride: steps,
		part: None,
		fault: None,
	};
	print(&engine.profile(&task)?, &engine, threads, steps);
	Ok(())
}

/// The phase of an op, by what it is and what it is called.
fn phase(op: &OpTime) -> &'static str {
	match op.kind {
		OpKind::MatMul { .. } if op.name.starts_with("grad.model") => "product, weight gradient",
		OpKind::MatMul { .. } if op.name.starts_with("grad") => "product, backward",
		OpKind::MatMul { .. } => "product, forward",
		OpKind::Scores { .. } => "attention, forward",
		OpKind::HeadDot { .. } => "attention, backward",
		OpKind::RowMean { .. } | OpKind::InverseDeviation { .. } | OpKind::Normalise => {
			"norm, forward"
		}
		OpKind::NormShift { .. }
		| OpKind::NormSlope { .. }
		| OpKind::NormGrad
		| OpKind::GainGrad { .. } => "norm, backward",
		OpKind::Gelu | OpKind::GeluGrad => "activation",
		OpKind::Bias => "bias",
		OpKind::ColSum { .. } | OpKind::Pack => "bias gradient",
		OpKind::EmbedTokens { .. } | OpKind::TableGrad { .. } | OpKind::PositionGrad { .. } => {
			"tables"
		}
		OpKind::AdamM { .. } => "optimiser",
		_ => "loss and rest",
	}
}

fn print(times: &[OpTime], engine: &Engine, threads: usize, steps: u32) {
	let mut phases: BTreeMap<&str, (u64, Duration)> = BTreeMap::new();
	for op in times {
		let (flops, time) = phases.entry(phase(op)).or_default();
		*flops += op.flops;
		*time += op.time;
	}
	let whole: Duration = times.iter().map(|op| op.time).sum();
	let line = |name: &str, flops: u64, time: Duration| {
		let step = time.as_secs_f64() / f64::from(steps);
		println!(
			"  {name:<26} {:>8.2} ms {:>5.1} % {:>7.1} GFLOP/s",
			step * 1e3,
			100.0 * time.as_secs_f64() / whole.as_secs_f64(),
			flops as f64 / step / 1e9
		);
	};
	println!("{}, {threads} threads", engine.isa());
	for (name, (flops, time)) in &phases {
		line(name, *flops, *time);
	}
	line("whole step", times.iter().map(|op| op.flops).sum(), whole);
	let tokens = f64::from(engine.program().outline().rows() * steps);
	println!("  {:.0} tokens a second", tokens / whole.as_secs_f64());
}
