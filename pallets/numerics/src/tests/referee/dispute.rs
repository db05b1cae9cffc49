//! Whole disputes: a provider that shows layers, and a challenger that recomputed the step itself.

use super::*;
use crate::{
	hash::{descent::layers, DescentError, Node},
	referee::{accumulator_bytes, output_node},
	Stopped,
};

/// What a provider has committed of a fold, whatever its steps make of its inputs.
type Answer<'a> = &'a dyn Fn(Vec<Tile>) -> Vec<Tile>;

/// Both parties, and the moves that they made.
struct Dispute<'a> {
	provider: &'a Case<'a>,
	challenger: &'a Transcript<'a, Memory>,
	/// Where the step ends for the challenger.
	stopped: Option<Stopped>,
	moves: u32,
}

impl Dispute<'_> {
	/// Goes down to the first leaf that differs, if one does.
	fn descend(
		&mut self,
		mut node: Node,
		tree: &Tree,
		mut differs: impl FnMut(&Node, &[Root]) -> Option<u32>,
	) -> Option<Node> {
		while !node.is_leaf() {
			let layer = tree.layer(&node).unwrap();
			let index = differs(&node, &layer)?;
			self.moves += 1;
			node = node.child(&layer, index).unwrap();
		}
		Some(node)
	}

	/// The first op whose output the parties have otherwise, the root that the provider has of it, and
	/// the provider's list as far as it was shown.
	fn first_op(&mut self) -> Option<(u32, Root, Shown)> {
		let outline = self.provider.ready.program.outline();
		let list = self.provider.transcript.outputs();
		let mut shown = self.challenger.shown_outputs();
		let top = self.provider.commitments.outputs_node(outline);
		let tree = Tree::new(list.as_flattened());
		let leaf = self.descend(top, &tree, |node, layer| shown.layer(node, layer).unwrap())?;
		let first = leaf.first_root() as usize;
		let roots = &list[first..list.len().min(first + 32)];
		let op = shown.roots(&leaf, roots).unwrap()?;
		assert_eq!(shown.root(), list_root(list));
		Some((op, list[op as usize], shown))
	}

	/// The place that is judged in the end, and the verdict.
	fn run(&mut self, answer: Answer<'_>) -> Option<(Question, Verdict)> {
		let (provider, challenger) = (self.provider, self.challenger);
		let outline = provider.ready.program.outline();
		let env = &provider.env;
		let (op, root, shown) = self.first_op()?;
		// Down to the first tile that differs, or to the one that the challenger could not make.
		let tree = provider.transcript.output_tree(op).unwrap();
		let stopped = self.stopped.filter(|stopped| stopped.op == op);
		let own = match stopped {
			Some(_) => None,
			None => Some(challenger.output_tree(op).unwrap()),
		};
		let leaf = self.descend(
			output_node(outline, op, root).unwrap(),
			&tree,
			|node, layer| match (&own, stopped) {
				(Some(own), _) => own.first_difference(node, layer),
				(None, stopped) => node.toward(stopped.unwrap().tile.into()),
			},
		);
		let leaf = leaf.unwrap();
		let tile = leaf.first() as u32;
		let question = |part| Question { op, tile, part };
		let steps = fold_steps(outline, op, tile).unwrap();
		let mut commitments = provider.commitments;
		if steps <= 1 {
			let question = question(Part::Whole);
			let evidence = challenger.evidence(env, &question, &shown, None).unwrap();
			let verdict = judge(
				outline,
				&commitments,
				env,
				&question,
				leaf.value(),
				&evidence,
			);
			return Some((question, verdict.unwrap()));
		}
		// Down to the first accumulator that differs.
		let theirs = provider.transcript.accumulators(env, (op, tile)).unwrap();
		let mut theirs = theirs.tiles;
		theirs.resize(steps as usize, Tile::ZERO);
		let theirs = answer(theirs);
		let fold = Fold {
			op,
			tile,
			accumulators: tiles_root(&theirs),
		};
		commitments.fold = Some(fold);
		let own = challenger.accumulators(env, (op, tile)).unwrap();
		let mut folded = Shown::tiles(&own.tiles, steps);
		let tree = Tree::of_chunks(theirs.iter().map(Tile::to_bytes));
		let step = self.descend(fold.node(steps), &tree, |node, layer| {
			folded.layer(node, layer).unwrap()
		});
		let (part, claimed) = match &step {
			Some(step) => (Part::Step(step.first() as u32), *step.value()),
			None => (Part::Finish, *leaf.value()),
		};
		let question = question(part);
		let evidence = challenger.evidence(env, &question, &shown, Some(&folded));
		let verdict = judge(
			outline,
			&commitments,
			env,
			&question,
			&claimed,
			&evidence.unwrap(),
		);
		Some((question, verdict.unwrap()))
	}
}

