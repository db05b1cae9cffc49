//! Both sides of a dispute, as workers would play them, over tensors in memory.
//!
//! pallet-disputes and the runtime's attacks play their disputes with the same file.

use assay_numerics::{
	ops,
	referee::{judged_ops, Commitments, Held, Moments, Transcript},
	samples, tensor_root, Decimal, Memory, Optimiser, Outline, Program, StepPlan, Tile, ZERO_ROOT,
};
use assay_protocol::{
	dispute::{Ask, Case, DisputeError, Proof, Ruling, Side, Stage, StateRoots},
	CheckpointRef, DataRef, JobId, Plan, TaskKey, Trace,
};

pub(crate) use party::Party;

// Found from here also by a crate that names this file by its path.
#[path = "play/party.rs"]
mod party;

/// The attempt that is disputed.
pub(crate) const TASK: TaskKey = TaskKey {
	job: JobId(3),
	round: 1,
	slot: 2,
	attempt: 0,
};

/// A dispute has no more moves than this, in plans as small as these.
pub(crate) const MOST_MOVES: u32 = 20;

/// A byte model with two layers.
pub(crate) fn mlp() -> StepPlan {
	samples::byte_mlp(4, 16, &[32], 16)
}

/// A decoder with one block.
pub(crate) fn gpt() -> StepPlan {
	samples::gpt(16, 32, 1, 1)
}

/// A byte model whose training ends in the second of five steps, in an op of the optimiser: its embedding
/// is so great that the squares of gradients leave the range.
pub(crate) fn ending() -> Setup {
	great(mlp(), 0, 0, 1e10)
}

/// A byte model whose training ends in its first step, in the middle of a fold: the later rows of its
/// last layer are so great that a sum leaves the range there.
pub(crate) fn ending_in_fold() -> Setup {
	great(samples::byte_mlp(4, 16, &[512], 16), 3, 128, 2e16)
}

/// The same at the end of a fold: of the rows of its last step alone.
pub(crate) fn ending_at_finish() -> Setup {
	great(samples::byte_mlp(4, 16, &[512], 16), 3, 384, 2e16)
}

/// A decoder whose training ends in the fourth of five steps, in a product.
pub(crate) fn ending_gpt() -> Setup {
	great(gpt(), 9, 0, 1e12)
}

/// A task with a learning rate of 1, one of whose parameters is so many times greater at its start from
/// one of its tiles on.
fn great(mut step: StepPlan, param: usize, from: usize, factor: f32) -> Setup {
	let Optimiser::AdamW(adam) = &mut step.optimiser;
	adam.learning_rate = Decimal::new(1, 0);
	Setup::starting(step, |program, memory| {
		let id = program.params()[param];
		let tiles = memory.tiles(id).iter().enumerate();
		let tiles = tiles.map(|(place, tile)| match place < from {
			true => *tile,
			false => tile.map(|x| x * factor),
		});
		let tiles = tiles.collect();
		memory.set(id, tiles);
	})
}

/// What both sides were given, and what each of them makes of it.
#[derive(Clone)]
pub(crate) struct Setup {
	pub(crate) plan: Plan,
	pub(crate) program: Program,
	pub(crate) data: Vec<u8>,
	/// The attempt that is worked on.
	pub(crate) task: TaskKey,
	/// The state before its first step, and the data.
	pub(crate) start: Memory,
}

/// Changes what an op has made of a memory in a step, before it is kept there.
pub(crate) type Change<'a> = &'a mut dyn FnMut(u32, u32, &Memory, &mut Vec<Tile>);

impl Setup {
	/// A task of five steps, in segments of two, two and one.
	pub(crate) fn new(step: StepPlan) -> Self {
		Self::starting(step, |_, _| {})
	}

	/// The same from a state that is changed first.
	pub(crate) fn starting(step: StepPlan, change: impl FnOnce(&Program, &mut Memory)) -> Self {
		let program = assay_numerics::lower(&step).unwrap();
		let data: Vec<u8> = (0..8_192_u32).map(|at| (at * at / 7 % 251) as u8).collect();
		let mut plan = Plan {
			step,
			data: DataRef {
				root: tensor_root(&data),
				bytes: data.len() as u64,
			},
			steps: 5,
			stride: 2,
			parent: CheckpointRef {
				root: ZERO_ROOT,
				bytes: program.outline().checkpoint_bytes(),
			},
			seed: [9; 32],
			eval_rows: 16,
		};
		let mut memory = Memory::initial(&program, &plan.seed, &data).unwrap();
		change(&program, &mut memory);
		// The first step needs no outputs to tell where it starts.
		let first = transcript(&program, &memory, &data, (0, 0));
		plan.parent.root = first.commitments().params;
		Setup {
			plan,
			program,
			data,
			task: TASK,
			start: memory,
		}
	}

	pub(crate) fn outline(&self) -> &Outline {
		self.program.outline()
	}

