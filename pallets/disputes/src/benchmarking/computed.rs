//! A step of training, computed on the spot.

use alloc::vec::Vec;

use assay_numerics::{
	referee::{fold_steps, judged_ops, Evidence, Moments, Part, Question, Shown, Transcript},
	tensor_root, Env, Memory, Program,
};
use assay_protocol::{
	dispute::{Case, Place, Search, StateRoots, StepClaim, MAX_PATH},
	DataRef, Plan, Trace,
};
use codec::Encode;

use super::{claim, path, plan, TASK};

/// A step that was computed, and the place in it whose evidence is longest.
pub(super) struct Computed {
	pub(super) plan: Plan,
	pub(super) search: Search,
	pub(super) evidence: Evidence,
}

impl Computed {
	pub(super) fn new() -> Self {
		let mut plan = plan();
		let program = assay_numerics::lower(&plan.step).expect("the sample is in range");
		let data: Vec<u8> = (0..8_192_u32).map(|at| (at % 251) as u8).collect();
		plan.data = DataRef {
			root: tensor_root(&data),
			bytes: data.len() as u64,
		};
		let mut memory =
			Memory::initial(&program, &plan.seed, &data).expect("the sample can be started");
		let no_trace = Trace::new();
		let outline = program.outline();
		let case = Case {
			task: TASK,
			plan: &plan,
			outline,
			trace: &no_trace,
			failure: None,
		};
		let (first, second) = (case.env(0), case.env(1));
		memory.run(&program, &first).expect("the sample trains");
		memory.advance(&program);
		memory.run(&program, &second).expect("the sample trains");
		let transcript =
			Transcript::new(outline, &memory, &data, Moments::Held).expect("all of it is there");
		let (question, evidence) = Self::longest(&program, &transcript, &second);
		let commitments = transcript.commitments();
		let Question { op, tile, part } = question;
		let tree = transcript.output_tree(op).expect("all of it is there");
		let accumulators = Self::accumulators(&transcript, &second, &question);
		let claimed = match (part, &accumulators) {
			(Part::Step(step), Some(accumulators)) => accumulators.tree().leaf(step.into()),
			_ => tree.leaf(tile.into()),
		};
		let before = StateRoots {
			params: commitments.params,
			moments: commitments.moments,
		};
		let search = Search {
			step: StepClaim { before, ..claim(1) },
			outputs: commitments.outputs,
			list: path(MAX_PATH),
			fold: path(MAX_PATH),
			place: Place::Tile {
				op,
				tile,
				part,
				claimed: claimed.expect("the tile is there"),
				accumulators: accumulators.map(|accumulators| accumulators.root()),
			},
		};
		Computed {
			plan,
			search,
			evidence,
		}
	}

	/// The accumulators of a fold of several steps.
	fn accumulators(
		transcript: &Transcript<'_, Memory>,
		env: &Env<'_>,
		question: &Question,
	) -> Option<Shown> {
		if question.part == Part::Whole {
			return None;
		}
		let found = transcript.accumulators(env, (question.op, question.tile));
		let tiles = found.expect("all of it is there").tiles;
		Some(Shown::tiles(&tiles, tiles.len() as u32))
	}

	/// The question with the longest evidence, about the first tile and the last step of any op.
	fn longest(
		program: &Program,
		transcript: &Transcript<'_, Memory>,
		env: &Env<'_>,
	) -> (Question, Evidence) {
		let outline = program.outline();
		let outputs = transcript.shown_outputs();
		let all = (0..judged_ops(outline)).map(|op| {
			let steps = fold_steps(outline, op, 0).expect("every op has a tile");
			let part = match steps {
				0 | 1 => Part::Whole,
				_ => Part::Step(steps - 1),
			};
			let question = Question { op, tile: 0, part };
			let accumulators = Self::accumulators(transcript, env, &question);
			let evidence = transcript.evidence(env, &question, &outputs, accumulators.as_ref());
			(question, evidence.expect("all of it is there"))
		});
		all.max_by_key(|(_, evidence)| evidence.encoded_size())
			.expect("there are ops")
	}
}