fn dispute<'a>(
	provider: &'a Case<'a>,
	challenger: &'a Transcript<'a, Memory>,
	stopped: Option<Stopped>,
) -> Dispute<'a> {
	Dispute {
		provider,
		challenger,
		stopped,
		moves: 0,
	}
}

fn transcript<'a>(ready: &'a Ready, memory: &'a Memory) -> Transcript<'a, Memory> {
	let outline = ready.program.outline();
	Transcript::new(outline, memory, &ready.data, Moments::Held).unwrap()
}

/// The memory of a provider that changed one bit of a tile of an op's output, and went on from there.
fn with_wrong_tile(ready: &Ready, op: u32, tile: usize) -> Memory {
	let mut memory = ready.memory.clone();
	let output = ready.program.ops()[op as usize].output;
	let mut tiles = memory.tiles(output).to_vec();
	tiles[tile] = flipped(tiles[tile]);
	memory.set(output, tiles);
	memory
}

/// Computes the ops after this one. Where one has no tile, the old one stays.
fn go_on(ready: &Ready, memory: &mut Memory, env: &Env<'_>, op: u32) {
	for index in op + 1..judged_ops(ready.program.outline()) {
		let output = ready.program.ops()[index as usize].output;
		let mut tiles = memory.tiles(output).to_vec();
		for (tile, to) in (0..).zip(&mut tiles) {
			let made = crate::eval(&ready.program, index as usize, tile, env, memory);
			*to = made.unwrap_or(*to);
		}
		memory.set(output, tiles);
	}
}

fn honest(accumulators: Vec<Tile>) -> Vec<Tile> {
	accumulators
}

#[test]
fn whoever_recomputes_proves_a_wrong_tile_of_any_op_alone() {
	for plan in every_kind() {
		let ready = second_step(&plan);
		let challenger = transcript(&ready, &ready.memory);
		for op in 0..judged_ops(ready.program.outline()) {
			// GIVEN a provider with one wrong bit in an output
			let output = ready.program.ops()[op as usize].output;
			let wrong = ready.memory.tiles(output).len() / 2;
			let memory = with_wrong_tile(&ready, op, wrong);
			let case = Case::new(&ready, &memory);
			// WHEN it shows layers, and the challenger opens what it has computed itself
			let mut dispute = dispute(&case, &challenger, None);
			let (question, verdict) = dispute.run(&honest).unwrap();
			// THEN the place is found and the provider is convicted
			assert_eq!((question.op, question.tile), (op, wrong as u32));
			assert_eq!(verdict, Verdict::Differs, "{question:?}");
			// AND after no more moves than the layers are that lie above it
			let outline = ready.program.outline();
			let steps = ops::steps(&case.op(op), question.tile);
			let bytes = [
				u64::from(judged_ops(outline)) * 32,
				case.op(op).layout().bytes(),
				accumulator_bytes(steps),
			];
			assert!(dispute.moves <= bytes.map(layers).into_iter().sum());
		}
	}
}

