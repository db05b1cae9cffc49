//! Threads. How many there are never changes a bit: work is cut into pieces of fixed size, and every
//! sum over pieces is an integer sum or has its order written down.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::{error::EngineError, fpu, isa::Isa, kernels::elementwise::greatest};

/// Elements below which a pass is not worth waking another thread.
pub(crate) const SMALL: usize = 1 << 14;

/// Whether the target can start threads. Where it cannot, everything runs on the calling one.
const THREADS: bool = !cfg!(target_family = "wasm");

/// A pool of checked threads and the instruction set they use.
#[derive(Debug)]
pub(crate) struct Pool {
	/// None on a target without threads. There rayon falls back to the calling thread; a pool of ours
	/// would keep that thread for good, and a second engine could not have it.
	pool: Option<rayon::ThreadPool>,
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
		if threads > 1 && !THREADS {
			return Err(EngineError::OneThreadOnly { threads });
		}
		let pool = THREADS.then(|| start(threads)).transpose()?;
		// The caller's as well: not every system hands it down to the threads that it starts.
		let started = pool
			.iter()
			.flat_map(|pool| pool.broadcast(|_| fpu::wrong_mode()));
		if let Some(mode) = std::iter::once(fpu::wrong_mode())
			.chain(started)
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
		match &self.pool {
			Some(pool) => pool.install(move || work(lane)),
			None => work(lane),
		}
	}

	pub(crate) fn lane(&self) -> Lane {
		self.lane
	}
}

fn start(threads: usize) -> Result<rayon::ThreadPool, EngineError> {
	rayon::ThreadPoolBuilder::new()
		.num_threads(threads)
		.thread_name(|index| format!("engine-{index}"))
		.build()
		.map_err(EngineError::Threads)
}

impl Lane {
	/// The same, on the calling thread only.
	pub(crate) fn alone(self) -> Self {
		Lane { threads: 1, ..self }
	}

	/// The same without AMX, for products so small that starting and emptying its tiles costs more
	/// than they save.
	pub(crate) fn without_tiles(self) -> Self {
		match self.isa {
			Isa::Amx => Lane {
				isa: Isa::Avx512,
				..self
			},
			_ => self,
		}
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

	/// [`produce_watched`](Self::produce_watched) with a second output, in pieces of its own size.
	pub(crate) fn produce_beside<T: Send>(
		self,
		out: &mut [f32],
		chunk: usize,
		(beside, beside_chunk): (&mut [T], usize),
		work: impl Fn(usize, &mut [f32], &mut [T]) -> u32 + Send + Sync,
	) -> u32 {
		let most = AtomicU32::new(0);
		let work = |(index, (piece, beside)): (usize, (&mut [f32], &mut [T]))| {
			let met = work(index, piece, beside);
			most.fetch_max(met.max(greatest(self.isa, piece)), Ordering::Relaxed);
		};
		if self.threads == 1 {
			let pieces = out.chunks_mut(chunk).zip(beside.chunks_mut(beside_chunk));
			pieces.enumerate().for_each(work);
		} else {
			let pieces = out.par_chunks_mut(chunk);
			let pieces = pieces.zip(beside.par_chunks_mut(beside_chunk));
			pieces.enumerate().for_each(work);
		}
		most.into_inner()
	}
}
