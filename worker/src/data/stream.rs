//! Packed bytes on their way to a file.

use std::{
	ffi::OsString,
	fs::{self, File},
	io::{self, BufWriter, Write},
	path::{Path, PathBuf},
};

use assay_numerics::Root;

use super::{pack::io_at, PackError};

/// Hashes bytes and, if they are wanted, writes them beside the file that they will be: it is there
/// whole or not at all.
#[derive(Debug)]
pub struct Stream {
	hasher: blake3::Hasher,
	bytes: u64,
	part: Option<Part>,
}

/// A stream that has ended.
#[derive(Debug)]
pub struct Written {
	/// BLAKE3 of the bytes.
	pub root: Root,
	/// Their number.
	pub bytes: u64,
	part: Option<Part>,
}

/// A file that is removed unless it is kept.
#[derive(Debug)]
struct Part {
	out: PathBuf,
	path: PathBuf,
	file: BufWriter<File>,
}

impl Stream {
	/// A stream to this file, or to nowhere.
	///
	/// # Errors
	/// A directory that cannot be made or written to.
	pub fn create(out: Option<&Path>) -> Result<Self, PackError> {
		let part = out.map(Part::create).transpose()?;
		Ok(Self {
			hasher: blake3::Hasher::new(),
			bytes: 0,
			part,
		})
	}

	/// More bytes.
	///
	/// # Errors
	/// A file that cannot be written.
	pub fn write(&mut self, bytes: &[u8]) -> Result<(), PackError> {
		self.hasher.update(bytes);
		self.bytes += bytes.len() as u64;
		match &mut self.part {
			Some(part) => part.file.write_all(bytes).map_err(io_at(&part.path)),
			None => Ok(()),
		}
	}

	/// No more bytes.
	///
	/// # Errors
	/// A file that cannot be written.
	pub fn finish(mut self) -> Result<Written, PackError> {
		if let Some(part) = &mut self.part {
			part.file.flush().map_err(io_at(&part.path))?;
		}
		Ok(Written {
			root: *self.hasher.finalize().as_bytes(),
			bytes: self.bytes,
			part: self.part,
		})
	}
}

impl Written {
	/// Puts the file where it was wanted. Without this it is gone.
	///
	/// # Errors
	/// A place that cannot be written to.
	pub fn keep(self) -> Result<(), PackError> {
		match &self.part {
			// A device or a pipe is written to, not replaced.
			Some(part) if is_special(&part.out) => fs::copy(&part.path, &part.out)
				.map(|_| ())
				.map_err(io_at(&part.out)),
			Some(part) => fs::rename(&part.path, &part.out).map_err(io_at(&part.out)),
			None => Ok(()),
		}
	}
}

/// Whether something is there that is no file.
fn is_special(path: &Path) -> bool {
	fs::metadata(path).is_ok_and(|there| !there.is_file())
}

impl Part {
	fn create(out: &Path) -> Result<Self, PackError> {
		// What a link points to is replaced, not the link.
		let out = &out.canonicalize().unwrap_or_else(|_| out.to_owned());
		if out.is_dir() {
			let source = io::Error::from(io::ErrorKind::IsADirectory);
			return Err(io_at(out)(source));
		}
		if let Some(folder) = out.parent() {
			fs::create_dir_all(folder).map_err(io_at(folder))?;
		}
		// Hidden, so that it is not packed itself when it lies among what is.
		let mut name = OsString::from(".");
		name.push(out.file_name().unwrap_or_default());
		name.push(".part");
		let path = out.with_file_name(name);
		let file = File::create(&path).map_err(io_at(&path))?;
		Ok(Self {
			out: out.to_owned(),
			path,
			file: BufWriter::new(file),
		})
	}
}

impl Drop for Part {
	fn drop(&mut self) {
		// A file that was kept has another name by now, and nothing can be done about one that stays.
		let _ = fs::remove_file(&self.path);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn names(dir: &Path) -> Vec<String> {
		let entries = fs::read_dir(dir).unwrap();
		let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
		names.collect()
	}

	#[test]
	fn a_file_appears_whole_or_not_at_all() {
		let dir = tempfile::tempdir().unwrap();
		let out = dir.path().join("out");
		// GIVEN a file, and bytes that would take its place
		fs::write(&out, "before").unwrap();
		let mut stream = Stream::create(Some(&out)).unwrap();
		stream.write(b"af").unwrap();
		stream.write(b"ter").unwrap();
		let written = stream.finish().unwrap();
		assert_eq!(written.root, *blake3::hash(b"after").as_bytes());
		assert_eq!(written.bytes, 5);
		// WHEN they are not wanted THEN the file is as it was, and nothing lies beside it
		drop(written);
		assert_eq!(fs::read(&out).unwrap(), b"before");
		assert_eq!(names(dir.path()), ["out"]);
		// WHEN they are THEN they are the file
		let mut stream = Stream::create(Some(&out)).unwrap();
		stream.write(b"after").unwrap();
		stream.finish().unwrap().keep().unwrap();
		assert_eq!(fs::read(&out).unwrap(), b"after");
		assert_eq!(names(dir.path()), ["out"]);
	}

	#[test]
	fn a_place_that_cannot_be_written_to_is_named() {
		let dir = tempfile::tempdir().unwrap();
		// GIVEN a file where a directory would have to be
		fs::write(dir.path().join("file"), "").unwrap();
		// WHEN a stream is to go there THEN the error names it
		let refused = Stream::create(Some(&dir.path().join("file/out"))).unwrap_err();
		assert!(refused.to_string().contains("file"), "{refused}");
	}
}
