//! Decimal numbers, taken by their digits and never through a float.

use assay_numerics::Decimal;

use super::PlanFileError;

/// Reads `0.001`, `3e-4` or `12`.
pub(super) fn parse(field: &'static str, text: &str) -> Result<Decimal, PlanFileError> {
	parts(text.trim()).ok_or_else(|| PlanFileError::Decimal {
		field,
		value: text.chars().take(40).collect(),
	})
}

/// Writes a decimal so that it reads back as itself.
pub(super) fn format(decimal: Decimal) -> String {
	match decimal.exponent {
		0 => decimal.mantissa.to_string(),
		exponent => format!("{}e{exponent}", decimal.mantissa),
	}
}

fn parts(text: &str) -> Option<Decimal> {
	let (number, exponent) = match text.split_once(['e', 'E']) {
		Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
		None => (text, 0),
	};
	let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
	let (sign, whole) = match whole.strip_prefix('-') {
		Some(whole) => (-1, whole),
		None => (1, whole),
	};
	let digits = format!("{whole}{fraction}");
	if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
		return None;
	}
	let trimmed = digits.trim_end_matches('0');
	let dropped = i32::try_from(digits.len() - trimmed.len()).ok()?;
	let mantissa: i32 = if trimmed.is_empty() {
		0
	} else {
		trimmed.parse().ok()?
	};
	let exponent = exponent
		.checked_sub(i32::try_from(fraction.len()).ok()?)?
		.checked_add(dropped)?;
	let exponent = if mantissa == 0 {
		0
	} else {
		i8::try_from(exponent).ok()?
	};
	Some(Decimal {
		mantissa: sign * mantissa,
		exponent,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_same_number_has_one_decimal_however_it_is_written() {
		// GIVEN ways to write one thousandth
		for text in ["0.001", "1e-3", "0.0010", ".001", "10E-4"] {
			// WHEN they are read
			// THEN they are the same digits and exponent
			assert_eq!(
				parts(text),
				Some(Decimal {
					mantissa: 1,
					exponent: -3
				}),
				"{text}"
			);
		}
		assert_eq!(
			parts("120"),
			Some(Decimal {
				mantissa: 12,
				exponent: 1
			})
		);
		assert_eq!(
			parts("0"),
			Some(Decimal {
				mantissa: 0,
				exponent: 0
			})
		);
		assert_eq!(
			parts("-2.5"),
			Some(Decimal {
				mantissa: -25,
				exponent: -1
			})
		);
	}

	#[test]
	fn a_decimal_survives_its_text() {
		// GIVEN decimals without trailing zeros
		for (mantissa, exponent) in [(0, 0), (1, -8), (-25, -1), (12, 1), (i32::MAX, -30)] {
			let decimal = Decimal { mantissa, exponent };
			// WHEN they are written and read
			// THEN nothing changed
			assert_eq!(parts(&format(decimal)), Some(decimal));
		}
	}

	#[test]
	fn what_is_no_decimal_is_refused() {
		// GIVEN texts that are no numbers or too long ones
		for text in [
			"",
			".",
			"1.2.3",
			"NaN",
			"0x10",
			"1e999",
			"12345678901",
			"1,5",
		] {
			// WHEN they are read
			// THEN there is none
			assert_eq!(parts(text), None, "{text}");
		}
	}
}
