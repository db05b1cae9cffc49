use super::*;

/// Distance of `y` from `exact` in units of the last place of a float near `exact`.
fn ulps(y: f32, exact: f64) -> f64 {
	let near = (exact as f32).abs();
	let unit = f64::from(f32::from_bits(near.to_bits() + 1)) - f64::from(near);
	(f64::from(y) - exact).abs() / unit
}

/// The usual stride, or 1 with `ASSAY_ALL_INPUTS` set: every input, which takes minutes.
pub(super) fn stride(usual: usize) -> usize {
	match std::env::var_os("ASSAY_ALL_INPUTS") {
		Some(_) => 1,
		None => usual,
	}
}

/// Every `stride`-th pattern from `from` to `to`, both positive.
fn patterns(from: f32, to: f32, stride: usize) -> impl Iterator<Item = f32> {
	(from.to_bits()..=to.to_bits())
		.step_by(stride)
		.map(f32::from_bits)
}

#[test]
fn exp_is_within_one_unit_of_the_truth() {
	let stride = stride(211);
	let mut worst = (0.0, 0.0);
	let negative = patterns(1e-9, -EXP_MIN, stride).map(|x| -x);
	for x in negative.chain(patterns(1e-9, EXP_MAX, stride)) {
		let error = ulps(exp(x), f64::from(x).exp());
		if error > worst.0 {
			worst = (error, x);
		}
	}
	println!("exp: {} units at {}", worst.0, worst.1);
	assert!(worst.0 < 1.0, "{worst:?}");
}

#[test]
fn exp_does_not_fall_where_its_argument_rises() {
	let stride = stride(97);
	// From the most negative argument upwards, through zero.
	let negative = (1_u32..=EXP_MIN.to_bits() & 0x7FFF_FFFF)
		.rev()
		.step_by(stride);
	let mut last = 0.0;
	for x in negative.map(|bits| f32::from_bits(bits | 1 << 31)) {
		let y = exp(x);
		assert!(y >= last, "exp({x:e}) = {y:e} < {last:e}");
		last = y;
	}
	for x in patterns(0.0, EXP_MAX, stride) {
		let y = exp(x);
		assert!(y >= last, "exp({x:e}) = {y:e} < {last:e}");
		last = y;
	}
}

#[test]
fn exp_is_monotone_from_float_to_float_where_its_pieces_meet() {
	for n in -125..=126 {
		// The argument is cut anew at (n + 1/2) ln 2.
		let border = ((f64::from(n) + 0.5) * std::f64::consts::LN_2) as f32;
		for i in -2_000..2_000_i32 {
			let at = f32::from_bits(border.to_bits().wrapping_add_signed(i));
			let next = f32::from_bits(at.to_bits() + 1);
			let (low, high) = if at < next { (at, next) } else { (next, at) };
			assert!(exp(low) <= exp(high), "{low:e}");
		}
	}
}

#[test]
fn exp_of_zero_is_one_and_the_ends_are_cut() {
	assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
	assert_eq!(exp(-0.0).to_bits(), 1.0_f32.to_bits());
	let below = f32::from_bits(EXP_MIN.to_bits() + 1);
	for x in [
		below,
		-88.0,
		-1e9,
		-2.0 * 1_125_899_906_842_624.0,
		f32::MIN,
		f32::NEG_INFINITY,
	] {
		assert_eq!(exp(x).to_bits(), 0, "{x}");
	}
	assert!(exp(EXP_MIN) >= f32::MIN_POSITIVE);
	assert!(exp(EXP_MAX).is_finite());
	let above = f32::from_bits(EXP_MAX.to_bits() + 1);
	for x in [above, 1e9, f32::MAX, f32::INFINITY] {
		assert_eq!(exp(x), f32::INFINITY);
	}
	assert!(exp(f32::NAN).is_nan());
}

#[test]
fn ln_is_within_one_unit_of_the_truth() {
	let stride = stride(419);
	let mut worst = (0.0, 0.0);
	let all = patterns(f32::MIN_POSITIVE, f32::MAX, stride);
	for x in all
		.chain(patterns(0.99, 1.01, 1))
		.chain(patterns(1.0, 4_096.0, 41))
	{
		let error = if x == 1.0 {
			0.0
		} else {
			ulps(ln(x), f64::from(x).ln())
		};
		if error > worst.0 {
			worst = (error, x);
		}
	}
	println!("ln: {} units at {}", worst.0, worst.1);
	assert!(worst.0 < 1.0, "{worst:?}");
}

#[test]
fn ln_does_not_fall_where_its_argument_rises() {
	let mut last = f32::NEG_INFINITY;
	for x in patterns(1.0, 4_096.0, 1) {
		let y = ln(x);
		assert!(y >= last, "ln({x:e}) = {y:e} < {last:e}");
		last = y;
	}
}

#[test]
fn ln_of_one_is_zero_and_what_has_no_logarithm_breaks_the_range_rule() {
	assert_eq!(ln(1.0).to_bits(), 0);
	for x in [
		0.0,
		-0.0,
		-1.0,
		f32::from_bits(1),
		f32::INFINITY,
		f32::NEG_INFINITY,
		f32::NAN,
	] {
		assert_eq!(ln(x), f32::NEG_INFINITY, "{x}");
	}
}

#[test]
fn sqrt_is_the_square_root_of_std_on_every_mantissa_of_both_parities() {
	for exponent in [126_u32, 127] {
		for mantissa in 0..1 << 23 {
			let x = f32::from_bits(exponent << 23 | mantissa);
			assert_eq!(sqrt(x).to_bits(), x.sqrt().to_bits(), "{x:e}");
		}
	}
}

#[test]
fn sqrt_is_the_square_root_of_std_on_every_exponent() {
	let stride = stride(61);
	for x in patterns(0.0, f32::MAX, stride) {
		assert_eq!(sqrt(x).to_bits(), x.sqrt().to_bits(), "{x:e}");
	}
	assert_eq!(sqrt(0.0).to_bits(), 0);
	assert!(sqrt(-1.0).is_nan());
}

mod activation;
mod circle;
