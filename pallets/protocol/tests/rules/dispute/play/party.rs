//! One side: what it answers, and what it asks.

use assay_numerics::{
	hash::{descent::Node, list_root, tiles_root, Tree as Hashes},
	referee::{
		fold_steps, judged_ops, outputs_before, tiles_before, Held, Part, Question, Shown,
		Transcript,
	},
	Env, Memory, Root, Tile,
};
use assay_protocol::{
	dispute::{
		Answer, Ask, Case, Layer, Path, Place, Proof, Search, ShownLayer, Stage, StateRoots, Tree,
	},
	Failure, Trace,
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
	/// The step, op and tile in which its own training ends.
	pub(crate) ends: Option<(u32, u32, u32)>,
	/// What it claims instead of work.
	pub(crate) claim: Option<Failure>,
}

impl<'a> Party<'a> {
	/// The borders that it reveals.
	pub(crate) fn trace(&self) -> Trace {
		let plan = &self.setup.plan;
		let whole = match self.claim {
			Some(claim) => claim.segment(plan),
			None => plan.segments(),
		};
		let segments = (0..whole).map(|segment| plan.segment(segment).unwrap().end);
		let borders = [0].into_iter().chain(segments);
		let borders = borders.map(|step| self.states[step as usize].border());
		Trace::truncate_from(borders.collect())
	}

	/// Stops where its training ends, and claims that it does.
	pub(crate) fn stopped(mut self) -> Self {
		let Some((step, op, tile)) = self.ends else {
			return self;
		};
		self.steps.truncate(step as usize + 1);
		self.states.truncate(step as usize + 1);
		let no_trace = Trace::new();
		let case = self.setup.case(&no_trace);
		let env = case.env(step);
		let part = self.transcript(step).ending(&env, (op, tile)).unwrap();
		self.claim = Some(Failure {
			step,
			op,
			tile,
			part: part.unwrap(),
		});
		self
	}

	/// What is disputed of it.
	pub(crate) fn case<'b>(&'b self, trace: &'b Trace) -> Case<'b> {
		Case {
			failure: self.claim,
			..self.setup.case(trace)
		}
	}

