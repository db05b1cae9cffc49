//! Measures how fast candle trains a GPT on this CPU and prints it as JSON.
//!
//! `cargo run -p assay-native --example candle_bench -- 10M [name=value...]`; the development profile
//! optimises candle like the release one.
//!
//! Sizes are 1M, 10M and 50M, see [`Preset`]. Values: `steps=20`, `threads=2`, `vocabulary=256`,
//! `precision=f32` or `bf16`, `data=FILE` (otherwise random bytes; its bytes are taken modulo the
//! vocabulary), `settings=best` or `inherited`.
//!
//! With `settings=best` the measurement runs in a child with candle's best environment, which is
//! `CANDLE_NUM_THREADS=1 RAYON_NUM_THREADS=$threads MALLOC_MMAP_THRESHOLD_=4294967296
//! MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456`; [`environment`] says why. With
//! `inherited` the environment is the caller's.

use std::{
	env,
	error::Error,
	process::{Command, ExitCode},
};

use assay_native::{
	bench::{environment, measure_on},
	Precision,
};
use assay_numerics::samples::Preset;
use candle_core::Device;

struct Setting {
	size: Preset,
	steps: u32,
	threads: usize,
	vocabulary: u32,
	precision: Precision,
	data: Option<String>,
	inherited: bool,
}

impl Setting {
	fn new(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
		let (size, values) = arguments
			.split_first()
			.ok_or("which size: 1M, 10M or 50M?")?;
		let mut setting = Setting {
			size: size.parse()?,
			steps: 20,
			threads: std::thread::available_parallelism()?.get(),
			vocabulary: 256,
			precision: Precision::F32,
			data: None,
			inherited: false,
		};
		for value in values {
			let (name, value) = value.split_once('=').ok_or("values are like steps=20")?;
			match (name, value) {
				("steps", _) => setting.steps = value.parse()?,
				("threads", _) => setting.threads = value.parse()?,
				("vocabulary", _) => setting.vocabulary = value.parse()?,
				("precision", "f32") => setting.precision = Precision::F32,
				("precision", "bf16") => setting.precision = Precision::Bf16,
				("data", _) => setting.data = Some(value.to_owned()),
				("settings", "best") => setting.inherited = false,
				("settings", "inherited") => setting.inherited = true,
				_ => return Err(format!("there is no {name}={value}").into()),
			}
		}
		Ok(setting)
	}

	/// Bytes below the vocabulary.
	fn bytes(&self) -> Result<Vec<u8>, Box<dyn Error>> {
		if !(2..=256).contains(&self.vocabulary) {
			return Err("a vocabulary of bytes has 2 to 256 tokens".into());
		}
		let mut bytes = match &self.data {
			Some(path) => std::fs::read(path)?,
			None => {
				let mut bytes = vec![0; 1 << 20];
				blake3::Hasher::new().finalize_xof().fill(&mut bytes);
				bytes
			}
		};
		for byte in &mut bytes {
			*byte = u8::try_from(u32::from(*byte) % self.vocabulary)?;
		}
		Ok(bytes)
	}
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let setting = Setting::new(&arguments)?;
	if !setting.inherited {
		// candle and the allocator look at the environment when a process starts.
		let mut child = Command::new(env::current_exe()?);
		child.args(&arguments).arg("settings=inherited");
		let status = child.envs(environment(setting.threads)).status()?;
		return Ok(if status.success() {
			ExitCode::SUCCESS
		} else {
			ExitCode::FAILURE
		});
	}
	let plan = setting.size.plan(setting.vocabulary);
	let (data, steps, threads) = (setting.bytes()?, setting.steps, setting.threads);
	let precision = setting.precision;
	let found = measure_on(&plan, &data, steps, threads, &Device::Cpu, precision)?;
	println!("{}", serde_json::to_string(&found)?);
	Ok(ExitCode::SUCCESS)
}
