//! The referee against steps that are right, and wrong in one place.

mod budget;
mod dispute;
mod ending;

use self::budget::size;
use super::{
	plans::{plans, LARGE},
	runs::{ready, Ready},
	steps::every_kind,
};
use crate::{
	hash::{
		list_root,
		opening::{height, OpeningError},
		tiles_root, Tree,
	},
	ops,
	program::DATA,
	referee::{
		fold_steps, judge, judge_state, judged_ops, Commitments, Evidence, Fold, Held, Moments,
		OpenedRoot, OpenedTile, Part, Question, RefereeError, Shown, Transcript, Verdict,
		WitnessError,
	},
	samples,
	tile::BYTES,
	At, Env, Memory, Op, OpKind, Outline, Root, StepError, StepPlan, TensorId, Tile, ZERO_ROOT,
};
use codec::{DecodeAll, Encode};
use proptest::prelude::*;

/// The second step of a task, whose moments are not zero.
fn second_step(plan: &StepPlan) -> Ready {
	let mut ready = ready(plan);
	ready.run(1, 0);
	let program = ready.program.clone();
	ready.memory.advance(&program);
	ready.run(1, 1);
	ready
}

fn small() -> Ready {
	second_step(&every_kind().remove(4))
}

/// Some of so many: the first, the last, and one between them.
fn some(count: u32) -> impl Iterator<Item = u32> {
	let mut places = vec![0, count / 2, count.saturating_sub(1)];
	places.dedup();
	places.into_iter().filter(move |place| *place < count)
}

/// The questions about a tile of an op with so many accumulators: its whole, or some of its steps and
/// its end.
fn questions(op: u32, tile: u32, accumulators: &[Tile]) -> Vec<Question> {
	let question = |part| Question { op, tile, part };
	if accumulators.len() <= 1 {
		return vec![question(Part::Whole)];
	}
	let steps = some(accumulators.len() as u32).map(|step| question(Part::Step(step)));
	steps.chain([question(Part::Finish)]).collect()
}

/// A step with what is committed of it.
struct Case<'a> {
	ready: &'a Ready,
	transcript: Transcript<'a, Memory>,
	commitments: Commitments,
	env: Env<'a>,
}

impl<'a> Case<'a> {
	fn new(ready: &'a Ready, memory: &'a Memory) -> Self {
		let outline = ready.program.outline();
		let transcript = Transcript::new(outline, memory, &ready.data, Moments::Held).unwrap();
		Case {
			ready,
			commitments: transcript.commitments(),
			transcript,
			env: ready.env(1, 1),
		}
	}

	fn op(&self, op: u32) -> Op {
		self.ready.program.ops()[op as usize]
	}

	fn accumulators(&self, op: u32, tile: u32) -> Vec<Tile> {
		let all = self.transcript.accumulators(&self.env, (op, tile)).unwrap();
		assert_eq!(all.ended, None);
		all.tiles
	}

	fn evidence(&self, question: &Question, accumulators: &[Tile]) -> Evidence {
		let evidence = self.transcript.evidence(
			&self.env,
			question,
			&self.transcript.shown_outputs(),
			Some(&Shown::tiles(accumulators, accumulators.len() as u32)),
		);
		evidence.unwrap()
	}

	/// The value of the chunk that is asked about, of which nothing else is known to the referee.
	fn claimed(&self, question: &Question, accumulators: &[Tile]) -> Root {
		let (tree, chunk) = match question.part {
			Part::Step(step) => {
				let bytes = accumulators.iter().map(Tile::to_bytes);
				(Tree::of_chunks(bytes), step)
			}
			_ => {
				let tree = self.transcript.output_tree(question.op);
				(tree.unwrap(), question.tile)
			}
		};
		tree.leaf(chunk.into()).unwrap()
	}

	/// The verdict of the referee, to whom these accumulators are committed.
	fn judge(
		&self,
		question: &Question,
		accumulators: &[Tile],
		evidence: &Evidence,
	) -> Result<Verdict, RefereeError> {
		let outline = self.ready.program.outline();
		let commitments = Commitments {
			fold: Some(Fold {
				op: question.op,
				tile: question.tile,
				accumulators: tiles_root(accumulators),
			}),
			..self.commitments
		};
		// What there is not to be judged has no value, and is refused before it is looked at.
		let is_there = fold_steps(outline, question.op, question.tile).is_ok();
		let is_there = is_there
			&& !matches!(question.part, Part::Step(step) if step as usize >= accumulators.len());
		let claimed = match is_there {
			true => self.claimed(question, accumulators),
			false => ZERO_ROOT,
		};
		let env = &self.env;
		judge(outline, &commitments, env, question, &claimed, evidence)
	}

