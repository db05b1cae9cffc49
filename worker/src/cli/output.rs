//! What commands print.

use serde::Serialize;

/// Prints a result: one JSON object, or the text for people.
pub(super) fn print<T: Serialize>(json: bool, value: &T, text: impl FnOnce() -> String) {
	if json {
		match serde_json::to_string(value) {
			Ok(line) => println!("{line}"),
			Err(error) => println!("{{\"error\":\"{error}\"}}"),
		}
	} else {
		println!("{}", text());
	}
}
