//! Our engine, measured in this process.

use std::time::{Duration, Instant};

use assay_engine::{Engine, TaskInput};
use assay_numerics::OpKind;
use serde::{Deserialize, Serialize};

use super::{BenchError, Lane, Setting};
use crate::system;

/// Steps before the clock starts.
const WARM_UP: u32 = 2;
/// Bytes that are trained on.
const DATA: usize = 1 << 20;

/// Parts of the time of a step; together 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
	/// Products of linear layers, quantising included.
	pub products: f64,
	/// Attention, its products included.
	pub attention: f64,
	/// Everything else but hashing.
	pub other: f64,
	/// Roots of the whole state, if every step is the border of a segment.
	pub hashing: f64,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneReport {
	/// Which lane.
	pub lane: String,
	/// Numbers that are trained.
	pub params: u64,
	/// By the median step.
	pub tokens_per_second: f64,
	/// Milliseconds of the median step.
	pub step_ms: f64,
	/// The greatest memory of the process, in units of 2^20 bytes.
	pub peak_mb: Option<u64>,
	/// Instruction set, of the exact lane.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub isa: Option<String>,
	/// Where the time goes, of the exact lane.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub shares: Option<Shares>,
}

/// Measures our engine in this process.
pub fn measure(setting: &Setting) -> Result<LaneReport, BenchError> {
	if setting.steps < 1 {
		let (what, value, least) = ("--steps", setting.steps, 1);
		return Err(BenchError::TooFew { what, value, least });
	}
	let engine = Engine::new(&setting.plan()?, setting.threads)?;
	let (parent, data) = (engine.init(&[1; 32]), data());
	let steps = setting.steps + WARM_UP;
	let task = TaskInput {
		parent: &parent,
		data: &data,
		seed: [1; 32],
		round: 0,
		slot: 0,
		steps,
		stride: steps,
		part: None,
		fault: None,
	};
	let step = median_step(&engine, &task)?;
	// The peak is that of training, without what is measured below.
	let peak_mb = system::peak_kib(std::process::id()).map(|peak| peak / 1_024);
	let hashed = median_step(&engine, &TaskInput { stride: 1, ..task })?;
	let hashing = hashed.saturating_sub(step).as_secs_f64() / hashed.as_secs_f64();
	let rows = f64::from(engine.program().outline().rows());
	let elements = engine.program().params().iter().map(|id| {
		let tensor = engine.program().tensor(*id);
		tensor.map_or(0, |tensor| tensor.layout.elements())
	});
	Ok(LaneReport {
		lane: Lane::Exact.name().into(),
		params: elements.sum(),
		tokens_per_second: rows / step.as_secs_f64(),
		step_ms: step.as_secs_f64() * 1e3,
		peak_mb,
		isa: Some(engine.isa().to_string()),
		shares: Some(shares(&engine, &task, hashing)?),
	})
}

/// The median of the time from step to step.
fn median_step(engine: &Engine, task: &TaskInput<'_>) -> Result<Duration, BenchError> {
	let mut times = Vec::with_capacity(task.steps as usize + 1);
	engine.train(task, &mut |_| times.push(Instant::now()))?;
	let mut steps: Vec<Duration> = times
		.windows(2)
		.skip(WARM_UP as usize - 1)
		.map(|pair| pair[1] - pair[0])
		.collect();
	steps.sort_unstable();
	Ok(steps.get(steps.len() / 2).copied().unwrap_or_default())
}

fn shares(engine: &Engine, task: &TaskInput<'_>, hashing: f64) -> Result<Shares, BenchError> {
	let (mut products, mut attention, mut whole) = (0.0, 0.0, 0.0);
	for op in engine.profile(task)? {
		let time = op.time.as_secs_f64();
		whole += time;
		match op.kind {
			OpKind::MatMul { .. } => products += time,
			OpKind::Scores { .. } | OpKind::HeadDot { .. } => attention += time,
			_ => {}
		}
	}
	let part = |time: f64| time / whole * (1.0 - hashing);
	Ok(Shares {
		products: part(products),
		attention: part(attention),
		other: part(whole - products - attention),
		hashing,
	})
}

/// The same bytes for every lane.
fn data() -> Vec<u8> {
	let mut bytes = vec![0; DATA];
	blake3::Hasher::new().finalize_xof().fill(&mut bytes);
	bytes
}
