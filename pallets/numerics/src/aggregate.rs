//! The mean of a round's updates.

use crate::{ops::StepError, tile::Tile};

/// A tile of the next checkpoint: `parent + acc / n`, where acc starts from +0.0 and `update - parent`
/// of each of the n updates is added in the order of their slots.
///
/// # Errors
/// [`StepError::NoUpdates`] without updates, [`StepError::InputOutOfRange`] or
/// [`StepError::OutOfRange`] if an element breaks the range rule.
pub fn aggregate_tile(parent: &Tile, updates: &[&Tile]) -> Result<Tile, StepError> {
	if updates.is_empty() {
		return Err(StepError::NoUpdates);
	}
	if !parent.in_range() || !updates.iter().all(|update| update.in_range()) {
		return Err(StepError::InputOutOfRange);
	}
	let acc = updates.iter().fold(Tile::ZERO, |acc, update| {
		acc.zip(&update.zip(parent, |u, p| u - p), |a, d| a + d)
	});
	let count = updates.len() as f32;
	let next = parent.zip(&acc, |p, a| aggregate(p, a, count));
	if next.in_range() {
		Ok(next)
	} else {
		Err(StepError::OutOfRange)
	}
}

/// `parent + acc / count`, for one element.
#[inline(always)]
pub fn aggregate(parent: f32, acc: f32, count: f32) -> f32 {
	parent + acc / count
}

#[cfg(test)]
mod tests;
