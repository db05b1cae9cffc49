//! The formulas of models in candle's plain ops, all of which have a backward.
//!
//! candle's fused softmax and layer norm have none, and its ReLU passes gradients at zero, where a
//! plan passes none.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Shape, Tensor, D};

type Result = candle_core::Result<Tensor>;

/// What products of matrices are computed in. Everything else is f32, and so are the parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Precision {
	/// IEEE binary32.
	#[default]
	F32,
	/// Operands, results and their gradients are rounded to bfloat16, sums are kept in f32: what
	/// mixed precision means on tensor cores. On CPUs, for which candle has no such product, it is f32
	/// between roundings, and slower.
	Bf16,
}

impl Precision {
	/// `a b`, batched over leading axes.
	pub(crate) fn matmul(self, a: &Tensor, b: &Tensor) -> Result {
		match self {
			Precision::F32 => a.matmul(b),
			Precision::Bf16 => half_product(&self.operand(a)?, &self.operand(b)?),
		}
	}

	/// `x W^T + b` for x of `[rows, in]` and W of `[out, in]`.
	pub(crate) fn linear(self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result {
		let out = match self {
			Precision::F32 => x.matmul(&weight.t()?)?,
			Precision::Bf16 => half_product(&self.operand(x)?, &self.operand(weight)?.t()?)?,
		};
		match bias {
			Some(bias) => out.broadcast_add(bias),
			None => Ok(out),
		}
	}

	/// What a product takes: rounded on CPUs, of the narrow type elsewhere.
	fn operand(self, x: &Tensor) -> Result {
		if x.device().is_cpu() {
			x.contiguous()?.apply_op1(Round)
		} else {
			x.to_dtype(DType::BF16)
		}
	}
}

fn half_product(a: &Tensor, b: &Tensor) -> Result {
	let product = a.matmul(b)?;
	if product.device().is_cpu() {
		product.apply_op1(Round)
	} else {
		product.to_dtype(DType::F32)
	}
}

/// Rounds f32 to the numbers that bfloat16 has, ties to even, and so the gradient that comes back.
struct Round;

impl CustomOp1 for Round {
	fn name(&self) -> &'static str {
		"round-to-bf16"
	}

	fn cpu_fwd(
		&self,
		storage: &CpuStorage,
		layout: &Layout,
	) -> candle_core::Result<(CpuStorage, Shape)> {
		let (CpuStorage::F32(x), Some((from, to))) = (storage, layout.contiguous_offsets()) else {
			candle_core::bail!("{} takes f32 without gaps", self.name());
		};
		let rounded = x.get(from..to).unwrap_or(&[]).iter().map(|x| rounded(*x));
		let rounded = rounded.collect();
		Ok((CpuStorage::F32(rounded), layout.shape().clone()))
	}

	fn bwd(&self, _: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
		grad.contiguous()?.apply_op1_no_bwd(&Round).map(Some)
	}
}

/// The nearest number of 8 significant bits, ties to even.
fn rounded(x: f32) -> f32 {
	let bits = x.to_bits();
	let up = bits.wrapping_add(0x7FFF + (bits >> 16 & 1));
	if x.is_nan() {
		x
	} else {
		f32::from_bits(up & 0xFFFF_0000)
	}
}

/// `x / sqrt(mean(x^2) + epsilon) * gain` over the last axis.
pub(crate) fn rms_norm(x: &Tensor, gain: &Tensor, epsilon: f64) -> Result {
	let squares = (x.sqr()?.sum_keepdim(D::Minus1)? / x.dim(D::Minus1)? as f64)?;
	let inverse = (squares + epsilon)?.sqrt()?.recip()?;
	x.broadcast_mul(&inverse)?.broadcast_mul(gain)
}

/// [`rms_norm`] of x less its mean, plus a bias.
pub(crate) fn layer_norm(x: &Tensor, gain: &Tensor, bias: &Tensor, epsilon: f64) -> Result {
	let mean = (x.sum_keepdim(D::Minus1)? / x.dim(D::Minus1)? as f64)?;
	rms_norm(&x.broadcast_sub(&mean)?, gain, epsilon)?.broadcast_add(bias)
}

/// `x > 0 ? x : 0`.
pub(crate) fn relu(x: &Tensor) -> Result {
	let positive = x.detach().gt(0.0)?.to_dtype(x.dtype())?;
	x.mul(&positive)
}

