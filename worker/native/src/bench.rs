//! How fast candle trains a plan here.
//!
//! candle and the allocator take their settings from the environment when a process starts, and the
//! greatest memory is that of a process: whoever compares starts a child with [`environment`] that
//! calls [`measure`] and prints what it found.

use std::time::Instant;

use assay_numerics::StepPlan;
use candle_core::Device;
use serde::Serialize;

use crate::{initial_parameters, NativeError, NativeModel, NativeTrainer, Precision, Reader, Task};

/// Steps before the clock starts: the first ones allocate.
const WARM_UP: u32 = 2;

/// What was measured in this process.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Measurement {
	/// Rows in a second, by the median step: tokens of a GPT.
	pub tokens_per_second: f64,
	/// The median step.
	pub milliseconds_per_step: f64,
	/// The fastest step.
	pub least_milliseconds: f64,
	/// The slowest step.
	pub most_milliseconds: f64,
	/// Steps on the clock.
	pub steps: u32,
	/// Threads of products of matrices; candle's other ops have one.
	pub threads: usize,
	/// Numbers that are trained.
	pub parameters: usize,
	/// The greatest memory of the process so far, in units of 2^20 bytes; nothing where the system
	/// does not tell.
	pub peak_mb: Option<u64>,
	/// Mean loss of the first step, in nats.
	pub first_loss: f32,
	/// Mean loss of the last step, in nats.
	pub last_loss: f32,
}

/// The environment in which candle is fastest on a CPU with this many threads; it must be set before
/// the process starts.
///
/// - `CANDLE_NUM_THREADS=1` stops a pool whose threads spin while they wait, and which training does
///   not use; `RAYON_NUM_THREADS` is what products of matrices take.
/// - `MALLOC_*` keep glibc from giving the memory of every intermediate back to the system and
///   fetching it again, a quarter of the time otherwise. Other systems ignore them.
pub fn environment(threads: usize) -> Vec<(&'static str, String)> {
	vec![
		("CANDLE_NUM_THREADS", String::from("1")),
		("RAYON_NUM_THREADS", threads.to_string()),
		("MALLOC_MMAP_THRESHOLD_", (1_u64 << 32).to_string()),
		("MALLOC_TRIM_THRESHOLD_", (1_u64 << 33).to_string()),
		("MALLOC_TOP_PAD_", (1_u64 << 28).to_string()),
	]
}

/// Trains a plan from its first parameters on the CPU, in f32, and measures `steps` steps after a
/// short warm-up.
///
/// # Errors
/// [`NativeError::Threads`] unless the process was started for so many threads, no steps, a plan that
/// is refused or has a frozen model, and data that do not fit it.
pub fn measure(
	plan: &StepPlan,
	data: &[u8],
	steps: u32,
	threads: usize,
) -> Result<Measurement, NativeError> {
	measure_on(plan, data, steps, threads, &Device::Cpu, Precision::F32)
}

/// The same on another device or with products in another precision.
///
/// # Errors
/// As [`measure`], and what the device refuses.
pub fn measure_on(
	plan: &StepPlan,
	data: &[u8],
	steps: u32,
	threads: usize,
	device: &Device,
	precision: Precision,
) -> Result<Measurement, NativeError> {
	const SEED: [u8; 32] = [1; 32];
	let found = candle_core::utils::get_num_threads();
	if found != threads {
		let wanted = threads;
		return Err(NativeError::Threads { wanted, found });
	}
	let params = initial_parameters(plan, &SEED)?;
	let model = NativeModel::with_precision(plan, params, device, precision)?;
	let parameters = model.parameter_count();
	let task = Task {
		seed: SEED,
		round: 0,
		slot: 0,
		steps: steps.saturating_add(WARM_UP),
	};
	let rows = Reader::new(plan)?
		.draw(data, &SEED, (0, 0, 0))?
		.targets
		.len();
	let mut trainer = NativeTrainer::new(model, task)?;
	let mut losses = Vec::new();
	let mut milliseconds = Vec::new();
	for step in 0..task.steps {
		let start = Instant::now();
		// The loss is a number of the host: the step is over when it is there, but for the update.
		losses.push(trainer.step(data)?);
		device.synchronize()?;
		if step >= WARM_UP {
			milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
		}
	}
	milliseconds.sort_by(f64::total_cmp);
	let median = milliseconds.get(milliseconds.len() / 2);
	let ends = (milliseconds.first(), milliseconds.last());
	let (Some(median), (Some(least), Some(most))) = (median, ends) else {
		return Err(NativeError::NothingToMeasure);
	};
	let (Some(first_loss), Some(last_loss)) = (losses.first(), losses.last()) else {
		return Err(NativeError::NothingToMeasure);
	};
	Ok(Measurement {
		tokens_per_second: rows as f64 / median * 1e3,
		milliseconds_per_step: *median,
		least_milliseconds: *least,
		most_milliseconds: *most,
		steps,
		threads,
		parameters,
		peak_mb: peak_mb(),
		first_loss: *first_loss,
		last_loss: *last_loss,
	})
}

/// `VmHWM` of this process.
fn peak_mb() -> Option<u64> {
	let status = std::fs::read_to_string("/proc/self/status").ok()?;
	let line = status
		.lines()
		.find_map(|line| line.strip_prefix("VmHWM:"))?;
	let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
	Some(kilobytes / 1024)
}
