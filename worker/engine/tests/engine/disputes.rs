//! Faulty providers against a challenger that recomputes: the engine has all that a dispute asks for.

use std::{borrow::Cow, mem::discriminant};

use assay_engine::{StateRoots, StepTranscript, TaskInput};
use assay_numerics::{
	hash::Tree,
	ops,
	referee::{judge, Commitments, Fold, Part, Question, Shown, Tensors, Transcript, Verdict},
	tensor_root,
	tile::BYTES,
	Decimal, OpKind, Program, Root, StepPlan, TensorId, Tile, TileRef,
};

use crate::{
	dispute::{honest, Dispute},
	faults::{first_wrong, FAULTS},
	support::{engine, gpt, noise, shared_heads, task, with_adam, with_states},
};

/// Moves within which whoever is wrong is convicted.
const MOVES: u32 = 20;
const STEPS: u32 = 4;

/// A decoder with attention over several strips, whose gradients are clipped, and long enough sums.
fn decoder() -> StepPlan {
	let plan = gpt(|model| (model.context, model.layers) = (48, 1), 6);
	with_adam(plan, |adam| adam.clip = Some(Decimal::new(5, -1)))
}

/// The first step after which one party has another state than the other.
fn first_difference(these: &[StateRoots], those: &[StateRoots]) -> Option<usize> {
	let differs = these
		.iter()
		.zip(those)
		.position(|(this, that)| this != that);
	differs.map(|state| state - 1)
}

/// Accumulators that are wrong from the middle on.
fn wrong_from_the_middle(mut accumulators: Vec<Tile>) -> Vec<Tile> {
	let middle = accumulators.len() / 2;
	for tile in &mut accumulators[middle..] {
		tile.0[0] = f32::from_bits(tile.0[0].to_bits() ^ 1);
	}
	accumulators
}

#[test]
fn every_fault_is_convicted_within_twenty_moves_and_an_honest_provider_never() {
	let engine = engine(&decoder());
	let outline = engine.program().outline();
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	// GIVEN a challenger that trains honestly, and a provider that does, too
	let input = TaskInput {
		stride: 1,
		..task(&parent, &data, STEPS)
	};
	let (own, snapshots) = with_states(&engine, &input);
	let (again, _) = with_states(&engine, &input);
	assert_eq!(first_difference(&again.states, &own.states), None);
	let mut folds = 0;
	for fault in FAULTS {
		// AND one with a fault
		let faulty = TaskInput {
			fault: Some(fault),
			..input
		};
		let (output, _) = with_states(&engine, &faulty);
		// WHEN it is challenged about the first step after which its state differs
		let step = first_difference(&output.states, &own.states).unwrap();
		assert_eq!(step, first_wrong(fault), "{fault:?}");
		let provided = engine.transcript(&faulty, step as u32).unwrap();
		let segment = input.segment_from(&snapshots[step]);
		let recomputed = engine.transcript(&segment, step as u32).unwrap();
		let [provider, challenger] = [&provided, &recomputed].map(|of| of.witness(&data).unwrap());
		let env = recomputed.env();
		let dispute = Dispute {
			outline,
			env,
			provider: &provider,
			challenger: &challenger,
		};
		for answer in [honest, wrong_from_the_middle] {
			// THEN it is convicted, whatever it commits of a fold
			let found = dispute.run(&answer).unwrap();
			assert_eq!(found.verdict, Verdict::Differs, "{fault:?}: {found:?}");
			assert!(found.moves <= MOVES, "{fault:?}: {found:?}");
			folds += u32::from(found.question.part != Part::Whole);
		}
		// AND of the honest one that challenger finds nothing to ask for
		let repeated = engine.transcript(&input, step as u32).unwrap();
		let honestly = repeated.witness(&data).unwrap();
		let dispute = Dispute {
			outline,
			env,
			provider: &honestly,
			challenger: &challenger,
		};
		assert!(dispute.run(&honest).is_none(), "{fault:?}");
		// AND a faulty one asks in vain
		let dispute = Dispute {
			outline,
			env,
			provider: &honestly,
			challenger: &provider,
		};
		let found = dispute.run(&honest).unwrap();
		assert_eq!(found.verdict, Verdict::Right, "{fault:?}: {found:?}");
	}
	assert!(folds > 0, "some of it lies in folds of several steps");
}

/// A step of which one tensor was changed, and nothing else.
struct Changed<'a> {
	step: &'a StepTranscript,
	tensor: TensorId,
	bytes: Vec<u8>,
}

impl<'a> Changed<'a> {
	/// The last bit of the first element of a tile is another one.
	fn flip(step: &'a StepTranscript, at: TileRef) -> Self {
		let mut bytes = Tensors::bytes(step, at.tensor).unwrap().into_owned();
		bytes[at.tile as usize * BYTES] ^= 1;
		let tensor = at.tensor;
		Changed {
			step,
			tensor,
			bytes,
		}
	}
}

impl Tensors for Changed<'_> {
	fn bytes(&self, tensor: TensorId) -> Option<Cow<'_, [u8]>> {
		match tensor == self.tensor {
			true => Some(Cow::Borrowed(&self.bytes)),
			false => self.step.bytes(tensor),
		}
	}

	fn tree(&self, tensor: TensorId) -> Option<Tree> {
		match tensor == self.tensor {
			true => Some(Tree::new(&self.bytes)),
			false => self.step.tree(tensor),
		}
	}

	fn root(&self, tensor: TensorId) -> Option<Root> {
		match tensor == self.tensor {
			true => Some(tensor_root(&self.bytes)),
			false => Tensors::root(self.step, tensor),
		}
	}
}

