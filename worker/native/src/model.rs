//! Models: from a batch to losses and gradients.

mod decoder;
mod perceptron;

use assay_numerics::{Decimal, Model, Outline, StepPlan};
use candle_core::{backprop::GradStore, Device, Tensor, Var};

use crate::{
	ops::{cross_entropy, Precision},
	tensors::Tensors,
	Batch, NamedTensor, NativeError, Reader,
};
use decoder::Decoder;
use perceptron::Perceptron;

/// A plan's model in floating point on a device of candle.
#[derive(Debug)]
pub struct NativeModel {
	plan: StepPlan,
	device: Device,
	tensors: Tensors,
	network: Network,
}

#[derive(Debug)]
enum Network {
	Decoder(Box<Decoder>),
	Perceptron(Perceptron),
}

impl NativeModel {
	/// The plan's model with these parameters; with an adapter those of the frozen model, too. Names
	/// and shapes are those of the plan's program, in any order.
	///
	/// # Errors
	/// A plan that is refused, tensors that are missing, unwanted or of another shape, and what the
	/// device refuses.
	pub fn new(
		plan: &StepPlan,
		params: Vec<NamedTensor>,
		device: &Device,
	) -> Result<Self, NativeError> {
		Self::with_precision(plan, params, device, Precision::F32)
	}

	/// The same with products in another precision.
	///
	/// # Errors
	/// As [`NativeModel::new`].
	pub fn with_precision(
		plan: &StepPlan,
		params: Vec<NamedTensor>,
		device: &Device,
		precision: Precision,
	) -> Result<Self, NativeError> {
		let tensors = Tensors::new(&Outline::new(plan)?, params, device)?;
		let network = match &plan.model {
			Model::Gpt(model) => {
				let decoder = Decoder::new(model, &tensors, device, precision)?;
				Network::Decoder(Box::new(decoder))
			}
			Model::ByteMlp(model) => {
				let layers = model.hidden.len() + 1;
				Network::Perceptron(Perceptron::of_bytes(layers, &tensors, precision)?)
			}
			Model::Classifier(model) => {
				let layers = model.hidden.len() + 1;
				Network::Perceptron(Perceptron::of_features(layers, &tensors, precision)?)
			}
		};
		Ok(NativeModel {
			plan: plan.clone(),
			device: device.clone(),
			tensors,
			network,
		})
	}

	/// The plan.
	pub fn plan(&self) -> &StepPlan {
		&self.plan
	}

	/// Numbers that are trained.
	pub fn parameter_count(&self) -> usize {
		let counts = self.vars().map(|var| var.elem_count());
		counts.sum()
	}

	/// The parameters that are trained, in the order of the checkpoint.
	pub(crate) fn vars(&self) -> impl ExactSizeIterator<Item = &Var> {
		self.tensors.trained.iter().map(|(_, var)| var)
	}

	/// The logits of every row: `[rows, outputs]`. A GPT has a row for each position of each
	/// sequence, which may be shorter than the context; `inputs` as in [`Batch`].
	///
	/// # Errors
	/// Inputs that do not fill examples, and what the device refuses.
	pub fn logits(&self, count: usize, inputs: &[u32]) -> Result<Tensor, NativeError> {
		let wrong = NativeError::BatchShape {
			count,
			inputs: inputs.len(),
			targets: 0,
		};
		let width = inputs.len().checked_div(count).unwrap_or(0);
		let fits = match &self.plan.model {
			Model::Gpt(model) => (1..=usize::from(model.context)).contains(&width),
			Model::ByteMlp(model) => width == usize::from(model.context),
			Model::Classifier(model) => width == usize::from(model.inputs),
		};
		if !fits || width * count != inputs.len() {
			return Err(wrong);
		}
		let inputs = Tensor::from_slice(inputs, (count, width), &self.device)?;
		Ok(match &self.network {
			Network::Decoder(decoder) => decoder.logits(&inputs)?,
			Network::Perceptron(perceptron) => perceptron.logits(&inputs)?,
		})
	}

	/// The loss of every row, in nats: `[rows]`.
	///
	/// # Errors
	/// A batch that is none of this model, and what the device refuses.
	pub fn row_losses(&self, batch: &Batch) -> Result<Tensor, NativeError> {
		let logits = self.logits(batch.count, &batch.inputs)?;
		if logits.dim(0)? != batch.targets.len() {
			return Err(NativeError::BatchShape {
				count: batch.count,
				inputs: batch.inputs.len(),
				targets: batch.targets.len(),
			});
		}
		let targets = Tensor::from_slice(&batch.targets, batch.targets.len(), &self.device)?;
		Ok(cross_entropy(&logits, &targets)?)
	}

	/// The mean loss of all rows, in nats: one number, from which gradients go backward.
	///
	/// # Errors
	/// As [`NativeModel::row_losses`].
	pub fn loss(&self, batch: &Batch) -> Result<Tensor, NativeError> {
		Ok(self.row_losses(batch)?.mean_all()?)
	}

	/// The gradients of a [`loss`](NativeModel::loss) by the parameters, in the order of the
	/// checkpoint. They are not multiplied with the plan's loss scale.
	///
	/// # Errors
	/// What the device refuses.
	pub fn gradients(&self, loss: &Tensor) -> Result<Vec<NamedTensor>, NativeError> {
		let grads = self.backward(loss)?;
		let trained = self.tensors.trained.iter();
		let named = trained
			.zip(grads)
			.map(|((name, _), grad)| named(name, &grad));
		named.collect()
	}

	/// As [`NativeModel::gradients`], on the device.
	pub(crate) fn backward(&self, loss: &Tensor) -> Result<Vec<Tensor>, NativeError> {
		let mut store: GradStore = loss.backward()?;
		let grads = self.vars().map(|var| match store.remove(var.as_tensor()) {
			Some(grad) => Ok(grad),
			None => Ok(var.zeros_like()?),
		});
		grads.collect()
	}

	/// The parameters that are trained, in the order of the checkpoint.
	///
	/// # Errors
	/// What the device refuses.
	pub fn params(&self) -> Result<Vec<NamedTensor>, NativeError> {
		let trained = self.tensors.trained.iter();
		trained.map(|(name, var)| named(name, var)).collect()
	}

	/// The mean loss of `rows` examples of the held-out part of the data, the same examples as in the
	/// exact lane.
	///
	/// # Errors
	/// No rows, data that no example fits into, tokens or labels out of range, and what the device
	/// refuses.
	pub fn evaluate(&self, data: &[u8], rows: u32) -> Result<f64, NativeError> {
		let reader = Reader::new(&self.plan)?;
		let (mut sum, mut count) = (0.0, 0_usize);
		for batch in reader.held_out(data, rows)? {
			let losses = self.row_losses(&batch?)?.to_vec1::<f32>()?;
			sum += losses.iter().copied().map(f64::from).sum::<f64>();
			count += losses.len();
		}
		if count == 0 {
			return Err(NativeError::NothingToMeasure);
		}
		Ok(sum / count as f64)
	}
}

fn named(name: &str, tensor: &Tensor) -> Result<NamedTensor, NativeError> {
	Ok(NamedTensor {
		name: name.to_owned(),
		shape: tensor.dims().to_vec(),
		values: tensor.flatten_all()?.to_vec1()?,
	})
}

/// A hyperparameter as the exact lane takes it: rounded to f32.
pub(crate) fn float(decimal: Decimal) -> Result<f64, NativeError> {
	let float = decimal.to_f32();
	float
		.map(f64::from)
		.map_err(|error| NativeError::Exponent { exponent: error.0 })
}