#[test]
fn a_provider_that_went_on_from_what_is_wrong_is_convicted_of_the_first_of_it() {
	let ready = small();
	let challenger = transcript(&ready, &ready.memory);
	let count = judged_ops(ready.program.outline());
	for op in (0..count).step_by(7) {
		// GIVEN a provider that changed one bit and computed everything else from it
		let mut memory = with_wrong_tile(&ready, op, 0);
		go_on(&ready, &mut memory, &ready.env(1, 1), op);
		let case = Case::new(&ready, &memory);
		// WHEN it is challenged THEN it is convicted where it began
		let (question, verdict) = dispute(&case, &challenger, None).run(&honest).unwrap();
		assert_eq!((question.op, question.tile), (op, 0));
		assert_eq!(verdict, Verdict::Differs);
	}
}

#[test]
fn wrong_accumulators_do_not_save_a_wrong_tile() {
	let ready = small();
	let challenger = transcript(&ready, &ready.memory);
	for op in 0..judged_ops(ready.program.outline()) {
		// GIVEN a wrong tile, and accumulators that are wrong from some step on, or in one step
		let memory = with_wrong_tile(&ready, op, 0);
		let case = Case::new(&ready, &memory);
		let steps = ops::steps(&case.op(op), 0) as usize;
		if steps < 2 {
			continue;
		}
		for first in 0..steps {
			for last in [first + 1, steps] {
				let answer = |mut accumulators: Vec<Tile>| {
					for tile in &mut accumulators[first..last] {
						*tile = flipped(*tile);
					}
					accumulators
				};
				// WHEN it is challenged THEN it is convicted of the first wrong one
				let found = dispute(&case, &challenger, None).run(&answer).unwrap();
				assert_eq!(found.0.part, Part::Step(first as u32));
				assert_eq!(found.1, Verdict::Differs);
			}
		}
	}
}

#[test]
fn a_challenger_that_is_wrong_itself_convicts_nobody() {
	for plan in every_kind() {
		let ready = second_step(&plan);
		let case = Case::new(&ready, &ready.memory);
		for op in 0..judged_ops(ready.program.outline()) {
			// GIVEN an honest provider, and a challenger with one wrong bit
			let memory = with_wrong_tile(&ready, op, 0);
			let challenger = transcript(&ready, &memory);
			// WHEN it challenges THEN the tile is right
			let found = dispute(&case, &challenger, None).run(&honest).unwrap();
			assert_eq!((found.0.op, found.1), (op, Verdict::Right));
		}
	}
}

#[test]
fn equal_steps_give_nothing_to_ask_for() {
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	let challenger = transcript(&ready, &ready.memory);
	assert!(dispute(&case, &challenger, None).run(&honest).is_none());
}

#[test]
fn a_provider_that_went_on_where_the_step_ends_is_convicted_by_one_that_could_not() {
	let ready = small();
	let outline = ready.program.outline().clone();
	let mut ended = 0;
	for place in 0..outline.param_count() as usize {
		// GIVEN a parameter so great that the step ends somewhere
		let id = ready.program.params()[place];
		let great = ready.memory.tiles(id).iter();
		let great =
			great.map(|tile| tile.map(|x| if x == 0.0 { 0.0 } else { 1e15_f32.copysign(x) }));
		let mut own = ready.clone();
		own.memory.set(id, great.collect());
		let before = own.memory.clone();
		let env = ready.env(1, 1);
		let Err(stopped) = own.memory.run(&ready.program, &env) else {
			continue;
		};
		assert_eq!(stopped.error, StepError::OutOfRange);
		// AND a provider that has put the same outputs as if nothing were wrong, or zeros
		for zeros in [false, true] {
			let mut theirs = before.clone();
			for op in &ready.program.ops()[..stopped.op as usize] {
				theirs.set(op.output, own.memory.tiles(op.output).to_vec());
			}
			if zeros {
				for op in &ready.program.ops()[stopped.op as usize..] {
					let tiles = vec![Tile::ZERO; ops::tiles(op) as usize];
					theirs.set(op.output, tiles);
				}
			}
			let provider = Ready {
				memory: theirs,
				..ready.clone()
			};
			let case = Case::new(&provider, &provider.memory);
			// WHEN it is challenged by one that has nothing from there on
			let mut memory = own.memory.clone();
			for op in &ready.program.ops()[stopped.op as usize..] {
				memory.set(op.output, Vec::new());
			}
			let until =
				Transcript::until(&outline, &memory, &ready.data, Moments::Held, stopped.op);
			let until = until.unwrap();
			assert_eq!(until.outputs().len(), stopped.op as usize);
			let gone = until.output_tree(stopped.op).unwrap_err();
			assert_eq!(gone, WitnessError::NoTensor(outline.output(stopped.op)));
			let lost = until.next_params().unwrap_err();
			assert!(matches!(lost, WitnessError::NoTensor(_)));
			let found = dispute(&case, &until, Some(stopped)).run(&honest).unwrap();
			// THEN there is no tile where it has one
			assert_eq!((found.0.op, found.0.tile), (stopped.op, stopped.tile));
			assert_eq!(found.1, Verdict::NoTile(StepError::OutOfRange));
			ended += 1;
		}
	}
	assert!(ended >= 4, "{ended}");
}

