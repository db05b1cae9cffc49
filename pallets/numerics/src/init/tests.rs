use super::*;
use crate::{lower, plan::tests::small};

#[test]
fn weights_fill_the_range_that_their_fan_in_gives() {
	let program = lower(&small()).unwrap();
	for (param, id) in program.params().iter().enumerate() {
		let Some(Init::Uniform { fan_in }) = program.init(param) else {
			continue;
		};
		let a = 1.0 / (fan_in as f32).sqrt();
		let tiles = program.tensor(*id).unwrap().layout.tiles();
		let all: Vec<f32> = (0..tiles)
			.flat_map(|tile| init_tile(&program, &[9; 32], param, tile).unwrap().0)
			.collect();
		assert!(all.iter().all(|x| *x >= -a && *x < a));
		let scaled = || all.iter().map(|x| f64::from(*x / a));
		let mean = scaled().sum::<f64>() / all.len() as f64;
		let variance = scaled().map(|x| x * x).sum::<f64>() / all.len() as f64;
		// Five standard deviations of the mean and of the mean square of a uniform distribution.
		let count = all.len() as f64;
		assert!(
			mean.abs() < 5.0 * (1.0 / 3.0 / count).sqrt(),
			"{param}: {mean}"
		);
		assert!(
			(variance - 1.0 / 3.0).abs() < 5.0 * (4.0 / 45.0 / count).sqrt(),
			"{variance}"
		);
	}
}

#[test]
fn biases_start_from_zero() {
	let program = lower(&small()).unwrap();
	for param in 0..program.params().len() {
		let zero = init_tile(&program, &[9; 32], param, 0).unwrap() == Tile::ZERO;
		assert_eq!(zero, program.init(param) == Some(Init::Zeros));
	}
}

#[test]
fn every_tile_depends_on_seed_tensor_and_place() {
	let at = |seed: u8, param, tile| uniform(&[seed; 32], param, tile, 1.0);
	let tiles = [at(0, 0, 0), at(1, 0, 0), at(0, 1, 0), at(0, 0, 1)];
	for (i, a) in tiles.iter().enumerate() {
		assert!(tiles.iter().skip(i + 1).all(|b| a != b));
	}
}

#[test]
fn what_is_not_there_is_absent() {
	let program = lower(&small()).unwrap();
	let count = program.params().len();
	assert_eq!(
		init_tile(&program, &[0; 32], count, 0),
		Err(StepError::Absent)
	);
	let tiles = program.tensor(program.params()[0]).unwrap().layout.tiles();
	assert_eq!(
		init_tile(&program, &[0; 32], 0, tiles),
		Err(StepError::Absent)
	);
	assert!(init_tile(&program, &[0; 32], 0, tiles - 1).is_ok());
}
