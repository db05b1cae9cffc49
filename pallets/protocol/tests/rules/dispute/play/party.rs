//! One side: what it answers, and what it asks.

use assay_numerics::{
	hash::{descent::Node, tiles_root, Tree as Hashes},
	referee::{fold_steps, Held, Part, Question, Shown, Transcript},
	Env, Memory, Root, Tile,
};
use assay_protocol::{
	dispute::{Answer, Ask, Case, Layer, Path, Place, Proof, Search, Stage, StateRoots, Tree},
	Trace,
};

use super::{transcript, Move, Setup};

/// Somebody that has done the task.
#[derive(Clone)]
pub(crate) struct Party<'a> {
	pub(crate) setup: &'a Setup,
	/// The tensors of every step.
	pub(crate) steps: Vec<Memory>,
	/// Before the first step and after each.
	pub(crate) states: Vec<StateRoots>,
	/// Lists that are not made of the outputs: the step that they come after, whether they are of the
	/// parameters, and their roots.
	pub(crate) lists: Vec<(u32, bool, Vec<Root>)>,
	/// What it commits of a fold.
	pub(crate) accumulators: fn(Vec<Tile>) -> Vec<Tile>,
}

impl<'a> Party<'a> {
	/// The borders that it reveals.
	pub(crate) fn trace(&self) -> Trace {
		let plan = &self.setup.plan;
		let segments = (0..plan.segments()).map(|segment| plan.segment(segment).unwrap().end);
		let borders = [0].into_iter().chain(segments);
		let borders = borders.map(|step| self.states[step as usize].border());
		Trace::truncate_from(borders.collect())
	}

	pub(crate) fn transcript(&self, step: u32) -> Transcript<'_, Memory> {
		let setup = self.setup;
		transcript(
			&setup.program,
			&self.steps[step as usize],
			&setup.data,
			step,
		)
	}

	/// The list of the state after a step.
	pub(crate) fn list(&self, step: u32, held: Held) -> Vec<Root> {
		let is_params = held == Held::Param;
		let mut told = self.lists.iter();
		let told = told.find(|told| (told.0, told.1) == (step, is_params));
		match (told, held) {
			(Some((_, _, list)), _) => list.clone(),
			(None, Held::Param) => self.transcript(step).next_params().unwrap(),
			(None, _) => self.transcript(step).next_moments().unwrap(),
		}
	}

	/// Changes a root of a list after a step, and the state with it.
	pub(crate) fn lie_in_list(&mut self, step: u32, held: Held, entry: usize) {
		let mut list = self.list(step, held);
		list[entry][7] ^= 1;
		let root = assay_numerics::list_root(&list);
		let state = &mut self.states[step as usize + 1];
		match held {
			Held::Param => state.params = root,
			_ => state.moments = root,
		}
		self.lists.push((step, held == Held::Param, list));
	}

	/// What a provider says next, if it has anything to say.
	pub(crate) fn answer(&self, case: &Case<'_>, stage: &Stage) -> Option<Answer> {
		match stage {
			Stage::Segment { first, steps, .. } => {
				let states = &self.states[*first as usize..=(first + steps) as usize];
				Some(Answer::States(states.to_vec().try_into().unwrap()))
			}
			Stage::Step(claim) => {
				let transcript = self.transcript(claim.step);
				let list = transcript.outputs();
				let commitments = transcript.commitments();
				let node = commitments.outputs_node(case.outline);
				Some(Answer::Outputs {
					root: commitments.outputs,
					layer: of_list(list, &node)?,
				})
			}
			Stage::Search(search) => self.search(case, search),
			Stage::Opened | Stage::States { .. } => None,
		}
	}

	fn search(&self, case: &Case<'_>, search: &Search) -> Option<Answer> {
		let step = search.step.step;
		let transcript = self.transcript(step);
		match &search.place {
			Place::Asked { tree, node } => Some(Answer::Layer(match *tree {
				Tree::Outputs => of_list(transcript.outputs(), node)?,
				Tree::Params => of_list(&self.list(step, Held::Param), node)?,
				Tree::Moments => of_list(&self.list(step, Held::FirstMoment), node)?,
				Tree::Output { op } => of_tree(&transcript.output_tree(op).unwrap(), node)?,
				Tree::Accumulators { op, tile, .. } => {
					let tiles = self.fold(case, step, op, tile);
					of_tree(&hashes(&tiles), node)?
				}
			})),
			Place::Fold { op, tile, .. } => {
				let tiles = self.fold(case, step, *op, *tile);
				let root = tiles_root(&tiles);
				let node = Node::top(root, tiles.len() as u64 * 1_024);
				let layer = of_tree(&hashes(&tiles), &node)?;
				Some(Answer::Fold { root, layer })
			}
			Place::Shown { .. } | Place::Tile { .. } | Place::Entry { .. } => None,
		}
	}

	/// The accumulators that it commits.
	fn fold(&self, case: &Case<'_>, step: u32, op: u32, tile: u32) -> Vec<Tile> {
		let transcript = self.transcript(step);
		let found = transcript
			.accumulators(&case.env(step), (op, tile))
			.unwrap();
		let mut tiles = found.tiles;
		let steps = fold_steps(case.outline, op, tile).unwrap();
		tiles.resize(steps as usize, Tile::ZERO);
		(self.accumulators)(tiles)
	}

	/// What a challenger does next; nothing if it finds no difference.
	pub(crate) fn ask(&self, case: &Case<'_>, stage: &Stage) -> Option<Move> {
		let ask = match stage {
			Stage::Opened => {
				let own = self.trace();
				let border = first_difference(&own, case.trace)?;
				Ask::Segment {
					segment: border - 1,
				}
			}
			Stage::States { first, states } => {
				let own = &self.states[*first as usize..][..states.len()];
				Ask::Step {
					step: first_difference(own, states)? - 1,
				}
			}
			Stage::Search(search) => return self.narrow(case, search),
			Stage::Segment { .. } | Stage::Step(_) => return None,
		};
		Some(Move::Ask(ask))
	}

	fn narrow(&self, case: &Case<'_>, search: &Search) -> Option<Move> {
		let step = search.step.step;
		let transcript = self.transcript(step);
		let child = |index: u32| Some(Move::Ask(Ask::Child { index }));
		match &search.place {
			Place::Shown { tree, node, layer } => match *tree {
				Tree::Outputs => {
					let mut shown = transcript.shown_outputs();
					match taken_in(&mut shown, &search.list, true) {
						Some(index) => child(index),
						None => {
							let is_param =
								search.step.after.params != self.states[step as usize + 1].params;
							let of = match is_param {
								true => Held::Param,
								false => Held::SecondMoment,
							};
							Some(Move::Ask(Ask::State { of }))
						}
					}
				}
				Tree::Params => child(differs(&self.list(step, Held::Param), node, layer)?),
				Tree::Moments => child(differs(&self.list(step, Held::FirstMoment), node, layer)?),
				Tree::Output { op } => {
					let own = transcript.output_tree(op).unwrap();
					child(own.first_difference(node, layer)?)
				}
				Tree::Accumulators { op, tile, .. } => {
					let mut folded = self.folded(case, step, op, tile);
					match taken_in(&mut folded, &search.fold, false) {
						Some(index) => child(index),
						None => Some(Move::Ask(Ask::Finish)),
					}
				}
			},
			Place::Tile { .. } | Place::Entry { .. } => {
				Some(Move::Prove(self.proof(case, search)?))
			}
			Place::Asked { .. } | Place::Fold { .. } => None,
		}
	}

	/// The evidence at the place that was reached.
	pub(crate) fn proof(&self, case: &Case<'_>, search: &Search) -> Option<Proof> {
		let step = search.step.step;
		let transcript = self.transcript(step);
		let mut shown = transcript.shown_outputs();
		taken_in(&mut shown, &search.list, true);
		match search.place {
			Place::Tile { op, tile, part, .. } => {
				let mut folded = match part {
					Part::Whole => None,
					_ => Some(self.folded(case, step, op, tile)),
				};
				if let Some(folded) = &mut folded {
					taken_in(folded, &search.fold, false);
				}
				let question = Question { op, tile, part };
				let env: Env<'_> = case.env(step);
				let evidence = transcript.evidence(&env, &question, &shown, folded.as_ref());
				Some(Proof::Tile(Box::new(evidence.unwrap())))
			}
			Place::Entry { held, place, .. } => {
				let op = held.op(case.outline, place).unwrap();
				Some(Proof::Entry(Box::new(shown.open_root(op).unwrap())))
			}
			_ => None,
		}
	}

	/// Its own accumulators.
	fn folded(&self, case: &Case<'_>, step: u32, op: u32, tile: u32) -> Shown {
		let transcript = self.transcript(step);
		let own = transcript
			.accumulators(&case.env(step), (op, tile))
			.unwrap();
		let steps = fold_steps(case.outline, op, tile).unwrap();
		Shown::tiles(&own.tiles, steps)
	}
}

