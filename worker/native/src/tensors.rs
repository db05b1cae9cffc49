//! Named tensors: what a checkpoint holds, on the device.

use std::{collections::HashMap, path::Path};

use assay_numerics::{init_tile, lower, Layout, Outline, StepPlan, TensorInfo};
use candle_core::{safetensors, DType, Device, Tensor, Var};

use crate::NativeError;

/// A tensor of a checkpoint in memory.
#[derive(Clone, PartialEq, Debug)]
pub struct NamedTensor {
	/// As in the plan's program: `model.layers.0.mlp.up_proj.weight`.
	pub name: String,
	/// Rows and columns of a matrix, the length of a vector.
	pub shape: Vec<usize>,
	/// Row-major.
	pub values: Vec<f32>,
}

/// The tensors of a model: those that are trained in the order of the checkpoint, and the others.
#[derive(Debug)]
pub(crate) struct Tensors {
	pub(crate) trained: Vec<(String, Var)>,
	frozen: HashMap<String, Tensor>,
}

impl Tensors {
	/// Puts tensors on the device.
	///
	/// # Errors
	/// Tensors that are missing, unwanted or of another shape than the plan's.
	pub(crate) fn new(
		outline: &Outline,
		given: Vec<NamedTensor>,
		device: &Device,
	) -> Result<Self, NativeError> {
		let mut left = HashMap::with_capacity(given.len());
		for tensor in given {
			if let Some(twice) = left.insert(tensor.name.clone(), tensor) {
				return Err(NativeError::UnexpectedTensor { name: twice.name });
			}
		}
		let mut take = |id| {
			let info = outline.tensor(id);
			let (name, expected) = info.map(described).unwrap_or_default();
			let Some(tensor) = left.remove(&name) else {
				return Err(NativeError::MissingTensor { name });
			};
			let (found, values) = (tensor.shape, tensor.values);
			if found != expected || values.len() != found.iter().product::<usize>() {
				let values = values.len();
				return Err(NativeError::Shape {
					name,
					expected,
					found,
					values,
				});
			}
			Ok((name, Tensor::from_vec(values, found, device)?))
		};
		let mut trained = Vec::new();
		for place in 0..outline.param_count() {
			let (name, tensor) = take(outline.param(place))?;
			trained.push((name, Var::from_tensor(&tensor)?));
		}
		let mut frozen = HashMap::new();
		for place in 0..outline.frozen_count() {
			let (name, tensor) = take(outline.frozen(place))?;
			frozen.insert(name, tensor);
		}
		match left.into_keys().next() {
			Some(name) => Err(NativeError::UnexpectedTensor { name }),
			None => Ok(Tensors { trained, frozen }),
		}
	}

	/// The tensor of this name, which sees every later change of a trained one.
	///
	/// # Errors
	/// [`NativeError::MissingTensor`] if the plan's model has none.
	pub(crate) fn get(&self, name: &str) -> Result<Tensor, NativeError> {
		let trained = self.trained.iter().find(|(found, _)| found == name);
		let trained = trained.map(|(_, var)| var.as_tensor());
		trained
			.or_else(|| self.frozen.get(name))
			.cloned()
			.ok_or_else(|| NativeError::MissingTensor {
				name: name.to_owned(),
			})
	}
}

/// The parameters that a job starts from, in the order of the checkpoint: those of the exact lane.
///
/// A plan with an adapter has tensors beside these, those of the frozen model.
///
/// # Errors
/// A plan that is refused.
pub fn initial_parameters(
	plan: &StepPlan,
	seed: &[u8; 32],
) -> Result<Vec<NamedTensor>, NativeError> {
	let program = lower(plan)?;
	let params = program.params().iter().enumerate();
	let tensors = params.filter_map(|(place, id)| {
		let info = program.tensor(*id)?;
		let tiles = (0..info.layout.tiles()).map(|tile| init_tile(&program, seed, place, tile));
		let tiles: Vec<_> = tiles.collect::<Result<_, _>>().ok()?;
		let [rows, cols] = info.layout.shape();
		let places = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
		let values = places.filter_map(|(row, col)| {
			let (tile, element) = info.layout.place(row, col)?;
			Some(tiles.get(tile as usize)?.0[element])
		});
		let values = values.collect();
		let (name, shape) = described(info.clone());
		Some(NamedTensor {
			name,
			shape,
			values,
		})
	});
	Ok(tensors.collect())
}

/// The tensors of a file as other programs write them, rounded to f32.
///
/// # Errors
/// What candle says of a file that cannot be read or holds no safetensors.
pub fn read_safetensors(path: &Path) -> Result<Vec<NamedTensor>, NativeError> {
	let tensors = safetensors::load(path, &Device::Cpu)?.into_iter();
	let tensors = tensors.map(|(name, tensor)| {
		Ok(NamedTensor {
			name,
			shape: tensor.dims().to_vec(),
			values: tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?,
		})
	});
	tensors.collect()
}

/// Name and shape; a vector has one dimension.
fn described(info: TensorInfo) -> (String, Vec<usize>) {
	let [rows, cols] = info.layout.shape().map(|side| side as usize);
	let shape = match info.layout {
		Layout::Matrix { .. } => vec![rows, cols],
		_ => vec![cols],
	};
	(info.name, shape)
}
