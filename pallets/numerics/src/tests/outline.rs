//! Ops and tensors by their numbers, without lists.

use super::{
	plans::{decoder_of, plans, LARGE, SMALL},
	shapes,
};
use crate::{
	flops, lower,
	plan::tests::{decoder, llama, rotary},
	Gpt, Layout, Model, OpKind, Outline, Positions, Role, StepPlan, TensorId,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What is known before the first op.
fn given(outline: &Outline) -> u32 {
	outline.tensor_count() - outline.op_count()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn the_lists_of_a_program_are_what_its_outline_says(plan in plans(SMALL)) {
		let (program, outline) = (lower(&plan).unwrap(), Outline::new(&plan).unwrap());
		prop_assert_eq!(program.ops().len(), outline.op_count() as usize);
		prop_assert_eq!(program.tensors().len(), outline.tensor_count() as usize);
		for (index, op) in (0..).zip(program.ops()) {
			prop_assert_eq!(outline.op(index), Some(*op));
		}
		for (id, tensor) in (0..).zip(program.tensors()) {
			let expected = outline.tensor(TensorId(id));
			prop_assert_eq!(expected.as_ref(), Some(tensor));
		}
		prop_assert_eq!(outline.op(outline.op_count()), None);
		prop_assert_eq!(outline.op(u32::MAX), None);
		prop_assert_eq!(outline.tensor(TensorId(outline.tensor_count() as u16)), None);
		prop_assert_eq!(outline.tensor(TensorId(u16::MAX)), None);
	}

	#[test]
	fn outputs_are_numbered_one_after_the_other_and_inputs_come_from_before(plan in plans(SMALL)) {
		let outline = Outline::new(&plan).unwrap();
		let first = given(&outline);
		for index in 0..outline.op_count() {
			let op = outline.op(index).unwrap();
			prop_assert_eq!(u32::from(op.output.0), first + index);
			prop_assert!(op.inputs.iter().flatten().all(|input| *input < op.output), "{op:?}");
			prop_assert_eq!(op.layout(), outline.tensor(op.output).unwrap().layout);
		}
	}

	#[test]
	fn the_shapes_of_inputs_fit_their_op(plan in plans(LARGE), pick in any::<u32>()) {
		let outline = Outline::new(&plan).unwrap();
		let count = outline.op_count();
		// Both ends, and a sample of the middle: one block's worth of ops.
		let middle = (0..120).map(|i| (pick % count).wrapping_add(i) % count);
		for index in (0..count.min(60)).chain(middle).chain(count.saturating_sub(60)..count) {
			shapes::check(&outline, &outline.op(index).unwrap());
		}
	}

	#[test]
	fn the_shapes_of_all_inputs_fit_in_small_plans(plan in plans(SMALL)) {
		let outline = Outline::new(&plan).unwrap();
		for op in lower(&plan).unwrap().ops() {
			shapes::check(&outline, op);
		}
	}

	#[test]
	fn names_are_unique_and_roles_are_where_they_are_said_to_be(plan in plans(SMALL)) {
		let (program, outline) = (lower(&plan).unwrap(), Outline::new(&plan).unwrap());
		let names: BTreeSet<_> = program.tensors().iter().map(|tensor| &tensor.name).collect();
		prop_assert_eq!(names.len(), program.tensors().len());
		let written_out = |name: &&String| !name.is_empty() && !name.contains('{');
		prop_assert!(names.iter().all(written_out));
		let role = |id: TensorId| program.tensor(id).unwrap().role;
		let count = outline.param_count();
		for place in 0..count {
			let at = place as u16;
			let p = place as usize;
			prop_assert_eq!(role(outline.param(place)), Role::Param(at));
			prop_assert_eq!(role(outline.moment(place, false)), Role::FirstMoment(at));
			prop_assert_eq!(role(outline.moment(place, true)), Role::SecondMoment(at));
			prop_assert_eq!(role(outline.gradient(place)), Role::Gradient(at));
			prop_assert_eq!(outline.gradient(place), program.gradients()[p]);
			for wanted in [Role::NextFirstMoment(at), Role::NextSecondMoment(at), Role::NextParam(at)] {
				prop_assert_eq!(role(outline.next(place, wanted)), wanted);
			}
			prop_assert_eq!(outline.init(place), program.init(p));
			prop_assert!(outline.init(place).is_some());
		}
		prop_assert_eq!(outline.init(count), None);
		for place in 0..outline.frozen_count() {
			prop_assert_eq!(role(outline.frozen(place)), Role::Frozen(place as u16));
			prop_assert_eq!(outline.frozen(place), program.frozen()[place as usize]);
		}
		let last = program.ops().last().unwrap();
		prop_assert_eq!(last.kind, OpKind::StateList { count: 3 * count });
	}

	#[test]
	fn every_parameter_has_one_gradient_in_its_layout_and_is_updated_in_it(plan in plans(SMALL)) {
		let program = lower(&plan).unwrap();
		let layout = |id: &TensorId| program.tensor(*id).unwrap().layout;
		let roles: Vec<Role> = program.tensors().iter().map(|tensor| tensor.role).collect();
		let times = |role| roles.iter().filter(|other| **other == role).count();
		for place in 0..program.params().len() {
			prop_assert_eq!(times(Role::Gradient(place as u16)), 1);
			prop_assert_eq!(times(Role::NextParam(place as u16)), 1);
			let wanted = layout(&program.params()[place]);
			prop_assert_eq!(layout(&program.gradients()[place]), wanted);
			prop_assert_eq!(layout(&program.next_params()[place]), wanted);
		}
		prop_assert_eq!(program.moments().len(), 2 * program.params().len());
		for (before, after) in program.moments().iter().zip(program.next_moments()) {
			prop_assert_eq!(layout(before), layout(after));
		}
		let gradients = roles.iter().filter(|role| matches!(role, Role::Gradient(_)));
		prop_assert_eq!(gradients.count(), program.params().len());
		prop_assert_eq!(layout(&program.mean_loss()).shape(), [1, 1]);
		prop_assert_eq!(layout(&program.row_losses()).shape(), [program.outline().rows(), 1]);
	}

	#[test]
	fn every_tensor_but_the_results_is_read(plan in plans(SMALL)) {
		let program = lower(&plan).unwrap();
		let mut read: BTreeSet<TensorId> = program
			.ops()
			.iter()
			.flat_map(|op| op.inputs.into_iter().flatten())
			.collect();
		for op in program.ops() {
			// It reads tensors that it does not list.
			if let OpKind::ClipFactor { count, stride, .. } = op.kind {
				let first = u32::from(op.input(0).unwrap().0);
				read.extend((0..count).map(|i| TensorId((first + i * stride) as u16)));
			}
		}
		// Below the first adapter there is nothing to train, but all blocks have the same ops.
		let below = |name: &str| !program.frozen().is_empty() && name == "grad.layers.0.stream";
		for (id, tensor) in (0..).zip(program.tensors()) {
			let id = TensorId(id);
			let result = matches!(tensor.role, Role::NextParam(_) | Role::StateList)
				|| id == program.mean_loss()
				|| below(&tensor.name);
			prop_assert!(result || read.contains(&id), "nobody reads {}", tensor.name);
		}
	}

	#[test]
	fn what_the_outline_says_of_the_model_is_what_its_plan_says(plan in plans(SMALL)) {
		let outline = Outline::new(&plan).unwrap();
		let (vocabulary, context, item) = match &plan.model {
			Model::ByteMlp(model) => (256, u32::from(model.context), 1),
			Model::Classifier(model) => (u32::from(model.classes), 0, u32::from(model.inputs) + 1),
			Model::Gpt(model) => {
				let item = match model.vocabulary {
					..=256 => 1,
					257..=65_536 => 2,
					_ => 4,
				};
				(model.vocabulary, u32::from(model.context), item)
			}
		};
		prop_assert_eq!(outline.vocabulary(), vocabulary);
		prop_assert_eq!(outline.context(), context);
		prop_assert_eq!(outline.item_bytes(), item);
		prop_assert_eq!(outline.batch(), plan.batch);
		let positions = if let Model::Gpt(_) = plan.model { context } else { 1 };
		prop_assert_eq!(outline.rows(), plan.batch * positions);
		let turns = match &plan.model {
			Model::Gpt(Gpt { positions: Positions::Rotary(turns), .. }) => turns.as_slice(),
			_ => &[],
		};
		prop_assert_eq!(outline.turns(), turns);
		let logits = lower(&plan).unwrap().ops().iter().find_map(|op| match op.kind {
			OpKind::LossRows { width, .. } => Some(width),
			_ => None,
		});
		prop_assert_eq!(logits, Some(vocabulary));
	}

	#[test]
	fn operations_and_bytes_are_the_sums_over_ops_and_parameters(plan in plans(SMALL)) {
		let (program, outline) = (lower(&plan).unwrap(), Outline::new(&plan).unwrap());
		let flops: u64 = program.ops().iter().map(flops::of_op).sum();
		prop_assert_eq!(outline.flops_per_step(), flops);
		let bytes = |ids: &[TensorId]| -> u64 {
			let layouts = ids.iter().map(|id| program.tensor(*id).unwrap().layout);
			layouts.map(|layout| layout.bytes()).sum()
		};
		prop_assert_eq!(outline.checkpoint_bytes(), bytes(program.params()));
		prop_assert_eq!(outline.frozen_bytes(), bytes(program.frozen()));
	}

	#[test]
	fn a_limited_gradient_has_the_squares_of_every_parameter_in_one_tile(plan in plans(SMALL)) {
		let program = lower(&plan).unwrap();
		let clip = program.ops().iter().find(|op| matches!(op.kind, OpKind::ClipFactor { .. }));
		let Some(op) = clip else { return Ok(()) };
		let OpKind::ClipFactor { count, stride, .. } = op.kind else { unreachable!() };
		prop_assert_eq!(count as usize, program.params().len());
		for (place, gradient) in (0..).zip(program.gradients()) {
			// Back from the tile that the factor reads, every level is the sum of the one before.
			let mut id = TensorId(op.input(0).unwrap().0 + (place * stride) as u16);
			prop_assert_eq!(program.tensor(id).unwrap().layout.tiles(), 1);
			for level in (0..stride).rev() {
				let index = u32::from(id.0) - given(program.outline());
				let sums = program.ops()[index as usize];
				let OpKind::TileSum { square, .. } = sums.kind else {
					return Err(TestCaseError::fail(format!("{sums:?}")));
				};
				prop_assert_eq!(square.is_some(), level == 0);
				id = sums.input(0).unwrap();
			}
			prop_assert_eq!(id, *gradient);
		}
	}
}

fn seven_billion() -> StepPlan {
	StepPlan {
		batch: 1,
		..decoder(Gpt {
			vocabulary: 32_000,
			context: 2_048,
			width: 4_096,
			layers: 32,
			heads: 32,
			kv_heads: 32,
			head: 128,
			feed_forward: 11_008,
			positions: rotary(128),
			..llama()
		})
	}
}

fn seventy_billion() -> StepPlan {
	StepPlan {
		batch: 1,
		..decoder(Gpt {
			vocabulary: 32_000,
			context: 4_096,
			width: 8_192,
			layers: 80,
			heads: 64,
			kv_heads: 8,
			head: 128,
			feed_forward: 28_672,
			positions: rotary(128),
			..llama()
		})
	}
}

fn weights(outline: &Outline) -> u64 {
	let tensors = (0..outline.param_count()).map(|place| outline.tensor(outline.param(place)));
	tensors
		.map(|tensor| tensor.unwrap().layout.elements())
		.sum()
}

#[test]
fn models_of_7_and_70_billion_parameters_have_outlines() {
	for (plan, params, wanted, layers) in [
		(seven_billion(), 6_738_415_616, 291, 32),
		(seventy_billion(), 68_976_648_192, 723, 80),
	] {
		let outline = Outline::new(&plan).unwrap();
		assert_eq!(weights(&outline), params);
		assert_eq!(outline.param_count(), wanted);
		println!(
			"{} ops, {} tensors",
			outline.op_count(),
			outline.tensor_count()
		);
		// A block has 19 ops forward and 33 backward; 18 are outside of blocks.
		let ops = 52 * layers + 18 + 3 * wanted;
		assert_eq!(outline.op_count(), ops);
		assert_eq!(outline.tensor_count(), 1 + 3 * wanted + ops);
		// WHEN ops are asked for one by one, from all over the program
		let first = given(&outline);
		for index in (0..outline.op_count()).step_by(7) {
			let op = outline.op(index).unwrap();
			// THEN they are there, and fit what they read
			assert_eq!(u32::from(op.output.0), first + index);
			shapes::check(&outline, &op);
		}
		let last = outline.op(outline.op_count() - 1).unwrap();
		assert_eq!(last.layout(), Layout::Roots { count: 3 * wanted });
		// Two operations for each weight and token, forward and twice backward; the table has no
		// product, and attention comes on top.
		let tokens = u64::from(outline.rows());
		let model = decoder_of(&plan);
		let table = u64::from(model.vocabulary) * u64::from(model.width);
		let products = 6 * (params - table) * tokens;
		let flops = outline.flops_per_step();
		println!("{:.3} of 6 params tokens", flops as f64 / products as f64);
		assert!(
			flops > products && flops < products + products / 3,
			"{flops} against {products}"
		);
	}
}
