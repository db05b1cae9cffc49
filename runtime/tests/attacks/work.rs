//! Training by the specification itself: honest work, wrong work, and what a validator makes of it.

use std::{
	collections::BTreeMap,
	ops::Range,
	sync::{Mutex, OnceLock, PoisonError},
};

use assay_numerics::{aggregate_tile, hash::tiles_root, list_root, Memory, Root, Tile, ZERO_ROOT};
use assay_protocol::{
	dispute::StateRoots, JobId, Loss, Plan, Round, Slot, TaskKey, TaskReveal, Trace, Verdict,
};

use crate::{
	closing::{Checkpoint, Scene},
	play::{mlp, Party, Setup},
};

/// Slots of every round.
pub(crate) const TASKS: u32 = 3;

type Cache<T> = OnceLock<Mutex<BTreeMap<(Round, Slot), &'static T>>>;

/// The plan of every job: four steps, each a segment of its own.
pub(crate) fn plan() -> Plan {
	setup(0, 0).plan.clone()
}

/// What a slot of a round is given, when all rounds before were honest. Kept: it is the same for every
/// seed.
pub(crate) fn setup(round: Round, slot: Slot) -> &'static Setup {
	static SETUPS: Cache<Setup> = OnceLock::new();
	kept(&SETUPS, (round, slot), || {
		let mut setup = Setup::new(mlp());
		(setup.plan.steps, setup.plan.stride) = (4, 1);
		setup.task = task(round, slot);
		if round > 0 {
			setup.start = next_start(round - 1);
		}
		setup
	})
}

/// The honest work of a slot of a round. Kept as well.
pub(crate) fn honest(round: Round, slot: Slot) -> &'static Party<'static> {
	static PARTIES: Cache<Party<'static>> = OnceLock::new();
	kept(&PARTIES, (round, slot), || setup(round, slot).honest())
}

fn kept<T>(cache: &Cache<T>, key: (Round, Slot), make: impl FnOnce() -> T) -> &'static T {
	let cache = cache.get_or_init(Mutex::default);
	let lock = || cache.lock().unwrap_or_else(PoisonError::into_inner);
	if let Some(found) = lock().get(&key) {
		return found;
	}
	// Made without the lock: what is made asks for others. Twice at worst.
	let made = Box::leak(Box::new(make()));
	lock().entry(key).or_insert(made)
}

/// What examples depend on. They are drawn for a round and a slot, whichever the job.
pub(crate) fn task(round: Round, slot: Slot) -> TaskKey {
	TaskKey {
		job: JobId(0),
		round,
		slot,
		attempt: 0,
	}
}

/// The checkpoint that a round starts from.
pub(crate) fn checkpoint(round: Round) -> Root {
	honest(round, 0).states[0].params
}

/// What the next checkpoint of a round follows from, and what it is, tile by tile.
pub(crate) fn scene(round: Round) -> &'static Scene {
	static SCENES: Cache<Scene> = OnceLock::new();
	kept(&SCENES, (round, 0), || {
		let setup = setup(round, 0);
		let tiles_of = |memory: &Memory| {
			let ids = setup.program.params().iter();
			Checkpoint(ids.map(|id| memory.tiles(*id).to_vec()).collect())
		};
		let parent = tiles_of(&setup.start);
		let after = |slot| memory_before(honest(round, slot), setup.plan.steps);
		let updates: Vec<_> = (0..TASKS).map(|slot| tiles_of(&after(slot))).collect();
		Scene {
			right: Checkpoint::next(&parent, &updates),
			parent_root: parent.root(),
			update_roots: updates.iter().map(Checkpoint::root).collect(),
			parent,
			updates,
		}
	})
}

/// The state before the first step of the round after this one: the mean of its updates.
fn next_start(round: Round) -> Memory {
	let parents = setup(round, 0);
	let program = &parents.program;
	let updates: Vec<Memory> = (0..TASKS)
		.map(|slot| memory_before(honest(round, slot), parents.plan.steps))
		.collect();
	let mut start = parents.start.clone();
	for id in program.params() {
		let mean = |(place, parent): (usize, &Tile)| {
			let updates: Vec<_> = updates.iter().map(|all| &all.tiles(*id)[place]).collect();
			aggregate_tile(parent, &updates).expect("small numbers")
		};
		let tiles = parents.start.tiles(*id).iter().enumerate().map(mean);
		start.set(*id, tiles.collect());
	}
	start
}

/// What a party has before a step, which may be the one behind the last.
pub(crate) fn memory_before(party: &Party<'_>, step: u32) -> Memory {
	match step.checked_sub(1) {
		None => party.setup.start.clone(),
		Some(last) => {
			let mut memory = party.steps[last as usize].clone();
			memory.advance(&party.setup.program);
			memory
		}
	}
}

/// The roots of a state in memory before a step.
fn roots(setup: &Setup, memory: &Memory, step: u32) -> StateRoots {
	let list = |ids: &[_]| {
		let roots: Vec<Root> = ids.iter().map(|id| tiles_root(memory.tiles(*id))).collect();
		list_root(&roots)
	};
	StateRoots {
		params: list(setup.program.params()),
		moments: match step {
			0 => ZERO_ROOT,
			_ => list(setup.program.moments()),
		},
	}
}

/// What a provider shows of its work.
pub(crate) fn reveal(party: &Party<'_>, salt: [u8; 32]) -> TaskReveal {
	let last = party.states.last().expect("there are steps");
	TaskReveal {
		trace: party.trace(),
		update_root: last.params,
		moments_root: last.moments,
		slot_root: ZERO_ROOT,
		loss: Loss(3 << 24),
		salt,
	}
}

/// What an honest validator says of work whose artifacts are there: it recomputes the drawn segment from
/// what the provider has published. If that is not the state that was revealed, or no training can go on
/// from it, it begins at the parent, and then every border up to the end of the segment counts.
pub(crate) fn verdict(work: &Party<'_>, trace: &Trace, segment: u32) -> Verdict {
	let setup = work.setup;
	let range = setup.plan.segment(segment).expect("a drawn segment");
	let published = memory_before(work, range.start);
	let is_revealed = roots(setup, &published, range.start).border() == trace[segment as usize];
	let from_there = is_revealed.then(|| agrees(setup, published, range.clone(), trace));
	let whole = || agrees(setup, setup.start.clone(), 0..range.end, trace);
	match from_there.flatten().or_else(whole) {
		Some(true) => Verdict::Valid,
		Some(false) => Verdict::Invalid,
		// Not even from the parent: nobody could play a dispute about it.
		None => Verdict::Unfetched,
	}
}

/// Whether training from a state leads to the borders of a trace at the ends of segments; nothing if an
/// element leaves the range before one differs.
fn agrees(setup: &Setup, mut memory: Memory, steps: Range<u32>, trace: &Trace) -> Option<bool> {
	let no_trace = Trace::new();
	for step in steps {
		let env = setup.case(&no_trace);
		memory.run(&setup.program, &env.env(step)).ok()?;
		memory.advance(&setup.program);
		let ends = |segment: &u32| {
			let segment = setup.plan.segment(*segment);
			segment.is_some_and(|segment| segment.end == step + 1)
		};
		let Some(segment) = (0..setup.plan.segments()).find(ends) else {
			continue;
		};
		if trace[segment as usize + 1] != roots(setup, &memory, step + 1).border() {
			return Some(false);
		}
	}
	Some(true)
}
