//! The loss of a model.

use std::{error::Error, fs, path::Path};

use assay_native::{read_safetensors, NativeModel};
use candle_core::Device;
use serde_json::json;

use crate::plan;

/// Prints the loss.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<bool, Box<dyn Error>> {
	let mut text = |name: &str| arguments.next().ok_or(format!("{name} is missing"));
	let examples = text("EXAMPLES")?;
	let examples = examples
		.parse::<u32>()
		.map_err(|error| format!("EXAMPLES is {examples}: {error}"))?;
	let data = text("DATA")?;
	let data = fs::read(&data).map_err(|error| format!("{data}: {error}"))?;
	let first = text("TENSORS")?;
	let mut tensors = Vec::new();
	for path in std::iter::once(first).chain(arguments) {
		let found =
			read_safetensors(Path::new(&path)).map_err(|error| format!("{path}: {error}"))?;
		tensors.extend(found);
	}
	let model = NativeModel::new(&plan()?, tensors, &Device::Cpu)?;
	let loss = model.evaluate(&data, examples)?;
	println!("{}", json!({ "loss": loss, "examples": examples }));
	Ok(true)
}