	/// The verdict on a question, with the evidence that a worker makes.
	fn verdict(&self, question: &Question, accumulators: &[Tile]) -> Verdict {
		let evidence = self.evidence(question, accumulators);
		let verdict = self.judge(question, accumulators, &evidence);
		verdict
			.unwrap_or_else(|error| panic!("{error}, {question:?} of {:?}", self.op(question.op)))
	}
}

/// The tile with its first element's last bit flipped.
fn flipped(tile: Tile) -> Tile {
	let mut tile = tile;
	tile.0[0] = f32::from_bits(tile.0[0].to_bits() ^ 1);
	tile
}

#[test]
fn nothing_of_an_honest_step_is_found_wrong() {
	for plan in every_kind() {
		// GIVEN a step of training, and everything that its provider has committed
		let ready = second_step(&plan);
		let case = Case::new(&ready, &ready.memory);
		for op in 0..judged_ops(ready.program.outline()) {
			for tile in some(ops::tiles(&case.op(op))) {
				// WHEN any place of it is judged
				let accumulators = case.accumulators(op, tile);
				for question in questions(op, tile, &accumulators) {
					// THEN it is right
					assert_eq!(case.verdict(&question, &accumulators), Verdict::Right);
					// AND the evidence has no more bytes than were counted for the budget
					let step = match question.part {
						Part::Step(step) => step,
						_ => 0,
					};
					if step < ops::steps(&case.op(op), tile) {
						let evidence = case.evidence(&question, &accumulators).encoded_size();
						let outline = ready.program.outline();
						let at = At { tile, step };
						let most = size(outline, &case.op(op), &case.env, at);
						assert!(
							evidence <= most,
							"{evidence} of {most}: {:?} {at:?}",
							case.op(op)
						);
					}
				}
			}
		}
	}
}

#[test]
fn one_wrong_bit_of_an_output_of_any_op_is_found_and_nothing_else() {
	for plan in every_kind() {
		let ready = second_step(&plan);
		for op in 0..judged_ops(ready.program.outline()) {
			// GIVEN a provider that changed one bit of an output
			let output = ready.program.ops()[op as usize].output;
			let mut memory = ready.memory.clone();
			let mut tiles = memory.tiles(output).to_vec();
			let wrong = tiles.len() as u32 / 2;
			tiles[wrong as usize] = flipped(tiles[wrong as usize]);
			memory.set(output, tiles.clone());
			let case = Case::new(&ready, &memory);
			for tile in some(tiles.len() as u32) {
				let accumulators = case.accumulators(op, tile);
				let last = *questions(op, tile, &accumulators).last().unwrap();
				// WHEN the tile is judged THEN it is another one, and no other tile of the op is
				let expected = match tile == wrong {
					true => Verdict::Differs,
					false => Verdict::Right,
				};
				assert_eq!(case.verdict(&last, &accumulators), expected);
			}
		}
	}
}

#[test]
fn a_wrong_output_is_found_whatever_its_accumulators() {
	let ready = small();
	let outline = ready.program.outline();
	for op in 0..judged_ops(outline) {
		// GIVEN a wrong output of a fold of several steps
		let output = ready.program.ops()[op as usize].output;
		let mut memory = ready.memory.clone();
		let mut tiles = memory.tiles(output).to_vec();
		tiles[0] = flipped(tiles[0]);
		memory.set(output, tiles);
		let case = Case::new(&ready, &memory);
		let honest = case.accumulators(op, 0);
		if honest.len() < 2 {
			continue;
		}
		// AND accumulators that are wrong from some step on
		for first in 0..=honest.len() {
			let mut accumulators = honest.clone();
			for tile in &mut accumulators[first..] {
				*tile = flipped(*tile);
			}
			let steps = (0..honest.len() as u32).map(Part::Step);
			let parts = steps.chain([Part::Finish]);
			// WHEN all is judged THEN something is wrong
			let found = parts.filter(|part| {
				let question = Question {
					op,
					tile: 0,
					part: *part,
				};
				case.verdict(&question, &accumulators).is_wrong()
			});
			assert!(found.count() > 0, "op {op}, wrong from {first}");
		}
	}
}

