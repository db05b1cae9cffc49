//! Threads. How many there are never changes a bit: work is cut into pieces of fixed size, and every
//! sum over pieces is an integer sum or has its order written down.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::{error::EngineError, fpu, isa::Isa, kernels::elementwise::greatest};

/// Elements below which a pass is not worth waking another thread.
pub(crate) const SMALL: usize = 1 << 14;

/// A pool of checked threads and the instruction set they use.
#[derive(Debug)]
pub(crate) struct Pool {
	pool: rayon::ThreadPool,
	lane: Lane,
}

/// What a kernel needs to know about where it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
	pub(crate) isa: Isa,
	pub(crate) threads: usize,
}

impl Pool {
	pub(crate) fn new(threads: usize, isa: Isa) -> Result<Self, EngineError> {
		if threads == 0 {
			return Err(EngineError::NoThreads);
		}
		let pool = rayon::ThreadPoolBuilder::new()
			.num_threads(threads)
			.thread_name(|index| format!("engine-{index}"))
			.build()
			.map_err(EngineError::Threads)?;
		if let Some(mode) = pool
			.broadcast(|_| fpu::wrong_mode())
			.into_iter()
			.flatten()
			.next()
		{
			return Err(EngineError::FpuMode {
				control: mode.control,
			});
		}
		Ok(Pool {
			pool,
			lane: Lane {
				isa: isa.checked()?,
				threads,
			},
		})
	}

	/// Runs `work` on the pool's threads.
	pub(crate) fn run<R: Send>(&self, work: impl FnOnce(Lane) -> R + Send) -> R {
		let lane = self.lane;
		self.pool.install(move || work(lane))
	}

	pub(crate) fn lane(&self) -> Lane {
		self.lane
	}
}

impl Lane {
	/// The same, on the calling thread only.
	pub(crate) fn alone(self) -> Self {
		Lane { threads: 1, ..self }
	}

	/// [`alone`](Self::alone) if a pass over so many elements is short.
	pub(crate) fn for_work(self, elements: usize) -> Self {
		if elements < SMALL {
			self.alone()
		} else {
			self
		}
	}

	/// Calls `work(index, piece)` for all pieces of `chunk` elements.
	pub(crate) fn chunks<T: Send>(
		self,
		data: &mut [T],
		chunk: usize,
		work: impl Fn(usize, &mut [T]) + Send + Sync,
	) {
		if self.threads == 1 {
			data.chunks_mut(chunk)
				.enumerate()
				.for_each(|(i, piece)| work(i, piece));
		} else {
			data.par_chunks_mut(chunk)
				.enumerate()
				.for_each(|(i, piece)| work(i, piece));
		}
	}

	/// [`chunks`](Self::chunks) of an op's output; returns the greatest magnitude pattern written.
	///
	/// Looking at a piece while it is in the cache is what makes the range rule cheap.
	pub(crate) fn produce(
		self,
		out: &mut [f32],
		chunk: usize,
		work: impl Fn(usize, &mut [f32]) + Send + Sync,
	) -> u32 {
		self.produce_watched(out, chunk, |index, piece| {
			work(index, piece);
			0
		})
	}

	/// [`produce`](Self::produce), where `work` returns the greatest pattern that it met on the way.
	pub(crate) fn produce_watched(
		self,
		out: &mut [f32],
		chunk: usize,
		work: impl Fn(usize, &mut [f32]) -> u32 + Send + Sync,
	) -> u32 {
		let most = AtomicU32::new(0);
		self.chunks(out, chunk, |index, piece| {
			let met = work(index, piece);
			most.fetch_max(met.max(greatest(self.isa, piece)), Ordering::Relaxed);
		});
		most.into_inner()
	}
}
