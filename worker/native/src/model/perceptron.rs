//! Perceptrons: of a window of bytes, and of features.

use candle_core::{DType, Tensor};

use crate::{
	ops::{relu, Precision},
	tensors::Tensors,
	NativeError,
};

/// What a byte of an example is multiplied with.
const FEATURE: f64 = 1.0 / 256.0;

/// Dense layers with ReLU between them. A weight has a column for each output.
#[derive(Debug)]
pub(super) struct Perceptron {
	/// The table of a perceptron of bytes; the other one reads features.
	embed: Option<Tensor>,
	/// Weights `[in, out]` and biases.
	layers: Vec<(Tensor, Tensor)>,
	precision: Precision,
}

impl Perceptron {
	pub(super) fn of_bytes(
		layers: usize,
		tensors: &Tensors,
		precision: Precision,
	) -> Result<Self, NativeError> {
		let embed = tensors.get("embed.weight")?;
		Ok(Perceptron {
			embed: Some(embed),
			..Perceptron::of_features(layers, tensors, precision)?
		})
	}

	pub(super) fn of_features(
		layers: usize,
		tensors: &Tensors,
		precision: Precision,
	) -> Result<Self, NativeError> {
		let layers = (0..layers).map(|layer| {
			Ok((
				tensors.get(&format!("dense{layer}.weight"))?,
				tensors.get(&format!("dense{layer}.bias"))?,
			))
		});
		Ok(Perceptron {
			embed: None,
			layers: layers.collect::<Result<_, NativeError>>()?,
			precision,
		})
	}

	/// `[count, outputs]` of bytes `[count, n]`.
	pub(super) fn logits(&self, bytes: &Tensor) -> candle_core::Result<Tensor> {
		let (count, width) = bytes.dims2()?;
		let mut x = match &self.embed {
			None => (bytes.to_dtype(DType::F32)? * FEATURE)?,
			Some(embed) => embed
				.index_select(&bytes.flatten_all()?, 0)?
				.reshape((count, width * embed.dim(1)?))?,
		};
		for (layer, (weight, bias)) in self.layers.iter().enumerate() {
			if layer > 0 {
				x = relu(&x)?;
			}
			x = self.precision.matmul(&x, weight)?.broadcast_add(bias)?;
		}
		Ok(x)
	}
}
