//! Parameters as safetensors: row-major, without padding, by their names in the program.

use std::collections::HashMap;

use assay_engine::{Params, ParamsError};
use assay_numerics::program::{Layout, Program, TensorInfo};
use safetensors::{serialize, tensor::TensorView, Dtype, SafeTensors};

/// The file's bytes, with this before every name. The same parameters always give the same file.
pub(super) fn write(program: &Program, params: &Params, prefix: &str) -> Result<Vec<u8>, String> {
	let mut plain = Vec::new();
	for (index, info) in infos(program).enumerate() {
		let (shape, elements) = params
			.tensor_f32(index)
			.ok_or_else(|| format!("tensor {} is missing", info.name))?;
		let bytes: Vec<u8> = elements
			.iter()
			.flat_map(|element| element.to_le_bytes())
			.collect();
		plain.push((format!("{prefix}{}", info.name), shape, bytes));
	}
	let mut views = Vec::new();
	for (name, shape, bytes) in &plain {
		let view = TensorView::new(Dtype::F32, shape.clone(), bytes)
			.map_err(|error| format!("tensor {name}: {error}"))?;
		views.push((name.as_str(), view));
	}
	let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
	serialize(views, Some(metadata)).map_err(|error| error.to_string())
}

/// The parameters of a file: every tensor of the program, with its shape, and no other.
pub(super) fn read(program: &Program, bytes: &[u8], prefix: &str) -> Result<Params, String> {
	let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
	let mut tensors = Vec::new();
	let known: Vec<String> = infos(program)
		.map(|info| format!("{prefix}{}", info.name))
		.collect();
	for (info, name) in infos(program).zip(&known) {
		let view = file
			.tensor(name)
			.map_err(|_| format!("tensor {name} is missing"))?;
		let expected = shape_of(&info.layout);
		if view.dtype() != Dtype::F32 || view.shape() != expected {
			return Err(format!(
				"tensor {name} is {:?} {:?}, not F32 {expected:?}",
				view.dtype(),
				view.shape()
			));
		}
		tensors.push(tile(info, view.data()));
	}
	let is_known = |name: &str| known.iter().any(|other| other == name);
	if let Some(unknown) = file.names().into_iter().find(|name| !is_known(name)) {
		return Err(format!("tensor {unknown} is unknown to the model"));
	}
	Params::from_tensors(program, &tensors).map_err(|error| match error {
		ParamsError::OutOfRange { tensor, bits, .. } => format!(
			"tensor {} holds {}, which no model has: numbers are finite and below 2^50",
			known.get(tensor).map_or("", String::as_str),
			f32::from_bits(bits)
		),
		error => error.to_string(),
	})
}

fn infos(program: &Program) -> impl Iterator<Item = &TensorInfo> {
	program.params().iter().filter_map(|id| program.tensor(*id))
}

/// A tensor's sides in a file: a vector has one.
pub(super) fn shape_of(layout: &Layout) -> Vec<usize> {
	match *layout {
		Layout::Vector { len } => vec![len as usize],
		_ => layout.shape().map(|side| side as usize).to_vec(),
	}
}

/// Row-major elements in their canonical places; what is left over stays +0.0.
pub(super) fn tile(info: &TensorInfo, plain: &[u8]) -> Vec<u8> {
	let mut tiles = vec![0; info.layout.bytes() as usize];
	let [rows, cols] = info.layout.shape();
	let places = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
	for ((row, col), element) in places.zip(plain.chunks_exact(4)) {
		if let Some((tile, within)) = info.layout.place(row, col) {
			let at = tile as usize * 1024 + within * 4;
			tiles[at..at + 4].copy_from_slice(element);
		}
	}
	tiles
}
