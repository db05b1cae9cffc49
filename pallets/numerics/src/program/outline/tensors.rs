//! What an outline says of tensors, and sums over all of them.

use alloc::{format, string::String, vec::Vec};

use super::{Outline, Part};
use crate::{
	flops,
	plan::CheckedModel,
	program::{segment::Emitted, Layout, OpKind, Role, TensorId, TensorInfo},
};

impl Outline {
	pub(in crate::program) fn info(&self, emitted: &Emitted) -> TensorInfo {
		let param = |place: u16| {
			let spec = self.param_spec(place.into());
			spec.map_or_else(String::new, |spec| spec.name)
		};
		let name = match emitted.role {
			Role::Gradient(place) => format!("grad.{}", param(place)),
			Role::NextFirstMoment(place) => format!("next.m.{}", param(place)),
			Role::NextSecondMoment(place) => format!("next.v.{}", param(place)),
			Role::NextParam(place) => format!("next.{}", param(place)),
			_ if matches!(emitted.op.kind, OpKind::TileSum { .. }) => {
				format!("squares{}.{}", emitted.layer, emitted.op.output.0)
			}
			_ => emitted.full_name(),
		};
		TensorInfo {
			name,
			role: emitted.role,
			layout: emitted.op.layout(),
		}
	}

	/// A tensor.
	pub fn tensor(&self, id: TensorId) -> Option<TensorInfo> {
		if let Some(op) = u32::from(id.0).checked_sub(self.first_output()) {
			return self.emitted(op).map(|emitted| self.info(&emitted));
		}
		let Some(place) = u32::from(id.0).checked_sub(1) else {
			return Some(TensorInfo {
				name: String::from("data"),
				role: Role::Data,
				layout: Layout::Bytes,
			});
		};
		let count = self.param_count();
		let (kind, place) = (place.checked_div(count)?, place.checked_rem(count)?);
		let number = place as u16;
		let named = |prefix: &str, role| {
			self.param_spec(place).map(|spec| TensorInfo {
				name: format!("{prefix}{}", spec.name),
				role,
				layout: spec.layout,
			})
		};
		match kind {
			0 => named("", Role::Param(number)),
			1 => named("m.", Role::FirstMoment(number)),
			2 => named("v.", Role::SecondMoment(number)),
			_ => {
				let place = u32::from(id.0) - 1 - 3 * count;
				self.frozen_spec(place).map(|spec| TensorInfo {
					name: spec.name,
					role: Role::Frozen(place as u16),
					layout: spec.layout,
				})
			}
		}
	}

	/// Tensors, the outputs of ops included.
	pub fn tensor_count(&self) -> u32 {
		self.first_output() + self.op_count()
	}

	/// How a tensor's elements fill its tiles.
	pub fn layout(&self, id: TensorId) -> Option<Layout> {
		self.tensor(id).map(|tensor| tensor.layout)
	}

	/// Reference operations of one step: see [`flops`].
	pub fn flops_per_step(&self) -> u64 {
		let runs = self.runs.iter().map(|run| {
			// Of copies that have the same shapes, one stands for all.
			let copies = match run.part {
				Part::Mlp(_) => (0..run.copies).map(|copy| (copy, 1)).collect(),
				Part::Squares | Part::Update => self.groups(),
				_ => Vec::from([(0, run.copies)]),
			};
			let sums = copies.into_iter().map(|(copy, times)| {
				let ops = self.emit(run.part, copy).emitted;
				let flops = ops.iter().map(|emitted| flops::of_op(&emitted.op));
				flops.sum::<u64>() * u64::from(times)
			});
			sums.sum::<u64>()
		});
		runs.sum()
	}

	/// Elements of the largest tensor between data and gradients that is not virtual: what a step needs
	/// room for, beside the parameters.
	pub fn largest_activation(&self) -> u64 {
		let sizes = self.runs.iter().map(|run| {
			let copies = match run.part {
				Part::Mlp(_) => run.copies,
				Part::Squares | Part::Update | Part::State => 0,
				_ => 1,
			};
			let ops = (0..copies).flat_map(|copy| self.emit(run.part, copy).emitted);
			let kept = ops.filter(|emitted| {
				emitted.role == Role::Intermediate && !emitted.op.kind.is_virtual()
			});
			kept.map(|emitted| emitted.op.layout().elements()).max()
		});
		sizes.flatten().max().unwrap_or(0)
	}

	/// Whether adapters of a frozen model are trained.
	pub fn has_frozen(&self) -> bool {
		self.frozen_count() > 0
	}

	/// Canonical bytes of all parameters together, without the list of roots.
	pub fn checkpoint_bytes(&self) -> u64 {
		let groups = self.groups().into_iter();
		let bytes = groups.filter_map(|(place, times)| {
			let spec = self.param_spec(place)?;
			Some(spec.layout.bytes() * u64::from(times))
		});
		bytes.sum()
	}

	/// The same of the model that adapters belong to; 0 without one.
	pub fn frozen_bytes(&self) -> u64 {
		let groups = match &self.plan.model {
			CheckedModel::Gpt(model) if self.has_frozen() => model.model_groups(),
			_ => Vec::new(),
		};
		let bytes = groups.into_iter().filter_map(|(place, times)| {
			let spec = self.frozen_spec(place)?;
			Some(spec.layout.bytes() * u64::from(times))
		});
		bytes.sum()
	}
}
