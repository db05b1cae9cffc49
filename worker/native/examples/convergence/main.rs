//! Trains one small decoder by one lane and prints its losses as a line of JSON, for the study of
//! whether the exact lane converges as floats do: `scripts/convergence.sh` runs all of it.
//!
//! `cargo run -p assay-native --example convergence -- lane=exact plan=rotary data=FILE seed=1
//! [name=value...]`; the development profile optimises both lanes like the release one.
//!
//! - `lane`: `exact`, `f32` (candle) or `bf16` (candle with the operands, results and gradients of
//!   products rounded to bfloat16);
//! - `plan`: `rotary` (RMS norms, rotary positions, gates, a head of its own), `learned` (layer
//!   norms, learned positions, biases, GELU, a tied head), `wide` (`rotary` with feed-forward layers of
//!   512 channels) or `two-terms` (`wide`, the input of its last product quantised in two terms);
//! - `data`: a file of bytes, whose last sixteenth is held out; `seed`: of parameters and batches;
//! - `steps=2000`, `held_out=512`: examples that the loss at the end is the mean of;
//! - `base=FILE`: train adapters of a model that has learned this file for as many steps, in the exact
//!   lane; `scale=4096`: multiply one channel of each of its feed-forward layers, and divide the
//!   weights that take it, which changes no bit of what floats compute.

mod channel;
mod lanes;
mod plans;

use std::{collections::HashMap, env, error::Error, fs};

use serde_json::json;

use lanes::{Lane, Training};

/// Steps that one point of the curve is the mean of.
const POINT: usize = 50;

/// The values of the command line, each asked for once.
struct Values(HashMap<String, String>);

impl Values {
	fn new(arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
		let mut values = HashMap::new();
		for argument in arguments {
			let (name, value) = argument
				.split_once('=')
				.ok_or("values are like steps=2000")?;
			if values.insert(name.to_owned(), value.to_owned()).is_some() {
				return Err(format!("{name} is given twice").into());
			}
		}
		Ok(Values(values))
	}

	fn take(&mut self, name: &str) -> Result<String, Box<dyn Error>> {
		let value = self.0.remove(name);
		value.ok_or_else(|| format!("which {name}? Write {name}=...").into())
	}

	fn number(&mut self, name: &str, otherwise: u32) -> Result<u32, Box<dyn Error>> {
		match self.0.remove(name) {
			Some(text) => Ok(text.parse()?),
			None => Ok(otherwise),
		}
	}

	fn done(self) -> Result<(), Box<dyn Error>> {
		match self.0.into_keys().next() {
			Some(name) => Err(format!("there is no {name}").into()),
			None => Ok(()),
		}
	}
}

fn main() -> Result<(), Box<dyn Error>> {
	let mut values = Values::new(env::args().skip(1))?;
	let (lane, plan) = (values.take("lane")?, values.take("plan")?);
	let data = values.take("data")?;
	let seed = values.number("seed", 0)?;
	let steps = values.number("steps", 2_000)?;
	let held_out = values.number("held_out", 512)?;
	let scale = values.number("scale", 1)?;
	let base = values.take("base").ok();
	values.done()?;

	let mut seed_bytes = [0; 32];
	seed_bytes[..4].copy_from_slice(&seed.to_le_bytes());
	let mut training = Training {
		plan: plans::named(&plan, steps)?,
		data: fs::read(&data)?,
		seed: seed_bytes,
		steps,
		base: None,
	};
	if let Some(base) = &base {
		training = training.of_adapters(fs::read(base)?, scale)?;
	} else if scale != 1 {
		return Err(
			"scale needs a base: training would move the scaled weights by other steps".into(),
		);
	}
	let found = training.run(lane.parse::<Lane>()?, held_out)?;
	let curve = found.losses.chunks(POINT).map(|losses| {
		let sum: f64 = losses.iter().sum();
		sum / losses.len() as f64
	});
	let name = |path: &str| {
		let name = std::path::Path::new(path).file_stem();
		name.map(|name| name.to_string_lossy().into_owned())
	};
	println!(
		"{}",
		json!({
			"lane": lane,
			"plan": plan,
			"data": name(&data),
			"base": base.as_deref().and_then(name),
			"scale": scale,
			"seed": seed,
			"steps": steps,
			"parameters": found.parameters,
			"held_out_before": found.before,
			"held_out": found.after,
			"point": POINT,
			"curve": curve.collect::<Vec<_>>(),
		})
	);
	Ok(())
}
