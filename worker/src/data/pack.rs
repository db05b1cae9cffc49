//! Packs files into one stream of bytes, the same on every machine.

use std::{
	env, fs, io,
	path::{Path, PathBuf},
};

use super::Stream;
use crate::tokenizer::TokenizerError;

/// What is packed.
#[derive(Debug, Clone)]
pub enum Source {
	/// A file with one crate per line, `name version`: their sources as cargo unpacked them.
	Crates {
		/// The list.
		list: PathBuf,
		/// Where crates are looked for, in this order. Empty: cargo's own directories.
		registries: Vec<PathBuf>,
	},
	/// A directory, or a single file.
	Path(PathBuf),
}

/// Why there is nothing to pack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
	/// A line of the list is not a crate.
	#[error("{list}:{line}: `{text}` is no crate: write `name version`")]
	Line {
		/// The list.
		list: PathBuf,
		/// The line, from 1.
		line: usize,
		/// What it says.
		text: String,
	},
	/// A crate is not on this machine.
	#[error(
		"{name} is in none of {searched}: run `cargo fetch` in a checkout whose Cargo.lock pins it"
	)]
	NoCrate {
		/// Name and version.
		name: String,
		/// Where it was looked for.
		searched: String,
	},
	/// There is no registry at all.
	#[error("cargo has no unpacked sources in {0}: run `cargo fetch` first, or name them with --registry")]
	NoRegistry(PathBuf),
	/// No file is of the kinds asked for.
	#[error("{0}: no file of the kinds {1}: name others with --kind")]
	Nothing(PathBuf, String),
	/// A file cannot be read or written.
	#[error("{path}: {source}")]
	Io {
		/// The file or directory.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// There are no tokens of the files.
	#[error(transparent)]
	Tokens(#[from] TokenizerError),
	/// A vocabulary that is too small for the tokenizer, or too great for a plan.
	#[error("--vocabulary {wanted}: use {least}, the tokenizer's, to {most}")]
	Vocabulary {
		/// What was asked for.
		wanted: u32,
		/// The tokenizer's.
		least: u32,
		/// What a plan can name.
		most: u32,
	},
	/// There is text, and no token of it.
	#[error(
		"the tokenizer makes no tokens of {0} bytes of text: give one that knows its characters"
	)]
	NoTokens(u64),
	/// A file of images or labels is not one.
	#[error("{path}: {reason}: give uncompressed IDX files of unsigned bytes, images first")]
	Idx {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
	/// Images of another size than the first ones, or labels of another number than the images.
	#[error(
		"{path}: has {found} {what}, not {expected}: give the file that belongs to the others"
	)]
	Differs {
		/// The file.
		path: PathBuf,
		/// What is counted.
		what: &'static str,
		/// How many there are.
		found: usize,
		/// How many there should be.
		expected: usize,
	},
}

/// Concatenates the [`files`] of a source. Nothing is put between them.
pub fn pack(source: &Source, kinds: &[String], stream: &mut Stream) -> Result<usize, PackError> {
	let files = files(source, kinds)?;
	for path in &files {
		stream.write(&fs::read(path).map_err(io_at(path))?)?;
	}
	Ok(files.len())
}