#[test]
fn moments_that_are_not_materialised_are_read_as_zeros() {
	// GIVEN the first step of a task, whose state has no list of moments
	let mut ready = ready(&every_kind().remove(3));
	ready.run(1, 0);
	let env = ready.env(1, 0);
	let outline = ready.program.outline();
	let transcript = Transcript::new(outline, &ready.memory, &ready.data, Moments::Zero).unwrap();
	let mut commitments = transcript.commitments();
	assert_eq!(commitments.moments, ZERO_ROOT);
	for op in 0..judged_ops(outline) {
		// WHEN its ops are judged THEN they are right, those of the optimiser among them
		let accumulators = transcript.accumulators(&env, (op, 0)).unwrap().tiles;
		commitments.fold = Some(Fold {
			op,
			tile: 0,
			accumulators: tiles_root(&accumulators),
		});
		for question in questions(op, 0, &accumulators) {
			let committed = Shown::tiles(&accumulators, accumulators.len() as u32);
			let outputs = transcript.shown_outputs();
			let evidence = transcript.evidence(&env, &question, &outputs, Some(&committed));
			let claimed = match question.part {
				Part::Step(step) => committed.tree().leaf(step.into()),
				_ => transcript.output_tree(op).unwrap().leaf(0),
			};
			let verdict = judge(
				outline,
				&commitments,
				&env,
				&question,
				&claimed.unwrap(),
				&evidence.unwrap(),
			);
			assert_eq!(verdict, Ok(Verdict::Right));
		}
	}
}

#[test]
fn an_output_where_the_step_ends_is_found_wrong() {
	// GIVEN parameters so great that a product leaves the range, and a provider that went on
	let mut ready = small();
	let first = ready.program.params()[1];
	let tiles = ready.memory.tiles(first).iter();
	let great = tiles.map(|tile| tile.map(|x| if x == 0.0 { 0.0 } else { 1e15 }));
	let great = great.collect();
	ready.memory.set(first, great);
	let case = Case::new(&ready, &ready.memory);
	// WHEN every op is judged that reads them
	let mut ended = 0;
	for op in 0..judged_ops(ready.program.outline()) {
		let accumulators = case.transcript.accumulators(&case.env, (op, 0)).unwrap();
		assert!(matches!(
			accumulators.ended,
			None | Some(StepError::OutOfRange)
		));
		let question = Question {
			op,
			tile: 0,
			part: Part::Whole,
		};
		if ops::steps(&case.op(op), 0) == 1 {
			let verdict = case.verdict(&question, &accumulators.tiles);
			ended += u32::from(verdict == Verdict::NoTile(StepError::OutOfRange));
		}
	}
	// THEN there is one that has no output
	assert!(ended > 0);
}

#[test]
fn a_state_of_other_roots_than_those_of_the_outputs_is_found_wrong() {
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	let outline = ready.program.outline();
	let roots = |ids: &[TensorId]| -> Vec<Root> {
		ids.iter()
			.map(|id| tiles_root(ready.memory.tiles(*id)))
			.collect()
	};
	let (params, moments) = (
		roots(ready.program.next_params()),
		roots(ready.program.next_moments()),
	);
	let count = outline.param_count();
	for place in some(count) {
		for held in [Held::Param, Held::FirstMoment, Held::SecondMoment] {
			let list = match held {
				Held::Param => &params,
				_ => &moments,
			};
			assert_eq!(held.entries(outline) as usize, list.len());
			let at = held.entry(outline, place).unwrap();
			let entry = list[at as usize];
			let op = held.op(outline, place).unwrap();
			let in_outputs = case.transcript.shown_outputs().open_root(op).unwrap();
			// GIVEN the state after a step, whose provider may have put in another root, or none at all
			let mut other = entry;
			other[0] ^= 1;
			for (in_state, expected) in [
				(entry, Verdict::Right),
				(other, Verdict::Differs),
				(ZERO_ROOT, Verdict::Differs),
			] {
				// WHEN it is judged
				let verdict = judge_state(
					outline,
					&case.commitments,
					(place, held),
					&in_state,
					&in_outputs,
				);
				// THEN only the other root is found wrong
				assert_eq!(verdict, Ok(expected));
			}
		}
	}
	assert_eq!(case.transcript.next_params().as_ref(), Ok(&params));
	assert_eq!(case.transcript.next_moments().as_ref(), Ok(&moments));
	// AND nothing is said of what there is not, or by a root of another place
	let last = case.transcript.shown_outputs().open_root(0).unwrap();
	let ask =
		|place, held| judge_state(outline, &case.commitments, (place, held), &ZERO_ROOT, &last);
	let absent = RefereeError::NoSuchParam {
		place: count,
		count,
	};
	for held in [Held::Param, Held::FirstMoment, Held::SecondMoment] {
		assert_eq!(ask(count, held), Err(absent));
		let refused = ask(count - 1, held);
		assert!(
			matches!(refused, Err(RefereeError::Opening(_))),
			"{refused:?}"
		);
	}
}

