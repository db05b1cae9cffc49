//! The parts that every program ends with: the norm of the gradients, the optimiser, the state.

use super::{Outline, Part};
use crate::program::{segment::Segment, Layout, OpKind, Role, TensorId};

/// Tiles that one level of a norm sums up.
const SUMMED: u32 = 64;

impl Outline {
	/// Levels that bring the greatest gradient down to one tile.
	pub(super) fn levels_needed(&self) -> u32 {
		let groups = self.groups().into_iter();
		let specs = groups.filter_map(|(place, _)| self.param_spec(place));
		let most = specs.map(|spec| spec.layout.tiles()).max().unwrap_or(1);
		let (mut levels, mut left) = (1, most.div_ceil(SUMMED));
		while left > 1 {
			levels += 1;
			left = left.div_ceil(SUMMED);
		}
		levels
	}

	pub(super) fn emit_update(&self, part: Part, copy: u32) -> Segment {
		let mut segment = Segment::new(self.first(part, copy), copy);
		let layout = self.param_spec(copy).map(|spec| spec.layout);
		match part {
			Part::Squares => {
				let mut x = self.gradient(copy);
				let mut tiles = layout.map_or(1, |layout| layout.tiles());
				for level in 0..self.levels {
					let scale = u32::from(self.plan.rates.loss_scale);
					let square = (level == 0).then_some(scale);
					let kind = OpKind::TileSum { tiles, square };
					tiles = tiles.div_ceil(SUMMED);
					x = segment.op("squares", kind, [16 * tiles, 16], &[x]);
				}
			}
			Part::Clip => {
				let kind = OpKind::ClipFactor {
					count: self.param_count(),
					stride: self.levels,
					clip: self.plan.clip.unwrap_or(f32::MAX),
				};
				let first = self.first(Part::Squares, 0) + self.levels - 1;
				segment.op("clip", kind, [1, 1], &[TensorId(first as u16)]);
			}
			Part::Update => {
				let rates = self.plan.rates;
				let vector = matches!(layout, Some(Layout::Vector { .. }));
				let shape = layout.map_or([0, 0], |layout| layout.shape());
				let gradient = self.gradient(copy);
				let factor = TensorId(self.first(Part::Clip, 0) as u16);
				let clipped = self.plan.clip.is_some();
				let place = copy as u16;
				let mut moment = |role, kind, second| {
					let with = [gradient, self.moment(copy, second), factor];
					let inputs = if clipped { &with[..] } else { &with[..2] };
					segment.push("", role, kind, shape, inputs)
				};
				let kind = OpKind::AdamM { rates, vector };
				let m = moment(Role::NextFirstMoment(place), kind, false);
				let kind = OpKind::AdamV { rates, vector };
				let v = moment(Role::NextSecondMoment(place), kind, true);
				let kind = OpKind::AdamP { rates, vector };
				let inputs = [self.param(copy), m, v];
				segment.push("", Role::NextParam(place), kind, shape, &inputs);
			}
			_ => {
				let count = 3 * self.param_count();
				let kind = OpKind::StateList { count };
				segment.push("state", Role::StateList, kind, [1, count], &[]);
			}
		}
		segment
	}
}
