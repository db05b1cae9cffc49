//! Roots and other 32-byte values as text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 32 bytes that print as `0x` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hex32(pub [u8; 32]);

/// Why a text is not 32 bytes in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not 32 bytes: write 64 hexadecimal digits, with or without 0x")]
pub struct HexError(String);

impl fmt::Display for Hex32 {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "0x{}", hex::encode(self.0))
	}
}

impl fmt::Debug for Hex32 {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

impl FromStr for Hex32 {
	type Err = HexError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let digits = text.strip_prefix("0x").unwrap_or(text);
		let mut bytes = [0; 32];
		hex::decode_to_slice(digits, &mut bytes).map_err(|_| HexError(shorten(text)))?;
		Ok(Self(bytes))
	}
}

impl From<[u8; 32]> for Hex32 {
	fn from(bytes: [u8; 32]) -> Self {
		Self(bytes)
	}
}

impl Serialize for Hex32 {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl<'de> Deserialize<'de> for Hex32 {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		String::deserialize(deserializer)?
			.parse()
			.map_err(serde::de::Error::custom)
	}
}

/// The first characters of a value that a user gave, enough to recognise it in a message.
fn shorten(text: &str) -> String {
	match text.char_indices().nth(80) {
		Some((end, _)) => format!("{}…", &text[..end]),
		None => text.to_owned(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_root_survives_its_text() {
		// GIVEN a root
		let root = Hex32([0xab; 32]);
		// WHEN it is printed and read again, with and without the prefix
		let text = root.to_string();
		// THEN nothing changed
		assert_eq!(text.parse(), Ok(root));
		assert_eq!(text[2..].parse(), Ok(root));
	}

	#[test]
	fn a_short_root_is_refused_by_its_own_name() {
		// GIVEN 31 bytes
		let text = "ab".repeat(31);
		// WHEN they are read
		let error = text.parse::<Hex32>().unwrap_err();
		// THEN the message names the value and what to write instead
		assert!(error.to_string().contains(&text));
		assert!(error.to_string().contains("64 hexadecimal digits"));
	}
}
