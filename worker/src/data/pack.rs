//! Packs files into one stream of bytes, the same on every machine.

use std::{
	env, fs, io,
	path::{Path, PathBuf},
};

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

/// A packed stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
	/// The bytes.
	pub bytes: Vec<u8>,
	/// How many files they come from.
	pub files: usize,
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
	/// A file cannot be read.
	#[error("{path}: {source}")]
	Io {
		/// The file or directory.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
}

/// Packs the files of the given kinds (extensions without the dot; all files when empty), sorted
/// by their path relative to the source, byte by byte. Nothing is put between them. Symbolic links
/// and hidden files are left out: they differ between machines.
pub fn pack(source: &Source, kinds: &[String]) -> Result<Packed, PackError> {
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
	let mut bytes = Vec::new();
	for (_, path) in &files {
		bytes.extend(fs::read(path).map_err(io_at(path))?);
	}
	Ok(Packed {
		bytes,
		files: files.len(),
	})
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

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> PackError + '_ {
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

	fn rs() -> Vec<String> {
		vec!["rs".into()]
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
		let pack = |dir: &Path| pack(&Source::Path(dir.to_owned()), &rs()).unwrap();
		// THEN the bytes are the same, in the order of the paths' bytes ('.' comes before '/')
		assert_eq!(pack(one.path()), pack(two.path()));
		assert_eq!(
			pack(one.path()),
			Packed {
				bytes: b"A1ZB".to_vec(),
				files: 4
			}
		);
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
		let packed = pack(&source, &rs()).unwrap();
		// THEN the crates come by name, without hidden files
		assert_eq!(
			packed,
			Packed {
				bytes: b"alphazeta".to_vec(),
				files: 2
			}
		);
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
		let message = pack(&source, &rs()).unwrap_err().to_string();
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
			pack(&source, &rs()),
			Err(PackError::Line { line: 2, .. })
		));
	}
}
