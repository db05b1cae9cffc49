//! Several outputs that are written together, piece by piece.

use std::{
	ops::Range,
	sync::atomic::{AtomicU32, Ordering},
};

use super::elementwise::greatest;
use crate::pool::Lane;

/// Calls `work(index, pieces)` for the pieces of several outputs that belong together; returns the
/// greatest magnitude pattern of each output, what `work` met on the way included.
///
/// An output that is empty has empty pieces.
pub(crate) fn produce<const N: usize>(
	lane: Lane,
	outputs: [&mut [f32]; N],
	chunks: [usize; N],
	work: impl Fn(usize, &mut [&mut [f32]; N]) -> [u32; N] + Send + Sync,
) -> [u32; N] {
	let lens = outputs.each_ref().map(|output| output.len());
	let pieces = lens.into_iter().zip(chunks);
	let count = pieces.map(|(len, chunk)| len.div_ceil(chunk)).max();
	let most = [const { AtomicU32::new(0) }; N];
	let task = |index: usize, mut pieces: [&mut [f32]; N]| {
		let met = work(index, &mut pieces);
		for ((most, met), piece) in most.iter().zip(met).zip(pieces) {
			most.fetch_max(met.max(greatest(lane.isa, piece)), Ordering::Relaxed);
		}
	};
	let all = 0..count.unwrap_or(0);
	halve(lane.threads > 1, all, outputs, chunks, &task);
	most.map(AtomicU32::into_inner)
}

/// Calls `task` for a range of pieces: halves them until they are single ones, without a list of them.
fn halve<const N: usize>(
	shared: bool,
	range: Range<usize>,
	outputs: [&mut [f32]; N],
	chunks: [usize; N],
	task: &(impl Fn(usize, [&mut [f32]; N]) + Sync),
) {
	if range.len() < 2 {
		if !range.is_empty() {
			task(range.start, outputs);
		}
		return;
	}
	let half = range.len() / 2;
	let middle = range.start + half;
	let mut sizes = chunks.into_iter();
	let mut high = [const { None }; N];
	let mut places = high.iter_mut();
	let low = outputs.map(|output| {
		let at = sizes
			.next()
			.map_or(0, |chunk| (half * chunk).min(output.len()));
		let (low, high) = output.split_at_mut(at);
		if let Some(place) = places.next() {
			*place = Some(high);
		}
		low
	});
	let high = high.map(Option::unwrap_or_default);
	let low = || halve(shared, range.start..middle, low, chunks, task);
	let high = || halve(shared, middle..range.end, high, chunks, task);
	if shared {
		rayon::join(low, high);
	} else {
		low();
		high();
	}
}
