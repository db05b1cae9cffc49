//! What commands print.

use std::{fs, path::Path};

use serde::Serialize;

use super::CliError;

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

/// Writes a result to a file as one JSON object.
pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), CliError> {
	let io = |source| CliError::Io {
		path: path.to_owned(),
		source,
	};
	let text = serde_json::to_string_pretty(value).map_err(|error| io(error.into()))?;
	fs::write(path, text + "\n").map_err(io)
}
