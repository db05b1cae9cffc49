//! Texts, cut so that encoding them takes little memory.

use std::{fs, path::Path};

use super::TokenizerError;

/// Bytes of a piece. Encoding one takes about eighty times as much memory.
pub const PIECE: usize = 1 << 20;

/// A file as text.
///
/// # Errors
/// A file that cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, TokenizerError> {
	let bytes = fs::read(path).map_err(|source| TokenizerError::Io {
		path: path.to_owned(),
		source,
	})?;
	String::from_utf8(bytes).map_err(|error| TokenizerError::NotText {
		path: path.to_owned(),
		at: error.utf8_error().valid_up_to(),
	})
}

/// Cuts a text into pieces of at most `size` bytes, or of one character that is longer.
///
/// A piece ends behind the last of its lines that neither ends with a blank nor is followed by one:
/// byte-level tokenizers make no token across such an end, so that their tokens are those of the
/// whole text. Without such a line it ends behind any line, and without a line anywhere.
pub fn pieces(text: &str, size: usize) -> impl Iterator<Item = &str> {
	let mut rest = text;
	std::iter::from_fn(move || {
		if rest.is_empty() {
			return None;
		}
		let (piece, left) = rest.split_at(cut(rest, size));
		rest = left;
		Some(piece)
	})
}

/// Where the first piece of a text ends.
fn cut(text: &str, size: usize) -> usize {
	if text.len() <= size {
		return text.len();
	}
	// At least one character, so that there is an end.
	let first = text.chars().next().map_or(0, char::len_utf8);
	let window = text.floor_char_boundary(size).max(first);
	let bytes = text.as_bytes();
	let is_blank = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_whitespace);
	let lines = || {
		let ends = text[..window].rmatch_indices('\n');
		ends.map(|(at, _)| at + 1)
	};
	let is_clear = |end: &usize| *end >= 2 && !is_blank(*end - 2) && !is_blank(*end);
	let clear = lines().find(is_clear);
	clear.or_else(|| lines().next()).unwrap_or(window)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn cut_up(text: &str, size: usize) -> Vec<&str> {
		let pieces: Vec<_> = pieces(text, size).collect();
		assert_eq!(pieces.concat(), text);
		pieces
	}

	#[test]
	fn a_text_is_cut_behind_lines_between_words() {
		// GIVEN a text of lines, of which some are empty or begin with a blank
		let text = "one\ntwo\n\nthree\n four\nfive";
		// WHEN it is cut THEN a piece ends with the last line that has no blank on either side
		assert_eq!(cut_up(text, 16), ["one\n", "two\n\nthree\n", " four\nfive"]);
		assert_eq!(cut_up(text, text.len()), [text]);
		// AND where there is none, behind any line, or within one
		assert_eq!(cut_up("a\n\n\nb", 3), ["a\n\n", "\nb"]);
		assert_eq!(cut_up("abcdef", 4), ["abcd", "ef"]);
		assert!(cut_up("", 4).is_empty());
	}

	#[test]
	fn no_character_is_cut() {
		// GIVEN characters of three and four bytes WHEN pieces are smaller THEN each is a piece
		assert_eq!(cut_up("\u{20ac}\u{1f642}", 1), ["\u{20ac}", "\u{1f642}"]);
		assert_eq!(cut_up("a\u{20ac}b", 2), ["a", "\u{20ac}", "b"]);
	}

	#[test]
	fn a_file_that_is_no_text_is_named_with_its_first_bad_byte() {
		// GIVEN a file in another encoding
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("latin1");
		fs::write(&path, b"caf\xe9\n").unwrap();
		// WHEN it is read THEN the error says where and what to do
		let told = read_text(&path).unwrap_err().to_string();
		for word in ["latin1", "byte 3", "UTF-8", "iconv"] {
			assert!(told.contains(word), "no `{word}` in: {told}");
		}
		// AND a file that is not there is named
		let absent = read_text(&dir.path().join("absent")).unwrap_err();
		assert!(absent.to_string().contains("absent"));
	}
}