/// Takes in what was shown, and gives the index of the first difference in the last layer.
fn taken_in(shown: &mut Shown, path: &Path, is_list: bool) -> Option<u32> {
	let mut last = None;
	for level in path {
		last = match is_list && level.node.is_leaf() {
			true => {
				let place = shown.roots(&level.node, &level.layer).unwrap();
				place.map(|place| place - level.node.first_root() as u32)
			}
			false => shown.layer(&level.node, &level.layer).unwrap(),
		};
	}
	last
}

/// The first difference from a list of one's own.
fn differs(own: &[Root], node: &Node, layer: &Layer) -> Option<u32> {
	if node.is_leaf() {
		return first_difference(&own[node.first_root() as usize..][..layer.len()], layer);
	}
	Hashes::new(own.as_flattened()).first_difference(node, layer)
}

fn first_difference<T: PartialEq>(own: &[T], other: &[T]) -> Option<u32> {
	let place = own
		.iter()
		.zip(other)
		.position(|(own, other)| own != other)?;
	Some(place as u32)
}

fn hashes(tiles: &[Tile]) -> Hashes {
	Hashes::of_chunks(tiles.iter().map(Tile::to_bytes))
}

/// What is below a node of a list of roots.
fn of_list(list: &[Root], node: &Node) -> Option<Layer> {
	if !node.is_leaf() {
		return of_tree(&Hashes::new(list.as_flattened()), node);
	}
	let first = node.first_root() as usize;
	let roots = list.get(first..list.len().min(first + 32))?;
	Some(Layer::truncate_from(roots.to_vec()))
}

fn of_tree(tree: &Hashes, node: &Node) -> Option<Layer> {
	Layer::try_from(tree.layer(node)?).ok()
}
