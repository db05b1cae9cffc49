//! What a challenger asks, and what it proves.

use assay_engine::StepTranscript;
use assay_numerics::{
	referee::{fold_steps, judged_ops, Held, Question, Shown},
	Root,
};
use assay_protocol::dispute::{Ask, Place, Proof, Ruling, Search, Stage, StateRoots, States, Tree};

use super::{
	party::{DisputeError, Party},
	Move,
};
use crate::chain::DisputeView;

impl Party {
	/// The next question, or the proof.
	pub(super) fn ask_or_prove(&self, view: &DisputeView) -> Result<Move, DisputeError> {
		let next = match &view.stage {
			Stage::Opened => Move::Ask(self.first_segment(view)?),
			Stage::States { first, states } => Move::Ask(self.first_step(*first, states)?),
			Stage::Search(search) => self.in_step(view, search)?,
			Stage::Segment { .. } | Stage::Step(_) => {
				return Err(DisputeError::Useless(
					"it is not the challenger's turn".into(),
				))
			}
		};
		// A move that is refused, or that loses the dispute, is worse than none.
		let case = self.case(view);
		let useless = |why: String| Err(DisputeError::Useless(why));
		match &next {
			Move::Ask(ask) => match case.ask(&view.stage, ask) {
				Ok(_) => Ok(next),
				Err(error) => useless(format!("{error:?}")),
			},
			Move::Prove(proof) => match case.prove(&view.stage, proof) {
				Ok(Ruling::ProviderWrong) => Ok(next),
				Ok(Ruling::ChallengerWrong) => useless("the provider is right here".into()),
				Err(error) => useless(format!("{error:?}")),
			},
			Move::Answer(_) => useless("a challenger does not answer".into()),
		}
	}

	/// The first segment whose end differs.
	fn first_segment(&self, view: &DisputeView) -> Result<Ask, DisputeError> {
		let states = self.states(view.plan.steps, false)?;
		let ends = (0..view.plan.segments()).map_while(|segment| view.plan.segment(segment));
		let differs = ends
			.zip(view.trace.iter().skip(1))
			.position(|(steps, end)| {
				let own = states.get(steps.end as usize).map(StateRoots::border);
				own.as_ref() != Some(end)
			});
		let segment = differs.ok_or(DisputeError::NoDifference("borders"))?;
		Ok(Ask::Segment {
			segment: segment as u32,
		})
	}

	/// The first step after which the state differs.
	fn first_step(&self, first: u32, shown: &States) -> Result<Ask, DisputeError> {
		let steps = first.saturating_add(shown.len().saturating_sub(1) as u32);
		let own = self.states(steps, false)?;
		let own = own.iter().skip(first as usize + 1);
		let differs = shown.iter().skip(1).zip(own).position(|(a, b)| a != b);
		let step = differs.ok_or(DisputeError::NoDifference("states"))?;
		Ok(Ask::Step { step: step as u32 })
	}

