//! One step by both lanes, and what is compared.

use assay_native::{initial_parameters, Batch, NamedTensor, NativeModel, Reader};
use assay_numerics::{lower, train_items, Env, Memory, Program, StepPlan, TensorId, Tile};
use candle_core::Device;

/// The seed of every plan here.
pub(crate) const SEED: [u8; 32] = [5; 32];
const ROUND: u32 = 3;
const SLOT: u32 = 2;
/// The greatest relative error of a gradient; see the head of this test.
pub(crate) const TOLERANCE: f64 = 4e-3;

/// The same as the root of the mean square over the gradients of a plan.
pub(crate) const MEAN: f64 = 2.5e-3;

/// Numbers from -1 to 1, the same for the same name.
pub(crate) fn noise(name: &str) -> impl Iterator<Item = f32> {
	let mut bytes = blake3::Hasher::new().update(name.as_bytes()).finalize_xof();
	std::iter::repeat_with(move || {
		let mut four = [0; 4];
		bytes.fill(&mut four);
		i32::from_le_bytes(four) as f32 / 2_147_483_648.0
	})
}

/// Parameters with nothing that hides mistakes: gains that are not 1, biases and adapters that are
/// not 0, and tensors for the frozen model.
pub(crate) fn params(plan: &StepPlan) -> Vec<NamedTensor> {
	let program = lower(plan).unwrap();
	let mut params = initial_parameters(plan, &SEED).unwrap();
	for id in program.frozen() {
		let info = program.tensor(*id).unwrap();
		let [rows, cols] = info.layout.shape().map(|side| side as usize);
		let vector = info.layout.shape()[0] == 1;
		let scale = 1.0 / (cols as f32).sqrt();
		params.push(NamedTensor {
			name: info.name.clone(),
			shape: if vector { vec![cols] } else { vec![rows, cols] },
			values: noise(&info.name)
				.map(|x| x * scale)
				.take(rows * cols)
				.collect(),
		});
	}
	for param in &mut params {
		let around = if param.name.contains("norm") && param.name.ends_with("weight") {
			1.0
		} else if param.shape.len() == 1 || param.name.contains("lora_B") {
			0.0
		} else {
			continue;
		};
		for (value, noise) in param.values.iter_mut().zip(noise(&param.name)) {
			*value = around + 0.2 * noise;
		}
	}
	params
}

/// Data whose tokens are `item` bytes and below `bound`.
pub(crate) fn tokens(count: usize, item: usize, bound: u32) -> Vec<u8> {
	let values = noise("data").map(|x| ((x * 0.5 + 0.5) * bound as f32) as u32);
	let values = values.map(|x| x.min(bound - 1)).take(count);
	values
		.flat_map(|x| x.to_le_bytes().into_iter().take(item))
		.collect()
}

/// Puts tensors into the memory of the slow executor.
pub(crate) fn load(program: &Program, memory: &mut Memory, params: &[NamedTensor]) {
	for id in program.params().iter().chain(program.frozen()) {
		let info = program.tensor(*id).unwrap();
		let param = params.iter().find(|param| param.name == info.name).unwrap();
		let mut tiles = vec![Tile::ZERO; info.layout.tiles() as usize];
		let [rows, cols] = info.layout.shape();
		let places = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
		for ((row, col), value) in places.zip(&param.values) {
			let (tile, element) = info.layout.place(row, col).unwrap();
			tiles[tile as usize].0[element] = *value;
		}
		memory.set(*id, tiles);
	}
}

/// Row-major elements of a tensor.
pub(crate) fn read(program: &Program, memory: &Memory, id: TensorId) -> Vec<f64> {
	let layout = program.tensor(id).unwrap().layout;
	let tiles = memory.tiles(id);
	let [rows, cols] = layout.shape();
	let places = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
	places
		.map(|(row, col)| {
			let (tile, element) = layout.place(row, col).unwrap();
			f64::from(tiles[tile as usize].0[element])
		})
		.collect()
}

pub(crate) fn norm(x: impl IntoIterator<Item = f64>) -> f64 {
	x.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The length of the difference of two tensors.
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
	assert_eq!(a.len(), b.len());
	norm(a.iter().zip(b).map(|(a, b)| a - b))
}

/// A step by both lanes from the same parameters on the same batch.
pub(crate) struct Step {
	plan: StepPlan,
	program: Program,
	memory: Memory,
	model: NativeModel,
	batch: Batch,
}