	pub(crate) fn case<'a>(&'a self, trace: &'a Trace) -> Case<'a> {
		Case {
			task: self.task,
			plan: &self.plan,
			outline: self.outline(),
			trace,
			failure: None,
		}
	}

	/// The work of somebody that is honest; the claim of one where training ends.
	pub(crate) fn honest(&self) -> Party<'_> {
		self.party(self.task, &mut |_, _, _, _| {}).stopped()
	}

	/// The work of somebody that changes an output of a step and goes on from it.
	pub(crate) fn with_wrong_tile(&self, step: u32, op: u32, tile: usize) -> Party<'_> {
		self.party(self.task, &mut |at, made, _, tiles| {
			if (at, made) == (step, op) {
				tiles[tile] = flipped(tiles[tile]);
			}
		})
	}

	/// The same at the end of a segment; if rounding loses the bit on the way, it lies about the state
	/// as well, so that there is something to be disputed.
	pub(crate) fn wrong(&self, step: u32, op: u32, tile: usize) -> Party<'_> {
		let mut party = self.with_wrong_tile(step, op, tile);
		if party.trace() == self.honest().trace() {
			party.lie_in_list(step, Held::Param, 0);
		}
		party
	}

	/// The work of somebody that takes the data of a task, which may be another one, and changes what
	/// comes out of ops.
	pub(crate) fn party(&self, data_of: TaskKey, change: Change<'_>) -> Party<'_> {
		let mut memory = self.start.clone();
		let mut steps = Vec::new();
		let mut states = Vec::new();
		let mut ends = None;
		for step in 0..self.plan.steps {
			let no_trace = Trace::new();
			let case = Case {
				task: data_of,
				..self.case(&no_trace)
			};
			let env = case.env(step);
			for op in 0..judged_ops(self.outline()) {
				let made = &self.program.ops()[op as usize];
				let mut tiles: Vec<Tile> = (0..ops::tiles(made))
					.map(|tile| {
						let made =
							assay_numerics::eval(&self.program, op as usize, tile, &env, &memory);
						if made.is_err() {
							ends.get_or_insert((step, op, tile));
						}
						// Whoever is wrong already goes on with anything.
						made.unwrap_or(Tile::ZERO)
					})
					.collect();
				change(step, op, &memory, &mut tiles);
				memory.set(made.output, tiles);
			}
			let all = judged_ops(self.outline());
			let transcript = transcript(&self.program, &memory, &self.data, (step, all));
			if step == 0 {
				let Commitments {
					params, moments, ..
				} = transcript.commitments();
				states.push(StateRoots { params, moments });
			}
			states.push(StateRoots {
				params: assay_numerics::list_root(&transcript.next_params().unwrap()),
				moments: assay_numerics::list_root(&transcript.next_moments().unwrap()),
			});
			steps.push(memory.clone());
			memory.advance(&self.program);
		}
		Party {
			setup: self,
			steps,
			states,
			lists: Vec::new(),
			accumulators: |tiles| tiles,
			ends,
			claim: None,
		}
	}
}

/// One bit of one element, near the middle of its mantissa.
pub(crate) fn flipped(mut tile: Tile) -> Tile {
	tile.0[0] = f32::from_bits(tile.0[0].to_bits() ^ 1 << 12);
	tile
}

fn transcript<'a>(
	program: &'a Program,
	memory: &'a Memory,
	data: &'a [u8],
	(step, made): (u32, u32),
) -> Transcript<'a, Memory> {
	let moments = match step {
		0 => Moments::Zero,
		_ => Moments::Held,
	};
	let outline = program.outline();
	Transcript::until(outline, memory, data, moments, made).unwrap()
}

/// What a challenger does next.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Move {
	Ask(Ask),
	Prove(Proof),
}

/// How a dispute ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
	Judged(Ruling),
	/// The provider has nothing to show that would be taken.
	Silent,
	/// The challenger finds nothing to ask.
	Agreed,
}

/// Plays a dispute to its end, and tells the stages that it went through.
pub(crate) fn play(provider: &Party<'_>, challenger: &Party<'_>) -> (End, Vec<Stage>) {
	let trace = provider.trace();
	let case = provider.case(&trace);
	let mut stages = vec![Stage::Opened];
	loop {
		let stage = stages.last().unwrap();
		let next: Result<Stage, DisputeError> = match stage.turn() {
			Side::Challenger => match challenger.ask(&case, stage) {
				Some(Move::Ask(ask)) => case.ask(stage, &ask),
				Some(Move::Prove(proof)) => {
					return (End::Judged(case.prove(stage, &proof).unwrap()), stages);
				}
				None => return (End::Agreed, stages),
			},
			Side::Provider => match provider.answer(&case, stage) {
				Some(answer) => match case.answer(stage, &answer) {
					Ok(next) => Ok(next),
					Err(_) => return (End::Silent, stages),
				},
				None => return (End::Silent, stages),
			},
		};
		stages.push(next.unwrap());
	}
}
