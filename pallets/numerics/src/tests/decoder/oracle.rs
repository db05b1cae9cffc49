//! A decoder in f64, over whole matrices.

use super::{
	super::matrix::Matrix,
	tape::{Tape, Var},
};
use crate::{Adapter, FeedForward, Gpt, Norm, Positions};
use std::collections::BTreeMap;

/// Tensors by their names.
pub(super) type Named = BTreeMap<String, Matrix>;

/// A decoder on a tape.
pub(super) struct Oracle {
	pub(super) tape: Tape,
	pub(super) tensors: BTreeMap<String, Var>,
	/// The loss of every row.
	pub(super) losses: Var,
	/// Their mean.
	pub(super) mean: Var,
}

/// Runs a decoder on sequences of `context + 1` tokens.
pub(super) fn oracle(model: &Gpt, tensors: &Named, sequences: &[Vec<usize>]) -> Oracle {
	let mut tape = Tape::default();
	let tensors: BTreeMap<String, Var> = tensors
		.iter()
		.map(|(name, value)| (name.clone(), tape.input(value.clone())))
		.collect();
	let mut run = Run {
		model,
		sequences: sequences.len(),
		context: usize::from(model.context),
		tensors: &tensors,
		tape: &mut tape,
	};
	let logits = run.logits(sequences);
	let targets = sequences.iter().flat_map(|ids| ids[1..].to_vec());
	let losses = tape.losses(logits, targets.collect());
	let column = tape.value(losses).rows;
	let ones = tape.input(Matrix::from_fn(1, column, |_, _| 1.0 / column as f64));
	let mean = tape.times(ones, losses);
	Oracle {
		tape,
		tensors,
		losses,
		mean,
	}
}

struct Run<'a> {
	model: &'a Gpt,
	sequences: usize,
	context: usize,
	tensors: &'a BTreeMap<String, Var>,
	tape: &'a mut Tape,
}

