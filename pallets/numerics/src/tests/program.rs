//! What lowering gives.

mod decoders;

use super::shaped;
use crate::{
	lower,
	plan::tests::small,
	program::{OpKind, NO_INPUT, RECORD_BYTES},
	CosineDecay, Decimal, Layout, Optimiser, Role,
};
use std::collections::BTreeSet;

#[test]
fn the_checkpoint_lists_the_table_and_then_weight_and_bias_of_each_layer() {
	let program = lower(&small()).unwrap();
	let names: Vec<_> = program
		.params()
		.iter()
		.map(|id| program.tensor(*id).unwrap())
		.map(|tensor| (tensor.name.as_str(), tensor.layout.shape()))
		.collect();
	assert_eq!(
		names,
		[
			("embed.weight", [256, 16]),
			("dense0.weight", [48, 272]),
			("dense0.bias", [1, 272]),
			("dense1.weight", [272, 32]),
			("dense1.bias", [1, 32]),
			("dense2.weight", [32, 256]),
			("dense2.bias", [1, 256]),
		]
	);
	// 16 * 16 + 3 * 17 * 16... in tiles: 16, 3 * 17, 2, 17 * 2, 1, 2 * 16, 1.
	assert_eq!(
		program.checkpoint_bytes(),
		1_024 * (16 + 51 + 2 + 34 + 1 + 32 + 1)
	);
}

#[test]
fn moments_list_all_first_ones_and_then_all_second_ones() {
	let program = lower(&small()).unwrap();
	let count = program.params().len();
	let roles = |ids: &[crate::TensorId]| -> Vec<Role> {
		ids.iter()
			.map(|id| program.tensor(*id).unwrap().role)
			.collect()
	};
	let expected = |first: fn(u16) -> Role, second: fn(u16) -> Role| -> Vec<Role> {
		(0..count as u16)
			.map(first)
			.chain((0..count as u16).map(second))
			.collect()
	};
	assert_eq!(
		roles(program.moments()),
		expected(Role::FirstMoment, Role::SecondMoment)
	);
	let next = expected(Role::NextFirstMoment, Role::NextSecondMoment);
	assert_eq!(roles(program.next_moments()), next);
	let params: Vec<_> = (0..count as u16).map(Role::NextParam).collect();
	assert_eq!(roles(program.next_params()), params);
	let gradients: Vec<_> = (0..count as u16).map(Role::Gradient).collect();
	assert_eq!(roles(program.gradients()), gradients);
}

#[test]
fn every_input_is_given_or_written_by_an_earlier_op_and_every_tensor_once() {
	for plan in [
		small(),
		shaped(1, 16, &[16], 16),
		shaped(64, 4_096, &[4_096; 8], 4_096),
	] {
		let program = lower(&plan).unwrap();
		let mut known: BTreeSet<_> = program
			.params()
			.iter()
			.chain(program.moments())
			.copied()
			.collect();
		known.insert(crate::program::DATA);
		for op in program.ops() {
			assert!(
				op.inputs
					.iter()
					.flatten()
					.all(|input| known.contains(input)),
				"{op:?}"
			);
			assert!(known.insert(op.output), "{op:?}");
			assert_eq!(op.layout(), program.tensor(op.output).unwrap().layout);
		}
		assert_eq!(known.len(), program.tensors().len());
		let names: BTreeSet<_> = program
			.tensors()
			.iter()
			.map(|tensor| &tensor.name)
			.collect();
		assert_eq!(names.len(), program.tensors().len());
	}
}

#[test]
fn the_optimiser_writes_what_it_replaces_in_the_same_layout() {
	let program = lower(&small()).unwrap();
	let layout = |id: &crate::TensorId| program.tensor(*id).unwrap().layout;
	let moments = program.moments().iter().zip(program.next_moments());
	for (before, after) in program
		.params()
		.iter()
		.zip(program.next_params())
		.chain(moments)
	{
		assert_eq!(layout(before), layout(after));
	}
	for (param, gradient) in program.params().iter().zip(program.gradients()) {
		assert_eq!(layout(param), layout(gradient));
	}
}

