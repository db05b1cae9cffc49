//! What follows from a move, and when it is refused.

use crate::{ids::TaskKey, limits::MAX_STATES, plan::Plan, round::Failure, seal::Trace};
use assay_numerics::{
	hash::{DescentError, Node},
	ops::Env,
	program::Outline,
	referee::{
		fold_steps, judge, judge_state, output_node, Commitments, Fold, Held, Part, Question,
		RefereeError, Verdict,
	},
	state_root, train_items, Adapter, Gpt, Model, Root, ZERO_ROOT,
};

use super::{
	Answer, Ask, Layer, Path, Place, Proof, Search, ShownLayer, Side, Stage, StateRoots, States,
	StepClaim, Tree,
};

/// What is disputed: everything of it was agreed or committed before the dispute.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
	/// The attempt at a task.
	pub task: TaskKey,
	/// The job's plan.
	pub plan: &'a Plan,
	/// Its outline.
	pub outline: &'a Outline,
	/// The trace that was revealed.
	pub trace: &'a Trace,
	/// Where training is claimed to end, if that was revealed instead of work: the trace has the borders
	/// before it.
	pub failure: Option<Failure>,
}

/// Who is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ruling {
	/// The provider: what it committed does not follow from what else it committed.
	ProviderWrong,
	/// The challenger: where it said that the provider is wrong, it is right.
	ChallengerWrong,
}

/// Why a move is refused. Nothing changes then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisputeError {
	/// It is the other side's turn.
	NotYourTurn {
		/// Whose turn it is.
		turn: Side,
	},
	/// The dispute waits for something else of this side.
	NotAwaited,
	/// There is no such segment, step or place.
	NoSuchPlace {
		/// What was asked for.
		place: u32,
		/// How many there are.
		count: u32,
	},
	/// The states do not lead from one border of the segment to the other.
	OtherStates,
	/// What is shown does not belong to what was committed.
	Descent(DescentError),
	/// The evidence is no proof.
	Evidence(RefereeError),
	/// The plan has no such tensor: a defect, never a user's fault.
	Inconsistent,
}

impl From<DescentError> for DisputeError {
	fn from(error: DescentError) -> Self {
		DisputeError::Descent(error)
	}
}

impl From<RefereeError> for DisputeError {
	fn from(error: RefereeError) -> Self {
		DisputeError::Evidence(error)
	}
}