impl Run<'_> {
	fn tensor(&self, name: &str) -> Option<Var> {
		self.tensors.get(name).copied()
	}

	fn logits(&mut self, sequences: &[Vec<usize>]) -> Var {
		let table = self.tensor("model.embed_tokens.weight").unwrap();
		let ids = sequences
			.iter()
			.flat_map(|ids| ids[..self.context].to_vec());
		let mut x = self.tape.gather(table, ids.collect());
		if self.model.positions == Positions::Learned {
			let table = self.tensor("model.embed_positions.weight").unwrap();
			let all = (0..self.sequences).flat_map(|_| 0..self.context).collect();
			let positions = self.tape.gather(table, all);
			x = self.tape.add(x, positions);
		}
		for layer in 0..self.model.layers {
			x = self.block(&format!("model.layers.{layer}"), x);
		}
		let x = self.norm("model.norm", x);
		let head = self.tensor("lm_head.weight");
		assert_eq!(head.is_none(), self.model.tied);
		self.tape.times_transposed(x, head.unwrap_or(table))
	}

	fn block(&mut self, name: &str, x: Var) -> Var {
		let h = self.norm(&format!("{name}.input_layernorm"), x);
		let attended = self.attention(&format!("{name}.self_attn"), h);
		let x = self.tape.add(x, attended);
		let h = self.norm(&format!("{name}.post_attention_layernorm"), x);
		let up = self.linear(&format!("{name}.mlp.up_proj"), h);
		let inner = match self.model.mlp {
			FeedForward::Plain => self.tape.map(up, gelu, gelu_slope),
			FeedForward::Gated => {
				let gate = self.linear(&format!("{name}.mlp.gate_proj"), h);
				let gate = self.tape.map(gate, silu, silu_slope);
				self.tape.multiply(gate, up)
			}
		};
		let down = self.linear(&format!("{name}.mlp.down_proj"), inner);
		self.tape.add(x, down)
	}

	fn norm(&mut self, name: &str, x: Var) -> Var {
		let gain = self.tensor(&format!("{name}.weight")).unwrap();
		let bias = self.tensor(&format!("{name}.bias"));
		assert_eq!(bias.is_some(), self.model.norm == Norm::Layer);
		let tape = &mut *self.tape;
		let centred = match bias {
			None => x,
			Some(_) => {
				let mean = tape.row_mean(x);
				let mean = tape.spread(mean, x);
				let mean = tape.scale(mean, -1.0);
				tape.add(x, mean)
			}
		};
		let square = tape.multiply(centred, centred);
		let mean = tape.row_mean(square);
		let epsilon = f64::from(self.model.norm_epsilon.to_f32().unwrap());
		let mean = tape.shift(mean, epsilon);
		let inverse = tape.map(mean, |x| x.powf(-0.5), |x| -0.5 * x.powf(-1.5));
		let inverse = tape.spread(inverse, x);
		let h = tape.multiply(centred, inverse);
		let gain = tape.spread(gain, x);
		let y = tape.multiply(h, gain);
		match bias {
			None => y,
			Some(bias) => {
				let bias = tape.spread(bias, x);
				tape.add(y, bias)
			}
		}
	}

	/// A linear layer with its adapter, if it has one.
	fn linear(&mut self, name: &str, x: Var) -> Var {
		let weight = self.tensor(&format!("{name}.weight")).unwrap();
		let mut y = self.tape.times_transposed(x, weight);
		let bias = self.tensor(&format!("{name}.bias"));
		assert_eq!(bias.is_some(), self.model.biases);
		if let Some(bias) = bias {
			let bias = self.tape.spread(bias, y);
			y = self.tape.add(y, bias);
		}
		let adapter = (
			&self.model.adapter,
			self.tensor(&format!("{name}.lora_A.weight")),
			self.tensor(&format!("{name}.lora_B.weight")),
		);
		if let (Some(Adapter { scale, .. }), Some(a), Some(b)) = adapter {
			let down = self.tape.times_transposed(x, a);
			let down = self.tape.scale(down, scale.to_f32().unwrap().into());
			let up = self.tape.times_transposed(down, b);
			y = self.tape.add(y, up);
		}
		y
	}

	fn attention(&mut self, name: &str, x: Var) -> Var {
		let [q, k, v] =
			["q", "k", "v"].map(|which| self.linear(&format!("{name}.{which}_proj"), x));
		let head = usize::from(self.model.head);
		let group = usize::from(self.model.heads / self.model.kv_heads);
		let mut parts = Vec::new();
		for sequence in 0..self.sequences {
			for h in 0..usize::from(self.model.heads) {
				let size = (self.context, head);
				let at = |h: usize| (sequence * self.context, h * head);
				let q = self.tape.part(q, at(h), size);
				let k = self.tape.part(k, at(h / group), size);
				let v = self.tape.part(v, at(h / group), size);
				let (q, k) = (self.turned(q), self.turned(k));
				let scores = self.tape.times_transposed(q, k);
				let scores = self.tape.scale(scores, (head as f64).powf(-0.5));
				let weights = self.tape.causal_softmax(scores);
				parts.push(self.tape.times(weights, v));
			}
		}
		let mixed = self.tape.whole(parts, self.model.heads.into());
		self.linear(&format!("{name}.o_proj"), mixed)
	}

	fn turned(&mut self, x: Var) -> Var {
		match &self.model.positions {
			Positions::Learned => x,
			Positions::Rotary(turns) => {
				let turns = turns.clone();
				self.tape.turn(x, move |t, pair| {
					let turn = turns[pair].wrapping_mul(t as u64);
					turn as f64 * 2.0_f64.powi(-64) * std::f64::consts::TAU
				})
			}
		}
	}
}

/// The approximation by a hyperbolic tangent, as it is usually written.
fn gelu(x: f64) -> f64 {
	0.5 * x * (1.0 + inner(x).tanh())
}

fn inner(x: f64) -> f64 {
	(2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))
}

fn gelu_slope(x: f64) -> f64 {
	let slope = (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 3.0 * 0.044_715 * x * x);
	let t = inner(x).tanh();
	0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope
}

fn silu(x: f64) -> f64 {
	x / (1.0 + (-x).exp())
}

fn silu_slope(x: f64) -> f64 {
	let s = 1.0 / (1.0 + (-x).exp());
	s + x * s * (1.0 - s)
}
