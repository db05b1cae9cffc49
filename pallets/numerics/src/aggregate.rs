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
	let mut updates = updates.iter();
	let count = updates.len() as u32;
	let acc = updates.try_fold(Tile::ZERO, |acc, update| add_update(&acc, parent, update))?;
	finish_aggregate(parent, &acc, count)
}

/// One more update of a tile: `acc + (update - parent)`. The first one is added to [`Tile::ZERO`].
///
/// # Errors
/// [`StepError::InputOutOfRange`] if an element of parent or update breaks the range rule.
pub fn add_update(acc: &Tile, parent: &Tile, update: &Tile) -> Result<Tile, StepError> {
	if !parent.in_range() || !update.in_range() {
		return Err(StepError::InputOutOfRange);
	}
	let difference = update.zip(parent, |u, p| u - p);
	Ok(acc.zip(&difference, |a, d| a + d))
}

/// What the sum of `count` updates makes of a tile of the parent.
///
/// # Errors
/// [`StepError::NoUpdates`] without updates, [`StepError::OutOfRange`] if an element breaks the range
/// rule.
pub fn finish_aggregate(parent: &Tile, acc: &Tile, count: u32) -> Result<Tile, StepError> {
	if count == 0 {
		return Err(StepError::NoUpdates);
	}
	let count = count as f32;
	let next = parent.zip(acc, |p, a| aggregate(p, a, count));
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
