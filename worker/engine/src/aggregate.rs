//! The mean of a round's updates.

use assay_numerics::{
	aggregate::aggregate,
	arith::{in_range, RANGE_END},
};

use crate::{
	engine::Engine, error::EngineError, isa::multiversion, kernels::elementwise::greatest,
	layout::of_params, list::List, params::Params, tensor::TILE,
};

#[inline(always)]
fn add_body(acc: &mut [f32], update: &[f32], parent: &[f32]) {
	for ((acc, update), parent) in acc.iter_mut().zip(update).zip(parent) {
		*acc += update - parent;
	}
}

multiversion! {
	fn add = add_body(acc: &mut [f32], update: &[f32], parent: &[f32]);
}

#[inline(always)]
fn finish_body(acc: &mut [f32], parent: &[f32], count: f32) {
	for (acc, parent) in acc.iter_mut().zip(parent) {
		*acc = aggregate(*parent, *acc, count);
	}
}

multiversion! {
	fn finish = finish_body(acc: &mut [f32], parent: &[f32], count: f32);
}

fn floats(bytes: &[u8]) -> Vec<f32> {
	bytes
		.as_chunks::<4>()
		.0
		.iter()
		.map(|bytes| f32::from_le_bytes(*bytes))
		.collect()
}

impl Engine {
	/// The next checkpoint: the parent plus the mean of what the updates, in the order of their
	/// slots, changed.
	///
	/// # Errors
	/// No updates, parameters of another plan, and [`EngineError::AggregateOutOfRange`].
	pub fn aggregate(&self, parent: &Params, updates: &[Params]) -> Result<Params, EngineError> {
		if updates.is_empty() {
			return Err(EngineError::NoUpdates);
		}
		for params in updates.iter().chain([parent]) {
			self.check_params(params)?;
		}
		let layouts = of_params(&self.program);
		let count = updates.len() as f32;
		self.pool.run(|lane| {
			let mut tensors = Vec::with_capacity(layouts.len());
			for (tensor, parent) in parent.tensors().enumerate() {
				let parent = floats(parent);
				let mut acc = vec![0.0; parent.len()];
				for update in updates
					.iter()
					.filter_map(|update| update.tensors().nth(tensor))
				{
					add(lane.isa, &mut acc, &floats(update), &parent);
				}
				finish(lane.isa, &mut acc, &parent, count);
				if greatest(lane.isa, &acc) >= RANGE_END {
					let broken = acc.iter().position(|x| !in_range(*x)).unwrap_or_default();
					return Err(EngineError::AggregateOutOfRange {
						tensor,
						tile: broken / TILE,
					});
				}
				tensors.push(acc.iter().flat_map(|x| x.to_le_bytes()).collect());
			}
			Ok(Params(List::of_bytes(layouts, tensors)))
		})
	}
}