/// `softmax(scores + mask) values` over the last axis of the scores, batched over the first.
///
/// `scores` is `[n, rows, keys]`, `mask` broadcasts to it, `values` is `[n, keys, width]`. The
/// division comes last, as in the plan: there is less to divide.
pub(crate) fn attend(
	precision: Precision,
	scores: &Tensor,
	mask: &Tensor,
	values: &Tensor,
) -> Result {
	let scores = scores.broadcast_add(mask)?;
	// Softmax does not depend on what is subtracted, so no gradient comes back through it.
	let max = scores.detach().max_keepdim(D::Minus1)?;
	let exponentials = scores.broadcast_sub(&max)?.exp()?;
	let inverse = exponentials.sum_keepdim(D::Minus1)?.recip()?;
	precision
		.matmul(&exponentials, values)?
		.broadcast_mul(&inverse)
}

/// `ln(sum(exp(x))) - x[target]` for each row: `[rows]` of logits `[rows, n]` and targets `[rows]`.
pub(crate) fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result {
	let max = logits.detach().max_keepdim(D::Minus1)?;
	let shifted = logits.broadcast_sub(&max)?;
	let log_sum = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
	let picked = shifted.gather(&targets.unsqueeze(1)?, 1)?;
	log_sum.sub(&picked)?.squeeze(1)
}

#[cfg(test)]
mod tests {
	use candle_core::{Device, Var};

	use super::*;

	fn vector(values: &[f32]) -> Var {
		Var::from_slice(values, (1, values.len()), &Device::Cpu).unwrap()
	}

	#[test]
	fn relu_passes_no_gradient_at_zero() {
		let x = vector(&[-1.0, 0.0, 2.0]);
		let grads = relu(&x).unwrap().backward().unwrap();
		let grad = grads.get(&x).unwrap().to_vec2::<f32>().unwrap();
		assert_eq!(grad, [[0.0, 0.0, 1.0]]);
	}

	#[test]
	fn a_row_that_is_sure_has_no_loss_and_one_that_is_not_has_the_logarithm_of_the_choices() {
		let targets = Tensor::new(&[1_u32], &Device::Cpu).unwrap();
		let loss = |logits: &[f32]| {
			let rows = cross_entropy(&vector(logits), &targets).unwrap();
			rows.to_vec1::<f32>().unwrap()[0]
		};
		assert_eq!(loss(&[-200.0, 200.0, -200.0]), 0.0);
		assert!((loss(&[3.0; 4]) - 4.0_f32.ln()).abs() < 1e-6);
	}

	#[test]
	fn the_gradient_of_a_loss_is_the_softmax_less_the_target() {
		// GIVEN three equal logits
		let logits = vector(&[0.5; 3]);
		let targets = Tensor::new(&[2_u32], &Device::Cpu).unwrap();
		// WHEN the loss goes backward
		let grads = cross_entropy(&logits, &targets)
			.unwrap()
			.backward()
			.unwrap();
		// THEN 1/3, 1/3 and 1/3 - 1 arrive
		let grad = grads.get(&logits).unwrap().to_vec2::<f32>().unwrap();
		let wanted = [1.0 / 3.0, 1.0 / 3.0, -2.0 / 3.0];
		assert!(grad[0]
			.iter()
			.zip(wanted)
			.all(|(a, b): (_, f32)| (a - b).abs() < 1e-6));
	}

	#[test]
	fn rounding_to_eight_bits_takes_ties_to_even() {
		// GIVEN 1 + 2^-8 and 1 + 3 * 2^-8, half-way between numbers of 8 bits, and their neighbours
		let unit = 1.0 / 256.0;
		for (x, wanted) in [
			(1.0 + unit, 1.0),
			(1.0 + unit + f32::EPSILON, 1.0 + 2.0 * unit),
			(1.0 + 3.0 * unit, 1.0 + 4.0 * unit),
			(-(1.0 + 3.0 * unit - f32::EPSILON), -(1.0 + 2.0 * unit)),
			(f32::NEG_INFINITY, f32::NEG_INFINITY),
			(0.0, 0.0),
		] {
			assert_eq!(rounded(x), wanted, "{x}");
		}
		assert!(rounded(f32::NAN).is_nan());
	}

	#[test]
	fn products_in_bf16_are_rounded_and_their_gradients_too() {
		// GIVEN a factor that bfloat16, with 8 bits, does not have: 1 + 2^-9
		let x = vector(&[1.0 + 1.0 / 512.0]);
		let y = vector(&[1.0]);
		let product = Precision::Bf16.matmul(&x, &y).unwrap();
		// THEN it is taken as 1
		assert_eq!(product.to_vec2::<f32>().unwrap(), [[1.0]]);
		let grads = product.backward().unwrap();
		assert_eq!(grads.get(&y).unwrap().to_vec2::<f32>().unwrap(), [[1.0]]);
	}
}