#[test]
fn a_question_about_what_there_is_not_is_refused() {
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	let count = judged_ops(ready.program.outline());
	let ask = |op, tile, part| {
		let question = Question { op, tile, part };
		case.judge(&question, &[], &Evidence::default())
	};
	// No op past the last, and not the list of the state's roots.
	for op in [count, count + 1, u32::MAX] {
		let refused = Err(RefereeError::NoSuchOp { op, count });
		assert_eq!(ask(op, 0, Part::Whole), refused);
	}
	let is_long = |op: &u32| ops::steps(&case.op(*op), 0) > 1;
	let (long, short) = (
		(0..count).find(is_long).unwrap(),
		(0..count).find(|op| !is_long(op)).unwrap(),
	);
	let tiles = ops::tiles(&case.op(long));
	let refused = Err(RefereeError::NoSuchTile {
		tile: tiles,
		count: tiles,
	});
	assert_eq!(ask(long, tiles, Part::Whole), refused);
	let steps = ops::steps(&case.op(long), 0);
	for (op, part) in [
		(long, Part::Whole),
		(long, Part::Step(steps)),
		(short, Part::Step(0)),
		(short, Part::Finish),
	] {
		let refused = ask(op, 0, part);
		assert!(
			matches!(refused, Err(RefereeError::NoSuchPart { .. })),
			"{refused:?}"
		);
	}
}

#[test]
fn accumulators_that_the_provider_has_not_committed_for_this_tile_are_no_evidence() {
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	let outline = ready.program.outline();
	let long = (0..judged_ops(outline)).find(|op| ops::steps(&case.op(*op), 0) > 1);
	let op = long.unwrap();
	let accumulators = case.accumulators(op, 0);
	let question = Question {
		op,
		tile: 0,
		part: Part::Finish,
	};
	let evidence = case.evidence(&question, &accumulators);
	let fold = |op, tile| {
		Some(Fold {
			op,
			tile,
			accumulators: tiles_root(&accumulators),
		})
	};
	// GIVEN no accumulators, or those of another op or tile, under the same root
	for fold in [None, fold(op + 1, 0), fold(op, 1)] {
		let commitments = Commitments {
			fold,
			..case.commitments
		};
		// WHEN the end of the fold is judged THEN it is not
		let claimed = case.claimed(&question, &accumulators);
		let env = &case.env;
		let refused = judge(outline, &commitments, env, &question, &claimed, &evidence);
		assert_eq!(refused, Err(RefereeError::NotCommitted));
	}
}

#[test]
fn a_sum_that_becomes_nan_is_no_tile_on_any_machine() {
	// GIVEN a provider that commits numbers in range whose products overflow: first to one infinity,
	// then to the other
	let mut ready = second_step(&samples::gpt(64, 32, 1, 4));
	let outline = ready.program.outline().clone();
	let is_gain = |op: &u32| matches!(outline.op(*op).unwrap().kind, OpKind::GainGrad { .. });
	let op = (0..judged_ops(&outline)).find(is_gain).unwrap();
	let gain = outline.op(op).unwrap();
	assert!(ops::steps(&gain, 0) > 1);
	for (place, input) in gain.inputs.into_iter().flatten().enumerate() {
		let tiles = ready.memory.tiles(input).len();
		// Tiles of one column follow one another at a distance of two.
		let sign = |tile: usize| match (place, tile / 2 % 2) {
			(0, 1) => -1e15,
			_ => 1e15,
		};
		let great = (0..tiles).map(|tile| Tile([sign(tile); 256]));
		ready.memory.set(input, great.collect());
	}
	let case = Case::new(&ready, &ready.memory);
	let question = Question {
		op,
		tile: 0,
		part: Part::Step(0),
	};
	// WHEN a step is judged, whatever it committed after it
	let nan = f32::from_bits(0xFFC0_0000);
	let accumulators = vec![Tile([nan; 256]); ops::steps(&gain, 0) as usize];
	let evidence = case.evidence(&question, &accumulators);
	let verdict = case.judge(&question, &accumulators, &evidence);
	// THEN there is no tile, instead of one whose bits depend on the machine
	assert_eq!(verdict, Ok(Verdict::NoTile(StepError::OutOfRange)));
}

