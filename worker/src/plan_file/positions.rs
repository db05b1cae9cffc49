//! How a decoder tells positions, as a submitter writes it.

use std::f64::consts::TAU;

use assay_numerics::{plan::MAX_PAIRS, Decimal, Positions};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{decimal, PlanFileError};

/// A whole turn, in the units of a plan.
const WHOLE: f64 = 18_446_744_073_709_551_616.0;
/// How far a turn may be off the formula's, as a part of itself: libraries differ in the last bits of
/// a power.
const TOLERANCE: f64 = 1e-12;
/// Greatest base, 10^12.
const MOST_BASE: f64 = 1e12;

/// How positions are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PositionsFile {
	/// Queries and keys are turned, each pair of a head slower than the one before it.
	Rotary {
		/// Pair `i` of `n` turns by `base^(-i / n)` radians at each position. More than 1.
		base: String,
	},
	/// The same, by numbers: parts of `2^-64` of a whole turn, a pair each.
	Turns(Vec<Turn>),
	/// A table that is trained.
	Learned,
}

/// A turn. Written as a text, because many readers of JSON round large integers; read as either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn(pub u64);

impl Serialize for Turn {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

impl<'de> Deserialize<'de> for Turn {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		#[derive(Deserialize)]
		#[serde(untagged)]
		enum Either {
			Number(u64),
			Text(String),
		}
		let wrong = |text: &str| {
			let text: String = text.chars().take(40).collect();
			serde::de::Error::custom(format!("turns: `{text}` is no integer below 2^64"))
		};
		match Either::deserialize(deserializer) {
			Ok(Either::Number(turn)) => Ok(Self(turn)),
			Ok(Either::Text(text)) => text.parse().map(Self).map_err(|_| wrong(&text)),
			Err(_) => Err(wrong("a value")),
		}
	}
}

impl Default for PositionsFile {
	fn default() -> Self {
		Self::Rotary {
			base: "10000".into(),
		}
	}
}

impl PositionsFile {
	/// What says the same as positions: turns as they are.
	pub(super) fn of(positions: &Positions) -> Self {
		match positions {
			Positions::Rotary(turns) => Self::Turns(turns.iter().copied().map(Turn).collect()),
			Positions::Learned => Self::Learned,
		}
	}

	/// The positions of heads of this width. From here on a plan holds integers, and nobody computes
	/// a power again.
	pub(super) fn positions(&self, head: u16) -> Result<Positions, PlanFileError> {
		let turns = match self {
			Self::Learned => return Ok(Positions::Learned),
			Self::Turns(turns) => turns.iter().map(|turn| turn.0).collect(),
			Self::Rotary { base } => {
				let value = to_f64(decimal::parse("base", base)?);
				if !(value > 1.0 && value <= MOST_BASE) {
					return Err(PlanFileError::Base(base.chars().take(40).collect()));
				}
				// As many as a plan can hold: the rules refuse a head that needs more.
				let pairs = usize::from(head / 2).min(MAX_PAIRS as usize);
				usual_turns(value, pairs)
			}
		};
		let count = turns.len();
		let turns = turns.try_into().map_err(|_| PlanFileError::Turns(count))?;
		Ok(Positions::Rotary(turns))
	}
}

/// The turns that a base gives.
fn usual_turns(base: f64, pairs: usize) -> Vec<u64> {
	let frequency = |pair: usize| base.powf(-(pair as f64) / pairs as f64);
	(0..pairs)
		.map(|pair| (frequency(pair) / TAU * WHOLE).round() as u64)
		.collect()
}

/// The base that gives these turns, if there is one.
pub(crate) fn base_of(turns: &[u64]) -> Option<f64> {
	let (first, second) = (*turns.first()? as f64, *turns.get(1)? as f64);
	let exact = (first / second).powf(turns.len() as f64);
	// Somebody has written it with few digits.
	let base: f64 = format!("{exact:.8e}").parse().ok()?;
	let is_usual = |(turn, usual): (&u64, u64)| {
		let (turn, usual) = (*turn as f64, usual as f64);
		// A turn is rounded to an integer, too.
		(turn - usual).abs() <= usual * TOLERANCE + 1.0
	};
	let usual = usual_turns(base, turns.len());
	turns.iter().zip(usual).all(is_usual).then_some(base)
}

fn to_f64(decimal: Decimal) -> f64 {
	f64::from(decimal.mantissa) * 10_f64.powi(decimal.exponent.into())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_base_is_found_in_the_turns_that_it_gave() {
		for base in [10_000.0, 500_000.0, 1_000_000.0, 1.5] {
			for pairs in [8, 32, 128] {
				// GIVEN the turns of a base WHEN it is asked for THEN it is found
				assert_eq!(base_of(&usual_turns(base, pairs)), Some(base));
			}
		}
		// GIVEN turns of no base THEN there is none
		assert_eq!(base_of(&[3, 2, 1]), None);
		assert_eq!(base_of(&[]), None);
		let mut turns = usual_turns(10_000.0, 32);
		turns[5] += turns[5] / 1_000;
		assert_eq!(base_of(&turns), None);
	}

	#[test]
	fn the_usual_base_gives_the_turns_that_others_use() {
		// GIVEN the usual base WHEN a head is 16 wide
		let positions = PositionsFile::default().positions(16).unwrap();
		let Positions::Rotary(turns) = positions else {
			panic!("they are rotary");
		};
		// THEN the first pair turns by one radian at each position, the last by 10000^(-7/8)
		let radians: Vec<f64> = turns
			.iter()
			.map(|turn| *turn as f64 / WHOLE * TAU)
			.collect();
		assert!((radians[0] - 1.0).abs() < 1e-15);
		assert!((radians[7] / 10_000_f64.powf(-0.875) - 1.0).abs() < 1e-15);
	}

	#[test]
	fn turns_are_read_as_numbers_and_as_texts_and_written_as_texts() {
		// GIVEN the greatest turn in both ways
		let text = r#"{"turns":[18446744073709551615,"18446744073709551615"]}"#;
		// WHEN they are read
		let file: PositionsFile = serde_json::from_str(text).unwrap();
		// THEN they are the same, and are written as a text
		assert_eq!(file, PositionsFile::Turns(vec![Turn(u64::MAX); 2]));
		let text = serde_json::to_string(&file).unwrap();
		assert_eq!(
			text,
			r#"{"turns":["18446744073709551615","18446744073709551615"]}"#
		);
		// AND what is no such integer is refused by its value
		let error = serde_json::from_str::<PositionsFile>(r#"{"turns":["-1"]}"#).unwrap_err();
		assert!(error.to_string().contains("`-1`"), "{error}");
	}
}
