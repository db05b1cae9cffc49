//! Prints how fast the engine trains the demonstration model, by phase, for one and two threads and
//! every instruction set of the machine. Settings take turns, and the fastest turn of each counts.
//!
//! `cargo run -p assay-engine --example throughput -- [context embedding batch steps hidden...]`

use std::{collections::BTreeMap, error::Error, time::Duration};

use assay_engine::{Engine, Isa, OpTime, TaskInput};
use assay_numerics::{samples, OpKind, Transpose};

/// How often every setting has its turn.
const TURNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
	let mut sizes = std::env::args().skip(1).map(|size| size.parse::<u16>());
	let mut size = |otherwise| sizes.next().unwrap_or(Ok(otherwise));
	let (context, embedding, batch, steps) = (size(16)?, size(32)?, size(256)?, size(40)?);
	let mut hidden = sizes.collect::<Result<Vec<_>, _>>()?;
	if hidden.is_empty() {
		hidden = vec![256, 256];
	}
	if hidden.len() > 8 {
		return Err("at most eight hidden layers".into());
	}
	let plan = samples::byte_mlp(context, embedding, &hidden, batch.into());
	let data: Vec<u8> = (0..1_000_000_u32)
		.map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
		.collect();

	let mut settings = Vec::new();
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		for threads in [1, 2] {
			settings.push((isa, threads, Engine::with_isa(&plan, threads, isa)?));
		}
	}
	let mut best: BTreeMap<usize, Vec<OpTime>> = BTreeMap::new();
	for _ in 0..TURNS {
		for (index, (_, _, engine)) in settings.iter().enumerate() {
			let parent = engine.init(&[1; 32]);
			let steps = u32::from(steps);
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
			let times = engine.profile(&task)?;
			let kept = best.entry(index).or_insert_with(|| times.clone());
			if total(&times) < total(kept) {
				*kept = times;
			}
		}
	}
	println!(
		"{} operations a step by the reference count",
		settings[0].2.program().flops_per_step()
	);
	for (index, (isa, threads, _)) in settings.iter().enumerate() {
		print(&best[&index], *isa, *threads, u32::from(steps));
	}
	Ok(())
}

fn total(times: &[OpTime]) -> Duration {
	times.iter().map(|op| op.time).sum()
}

fn phase(kind: &OpKind) -> &'static str {
	match kind {
		OpKind::Batch { .. } => "1 draw rows",
		OpKind::Embed { .. } => "2 embed",
		OpKind::MatMul {
			transpose: Transpose::Neither,
			..
		} => "3 product X W",
		OpKind::MatMul {
			transpose: Transpose::Left,
			..
		} => "4 product X^T dZ",
		OpKind::MatMul {
			transpose: Transpose::Right,
			..
		} => "5 product dZ W^T",
		OpKind::Bias | OpKind::Relu | OpKind::ReluGrad => "6 bias and relu",
		OpKind::ColSum { .. } | OpKind::Pack => "7 bias gradient",
		OpKind::EmbedGrad { .. } => "8 embedding gradient",
		OpKind::AdamM { .. } | OpKind::AdamV { .. } | OpKind::AdamP { .. } => "9 optimiser",
		_ => "softmax and loss",
	}
}

fn print(times: &[OpTime], isa: Isa, threads: usize, steps: u32) {
	let mut phases: BTreeMap<&str, (u64, Duration)> = BTreeMap::new();
	for op in times {
		let (flops, time) = phases.entry(phase(&op.kind)).or_default();
		*flops += op.flops;
		*time += op.time;
	}
	let line = |name: &str, flops: u64, time: Duration| {
		let step = time.as_secs_f64() / f64::from(steps);
		let speed = flops as f64 / step / 1e9;
		println!("  {name:<22} {:>9.1} us {speed:>8.1} GFLOP/s", step * 1e6);
	};
	println!("{isa}, {threads} threads");
	for (name, (flops, time)) in &phases {
		line(name, *flops, *time);
	}
	line(
		"whole step",
		times.iter().map(|op| op.flops).sum(),
		total(times),
	);
}
