//! What a provider answers.

use assay_numerics::{
	hash::list_root,
	referee::{fold_steps, outputs_before, tiles_before, Fold, Held, Shown},
	Root,
};
use assay_protocol::{
	dispute::{Answer, Layer, Place, Search, Stage, States, StepClaim, Tree},
	Failure,
};

use super::party::{layer_of, layer_of_list, DisputeError, Party};
use crate::chain::DisputeView;

impl Party {
	/// The answer to what is asked.
	pub(super) fn answer(&self, view: &DisputeView) -> Result<Answer, DisputeError> {
		let is_faulty = self.is_faulty(view)?;
		let answer = match &view.stage {
			Stage::Segment { first, steps, .. } => {
				let end = first.saturating_add(*steps);
				let states = self.states(end, is_faulty)?;
				let states = states.get(*first as usize..).unwrap_or_default();
				Answer::States(States::truncate_from(states.to_vec()))
			}
			Stage::Step(step) => {
				let (_, outputs) = self.step(step.step, is_faulty)?;
				let outputs = self.committed(view, step, &outputs);
				let root = list_root(&outputs);
				let commitments = self.case(view).commitments(step, &root);
				let node = commitments.outputs_node(self.outline());
				let layer = layer_of_list(&outputs, &node)?;
				Answer::Outputs { root, layer }
			}
			Stage::Search(search) => self.answer_in_step(view, search, is_faulty)?,
			Stage::Opened | Stage::States { .. } => {
				return Err(DisputeError::Useless(
					"it is not the provider's turn".into(),
				))
			}
		};
		// What the chain would refuse is not worth a fee.
		match self.case(view).answer(&view.stage, &answer) {
			Ok(_) => Ok(answer),
			Err(error) => Err(DisputeError::Useless(format!("{error:?}"))),
		}
	}

	/// The list of outputs that is committed of a step: up to the claimed op where training is claimed to
	/// end.
	fn committed(&self, view: &DisputeView, step: &StepClaim, own: &[Root]) -> Vec<Root> {
		match view.failure {
			Some(claim) if step.after.is_none() => outputs_before(self.outline(), own, claim.op),
			_ => own.to_vec(),
		}
	}

	fn answer_in_step(
		&self,
		view: &DisputeView,
		search: &Search,
		is_faulty: bool,
	) -> Result<Answer, DisputeError> {
		let (transcript, outputs) = self.step(search.step.step, is_faulty)?;
		let accumulators = |op: u32, tile: u32| {
			let witness = transcript.witness(self.workload.data())?;
			let case = self.case(view);
			let env = case.env(search.step.step);
			Ok::<_, DisputeError>(witness.accumulators(&env, (op, tile))?.tiles)
		};
		// The accumulators before the place where training is claimed to end.
		let before_ending = || {
			let Failure { op, tile, part, .. } = view
				.failure
				.ok_or_else(|| DisputeError::Useless("nothing is claimed to end".into()))?;
			let steps = fold_steps(self.outline(), op, tile)?;
			let tiles = tiles_before(&accumulators(op, tile)?, part, steps);
			let shown = Shown::tiles(&tiles, steps);
			let accumulators = shown.root();
			let fold = Fold {
				op,
				tile,
				accumulators,
			};
			Ok::<_, DisputeError>((shown, fold, steps))
		};
		Ok(match &search.place {
			Place::Asked { tree, node } => {
				let layer: Layer = match *tree {
					Tree::Outputs => {
						layer_of_list(&self.committed(view, &search.step, &outputs), node)?
					}
					Tree::Params => {
						layer_of_list(&self.state_list(&outputs, &[Held::Param])?, node)?
					}
					Tree::Moments => {
						let held = [Held::FirstMoment, Held::SecondMoment];
						layer_of_list(&self.state_list(&outputs, &held)?, node)?
					}
					Tree::Output { op } => layer_of(&self.output_tree(&transcript, op)?, node)?,
					Tree::Accumulators { op, tile, .. } => {
						let tiles = accumulators(op, tile)?;
						layer_of(Shown::tiles(&tiles, tiles.len() as u32).tree(), node)?
					}
					Tree::EndingFold { .. } => layer_of(before_ending()?.0.tree(), node)?,
				};
				Answer::Layer(layer)
			}
			Place::Fold { op, tile, .. } => {
				let (op, tile) = (*op, *tile);
				let tiles = accumulators(op, tile)?;
				let steps = tiles.len() as u32;
				let shown = Shown::tiles(&tiles, steps);
				let root = shown.root();
				let fold = Fold {
					op,
					tile,
					accumulators: root,
				};
				let layer = layer_of(shown.tree(), &fold.node(steps))?;
				Answer::Fold { root, layer }
			}
			Place::EndingFold => {
				let (shown, fold, steps) = before_ending()?;
				let layer = layer_of(shown.tree(), &fold.node(steps))?;
				let root = fold.accumulators;
				Answer::Fold { root, layer }
			}
			Place::Shown { .. }
			| Place::Tile { .. }
			| Place::Entry { .. }
			| Place::Ending { .. } => {
				return Err(DisputeError::Useless(
					"it is not the provider's turn".into(),
				))
			}
		})
	}
}