#[test]
fn an_entry_of_a_state_is_found_by_a_descent_and_judged() {
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	let outline = ready.program.outline();
	let own = case.transcript.next_moments().unwrap();
	let count = outline.param_count();
	for place in some(count) {
		for held in [Held::FirstMoment, Held::SecondMoment] {
			// GIVEN a provider whose moments after the step have another root at one place
			let at = held.entry(outline, place).unwrap();
			let mut theirs = own.clone();
			theirs[at as usize][7] ^= 1;
			let tree = Tree::new(theirs.as_flattened());
			// WHEN the list is gone down
			let mut shown = Shown::list(&own, held.entries(outline));
			let mut node = held.node(outline, list_root(&theirs));
			while !node.is_leaf() {
				let layer = tree.layer(&node).unwrap();
				let index = shown.layer(&node, &layer).unwrap().unwrap();
				node = node.child(&layer, index).unwrap();
			}
			let first = node.first_root() as usize;
			let roots = &theirs[first..theirs.len().min(first + 32)];
			// THEN the entry is found, and judged by the op that made it
			assert_eq!(shown.roots(&node, roots), Ok(Some(at)));
			let op = held.op(outline, place).unwrap();
			let opened = case.transcript.shown_outputs().open_root(op).unwrap();
			let verdict = judge_state(
				outline,
				&case.commitments,
				(place, held),
				&theirs[at as usize],
				&opened,
			);
			assert_eq!(verdict, Ok(Verdict::Differs));
		}
	}
}

#[test]
fn what_was_not_shown_is_not_taken_in() {
	// GIVEN a list of two chunks, of which one's own has 40 roots of 60
	let theirs: Vec<Root> = (0..60_u8).map(|i| [i; 32]).collect();
	let mut shown = Shown::list(&theirs[..40], 60);
	let top = Node::top(list_root(&theirs), 60 * 32);
	let layer = Tree::new(theirs.as_flattened()).layer(&top).unwrap();
	// WHEN nodes or roots are shown that are not there THEN they are refused
	let turned = [layer[1], layer[0]];
	let refused = Err(DescentError::OtherValue);
	assert_eq!(shown.layer(&top, &turned), refused);
	assert_eq!(shown.roots(&top, &theirs[..32]), Err(DescentError::NoLeaf));
	let leaf = top.child(&layer, 1).unwrap();
	assert_eq!(shown.roots(&leaf, &theirs[32..]), refused);
	let other = Node::top(list_root(&theirs[32..]), 28 * 32);
	assert_eq!(shown.roots(&other, &theirs[32..]), refused);
	// AND the first root that one has not differs, although the bytes may be the same
	let index = shown.layer(&top, &layer).unwrap();
	assert_eq!(index, Some(1));
	assert_eq!(shown.roots(&leaf, &theirs[32..]), Ok(Some(40)));
	let opened = shown.open_root(45).unwrap();
	let root = opened.opening().listed(&list_root(&theirs), 60, 45);
	assert_eq!(root, Ok([45; 32]));
	assert_eq!(shown.open_root(64), Err(WitnessError::NoPlace(2)));
}