#[test]
fn a_wrong_tile_of_a_virtual_tensor_or_of_what_reads_one_is_proven() {
	// GIVEN a step of a decoder, some of whose tensors are never whole
	let engine = engine(&decoder());
	let (program, outline) = (engine.program(), engine.program().outline());
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let step = engine.transcript(&task(&parent, &data, STEPS), 1).unwrap();
	let challenger = step.witness(&data).unwrap();
	let is_virtual = |id: &TensorId| {
		let op = outline.op_of(*id);
		op.is_some_and(|op| program.ops()[op as usize].kind.is_virtual())
	};
	let mut kinds = Vec::new();
	for op in program.ops() {
		let mut read = op.inputs.iter().flatten();
		let kind = (discriminant(&op.kind), op.kind.is_virtual());
		if kinds.contains(&kind) || !(op.kind.is_virtual() || read.any(is_virtual)) {
			continue;
		}
		kinds.push(kind);
		// WHEN a provider has one bit of the last tile otherwise
		let tensor = op.output;
		let tile = ops::tiles(op) - 1;
		let changed = Changed::flip(&step, TileRef { tensor, tile });
		let provider = Transcript::new(outline, &changed, &data, step.moments()).unwrap();
		let dispute = Dispute {
			outline,
			env: step.env(),
			provider: &provider,
			challenger: &challenger,
		};
		// THEN it is convicted of that tile
		let found = dispute.run(&honest).unwrap();
		let place = (outline.output(found.question.op), found.question.tile);
		assert_eq!(place, (tensor, tile), "{:?}", op.kind);
		assert_eq!(found.verdict, Verdict::Differs, "{:?}", op.kind);
		assert!(found.moves <= MOVES, "{:?}: {found:?}", op.kind);
		// AND who challenges an honest one with such a tensor has the same place judged as right
		let found = dispute.turned().run(&honest).unwrap();
		assert_eq!(found.verdict, Verdict::Right, "{:?}", op.kind);
	}
	let count = kinds.iter().filter(|(_, is_virtual)| *is_virtual).count();
	assert!(
		count >= 4 && kinds.len() > count,
		"{count} of {}",
		kinds.len()
	);
}

/// The verdict on a place, with the evidence of this transcript against itself.
fn verdict(
	transcript: &StepTranscript,
	witness: &Transcript<'_, StepTranscript>,
	program: &Program,
	(op, tile): (u32, u32),
) -> Vec<Verdict> {
	let env = &transcript.env();
	let accumulators = witness.accumulators(env, (op, tile)).unwrap().tiles;
	let parts: Vec<Part> = match accumulators.len() as u32 {
		0 | 1 => vec![Part::Whole],
		steps => vec![Part::Step(0), Part::Step(steps - 1), Part::Finish],
	};
	let folded = Shown::tiles(&accumulators, accumulators.len() as u32);
	let commitments = Commitments {
		fold: Some(Fold {
			op,
			tile,
			accumulators: folded.root(),
		}),
		..witness.commitments()
	};
	let (tree, outputs) = (witness.output_tree(op).unwrap(), witness.shown_outputs());
	let judged = parts.into_iter().map(|part| {
		let question = Question { op, tile, part };
		let claimed = match part {
			Part::Step(step) => folded.tree().leaf(step.into()),
			_ => tree.leaf(tile.into()),
		};
		let (outline, claimed) = (program.outline(), &claimed.unwrap());
		let evidence = witness.evidence(env, &question, &outputs, Some(&folded));
		let evidence = evidence.unwrap();
		let verdict = judge(outline, &commitments, env, &question, claimed, &evidence);
		verdict.unwrap()
	});
	judged.collect()
}

#[test]
fn a_referee_finds_nothing_wrong_with_virtual_tensors_and_what_reads_them() {
	// GIVEN a step of a decoder whose weights are mixed in blocks
	let engine = engine(&shared_heads());
	let program = engine.program();
	let parent = engine.init(&[3; 32]);
	let data: Vec<u8> = noise(3_000).into_iter().map(|byte| byte % 61).collect();
	let transcript = engine.transcript(&task(&parent, &data, 3), 1).unwrap();
	let witness = transcript.witness(&data).unwrap();
	let mut judged = 0;
	for (at, op) in (0..).zip(program.ops()) {
		let reads = |kind: fn(&OpKind) -> bool| {
			let inputs = op.inputs.iter().flatten();
			let written = inputs.filter_map(|id| program.outline().op_of(*id));
			let mut kinds = written.map(|op| &program.ops()[op as usize].kind);
			kinds.any(kind)
		};
		if op.kind.is_virtual() || reads(OpKind::is_virtual) {
			// WHEN the first and the last tile of each are judged THEN they are right
			for tile in [0, ops::tiles(op) - 1] {
				let verdicts = verdict(&transcript, &witness, program, (at, tile));
				assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Right));
				judged += verdicts.len();
			}
		}
	}
	assert!(judged > 20, "{judged} places");
}
