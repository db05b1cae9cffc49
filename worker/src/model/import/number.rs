//! Numbers of 16 bits as those of 32, which hold all of them.

use assay_numerics::arith::RANGE_END;
use safetensors::Dtype;

/// Bytes of a number of this kind, if it is one that is read.
pub(super) fn width(dtype: Dtype) -> Option<usize> {
	match dtype {
		Dtype::F32 => Some(4),
		Dtype::F16 | Dtype::BF16 => Some(2),
		_ => None,
	}
}

/// Little-endian numbers as little-endian floats of 32 bits. Nothing is rounded.
///
/// # Errors
/// Place and value of the first number that no model may have: it is not finite, or 2^50 or more.
pub(super) fn widen(dtype: Dtype, bytes: Vec<u8>) -> Result<Vec<u8>, (usize, f32)> {
	let wide = match dtype {
		Dtype::F16 => pairs(&bytes, from_f16),
		Dtype::BF16 => pairs(&bytes, |bits| u32::from(bits) << 16),
		_ => bytes,
	};
	let numbers = wide.as_chunks::<4>().0.iter().copied();
	let mut patterns = numbers.map(u32::from_le_bytes);
	match patterns.position(|bits| bits & 0x7FFF_FFFF >= RANGE_END) {
		None => Ok(wide),
		Some(at) => {
			let found = wide.as_chunks::<4>().0.get(at).copied().unwrap_or_default();
			Err((at, f32::from_le_bytes(found)))
		}
	}
}

fn pairs(bytes: &[u8], widen: impl Fn(u16) -> u32) -> Vec<u8> {
	let pairs = bytes.as_chunks::<2>().0.iter().copied();
	pairs
		.flat_map(|pair| widen(u16::from_le_bytes(pair)).to_le_bytes())
		.collect()
}

/// The pattern of the same number in 32 bits.
fn from_f16(bits: u16) -> u32 {
	let sign = u32::from(bits & 0x8000) << 16;
	let (exponent, fraction) = (u32::from(bits >> 10) & 0x1F, u32::from(bits & 0x3FF));
	let magnitude = match (exponent, fraction) {
		(0, 0) => 0,
		// Below the least exponent: the fraction counts 2^-24, exactly.
		(0, _) => (fraction as f32 * f32::from_bits(103 << 23)).to_bits(),
		(0x1F, _) => 0x7F80_0000 | fraction << 13,
		_ => (exponent + 112) << 23 | fraction << 13,
	};
	sign | magnitude
}

#[cfg(test)]
mod tests {
	use super::*;

	/// What the standard says that a half is.
	fn half(bits: u16) -> f64 {
		let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
		let (exponent, fraction) = (i32::from(bits >> 10 & 0x1F), f64::from(bits & 0x3FF));
		sign * match exponent {
			0 => fraction * 2_f64.powi(-24),
			31 if fraction == 0.0 => f64::INFINITY,
			31 => f64::NAN,
			_ => (1.0 + fraction / 1_024.0) * 2_f64.powi(exponent - 15),
		}
	}

	#[test]
	fn every_half_is_the_same_number_in_32_bits() {
		for bits in 0..=u16::MAX {
			let (wide, exact) = (f32::from_bits(from_f16(bits)), half(bits));
			assert_eq!(f64::from(wide).is_nan(), exact.is_nan(), "{bits:#x}");
			if !exact.is_nan() {
				assert_eq!(f64::from(wide).to_bits(), exact.to_bits(), "{bits:#x}");
			}
		}
	}

	#[test]
	fn numbers_of_every_kind_are_widened_and_the_first_that_is_none_is_told() {
		// GIVEN 1 and -2.5 in each kind WHEN they are widened THEN they are the same
		let expected: Vec<u8> = [1.0_f32, -2.5].map(f32::to_le_bytes).concat();
		let cases = [
			(Dtype::F32, expected.clone()),
			(Dtype::F16, vec![0x00, 0x3C, 0x00, 0xC1]),
			(Dtype::BF16, vec![0x80, 0x3F, 0x20, 0xC0]),
		];
		for (dtype, bytes) in cases {
			assert_eq!(widen(dtype, bytes), Ok(expected.clone()), "{dtype:?}");
		}
		// GIVEN an infinity, a NaN and 2^50 in second place THEN they are told
		let (at, found) = widen(Dtype::F16, vec![0, 0, 0x00, 0x7C]).unwrap_err();
		assert_eq!((at, found), (1, f32::INFINITY));
		let (at, found) = widen(Dtype::BF16, vec![0, 0, 0xC0, 0x7F]).unwrap_err();
		assert!(at == 1 && found.is_nan());
		let large = [[0; 4], 2_f32.powi(50).to_le_bytes()].concat();
		assert_eq!(widen(Dtype::F32, large), Err((1, 2_f32.powi(50))));
	}
}
