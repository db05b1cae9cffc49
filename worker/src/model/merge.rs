//! Adapters added to their base: a whole model, for programs that know no adapters.

use std::{collections::HashMap, fs, path::Path};

use assay_engine::Params;
use assay_numerics::{arith::in_range, lower, Gpt, Model, Program, TensorId};
use assay_protocol::Plan;
use safetensors::{serialize, tensor::TensorView, Dtype};
use serde_json::Value;

use super::{
	adapter_of,
	describe::{describe, number},
	write_file, write_json, ModelError, CONFIG_FILE, TENSORS_FILE,
};

/// Row-major numbers and how many there are in a row.
type Rows = (usize, Vec<f32>);

/// Writes a base with its adapters added to it into a directory.
///
/// Each number is rounded once, so that the model is almost, and not to the last bit, what base and
/// adapters compute: it has no record of ours.
///
/// # Errors
/// A plan whose base is no Llama, parameters of another plan, a sum that no model has, and a
/// directory that cannot be written.
pub fn write_merged(
	dir: &Path,
	plan: &Plan,
	base: &Params,
	adapters: &Params,
) -> Result<(), ModelError> {
	let path = dir.join(TENSORS_FILE);
	let bad = |reason: String| ModelError::Tensors {
		path: path.clone(),
		reason,
	};
	let config = match &plan.step.model {
		Model::Gpt(model) => describe(&Model::Gpt(Gpt {
			adapter: None,
			..model.clone()
		})),
		model => describe(model),
	};
	if config.get("model_type") != Some(&Value::from("llama")) {
		return Err(ModelError::NotMerged);
	}
	let program = lower(&plan.step).map_err(|error| bad(error.to_string()))?;
	let scale = adapter_of(&plan.step.model).map_or(0.0, |adapter| number(adapter.scale));
	let parts = named(&program, program.params());
	let mut plain = Vec::new();
	for (name, place) in named(&program, program.frozen()) {
		let missing = || bad(format!("tensor {name} is missing"));
		let (shape, mut numbers) = base.tensor_f32(place).ok_or_else(missing)?;
		let layer = name.trim_end_matches(".weight");
		let part = |side: &str| {
			let place = parts.get(&format!("{layer}.lora_{side}.weight"))?;
			let (shape, numbers) = adapters.tensor_f32(*place)?;
			Some((*shape.get(1)?, numbers))
		};
		if let (Some(a), Some(b)) = (part("A"), part("B")) {
			add(&mut numbers, &a, &b, scale);
			if !numbers.iter().copied().all(in_range) {
				return Err(bad(format!("tensor {name} leaves the range of models")));
			}
		}
		let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
		plain.push((name, shape, bytes));
	}
	let mut views = Vec::new();
	for (name, shape, bytes) in &plain {
		let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
		views.push((name, view.map_err(|error| bad(error.to_string()))?));
	}
	let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
	let file = serialize(views, Some(metadata)).map_err(|error| bad(error.to_string()))?;
	let io = |source| ModelError::Io {
		path: path.clone(),
		source,
	};
	fs::create_dir_all(dir).map_err(io)?;
	write_file(&path, &file)?;
	write_json(&dir.join(CONFIG_FILE), &config)
}

/// The places of tensors by their names.
fn named(program: &Program, ids: &[TensorId]) -> HashMap<String, usize> {
	let infos = ids.iter().filter_map(|id| program.tensor(*id));
	infos.map(|info| info.name.clone()).zip(0..).collect()
}

/// `W + scale * B A`, in 64 bits and then rounded.
fn add(numbers: &mut [f32], (cols, a): &Rows, (rank, b): &Rows, scale: f64) {
	for (row, b) in numbers.chunks_mut(*cols).zip(b.chunks(*rank)) {
		let mut sums: Vec<f64> = vec![0.0; *cols];
		for (b, a) in b.iter().zip(a.chunks(*cols)) {
			for (sum, a) in sums.iter_mut().zip(a) {
				*sum += f64::from(*b) * f64::from(*a);
			}
		}
		for (x, sum) in row.iter_mut().zip(sums) {
			*x = (f64::from(*x) + scale * sum) as f32;
		}
	}
}

#[cfg(test)]
mod tests {
	use assay_engine::Engine;
	use assay_numerics::{samples, Adapter, Decimal};
	use assay_protocol::{CheckpointRef, DataRef};

	use super::*;

	#[test]
	fn a_sum_that_no_model_has_is_refused_by_its_tensor_and_nothing_is_written() {
		// GIVEN a model, and adapters whose product is beyond the range of models
		let mut step = samples::gpt(16, 32, 1, 1);
		let base = Engine::new(&step, 1).unwrap().init(&[1; 32]);
		if let Model::Gpt(model) = &mut step.model {
			model.adapter = Some(Adapter {
				rank: 16,
				scale: Decimal::new(1, 0),
				base: base.root(),
			});
		}
		let program = lower(&step).unwrap();
		let large = 2_f32.powi(40).to_le_bytes().repeat(512);
		let adapters = Params::from_tensors(&program, &vec![large; 4]).unwrap();
		let plan = Plan {
			parent: CheckpointRef {
				root: adapters.root(),
				bytes: program.checkpoint_bytes(),
			},
			step,
			data: DataRef {
				root: [0; 32],
				bytes: 1 << 20,
			},
			steps: 1,
			stride: 1,
			seed: [0; 32],
			eval_rows: 16,
		};
		let dir = tempfile::tempdir().unwrap();
		let out = dir.path().join("merged");
		// WHEN they are merged
		let refused = write_merged(&out, &plan, &base, &adapters).unwrap_err();
		// THEN one of the tensors with adapters is named
		let told = refused.to_string();
		assert!(told.contains("_proj.weight leaves the range"), "{told}");
		assert!(!out.exists());
	}

	#[test]
	fn a_product_of_two_columns_and_two_rows_is_scaled_and_added() {
		// GIVEN W of 2 x 3, A of 2 x 3 and B of 2 x 2
		let mut numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
		let a = (3, vec![1.0, 0.0, -1.0, 2.0, 1.0, 0.0]);
		let b = (2, vec![1.0, 1.0, 0.0, -1.0]);
		// WHEN half of their product is added
		add(&mut numbers, &a, &b, 0.5);
		// THEN B A = [3 1 -1; -2 -1 0]
		assert_eq!(numbers, [2.5, 2.5, 2.5, 3.0, 4.5, 6.0]);
	}
}