	fn in_step(&self, view: &DisputeView, search: &Search) -> Result<Move, DisputeError> {
		let (transcript, outputs) = self.step(search.step.step, false)?;
		match &search.place {
			Place::Shown { tree, node, layer } => {
				let differs = match *tree {
					Tree::Outputs => {
						let (_, differs) = self.their_outputs(&outputs, search)?;
						return Ok(Move::Ask(match differs {
							Some(index) => Ask::Child { index },
							None => self.state_of(search, &transcript)?,
						}));
					}
					Tree::Params => {
						let own = self.state_list(&outputs, &[Held::Param])?;
						first_root(&own, node, layer)?
					}
					Tree::Moments => {
						let held = [Held::FirstMoment, Held::SecondMoment];
						let own = self.state_list(&outputs, &held)?;
						first_root(&own, node, layer)?
					}
					Tree::Output { op } => {
						let own = self.output_tree(&transcript, op)?;
						own.first_difference(node, layer)
					}
					Tree::Accumulators { op, tile, .. } => {
						let (_, differs) =
							self.their_fold(view, &transcript, search, (op, tile))?;
						return Ok(Move::Ask(match differs {
							Some(index) => Ask::Child { index },
							None => Ask::Finish,
						}));
					}
				};
				let index = differs.ok_or(DisputeError::NoDifference("nodes"))?;
				Ok(Move::Ask(Ask::Child { index }))
			}
			Place::Tile { op, tile, part, .. } => {
				let (op, tile, part) = (*op, *tile, *part);
				let (theirs, _) = self.their_outputs(&outputs, search)?;
				let fold = match search.fold.is_empty() {
					true => None,
					false => Some(self.their_fold(view, &transcript, search, (op, tile))?.0),
				};
				let witness = transcript.witness(self.workload.data())?;
				let case = self.case(view);
				let env = case.env(search.step.step);
				let question = Question { op, tile, part };
				let evidence = witness.evidence(&env, &question, &theirs, fold.as_ref())?;
				Ok(Move::Prove(Proof::Tile(Box::new(evidence))))
			}
			Place::Entry { held, place, .. } => {
				let (theirs, _) = self.their_outputs(&outputs, search)?;
				let op = held.op(self.outline(), *place)?;
				Ok(Move::Prove(Proof::Entry(Box::new(theirs.open_root(op)?))))
			}
			Place::Asked { .. } | Place::Fold { .. } => Err(DisputeError::Useless(
				"it is not the challenger's turn".into(),
			)),
		}
	}

	/// The own outputs with what was shown of the provider's in place of them, and the first difference
	/// in what was shown last, by its place there.
	fn their_outputs(
		&self,
		own: &[Root],
		search: &Search,
	) -> Result<(Shown, Option<u32>), DisputeError> {
		let mut theirs = Shown::list(own, judged_ops(self.outline()));
		let mut differs = None;
		for shown in &search.list {
			differs = if shown.node.is_leaf() {
				let place = theirs.roots(&shown.node, &shown.layer)?;
				place.map(|place| place.saturating_sub(shown.node.first_root() as u32))
			} else {
				theirs.layer(&shown.node, &shown.layer)?
			};
		}
		Ok((theirs, differs))
	}

	/// The same of the accumulators of a tile.
	fn their_fold(
		&self,
		view: &DisputeView,
		transcript: &StepTranscript,
		search: &Search,
		(op, tile): (u32, u32),
	) -> Result<(Shown, Option<u32>), DisputeError> {
		let witness = transcript.witness(self.workload.data())?;
		let case = self.case(view);
		let env = case.env(search.step.step);
		let own = witness.accumulators(&env, (op, tile))?.tiles;
		let mut theirs = Shown::tiles(&own, fold_steps(self.outline(), op, tile)?);
		let mut differs = None;
		for shown in &search.fold {
			differs = theirs.layer(&shown.node, &shown.layer)?;
		}
		Ok((theirs, differs))
	}

	/// All outputs agree: the state that is made of them does not.
	fn state_of(&self, search: &Search, transcript: &StepTranscript) -> Result<Ask, DisputeError> {
		let own = transcript.after();
		if search.step.after.params != own.params {
			return Ok(Ask::State { of: Held::Param });
		}
		if search.step.after.moments != own.moments {
			return Ok(Ask::State {
				of: Held::FirstMoment,
			});
		}
		Err(DisputeError::NoDifference("states"))
	}
}

/// The first difference in a layer of a list, or in the roots of a chunk of it, by its place there.
fn first_root(
	own: &[Root],
	node: &assay_numerics::hash::Node,
	shown: &[Root],
) -> Result<Option<u32>, DisputeError> {
	if !node.is_leaf() {
		let list = Shown::list(own, own.len() as u32);
		return Ok(list.tree().first_difference(node, shown));
	}
	let own = own.iter().skip(node.first_root() as usize);
	let differs = shown.iter().zip(own).position(|(a, b)| a != b);
	Ok(differs.map(|place| place as u32))
}