#[test]
fn the_list_of_the_state_is_the_last_op() {
	let program = lower(&small()).unwrap();
	let last = program.ops().last().unwrap();
	assert_eq!(last.kind, OpKind::StateList { count: 21 });
	assert_eq!(last.layout(), Layout::Roots { count: 21 });
}

#[test]
fn records_have_64_bytes_and_fill_tiles() {
	let program = lower(&small()).unwrap();
	let records = program.op_records();
	assert_eq!(records.len() % 1_024, 0);
	assert!(records.len() >= program.ops().len() * RECORD_BYTES);
	let op = &program.ops()[0];
	let word = |i: usize| u32::from_le_bytes(records[4 * i..][..4].try_into().unwrap());
	// Batch: kind 1, 32 x 4, one input, the output, the context.
	assert_eq!([word(0), word(1), word(2)], [1, 32, 4]);
	assert_eq!(word(3), u32::from(NO_INPUT) << 16);
	assert_eq!([word(4), word(5), word(6)], [u32::MAX; 3]);
	assert_eq!([word(7), word(8), word(9)], [u32::from(op.output.0), 3, 0]);
}

#[test]
fn every_number_of_a_plan_changes_the_root_of_the_op_list() {
	let mut plans = vec![
		small(),
		shaped(4, 16, &[272, 32], 32),
		shaped(3, 32, &[272, 32], 32),
		shaped(3, 16, &[256, 32], 32),
		shaped(3, 16, &[272], 32),
		shaped(3, 16, &[272, 32], 16),
	];
	for change in 0..6 {
		let mut plan = small();
		let Optimiser::AdamW(adam) = &mut plan.optimiser;
		match change {
			0 => adam.learning_rate = Decimal::new(2, -3),
			1 => adam.beta1 = Decimal::new(8, -1),
			2 => adam.beta2 = Decimal::new(99, -2),
			3 => adam.epsilon = Decimal::new(1, -7),
			4 => adam.weight_decay = Decimal::new(0, 0),
			_ => adam.warmup = 11,
		}
		plans.push(plan);
	}
	for change in 0..4 {
		let mut plan = small();
		plan.loss_scale = if change == 0 { 3 } else { 0 };
		let Optimiser::AdamW(adam) = &mut plan.optimiser;
		let decay = |steps, tenths| {
			let floor = Decimal::new(tenths, -1);
			Some(CosineDecay { steps, floor })
		};
		match change {
			0 => {}
			1 => adam.decay = decay(100, 1),
			2 => adam.decay = decay(101, 1),
			_ => adam.decay = decay(100, 2),
		}
		plans.push(plan);
	}
	let roots: BTreeSet<_> = plans
		.iter()
		.map(|plan| lower(plan).unwrap().op_list_root())
		.collect();
	assert_eq!(roots.len(), plans.len());
}

#[test]
fn reference_operations_are_those_of_three_products_per_weight_and_little_else() {
	let program = lower(&shaped(64, 4_096, &[4_096; 8], 4_096)).unwrap();
	// Two operations per weight and row, forward and twice backward; the table has no product.
	let weights = 1_073_741_824_u64 + 117_440_512 + 1_048_576;
	let products = 6 * weights * 4_096;
	let flops = program.flops_per_step();
	assert!(
		flops > products && flops < products + products / 100,
		"{flops} against {products}"
	);
}

#[test]
fn an_element_lies_where_the_tiles_say() {
	let matrix = Layout::Matrix { rows: 20, cols: 40 };
	assert_eq!(matrix.tiles(), 6);
	assert_eq!(matrix.place(0, 0), Some((0, 0)));
	assert_eq!(matrix.place(17, 33), Some((5, 17)));
	assert_eq!(matrix.place(20, 0), None);
	let vector = Layout::Vector { len: 300 };
	assert_eq!(
		(vector.tiles(), vector.bytes(), vector.elements()),
		(2, 2_048, 300)
	);
	assert_eq!(vector.place(0, 299), Some((1, 43)));
	assert_eq!(vector.place(0, 300), None);
	assert_eq!(Layout::Roots { count: 33 }.tiles(), 2);
	assert_eq!(Layout::Bytes.place(0, 0), None);
}