#[test]
fn an_environment_in_which_an_op_cannot_be_computed_convicts_nobody() {
	// GIVEN an op that turns pairs, asked with other turns than the plan's
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	let outline = ready.program.outline();
	let is_rotate = |op: &u32| matches!(case.op(*op).kind, OpKind::Rotate { .. });
	let op = (0..judged_ops(outline)).find(is_rotate).unwrap();
	let question = Question {
		op,
		tile: 0,
		part: Part::Whole,
	};
	let evidence = case.evidence(&question, &[]);
	let bare = case.env.with_turns(&[]);
	// WHEN it is judged THEN the plan's are taken
	let claimed = case.claimed(&question, &[]);
	let verdict = judge(
		outline,
		&case.commitments,
		&bare,
		&question,
		&claimed,
		&evidence,
	);
	assert_eq!(verdict, Ok(Verdict::Right));
}

#[test]
fn too_little_and_too_much_evidence_is_refused() {
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	for op in 0..judged_ops(ready.program.outline()) {
		let accumulators = case.accumulators(op, 0);
		for question in questions(op, 0, &accumulators) {
			let evidence = case.evidence(&question, &accumulators);
			// GIVEN evidence that lacks one part WHEN it is judged THEN that is said
			let without = |change: fn(&mut Evidence) -> bool| {
				let mut less = evidence.clone();
				if change(&mut less) {
					let refused = case.judge(&question, &accumulators, &less);
					assert!(
						matches!(
							refused,
							Err(RefereeError::Missing { .. } | RefereeError::Opening(_))
						),
						"{refused:?}"
					);
				}
			};
			without(|evidence| evidence.roots.pop().is_some());
			without(|evidence| evidence.tiles.pop().is_some());
			without(|evidence| evidence.before.take().is_some());
			// AND the same of one part more
			let with = |change: fn(&mut Evidence)| {
				let mut more = evidence.clone();
				change(&mut more);
				if more != evidence {
					let judged = case.judge(&question, &accumulators, &more);
					assert_eq!(judged, Err(RefereeError::Unused));
				}
			};
			with(|evidence| {
				let _ = evidence.roots.try_push(OpenedRoot::default());
			});
			with(|evidence| {
				let _ = evidence.tiles.try_push(OpenedTile::default());
			});
			with(|evidence| {
				evidence.before.get_or_insert_default();
			});
		}
	}
}

#[test]
fn an_op_cannot_be_judged_by_what_comes_after_it() {
	// GIVEN evidence for an op, whose first input is the output of the op before it
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	let outline = ready.program.outline();
	// WHEN the roots of another place of the list are shown THEN they are refused
	let mut tried = 0;
	for op in 0..judged_ops(outline) {
		let accumulators = case.accumulators(op, 0);
		let question = questions(op, 0, &accumulators)[0];
		let mut evidence = case.evidence(&question, &accumulators);
		if let Some(root) = evidence.roots.iter_mut().next() {
			let outputs = case.transcript.shown_outputs();
			*root = outputs.open_root(judged_ops(outline) - 1).unwrap();
			let refused = case.judge(&question, &accumulators, &evidence);
			let is_refused = matches!(
				refused,
				Err(RefereeError::Opening(
					OpeningError::OtherRoot
						| OpeningError::SiblingCount { .. }
						| OpeningError::ChunkLength { .. }
				))
			);
			assert!(is_refused, "{refused:?}");
			tried += 1;
		}
	}
	assert!(tried > 0);
}

#[test]
fn a_step_whose_tensors_are_gone_cannot_be_shown() {
	let ready = small();
	let empty = Memory::new();
	let outline = ready.program.outline();
	let gone = Transcript::new(outline, &empty, &ready.data, Moments::Held).unwrap_err();
	let first = ready.program.moments()[0];
	assert_eq!(gone, WitnessError::NoTensor(first));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	#[test]
	fn evidence_with_one_flipped_bit_convicts_nobody(
		pick in any::<u32>(),
		bits in prop::collection::vec(any::<u32>(), 40),
	) {
		// GIVEN evidence for some place of an honest step
		let ready = small();
		let case = Case::new(&ready, &ready.memory);
		let op = pick % judged_ops(ready.program.outline());
		let tile = (pick / 7) % ops::tiles(&case.op(op));
		let accumulators = case.accumulators(op, tile);
		let asked = questions(op, tile, &accumulators);
		let question = asked[pick as usize % asked.len()];
		let encoded = case.evidence(&question, &accumulators).encode();
		for bit in bits {
			// WHEN a bit of it is flipped THEN it is no evidence
			let mut changed = encoded.clone();
			let bit = bit as usize % (8 * changed.len());
			changed[bit / 8] ^= 1 << (bit % 8);
			if let Ok(evidence) = Evidence::decode_all(&mut changed.as_slice()) {
				prop_assert!(case.judge(&question, &accumulators, &evidence).is_err());
			}
		}
	}
}