	pub(crate) fn transcript(&self, step: u32) -> Transcript<'_, Memory> {
		let setup = self.setup;
		let has_all = self.states.len() > step as usize + 1;
		let made = match self.ends {
			Some((at, op, _)) if at == step && !has_all => op,
			_ => judged_ops(setup.outline()),
		};
		transcript(
			&setup.program,
			&self.steps[step as usize],
			&setup.data,
			(step, made),
		)
	}

	/// The list of the outputs of a step that it commits: up to the claimed op where training is claimed
	/// to end.
	fn outputs(
		&self,
		case: &Case<'_>,
		transcript: &Transcript<'_, Memory>,
		ends: bool,
	) -> Vec<Root> {
		match case.failure {
			Some(claim) if ends => outputs_before(case.outline, transcript.outputs(), claim.op),
			_ => transcript.outputs().to_vec(),
		}
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
				let list = self.outputs(case, &transcript, claim.after.is_none());
				let root = list_root(&list);
				let node = case.commitments(claim, &root).outputs_node(case.outline);
				let layer = of_list(&list, &node)?;
				Some(Answer::Outputs { root, layer })
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
				Tree::Outputs => {
					let ends = search.step.after.is_none();
					of_list(&self.outputs(case, &transcript, ends), node)?
				}
				Tree::Params => of_list(&self.list(step, Held::Param), node)?,
				Tree::Moments => of_list(&self.list(step, Held::FirstMoment), node)?,
				Tree::Output { op } => of_tree(&transcript.output_tree(op).unwrap(), node)?,
				Tree::Accumulators { op, tile, .. } => {
					let tiles = self.fold(case, step, op, tile);
					of_tree(&hashes(&tiles), node)?
				}
				Tree::EndingFold { .. } => of_tree(&hashes(&self.fold_before(case, step)?), node)?,
			})),
			Place::EndingFold => {
				let tiles = self.fold_before(case, step)?;
				let root = tiles_root(&tiles);
				let node = Node::top(root, tiles.len() as u64 * 1_024);
				let layer = of_tree(&hashes(&tiles), &node)?;
				Some(Answer::Fold { root, layer })
			}
			Place::Fold { op, tile, .. } => {
				let tiles = self.fold(case, step, *op, *tile);
				let root = tiles_root(&tiles);
				let node = Node::top(root, tiles.len() as u64 * 1_024);
				let layer = of_tree(&hashes(&tiles), &node)?;
				Some(Answer::Fold { root, layer })
			}
			Place::Shown { .. }
			| Place::Tile { .. }
			| Place::Entry { .. }
			| Place::Ending { .. } => None,
		}
	}

	/// The accumulators that it commits before the place where it claims that training ends.
	fn fold_before(&self, case: &Case<'_>, step: u32) -> Option<Vec<Tile>> {
		let claim = case.failure?;
		let tiles = self.fold(case, step, claim.op, claim.tile);
		let steps = tiles.len() as u32;
		Some(tiles_before(&tiles, claim.part, steps))
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
				let ends = case.plan.segments();
				let ends = (0..ends).map(|segment| case.plan.segment(segment).unwrap().end);
				let differs = ends
					.zip(case.trace.iter().skip(1))
					.position(|(end, border)| {
						let own = self.states.get(end as usize).map(StateRoots::border);
						own != Some(*border)
					});
				let segment = match (differs, case.failure) {
					(Some(segment), _) => segment as u32,
					(None, Some(claim)) if self.claim != Some(claim) => claim.segment(case.plan),
					_ => return None,
				};
				Ask::Segment { segment }
			}
			Stage::States { first, states } => {
				let own = self.states.get(*first as usize..).unwrap_or_default();
				let differs = (1..states.len()).find(|at| own.get(*at) != states.get(*at));
				// All agree up to the step in which training is claimed to end.
				let step = differs.unwrap_or(states.len()) as u32 - 1;
				Ask::Step { step }
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
					let mut shown = self.their_outputs(case, &transcript, search);
					let differs = taken_in(&mut shown, &search.list, true);
					let end = match (search.step.after, case.failure) {
						(None, Some(claim)) => claim.op,
						_ => judged_ops(case.outline),
					};
					match (
						differs.filter(|index| !is_behind(&search.list, *index, end, true)),
						search.step.after,
					) {
						(Some(index), _) => child(index),
						(None, None) => Some(Move::Ask(Ask::Ending)),
						(None, Some(after)) => {
							let is_param = after.params != self.states[step as usize + 1].params;
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
				Tree::Output { op } => match self.ends {
					// It has no tile there, so whatever is shown is wrong.
					Some((at, made, tile)) if (at, made) == (step, op) => {
						child(node.toward(tile.into())?)
					}
					_ => {
						let own = transcript.output_tree(op).unwrap();
						child(own.first_difference(node, layer)?)
					}
				},
				Tree::EndingFold { .. } => {
					let mut folded = self.their_fold(case, search)?;
					let claim = case.failure?;
					let steps = fold_steps(case.outline, claim.op, claim.tile).unwrap();
					let before = claim.part.before(steps);
					let differs = taken_in(&mut folded, &search.fold, false);
					match differs.filter(|index| !is_behind(&search.fold, *index, before, false)) {
						Some(index) => child(index),
						None => Some(Move::Ask(Ask::Ending)),
					}
				}
				Tree::Accumulators { op, tile, .. } => {
					let mut folded = self.folded(case, step, op, tile);
					match taken_in(&mut folded, &search.fold, false) {
						Some(index) => child(index),
						None => Some(Move::Ask(Ask::Finish)),
					}
				}
			},
			Place::Tile { .. } | Place::Entry { .. } | Place::Ending { .. } => {
				Some(Move::Prove(self.proof(case, search)?))
			}
			Place::Asked { .. } | Place::Fold { .. } | Place::EndingFold => None,
		}
	}

	/// The evidence at the place that was reached.
	pub(crate) fn proof(&self, case: &Case<'_>, search: &Search) -> Option<Proof> {
		let step = search.step.step;
		let transcript = self.transcript(step);
		let mut shown = self.their_outputs(case, &transcript, search);
		taken_in(&mut shown, &search.list, true);
		match search.place {
			Place::Ending { .. } => {
				let Failure { op, tile, part, .. } = case.failure?;
				let mut folded = self.their_fold(case, search)?;
				taken_in(&mut folded, &search.fold, false);
				let question = Question { op, tile, part };
				let env = case.env(step);
				let evidence = transcript.evidence(&env, &question, &shown, Some(&folded));
				Some(Proof::Tile(Box::new(evidence.unwrap())))
			}
			Place::Tile { op, tile, part, .. } => {
				let mut folded = match part {
					Part::Whole => None,
					_ if search.step.after.is_none() && case.failure?.op == op => {
						Some(self.their_fold(case, search)?)
					}
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

	/// Its own outputs, up to the claimed op where training is claimed to end.
	fn their_outputs(
		&self,
		case: &Case<'_>,
		transcript: &Transcript<'_, Memory>,
		search: &Search,
	) -> Shown {
		let own = transcript.outputs();
		let before = match (search.step.after, case.failure) {
			(None, Some(claim)) => own.get(..claim.op as usize).unwrap_or(own),
			_ => own,
		};
		Shown::list(before, judged_ops(case.outline))
	}

	/// Its own accumulators before the place where training is claimed to end.
	fn their_fold(&self, case: &Case<'_>, search: &Search) -> Option<Shown> {
		let Failure { op, tile, part, .. } = case.failure?;
		let step = search.step.step;
		let own = self
			.transcript(step)
			.accumulators(&case.env(step), (op, tile));
		let own = own.unwrap().tiles;
		let steps = fold_steps(case.outline, op, tile).unwrap();
		let before = own.get(..part.before(steps) as usize).unwrap_or(&own);
		Some(Shown::tiles(before, steps))
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

/// Whether what lies at this index of the layer that was shown last is a root or tile at or behind a
/// place: nothing is disputed there.
fn is_behind(path: &Path, index: u32, place: u32, is_list: bool) -> bool {
	let Some(ShownLayer { node, layer }) = path.last() else {
		return false;
	};
	if is_list {
		return node.is_leaf() && node.first_root() as u32 + index >= place;
	}
	let child = node.child(layer, index).unwrap();
	child.is_leaf() && child.first() >= place.into()
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
