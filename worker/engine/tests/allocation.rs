//! Steps reuse the memory of the first one. A binary of its own, because it counts allocations.

use std::{
	alloc::{GlobalAlloc, Layout, System},
	sync::atomic::{AtomicUsize, Ordering},
};

use assay_engine::{Engine, Isa, TaskInput};
use assay_numerics::samples;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
		// SAFETY: as the caller's.
		unsafe { System.alloc(layout) }
	}

	unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
		// SAFETY: as the caller's.
		unsafe { System.dealloc(pointer, layout) }
	}
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn steps_after_the_first_allocate_nothing() {
	let plan = samples::byte_mlp(8, 32, &[128], 256);
	let data: Vec<u8> = (0..10_000_u32).map(|i| i as u8).collect();
	for threads in [1, 2] {
		// GIVEN a task of many steps
		let engine = Engine::with_isa(&plan, threads, Isa::widest()).unwrap();
		let parent = engine.init(&[1; 32]);
		let (seed, steps) = ([0; 32], 40);
		let task = TaskInput {
			parent: &parent,
			data: &data,
			seed,
			round: 0,
			slot: 0,
			steps,
			stride: steps,
			part: None,
			fault: None,
		};
		// WHEN allocations are counted after each step
		let mut counts = vec![0; 40];
		let count = &mut |report: assay_engine::StepReport| {
			counts[report.step as usize] = ALLOCATIONS.load(Ordering::Relaxed);
		};
		engine.train(&task, count).unwrap();
		// THEN those on one thread make none; more threads have queues that grow once
		let later = counts[39] - counts[9];
		assert!(
			later <= 16 * (threads - 1),
			"{later} allocations with {threads} threads"
		);
	}
}
