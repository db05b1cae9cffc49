//! Rotary positions.

use std::f64::consts::TAU;

use candle_core::{Device, Tensor, D};

/// Cosines and sines of every position and pair, `[context, 1, pairs]`.
#[derive(Debug)]
pub(super) struct Rotary {
	cosines: Tensor,
	sines: Tensor,
}

impl Rotary {
	/// Of pairs that turn by `turns` parts of `2^-64` of a whole turn at each position.
	pub(super) fn new(turns: &[u64], context: usize, device: &Device) -> candle_core::Result<Self> {
		let angles = (0..context as u64).flat_map(|position| {
			turns
				.iter()
				.map(move |turn| angle(position.wrapping_mul(*turn)))
		});
		let angles: Vec<f64> = angles.collect();
		let table = |of: fn(f64) -> f64| {
			let values = angles.iter().map(|angle| of(*angle) as f32);
			Tensor::from_iter(values, device)?.reshape((context, 1, turns.len()))
		};
		Ok(Rotary {
			cosines: table(f64::cos)?,
			sines: table(f64::sin)?,
		})
	}

	/// Turns pair `i`, columns `i` and `i + pairs` of each head: `[count, length, heads, head]` of the
	/// same.
	pub(super) fn turn(&self, x: &Tensor) -> candle_core::Result<Tensor> {
		let (_, length, _, head) = x.dims4()?;
		let pairs = head / 2;
		let (cosines, sines) = (
			self.cosines.narrow(0, 0, length)?,
			self.sines.narrow(0, 0, length)?,
		);
		let (left, right) = (
			x.narrow(D::Minus1, 0, pairs)?,
			x.narrow(D::Minus1, pairs, pairs)?,
		);
		let times = |x: &Tensor, table: &Tensor| x.broadcast_mul(table);
		let turned_left = (times(&left, &cosines)? - times(&right, &sines)?)?;
		let turned_right = (times(&right, &cosines)? + times(&left, &sines)?)?;
		Tensor::cat(&[turned_left, turned_right], D::Minus1)
	}
}

/// In radians, from minus to plus half a turn.
fn angle(turns: u64) -> f64 {
	turns as i64 as f64 / 2_f64.powi(64) * TAU
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_quarter_of_a_turn_at_each_position_takes_the_left_half_to_the_right_one() {
		// GIVEN one pair, (1, 0), at three positions, turned by a quarter for each
		let rotary = Rotary::new(&[1 << 62], 4, &Device::Cpu).unwrap();
		let x = Tensor::new(&[1_f32, 0.0, 1.0, 0.0, 1.0, 0.0], &Device::Cpu).unwrap();
		let x = x.reshape((1, 3, 1, 2)).unwrap();
		// WHEN it is turned
		let turned = rotary.turn(&x).unwrap().flatten_all().unwrap();
		// THEN it points to 0, 90 and 180 degrees
		let turned = turned.to_vec1::<f32>().unwrap();
		let wanted = [1.0, 0.0, 0.0, 1.0, -1.0, 0.0];
		assert!(turned
			.iter()
			.zip(wanted)
			.all(|(a, b): (_, f32)| (a - b).abs() < 1e-6));
	}

	#[test]
	fn turns_wrap_around_without_a_loss() {
		assert_eq!(angle(3_u64.wrapping_mul(1 << 63)), angle(1 << 63));
		assert_eq!(angle(u64::MAX), -angle(1));
	}
}
