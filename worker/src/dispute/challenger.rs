//! What a challenger asks, and what it proves.

use assay_engine::StepTranscript;
use assay_numerics::{
	referee::{fold_steps, judged_ops, Held, Question, Shown},
	Root,
};
use assay_protocol::{
	dispute::{Ask, Place, Proof, Ruling, Search, Stage, StateRoots, States, Tree},
	Failure,
};

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
			Stage::States { first, states } => Move::Ask(self.first_step(view, *first, states)?),
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
		let segment = match (differs, view.failure) {
			(Some(segment), _) => segment as u32,
			(None, Some(claim)) if self.is_true(claim)? => {
				return Err(DisputeError::NoDifference(
					"borders and the end of training",
				))
			}
			(None, Some(claim)) => claim.segment(&view.plan),
			(None, None) => return Err(DisputeError::NoDifference("borders")),
		};
		Ok(Ask::Segment { segment })
	}

	/// The first step after which the state differs, or there is none; if all agree, the one in which
	/// training is claimed to end.
	fn first_step(
		&self,
		view: &DisputeView,
		first: u32,
		shown: &States,
	) -> Result<Ask, DisputeError> {
		let whole = shown.len().saturating_sub(1) as u32;
		let own = self.states(first.saturating_add(whole), false)?;
		let own = own.get(first as usize..).unwrap_or_default();
		let differs = (0..whole).find(|step| {
			let after = *step as usize + 1;
			own.get(after) != shown.get(after)
		});
		let step = match (differs, view.failure) {
			(Some(step), _) => step,
			(None, Some(_)) => whole,
			(None, None) => return Err(DisputeError::NoDifference("states")),
		};
		Ok(Ask::Step { step })
	}

	fn in_step(&self, view: &DisputeView, search: &Search) -> Result<Move, DisputeError> {
		let (transcript, outputs) = self.step(search.step.step, false)?;
		match &search.place {
			Place::Shown { tree, node, layer } => {
				let differs = match *tree {
					Tree::Outputs => {
						let (_, differs) = self.their_outputs(view, &outputs, search)?;
						return Ok(Move::Ask(match (differs, search.step.after) {
							(Some(index), _) => Ask::Child { index },
							(None, None) => Ask::Ending,
							(None, Some(after)) => state_of(&after, &transcript)?,
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
					Tree::Output { op } if transcript.ended() == Some(op) => {
						// It has no tile there, so whatever is shown is wrong.
						let ending = transcript.ending(self.workload.data())?;
						ending.and_then(|ending| node.toward(ending.tile.into()))
					}
					Tree::Output { op } => {
						let own = self.output_tree(&transcript, op)?;
						own.first_difference(node, layer)
					}
					Tree::EndingFold { .. } => {
						let (_, differs) = self.their_ending(view, &transcript, search)?;
						return Ok(Move::Ask(match differs {
							Some(index) => Ask::Child { index },
							None => Ask::Ending,
						}));
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
				let (theirs, _) = self.their_outputs(view, &outputs, search)?;
				let is_claimed = |claim: Failure| search.step.after.is_none() && claim.op == op;
				let fold = match search.fold.is_empty() {
					true => None,
					false if view.failure.is_some_and(is_claimed) => {
						Some(self.their_ending(view, &transcript, search)?.0)
					}
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
				let (theirs, _) = self.their_outputs(view, &outputs, search)?;
				let op = held.op(self.outline(), *place)?;
				Ok(Move::Prove(Proof::Entry(Box::new(theirs.open_root(op)?))))
			}
			Place::Ending { .. } => {
				let (theirs, _) = self.their_outputs(view, &outputs, search)?;
				let (fold, _) = self.their_ending(view, &transcript, search)?;
				let Failure { op, tile, part, .. } = claim_of(view)?;
				let witness = transcript.witness(self.workload.data())?;
				let case = self.case(view);
				let env = case.env(search.step.step);
				let question = Question { op, tile, part };
				let evidence = witness.evidence(&env, &question, &theirs, Some(&fold))?;
				Ok(Move::Prove(Proof::Tile(Box::new(evidence))))
			}
			Place::Asked { .. } | Place::Fold { .. } | Place::EndingFold => Err(
				DisputeError::Useless("it is not the challenger's turn".into()),
			),
		}
	}

	/// The own outputs with what was shown of the provider's in place of them, and the first difference
	/// in what was shown last, by its place there. Behind the op at which training is claimed to end there
	/// is none.
	fn their_outputs(
		&self,
		view: &DisputeView,
		own: &[Root],
		search: &Search,
	) -> Result<(Shown, Option<u32>), DisputeError> {
		let all = judged_ops(self.outline());
		let claim = view.failure.filter(|_| search.step.after.is_none());
		let end = claim.map_or(all, |claim| claim.op);
		let own = own.get(..end as usize).unwrap_or(own);
		let mut theirs = Shown::list(own, all);
		let mut differs = None;
		for shown in &search.list {
			differs = if shown.node.is_leaf() {
				let place = theirs.roots(&shown.node, &shown.layer)?;
				let place = place.filter(|place| *place < end);
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

	/// The same of the accumulators before the place where training is claimed to end; no difference
	/// lies behind it.
	fn their_ending(
		&self,
		view: &DisputeView,
		transcript: &StepTranscript,
		search: &Search,
	) -> Result<(Shown, Option<u32>), DisputeError> {
		let Failure { op, tile, part, .. } = claim_of(view)?;
		let witness = transcript.witness(self.workload.data())?;
		let case = self.case(view);
		let own = witness.accumulators(&case.env(search.step.step), (op, tile))?;
		let steps = fold_steps(self.outline(), op, tile)?;
		let end = part.before(steps);
		let own = own.tiles.get(..end as usize).unwrap_or(&own.tiles);
		let mut theirs = Shown::tiles(own, steps);
		let mut differs = None;
		for shown in &search.fold {
			let index = theirs.layer(&shown.node, &shown.layer)?;
			differs = match index {
				Some(index) => {
					let child = shown.node.child(&shown.layer, index)?;
					let is_behind = child.is_leaf() && child.first() >= end.into();
					(!is_behind).then_some(index)
				}
				None => None,
			};
		}
		Ok((theirs, differs))
	}
}

/// Where training is claimed to end.
fn claim_of(view: &DisputeView) -> Result<Failure, DisputeError> {
	let claim = view.failure;
	claim.ok_or_else(|| DisputeError::Useless("nothing is claimed to end".into()))
}

/// All outputs agree: the state that is made of them does not.
fn state_of(after: &StateRoots, transcript: &StepTranscript) -> Result<Ask, DisputeError> {
	let own = transcript.after();
	if after.params != own.params {
		return Ok(Ask::State { of: Held::Param });
	}
	if after.moments != own.moments {
		return Ok(Ask::State {
			of: Held::FirstMoment,
		});
	}
	Err(DisputeError::NoDifference("states"))
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
