//! Amounts of ASY.

use assay_protocol::Balance;

/// Decimals of ASY.
const DECIMALS: usize = 12;

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount: write an integer of the smallest unit, or like `2.5 ASY`")]
pub struct AmountError(String);

/// Reads an integer of the smallest unit, or a decimal number followed by `ASY`.
pub fn parse_amount(text: &str) -> Result<Balance, AmountError> {
	parse(text.trim()).ok_or_else(|| AmountError(text.chars().take(60).collect()))
}

fn parse(text: &str) -> Option<Balance> {
	let Some(number) = text.strip_suffix("ASY") else {
		return digits(text);
	};
	let number = number.trim_end();
	let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
	if fraction.len() > DECIMALS {
		return None;
	}
	let fraction = digits(&format!("{fraction:0<DECIMALS$}"))?;
	digits(whole)?
		.checked_mul(10u128.pow(DECIMALS as u32))?
		.checked_add(fraction)
}

fn digits(text: &str) -> Option<Balance> {
	if !text.bytes().all(|digit| digit.is_ascii_digit()) {
		return None;
	}
	text.parse().ok()
}

/// An amount as a person reads it: `2.5 ASY`. Exact: every digit that is not zero is shown.
pub fn format_asy(amount: Balance) -> String {
	let unit = 10u128.pow(DECIMALS as u32);
	let fraction = format!("{:012}", amount % unit);
	match fraction.trim_end_matches('0') {
		"" => format!("{} ASY", amount / unit),
		fraction => format!("{}.{fraction} ASY", amount / unit),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_amount_survives_its_text() {
		// GIVEN amounts
		for amount in [
			0,
			1,
			2_500_000_000_000,
			10u128.pow(12),
			u128::from(u64::MAX),
		] {
			// WHEN they are printed in both ways and read again
			// THEN nothing changed
			assert_eq!(parse_amount(&amount.to_string()), Ok(amount));
			assert_eq!(parse_amount(&format_asy(amount)), Ok(amount));
		}
		assert_eq!(format_asy(2_500_000_000_000), "2.5 ASY");
	}

	#[test]
	fn what_is_no_amount_is_refused_by_its_name() {
		// GIVEN texts that are no amounts
		for text in [
			"-1",
			"1.5",
			"ASY",
			"1e3 ASY",
			"0.0000000000001 ASY",
			"1 DOT",
			"+3",
		] {
			// WHEN they are read
			let error = parse_amount(text).unwrap_err();
			// THEN the message names them
			assert!(error.to_string().contains(text), "{text}");
		}
	}
}
