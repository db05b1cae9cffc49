//! Tensors and ops in the making.

use alloc::{format, string::String, vec::Vec};

use super::{Layout, Op, OpKind, Program, Role, TensorId, TensorInfo};
use crate::plan::{AdamRates, VOCABULARY};

/// A parameter and what belongs to it.
#[derive(Debug)]
struct Param {
	name: String,
	layout: Layout,
	fan_in: Option<u32>,
	before: TensorId,
	first: TensorId,
	second: TensorId,
	/// The data, until the gradient is known.
	gradient: TensorId,
}

#[derive(Debug, Default)]
pub(super) struct Builder {
	tensors: Vec<TensorInfo>,
	ops: Vec<Op>,
	params: Vec<Param>,
}

impl Builder {
	pub(super) fn tensor(
		&mut self,
		name: impl Into<String>,
		role: Role,
		layout: Layout,
	) -> TensorId {
		// At most a few hundred tensors: nine layers, about twenty each.
		let id = TensorId(self.tensors.len() as u16);
		self.tensors.push(TensorInfo {
			name: name.into(),
			role,
			layout,
		});
		id
	}

	/// Declares all parameters, then all first moments, then all second ones.
	pub(super) fn params(&mut self, embedding: u32, context: u32, hidden: &[u32]) {
		let table = Layout::Matrix {
			rows: VOCABULARY,
			cols: embedding,
		};
		let mut list = Vec::from([(String::from("embed.weight"), table, Some(embedding))]);
		let mut rows = context * embedding;
		for (layer, cols) in hidden.iter().copied().chain([VOCABULARY]).enumerate() {
			let weight = Layout::Matrix { rows, cols };
			list.push((format!("dense{layer}.weight"), weight, Some(rows)));
			list.push((
				format!("dense{layer}.bias"),
				Layout::Vector { len: cols },
				None,
			));
			rows = cols;
		}
		for (i, (name, layout, fan_in)) in (0..).zip(list) {
			let before = self.tensor(name.clone(), Role::Param(i), layout);
			let gradient = super::DATA;
			let (first, second) = (gradient, gradient);
			self.params.push(Param {
				name,
				layout,
				fan_in,
				before,
				first,
				second,
				gradient,
			});
		}
		let mut params = core::mem::take(&mut self.params);
		for (i, param) in (0..).zip(&mut params) {
			let name = format!("m.{}", param.name);
			param.first = self.tensor(name, Role::FirstMoment(i), param.layout);
		}
		for (i, param) in (0..).zip(&mut params) {
			let name = format!("v.{}", param.name);
			param.second = self.tensor(name, Role::SecondMoment(i), param.layout);
		}
		self.params = params;
	}

	pub(super) fn param(&self, i: usize) -> TensorId {
		self.params.get(i).map_or(super::DATA, |param| param.before)
	}

	pub(super) fn dense(&self, layer: usize) -> (TensorId, TensorId) {
		(self.param(1 + 2 * layer), self.param(2 + 2 * layer))
	}

	fn push(
		&mut self,
		kind: OpKind,
		inputs: &[TensorId],
		name: impl Into<String>,
		role: Role,
		layout: Layout,
	) -> TensorId {
		let output = self.tensor(name, role, layout);
		let mut places = [None; 4];
		for (place, input) in places.iter_mut().zip(inputs) {
			*place = Some(*input);
		}
		self.ops.push(Op {
			kind,
			shape: layout.shape(),
			inputs: places,
			output,
		});
		output
	}

	pub(super) fn op(
		&mut self,
		kind: OpKind,
		inputs: &[TensorId],
		name: impl Into<String>,
		layout: Layout,
	) -> TensorId {
		self.push(kind, inputs, name, Role::Intermediate, layout)
	}

	/// An op whose output is the gradient of the parameter at this place.
	pub(super) fn gradient(&mut self, place: usize, kind: OpKind, inputs: &[TensorId]) {
		let Some(param) = self.params.get(place) else {
			return;
		};
		let (name, layout) = (format!("grad.{}", param.name), param.layout);
		let gradient = self.push(kind, inputs, name, Role::Gradient(place as u16), layout);
		if let Some(param) = self.params.get_mut(place) {
			param.gradient = gradient;
		}
	}

	/// The optimiser's ops, parameter by parameter, then the list of the state.
	pub(super) fn optimise(
		mut self,
		rates: AdamRates,
		row_losses: TensorId,
		mean_loss: TensorId,
	) -> Program {
		let params = core::mem::take(&mut self.params);
		let (mut next_params, mut firsts, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
		for (i, param) in (0..).zip(&params) {
			let Param {
				name,
				layout,
				before,
				first,
				second,
				gradient,
				..
			} = param;
			let vector = matches!(layout, Layout::Vector { .. });
			let kind = OpKind::AdamM { rates, vector };
			let role = Role::NextFirstMoment(i);
			let m = self.push(
				kind,
				&[*gradient, *first],
				format!("next.m.{name}"),
				role,
				*layout,
			);
			let kind = OpKind::AdamV { rates, vector };
			let role = Role::NextSecondMoment(i);
			let v = self.push(
				kind,
				&[*gradient, *second],
				format!("next.v.{name}"),
				role,
				*layout,
			);
			let kind = OpKind::AdamP { rates, vector };
			let role = Role::NextParam(i);
			let p = self.push(
				kind,
				&[*before, m, v],
				format!("next.{name}"),
				role,
				*layout,
			);
			next_params.push(p);
			firsts.push(m);
			seconds.push(v);
		}
		let count = 3 * params.len() as u32;
		let kind = OpKind::StateList { count };
		self.push(kind, &[], "state", Role::StateList, Layout::Roots { count });
		let firsts_before = params.iter().map(|param| param.first);
		let seconds_before = params.iter().map(|param| param.second);
		Program {
			moments: firsts_before.chain(seconds_before).collect(),
			next_moments: firsts.into_iter().chain(seconds).collect(),
			params: params.iter().map(|param| param.before).collect(),
			fan_in: params.iter().map(|param| param.fan_in).collect(),
			gradients: params.iter().map(|param| param.gradient).collect(),
			tensors: self.tensors,
			ops: self.ops,
			next_params,
			row_losses,
			mean_loss,
		}
	}
}
