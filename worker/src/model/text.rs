//! What a model writes, for people.

/// Bytes as text that a terminal can show: what is no text or controls it becomes a question mark.
pub fn printable(bytes: &[u8]) -> String {
	let text = String::from_utf8_lossy(bytes);
	text.chars()
		.map(|c| {
			if c.is_control() && c != '\n' && c != '\t' {
				'\u{fffd}'
			} else {
				c
			}
		})
		.collect()
}
