//! A whole dispute about one step, move by move, as the chain knows it.

use assay_numerics::{
	hash::{list_root, tiles_root, Node, Root, Tree},
	referee::{
		fold_steps, judge, output_node, Fold, Part, Question, Shown, Tensors, Transcript, Verdict,
	},
	Env, Outline, Tile,
};

/// What a provider commits of a fold, whatever its steps make of its inputs.
pub(crate) type Answer<'a> = &'a dyn Fn(Vec<Tile>) -> Vec<Tile>;

/// It commits what they make.
pub(crate) fn honest(accumulators: Vec<Tile>) -> Vec<Tile> {
	accumulators
}

/// Both parties, who have the same state before the step.
pub(crate) struct Dispute<'a, P, C> {
	pub(crate) outline: &'a Outline,
	pub(crate) env: Env<'a>,
	/// Shows layers of what it has committed.
	pub(crate) provider: &'a Transcript<'a, P>,
	/// Compares them with its own, and opens its own tiles.
	pub(crate) challenger: &'a Transcript<'a, C>,
}

/// How it ends.
#[derive(Debug)]
pub(crate) struct Outcome {
	pub(crate) question: Question,
	pub(crate) verdict: Verdict,
	/// Questions and answers, from the question for the step to the proof.
	pub(crate) moves: u32,
}

/// A move of the challenger, and the provider's answer.
const BOTH: u32 = 2;

impl<'a, P: Tensors, C: Tensors> Dispute<'a, P, C> {
	/// The same with the parties in each other's place.
	pub(crate) fn turned(&self) -> Dispute<'a, C, P> {
		Dispute {
			outline: self.outline,
			env: self.env,
			provider: self.challenger,
			challenger: self.provider,
		}
	}

	/// Goes down to the first difference, and has it judged. Nothing if no output differs.
	pub(crate) fn run(&self, answer: Answer<'_>) -> Option<Outcome> {
		let (outline, env) = (self.outline, &self.env);
		let mut commitments = self.provider.commitments();
		// The step, to which the provider commits the outputs of its ops.
		let mut moves = BOTH;
		let list = self.provider.outputs();
		assert_eq!(commitments.outputs, list_root(list));
		let mut shown = self.challenger.shown_outputs();
		let top = commitments.outputs_node(outline);
		let tree = Tree::new(list.as_flattened());
		let compare = |node: &Node, layer: &[Root]| shown.layer(node, layer).unwrap();
		let leaf = descend(top, &tree, &mut moves, compare)?;
		let first = leaf.first_root() as usize;
		let roots = &list[first..list.len().min(first + 32)];
		let op = shown.roots(&leaf, roots).unwrap()?;
		assert_eq!(shown.root(), commitments.outputs);
		// The op, of whose output the provider shows the first layer.
		moves += BOTH;
		let tree = self.provider.output_tree(op).unwrap();
		let own = self.challenger.output_tree(op).unwrap();
		let top = output_node(outline, op, list[op as usize]).unwrap();
		let compare = |node: &Node, layer: &[Root]| own.first_difference(node, layer);
		let leaf = descend(top, &tree, &mut moves, compare);
		let leaf = leaf.expect("two roots differ, so some layer does");
		let tile = leaf.first() as u32;
		let steps = fold_steps(outline, op, tile).unwrap();
		let mut folded = None;
		let (part, claimed) = if steps <= 1 {
			(Part::Whole, *leaf.value())
		} else {
			// The fold, whose accumulators it commits.
			moves += BOTH;
			let theirs = self.provider.accumulators(env, (op, tile)).unwrap();
			assert_eq!(theirs.ended, None);
			let theirs = answer(theirs.tiles);
			let fold = Fold {
				op,
				tile,
				accumulators: tiles_root(&theirs),
			};
			commitments.fold = Some(fold);
			let own = self.challenger.accumulators(env, (op, tile)).unwrap();
			let own = folded.insert(Shown::tiles(&own.tiles, steps));
			let tree = Tree::of_chunks(theirs.iter().map(Tile::to_bytes));
			let compare = |node: &Node, layer: &[Root]| own.layer(node, layer).unwrap();
			match descend(fold.node(steps), &tree, &mut moves, compare) {
				Some(step) => (Part::Step(step.first() as u32), *step.value()),
				None => (Part::Finish, *leaf.value()),
			}
		};
		let question = Question { op, tile, part };
		let evidence = self
			.challenger
			.evidence(env, &question, &shown, folded.as_ref())
			.unwrap();
		let verdict = judge(outline, &commitments, env, &question, &claimed, &evidence);
		Some(Outcome {
			question,
			verdict: verdict.unwrap(),
			moves: moves + 1,
		})
	}
}

/// Goes down to the first leaf that differs. Nothing if none does.
fn descend(
	mut node: Node,
	tree: &Tree,
	moves: &mut u32,
	mut compare: impl FnMut(&Node, &[Root]) -> Option<u32>,
) -> Option<Node> {
	while !node.is_leaf() {
		let layer = tree.layer(&node).unwrap();
		let index = compare(&node, &layer)?;
		*moves += BOTH;
		node = node.child(&layer, index).unwrap();
	}
	Some(node)
}
