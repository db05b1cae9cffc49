//! Checkpoints come from strangers: everything about them is checked.

use assay_engine::{EngineError, Params, ParamsError};

use crate::support::{engine, noise, plan, task, tiny};

fn tensors(params: &Params) -> Vec<Vec<u8>> {
	params.tensors().map(<[u8]>::to_vec).collect()
}

#[test]
fn a_checkpoint_survives_its_bytes() {
	let engine = engine(&plan(3, 16, &[32, 48], 16));
	let params = engine.init(&[1; 32]);
	let again = Params::from_tensors(engine.program(), &tensors(&params)).unwrap();
	assert_eq!(again, params);
	assert_eq!(again.root(), params.root());
	let total: usize = params.tensors().map(<[u8]>::len).sum();
	assert_eq!(total as u64, engine.program().checkpoint_bytes());
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused_with_its_numbers() {
	let engine = engine(&tiny());
	let program = engine.program();
	let good = tensors(&engine.init(&[1; 32]));
	let from = |tensors: &[Vec<u8>]| Params::from_tensors(program, tensors).unwrap_err();

	assert_eq!(
		from(&good[..4]),
		ParamsError::Count {
			expected: 5,
			found: 4
		}
	);

	let mut bad = good.clone();
	bad[1].pop();
	// 2 positions of 16 by 16 hidden: 2 tiles.
	let error = ParamsError::Length {
		tensor: 1,
		expected: 2_048,
		found: 2_047,
	};
	assert_eq!(from(&bad), error);

	for bits in [
		0x7FC0_0000,
		0x7F80_0000,
		0xFF80_0000,
		0x5880_0000,
		0xD880_0000_u32,
	] {
		let mut bad = good.clone();
		bad[3][40..44].copy_from_slice(&bits.to_le_bytes());
		assert_eq!(
			from(&bad),
			ParamsError::OutOfRange {
				tensor: 3,
				element: 10,
				bits
			}
		);
	}
	let mut greatest = good.clone();
	greatest[3][40..44].copy_from_slice(&0x587F_FFFF_u32.to_le_bytes());
	assert!(Params::from_tensors(program, &greatest).is_ok());

	// The bias of 16 elements leaves 240 of padding in its tile; -0.0 is not +0.0.
	let mut bad = good.clone();
	bad[2][4 * 16 + 3] = 0x80;
	assert_eq!(
		from(&bad),
		ParamsError::Padding {
			tensor: 2,
			element: 16
		}
	);
}

#[test]
fn parameters_of_another_plan_are_refused() {
	let engine = engine(&tiny());
	let other = crate::support::engine(&plan(2, 16, &[32], 16)).init(&[1; 32]);
	let own = engine.init(&[1; 32]);
	let data = noise(1_000);
	let errors = [
		engine
			.train(&task(&other, &data, 1), &mut |_| ())
			.unwrap_err(),
		engine.evaluate(&other, &data, 1).unwrap_err(),
		engine
			.aggregate(&own, std::slice::from_ref(&other))
			.unwrap_err(),
		engine
			.generate_bytes(&other, b"", 1, 1.0, &[0; 32])
			.unwrap_err(),
	];
	for error in errors {
		assert!(matches!(error, EngineError::ParamsOfAnotherPlan), "{error}");
	}
	assert!(matches!(
		engine.aggregate(&own, &[]).unwrap_err(),
		EngineError::NoUpdates
	));
}

#[test]
fn an_aggregate_out_of_range_names_its_tile() {
	// GIVEN an update and a parent that are as far apart as the range allows
	let engine = engine(&tiny());
	let mut far = tensors(&engine.init(&[1; 32]));
	let element = 4 * 300;
	far[1][element..element + 4].copy_from_slice(&0x587F_FFFF_u32.to_le_bytes());
	let update = Params::from_tensors(engine.program(), &far).unwrap();
	far[1][element..element + 4].copy_from_slice(&0xD87F_FFFF_u32.to_le_bytes());
	let parent = Params::from_tensors(engine.program(), &far).unwrap();
	// WHEN they are aggregated THEN parent + (update - parent) is the update again, in range
	let aggregate = engine
		.aggregate(&parent, std::slice::from_ref(&update))
		.unwrap();
	assert_eq!(aggregate, update);
}

#[test]
fn tensors_are_exported_row_major_with_their_shape() {
	let engine = engine(&plan(2, 32, &[16], 16));
	let params = engine.init(&[1; 32]);
	let (shape, values) = params.tensor_f32(0).unwrap();
	assert_eq!((shape, values.len()), (vec![256, 32], 8_192));
	// Row 1, column 17: second tile, row 1, column 1.
	let bytes = params.tensors().next().unwrap();
	let canonical = &bytes[1_024 + 4 * 17..][..4];
	assert_eq!(values[32 + 17].to_le_bytes(), canonical);
	assert_eq!(params.tensor_f32(2).unwrap(), (vec![16], vec![0.0; 16]));
	assert_eq!(params.tensor_f32(5), None);
}