impl Case<'_> {
	/// What follows from a question.
	///
	/// # Errors
	/// [`DisputeError`]: a question that is not awaited, or about a place that there is not.
	pub fn ask(&self, stage: &Stage, ask: &Ask) -> Result<Stage, DisputeError> {
		self.ensure_turn(stage, Side::Challenger)?;
		match (stage, ask) {
			(Stage::Opened, Ask::Segment { segment }) => self.segment(*segment),
			(Stage::States { first, states }, Ask::Step { step }) => {
				self.step(*first, states, *step)
			}
			(Stage::Search(search), ask) => {
				let place = self.goes_on(search, ask)?;
				Ok(Stage::Search(Search {
					place,
					..search.clone()
				}))
			}
			_ => Err(DisputeError::NotAwaited),
		}
	}

	fn goes_on(&self, search: &Search, ask: &Ask) -> Result<Place, DisputeError> {
		let Place::Shown { tree, node, layer } = &search.place else {
			return Err(DisputeError::NotAwaited);
		};
		match (ask, *tree) {
			(Ask::Child { index }, _) => {
				self.before_ending(search, self.child((tree, node), layer, *index)?)
			}
			(Ask::State { of }, Tree::Outputs) => {
				let after = search.step.after.ok_or(DisputeError::NotAwaited)?;
				Ok(self.state(&after, *of))
			}
			(Ask::Ending, Tree::Outputs) => self.ending(search),
			(Ask::Ending, Tree::EndingFold { root }) => Ok(Place::Ending {
				accumulators: Some(root),
			}),
			(
				Ask::Finish,
				Tree::Accumulators {
					op,
					tile,
					claimed,
					root,
				},
			) => Ok(Place::Tile {
				op,
				tile,
				part: Part::Finish,
				claimed,
				accumulators: Some(root),
			}),
			_ => Err(DisputeError::NotAwaited),
		}
	}

	/// What follows from an answer.
	///
	/// # Errors
	/// [`DisputeError`]: an answer that is not awaited, or shows what is not committed.
	pub fn answer(&self, stage: &Stage, answer: &Answer) -> Result<Stage, DisputeError> {
		self.ensure_turn(stage, Side::Provider)?;
		match (stage, answer) {
			(
				Stage::Segment {
					first,
					steps,
					start,
					end,
				},
				Answer::States(states),
			) => {
				let known = |state: Option<&StateRoots>, root: &Root| {
					state.is_some_and(|state| state.border() == *root)
				};
				let expected = steps.saturating_add(1);
				let is_whole = u32::try_from(states.len()) == Ok(expected)
					&& known(states.first(), start)
					&& end.iter().all(|end| known(states.last(), end));
				if !is_whole {
					return Err(DisputeError::OtherStates);
				}
				Ok(Stage::States {
					first: *first,
					states: states.clone(),
				})
			}
			(Stage::Step(step), Answer::Outputs { root, layer }) => {
				let node = self.commitments(step, root).outputs_node(self.outline);
				let search = Search {
					step: *step,
					outputs: *root,
					list: Path::new(),
					fold: Path::new(),
					place: Place::Asked {
						tree: Tree::Outputs,
						node,
					},
				};
				shown(search, Tree::Outputs, node, layer)
			}
			(Stage::Search(search), answer) => match (&search.place, answer) {
				(Place::Asked { tree, node }, Answer::Layer(layer)) => {
					shown(search.clone(), *tree, *node, layer)
				}
				(Place::Fold { op, tile, claimed }, Answer::Fold { root, layer }) => {
					let (op, tile) = (*op, *tile);
					let tree = Tree::Accumulators {
						op,
						tile,
						claimed: *claimed,
						root: *root,
					};
					let fold = Fold {
						op,
						tile,
						accumulators: *root,
					};
					let node = fold.node(fold_steps(self.outline, op, tile)?);
					shown(search.clone(), tree, node, layer)
				}
				(Place::EndingFold, Answer::Fold { root, layer }) => {
					let (failure, steps) = self.ending_fold()?;
					let node = self.fold(&failure, *root).node(steps);
					let tree = Tree::EndingFold { root: *root };
					shown(search.clone(), tree, node, layer)
				}
				_ => Err(DisputeError::NotAwaited),
			},
			_ => Err(DisputeError::NotAwaited),
		}
	}

	/// Judges the place that was reached.
	///
	/// # Errors
	/// [`DisputeError`]: no place was reached yet, or the evidence is no proof of anything.
	pub fn prove(&self, stage: &Stage, proof: &Proof) -> Result<Ruling, DisputeError> {
		self.ensure_turn(stage, Side::Challenger)?;
		let Stage::Search(search) = stage else {
			return Err(DisputeError::NotAwaited);
		};
		let commitments = self.commitments(&search.step, &search.outputs);
		let verdict = match (&search.place, proof) {
			(
				Place::Tile {
					op,
					tile,
					part,
					claimed,
					accumulators,
				},
				Proof::Tile(evidence),
			) => {
				let (op, tile, part) = (*op, *tile, *part);
				let fold = accumulators.map(|accumulators| Fold {
					op,
					tile,
					accumulators,
				});
				let commitments = Commitments {
					fold,
					..commitments
				};
				judge(
					self.outline,
					&commitments,
					&self.env(search.step.step),
					&Question { op, tile, part },
					claimed,
					evidence,
				)?
			}
			(Place::Entry { held, place, root }, Proof::Entry(made)) => {
				judge_state(self.outline, &commitments, (*place, *held), root, made)?
			}
			(Place::Ending { accumulators }, Proof::Tile(evidence)) => {
				return self.judge_ending(search, *accumulators, evidence)
			}
			_ => return Err(DisputeError::NotAwaited),
		};
		Ok(match verdict {
			Verdict::Right => Ruling::ChallengerWrong,
			Verdict::Differs | Verdict::NoTile(_) => Ruling::ProviderWrong,
		})
	}

	/// What is committed about a step.
	pub fn commitments(&self, step: &StepClaim, outputs: &Root) -> Commitments {
		let base = match &self.plan.step.model {
			Model::Gpt(Gpt {
				adapter: Some(Adapter { base, .. }),
				..
			}) => *base,
			_ => ZERO_ROOT,
		};
		Commitments {
			params: step.before.params,
			moments: step.before.moments,
			base,
			data: self.plan.data.root,
			data_bytes: self.plan.data.bytes,
			outputs: *outputs,
			fold: None,
		}
	}

	/// The environment of a step of the task.
	pub fn env(&self, step: u32) -> Env<'_> {
		let items = self
			.plan
			.data
			.bytes
			.checked_div(self.outline.item_bytes().into())
			.unwrap_or(0);
		let (task, plan) = (&self.task, self.plan);
		Env::new(
			plan.seed,
			task.round,
			task.slot,
			step,
			plan.steps,
			train_items(items),
		)
		.with_turns(self.outline.turns())
	}

	fn ensure_turn(&self, stage: &Stage, side: Side) -> Result<(), DisputeError> {
		match stage.turn() {
			turn if turn == side => Ok(()),
			turn => Err(DisputeError::NotYourTurn { turn }),
		}
	}

	fn segment(&self, segment: u32) -> Result<Stage, DisputeError> {
		let count = self.segments();
		let absent = DisputeError::NoSuchPlace {
			place: segment,
			count,
		};
		let border = |index: u32| {
			let index = usize::try_from(index).ok()?;
			self.trace.get(index).copied()
		};
		let steps = self.plan.segment(segment).ok_or(absent)?;
		let steps = steps.start..self.ending_in(steps.start).unwrap_or(steps.end);
		let end = match self.ending_in(steps.start) {
			Some(_) => None,
			None => Some(border(segment.saturating_add(1)).ok_or(absent)?),
		};
		Ok(Stage::Segment {
			first: steps.start,
			steps: steps.end.saturating_sub(steps.start),
			start: border(segment).ok_or(absent)?,
			end,
		})
	}

	fn step(&self, first: u32, states: &States, step: u32) -> Result<Stage, DisputeError> {
		let whole = u32::try_from(states.len())
			.unwrap_or(MAX_STATES)
			.saturating_sub(1);
		// The step in which training is claimed to end follows the whole ones, and leads to no state.
		let ends = self.ending_in(first).is_some();
		let count = whole.saturating_add(ends.into());
		let absent = DisputeError::NoSuchPlace { place: step, count };
		let at = |index: u32| {
			let index = usize::try_from(index).ok()?;
			states.get(index).copied()
		};
		Ok(Stage::Step(StepClaim {
			step: first.saturating_add(step),
			before: at(step).ok_or(absent)?,
			after: match ends && step == whole {
				true => None,
				false => Some(at(step.saturating_add(1)).ok_or(absent)?),
			},
		}))
	}

	/// The list of the state after the step.
	fn state(&self, after: &StateRoots, of: Held) -> Place {
		let (tree, root) = match of {
			Held::Param => (Tree::Params, after.params),
			Held::FirstMoment | Held::SecondMoment => (Tree::Moments, after.moments),
		};
		if root == ZERO_ROOT {
			// No hash, so it cannot be opened; after a step nothing is all zero and not there.
			let (held, place) = (of, 0);
			return Place::Entry { held, place, root };
		}
		let node = of.node(self.outline, root);
		Place::Asked { tree, node }
	}

	/// One of the nodes or roots that are shown.
	fn child(
		&self,
		(tree, node): (&Tree, &Node),
		layer: &Layer,
		index: u32,
	) -> Result<Place, DisputeError> {
		if node.is_leaf() && tree.is_list() {
			let count = u32::try_from(layer.len()).unwrap_or(u32::MAX);
			let absent = DisputeError::NoSuchPlace {
				place: index,
				count,
			};
			let root = usize::try_from(index)
				.ok()
				.and_then(|index| layer.get(index).copied())
				.ok_or(absent)?;
			let entry = node.first_root().saturating_add(index.into());
			let entry = u32::try_from(entry).map_err(|_| DisputeError::Inconsistent)?;
			return self.entry(tree, entry, root);
		}
		let child = node.child(layer, index)?;
		if !child.is_leaf() || tree.is_list() {
			return Ok(Place::Asked {
				tree: *tree,
				node: child,
			});
		}
		let place = u32::try_from(child.first()).map_err(|_| DisputeError::Inconsistent)?;
		match *tree {
			Tree::Output { op } => self.tile(op, place, *child.value()),
			Tree::Accumulators { op, tile, root, .. } => Ok(Place::Tile {
				op,
				tile,
				part: Part::Step(place),
				claimed: *child.value(),
				accumulators: Some(root),
			}),
			Tree::EndingFold { root } => {
				let (Failure { op, tile, .. }, _) = self.ending_fold()?;
				Ok(Place::Tile {
					op,
					tile,
					part: Part::Step(place),
					claimed: *child.value(),
					accumulators: Some(root),
				})
			}
			Tree::Outputs | Tree::Params | Tree::Moments => Err(DisputeError::Inconsistent),
		}
	}

	/// A root of a list.
	fn entry(&self, tree: &Tree, entry: u32, root: Root) -> Result<Place, DisputeError> {
		let count = self.outline.param_count();
		Ok(match tree {
			Tree::Params => Place::Entry {
				held: Held::Param,
				place: entry,
				root,
			},
			Tree::Moments => match entry.checked_sub(count) {
				None => Place::Entry {
					held: Held::FirstMoment,
					place: entry,
					root,
				},
				Some(place) => Place::Entry {
					held: Held::SecondMoment,
					place,
					root,
				},
			},
			Tree::Outputs => {
				let node = output_node(self.outline, entry, root)?;
				if node.is_leaf() {
					return self.tile(entry, 0, root);
				}
				let tree = Tree::Output { op: entry };
				Place::Asked { tree, node }
			}
			Tree::Output { .. } | Tree::Accumulators { .. } | Tree::EndingFold { .. } => {
				return Err(DisputeError::Inconsistent)
			}
		})
	}

	/// A tile of an output: of a fold of several steps, the accumulators are asked for.
	fn tile(&self, op: u32, tile: u32, claimed: Root) -> Result<Place, DisputeError> {
		Ok(match fold_steps(self.outline, op, tile)? {
			0 | 1 => Place::Tile {
				op,
				tile,
				part: Part::Whole,
				claimed,
				accumulators: None,
			},
			_ => Place::Fold { op, tile, claimed },
		})
	}
}

impl StateRoots {
	/// The root of the state. In this version a slot carries nothing from step to step.
	pub fn border(&self) -> Root {
		state_root(self.params, self.moments, ZERO_ROOT)
	}
}

/// What is below a node, checked and remembered.
fn shown(mut search: Search, tree: Tree, node: Node, layer: &Layer) -> Result<Stage, DisputeError> {
	if node.is_leaf() && tree.is_list() {
		node.roots(layer)?;
	} else {
		node.verify_layer(layer)?;
	}
	let path = match tree {
		Tree::Outputs => Some(&mut search.list),
		Tree::Accumulators { .. } | Tree::EndingFold { .. } => Some(&mut search.fold),
		Tree::Params | Tree::Moments | Tree::Output { .. } => None,
	};
	if let Some(path) = path {
		let layer = layer.clone();
		let pushed = path.try_push(ShownLayer { node, layer });
		pushed.map_err(|_| DisputeError::Inconsistent)?;
	}
	search.place = Place::Shown {
		tree,
		node,
		layer: layer.clone(),
	};
	Ok(Stage::Search(search))
}