/// The files of the given kinds (extensions without the dot; all files when empty), sorted by their
/// path relative to the source, byte by byte. Symbolic links and hidden files are left out: they
/// differ between machines.
pub fn files(source: &Source, kinds: &[String]) -> Result<Vec<PathBuf>, PackError> {
	let mut files = Vec::new();
	let origin = match source {
		Source::Path(path) if path.is_file() => {
			files.push((String::new(), path.clone()));
			path
		}
		Source::Path(path) => {
			walk(path, "", kinds, &mut files)?;
			path
		}
		Source::Crates { list, registries } => {
			let registries = if registries.is_empty() {
				cargo_registries()?
			} else {
				registries.clone()
			};
			for name in read_list(list)? {
				let dir = registries.iter().map(|registry| registry.join(&name));
				let Some(dir) = dir.into_iter().find(|dir| dir.is_dir()) else {
					let searched: Vec<_> = registries
						.iter()
						.map(|dir| dir.display().to_string())
						.collect();
					return Err(PackError::NoCrate {
						name,
						searched: searched.join(", "),
					});
				};
				walk(&dir, &name, kinds, &mut files)?;
			}
			list
		}
	};
	if files.is_empty() {
		return Err(PackError::Nothing(origin.clone(), kinds.join(", ")));
	}
	files.sort();
	files.dedup();
	Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// The crates of a list as `name-version`. Empty lines and what follows `#` do not count.
fn read_list(list: &Path) -> Result<Vec<String>, PackError> {
	let text = fs::read_to_string(list).map_err(io_at(list))?;
	let mut names = Vec::new();
	for (index, line) in text.lines().enumerate() {
		let line = line.split('#').next().unwrap_or_default().trim();
		if line.is_empty() {
			continue;
		}
		let words: Vec<&str> = line.split_whitespace().collect();
		let is_plain = |word: &str| {
			word.chars()
				.all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
				&& !word.contains("..")
		};
		match words[..] {
			[name, version] if is_plain(name) && is_plain(version) => {
				names.push(format!("{name}-{version}"));
			}
			_ => {
				return Err(PackError::Line {
					list: list.to_owned(),
					line: index + 1,
					text: line.to_owned(),
				});
			}
		}
	}
	Ok(names)
}

/// Where cargo unpacks the crates of every registry it knows.
fn cargo_registries() -> Result<Vec<PathBuf>, PackError> {
	let home = env::var_os("CARGO_HOME")
		.map(PathBuf::from)
		.unwrap_or_else(|| PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo"));
	let sources = home.join("registry").join("src");
	let Ok(entries) = fs::read_dir(&sources) else {
		return Err(PackError::NoRegistry(sources));
	};
	let mut dirs: Vec<PathBuf> = entries
		.filter_map(|entry| Some(entry.ok()?.path()))
		.filter(|path| path.is_dir())
		.collect();
	dirs.sort();
	if dirs.is_empty() {
		return Err(PackError::NoRegistry(sources));
	}
	Ok(dirs)
}

/// Collects files with their sort key: the path below the source, parts joined by `/`.
fn walk(
	dir: &Path,
	prefix: &str,
	kinds: &[String],
	files: &mut Vec<(String, PathBuf)>,
) -> Result<(), PackError> {
	for entry in fs::read_dir(dir).map_err(io_at(dir))? {
		let entry = entry.map_err(io_at(dir))?;
		let path = entry.path();
		let name = entry.file_name().to_string_lossy().into_owned();
		let kind = entry.file_type().map_err(io_at(&path))?;
		if name.starts_with('.') || kind.is_symlink() {
			continue;
		}
		let key = if prefix.is_empty() {
			name
		} else {
			format!("{prefix}/{name}")
		};
		if kind.is_dir() {
			walk(&path, &key, kinds, files)?;
		} else if kinds.is_empty() || has_kind(&path, kinds) {
			files.push((key, path));
		}
	}
	Ok(())
}

fn has_kind(path: &Path, kinds: &[String]) -> bool {
	path.extension()
		.is_some_and(|extension| kinds.iter().any(|kind| extension == kind.as_str()))
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> PackError + '_ {
	move |source| PackError::Io {
		path: path.to_owned(),
		source,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn write(dir: &Path, name: &str, content: &str) {
		let path = dir.join(name);
		fs::create_dir_all(path.parent().unwrap()).unwrap();
		fs::write(path, content).unwrap();
	}

	/// What the Rust files of a source are packed to, and how many there are.
	fn packed(source: &Source) -> Result<(Vec<u8>, usize), PackError> {
		let dir = tempfile::tempdir().unwrap();
		let out = dir.path().join("out");
		let mut stream = Stream::create(Some(&out))?;
		let files = pack(source, &["rs".into()], &mut stream)?;
		stream.finish()?.keep()?;
		Ok((fs::read(out).unwrap(), files))
	}

	#[test]
	fn the_order_of_files_is_their_path_and_not_the_disk_s() {
		// GIVEN two directories with the same files, written in opposite order
		let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
		let files = [
			("b.rs", "B"),
			("a/z.rs", "Z"),
			("a.rs", "A"),
			("a/a.rs", "1"),
			("c.md", "no"),
		];
		for (name, content) in files {
			write(one.path(), name, content);
		}
		for (name, content) in files.into_iter().rev() {
			write(two.path(), name, content);
		}
		// WHEN both are packed
		let packed = |dir: &Path| packed(&Source::Path(dir.to_owned())).unwrap();
		// THEN the bytes are the same, in the order of the paths' bytes ('.' comes before '/')
		assert_eq!(packed(one.path()), packed(two.path()));
		assert_eq!(packed(one.path()), (b"A1ZB".to_vec(), 4));
	}

	#[test]
	fn crates_are_found_in_any_registry_and_sorted_by_name() {
		// GIVEN two registries with one crate each and a list in another order
		let dir = tempfile::tempdir().unwrap();
		write(dir.path(), "one/zeta-1.0.0/src/lib.rs", "zeta");
		write(dir.path(), "two/alpha-0.2.1/src/lib.rs", "alpha");
		write(dir.path(), "two/alpha-0.2.1/.hidden.rs", "never");
		write(
			dir.path(),
			"list",
			"# corpus\nzeta 1.0.0\n\nalpha 0.2.1 # old\n",
		);
		let source = Source::Crates {
			list: dir.path().join("list"),
			registries: vec![dir.path().join("one"), dir.path().join("two")],
		};
		// WHEN they are packed
		// THEN the crates come by name, without hidden files
		assert_eq!(packed(&source).unwrap(), (b"alphazeta".to_vec(), 2));
	}

	#[test]
	fn a_crate_that_is_not_there_is_named() {
		// GIVEN a list with a crate that no registry has
		let dir = tempfile::tempdir().unwrap();
		write(dir.path(), "list", "absent 9.9.9\n");
		let list = dir.path().join("list");
		let source = Source::Crates {
			list,
			registries: vec![dir.path().to_owned()],
		};
		// WHEN it is packed
		let message = packed(&source).unwrap_err().to_string();
		// THEN the message names it and what to do
		assert!(message.contains("absent-9.9.9"));
		assert!(message.contains("cargo fetch"));
	}

	#[test]
	fn a_list_cannot_reach_out_of_the_registry() {
		// GIVEN a list with a path instead of a version
		let dir = tempfile::tempdir().unwrap();
		write(dir.path(), "list", "ok 1.0.0\nname ../../secrets\n");
		let list = dir.path().join("list");
		let source = Source::Crates {
			list,
			registries: vec![dir.path().to_owned()],
		};
		// WHEN it is packed
		// THEN the line is refused
		assert!(matches!(
			packed(&source),
			Err(PackError::Line { line: 2, .. })
		));
	}
}