impl Step {
	/// Computes the step by the slow executor.
	pub(crate) fn new(plan: &StepPlan, data: &[u8], params: Vec<NamedTensor>, step: u32) -> Self {
		let program = lower(plan).unwrap();
		let mut memory = Memory::initial(&program, &SEED, data).unwrap();
		load(&program, &mut memory, &params);
		let items = data.len() as u64 / u64::from(program.outline().item_bytes());
		let env = Env::new(SEED, ROUND, SLOT, step, 4, train_items(items));
		let env = env.with_turns(program.outline().turns());
		memory.run(&program, &env).unwrap();
		let place = (ROUND, SLOT, step);
		Step {
			plan: plan.clone(),
			program,
			memory,
			model: NativeModel::new(plan, params, &Device::Cpu).unwrap(),
			batch: Reader::new(plan).unwrap().draw(data, &SEED, place).unwrap(),
		}
	}

	/// A tensor of the exact lane by its name.
	fn named(&self, name: &str) -> Option<Vec<f64>> {
		let mut tensors = self.program.tensors().iter();
		let id = tensors.position(|tensor| tensor.name == name)?;
		Some(read(&self.program, &self.memory, TensorId(id as u16)))
	}

	/// The least magnitude of what a ReLU takes, over the root of the mean square of its layer.
	pub(crate) fn least_activation(&self) -> f64 {
		let sums = (0..).map_while(|layer| self.named(&format!("dense{layer}.sum")));
		let least = sums.map(|sums| {
			let least = sums.iter().map(|x| x.abs()).fold(f64::MAX, f64::min);
			least * (sums.len() as f64).sqrt() / norm(sums)
		});
		least.fold(f64::MAX, f64::min)
	}

	/// Compares losses and gradients. Returns the greatest relative error of a gradient and whose it
	/// is.
	pub(crate) fn compare(&self) -> (f64, String) {
		// WHEN candle computes the same
		let (program, memory, plan) = (&self.program, &self.memory, &self.plan);
		let row_losses = self.model.row_losses(&self.batch).unwrap();
		let loss = self.model.loss(&self.batch).unwrap();
		let gradients = self.model.gradients(&loss).unwrap();
		// THEN the loss of each row is the same within the rounding
		let exact = read(program, memory, program.row_losses());
		let error = relative(&exact, &floats(&row_losses.to_vec1().unwrap()));
		assert!(
			error < TOLERANCE,
			"losses of rows are wrong by {error:.1e} in {plan:?}"
		);
		let mean = read(program, memory, program.mean_loss());
		let error = relative(&mean, &floats(&[loss.to_scalar().unwrap()]));
		assert!(
			error < TOLERANCE,
			"the loss is wrong by {error:.1e} in {plan:?}"
		);
		// AND so is every gradient
		let scale = 2_f64.powi(plan.loss_scale.into());
		let mut worst = (0.0, String::new());
		let mut sum = 0.0;
		assert_eq!(gradients.len(), program.gradients().len());
		for (gradient, id) in gradients.iter().zip(program.gradients()) {
			let name = &gradient.name;
			assert_eq!(program.tensor(*id).unwrap().name, format!("grad.{name}"));
			let exact = read(program, memory, *id);
			let native: Vec<f64> = floats(&gradient.values).iter().map(|x| x * scale).collect();
			let error = match self.cancelled(name) {
				None => relative(&exact, &native),
				Some(length) => distance(&exact, &native) / length,
			};
			assert!(
				error < TOLERANCE,
				"{name} is wrong by {error:.1e} in {plan:?}"
			);
			if error > worst.0 {
				worst = (error, name.clone());
			}
			sum += error * error;
		}
		let mean = (sum / gradients.len() as f64).sqrt();
		assert!(
			mean < MEAN,
			"the gradients are wrong by {mean:.1e} in {plan:?}"
		);
		worst
	}

	/// For a gradient that is a sum in which almost everything cancels, the length of what is summed.
	///
	/// A bias of keys adds to all scores of a row the same, but for what positions turn: softmax does
	/// not see it, and its gradient is zero with learned positions and small with rotary ones.
	fn cancelled(&self, name: &str) -> Option<f64> {
		let layer = name.strip_suffix(".self_attn.k_proj.bias")?;
		let layer = layer.strip_prefix("model.")?;
		let terms = self.named(&format!("grad.{layer}.k"));
		let terms = terms.or_else(|| self.named(&format!("grad.{layer}.k.turned")));
		terms.map(norm)
	}
}

fn floats(x: &[f32]) -> Vec<f64> {
	x.iter().copied().map(f64::from).collect()
}

fn relative(exact: &[f64], native: &[f64]) -> f64 {
	distance(exact, native) / norm(native.iter().copied())
}
