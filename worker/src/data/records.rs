//! Packs images and labels as records for a classifier.

use std::{
	fs,
	path::{Path, PathBuf},
};

use assay_numerics::plan::MAX_FEATURES;

use super::{pack::io_at, PackError, Stream};

/// A classifier's inputs are a multiple of this.
const SIDE: usize = 16;
/// A classifier's inputs, at most.
const MOST_INPUTS: usize = MAX_FEATURES as usize;

/// What was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Records {
	/// Records.
	pub records: usize,
	/// Bytes of an image.
	pub pixels: usize,
	/// Bytes of a record without its label: a plan's `inputs`. Zeros follow an image up to there.
	pub inputs: usize,
	/// The greatest label plus one: what a plan's `classes` is at least.
	pub classes: u32,
}

/// Packs pairs of IDX files, images and labels, as those of MNIST are: each image and behind it the
/// byte of its label, in the order of the files.
///
/// # Errors
/// Files that are not such ones, or do not belong together.
pub fn pack_idx(pairs: &[(PathBuf, PathBuf)], stream: &mut Stream) -> Result<Records, PackError> {
	let mut packed = Records {
		records: 0,
		pixels: 0,
		inputs: 0,
		classes: 0,
	};
	for (images_path, labels_path) in pairs {
		let images = Idx::read(images_path)?;
		let labels = Idx::read(labels_path)?;
		if labels.each != 1 {
			return Err(PackError::Idx {
				path: labels_path.clone(),
				reason: format!("has {} bytes for each label, not one", labels.each),
			});
		}
		if labels.count != images.count {
			return Err(PackError::Differs {
				path: labels_path.clone(),
				what: "labels",
				found: labels.count,
				expected: images.count,
			});
		}
		if packed.records == 0 {
			packed.pixels = images.each;
			packed.inputs = images.each.next_multiple_of(SIDE);
		} else if images.each != packed.pixels {
			return Err(PackError::Differs {
				path: images_path.clone(),
				what: "bytes for each image",
				found: images.each,
				expected: packed.pixels,
			});
		}
		let mut bytes = Vec::with_capacity(images.count * (packed.inputs + 1));
		for (image, label) in images.items().zip(labels.items().flatten()) {
			bytes.extend_from_slice(image);
			bytes.resize(bytes.len() + packed.inputs - packed.pixels, 0);
			bytes.push(*label);
			packed.classes = packed.classes.max(u32::from(*label) + 1);
		}
		packed.records += images.count;
		stream.write(&bytes)?;
	}
	Ok(packed)
}

/// A file of so many items of unsigned bytes.
struct Idx {
	bytes: Vec<u8>,
	/// Where the items begin.
	start: usize,
	count: usize,
	each: usize,
}

impl Idx {
	/// Two zeros, 8 for unsigned bytes, the number of sides, each side as a big-endian number of four
	/// bytes, of which the first counts the items, and the items.
	fn read(path: &Path) -> Result<Self, PackError> {
		let bytes = fs::read(path).map_err(io_at(path))?;
		let wrong = |reason: String| PackError::Idx {
			path: path.to_owned(),
			reason,
		};
		let sides = match bytes.as_slice() {
			[0x1f, 0x8b, ..] => return Err(wrong("is compressed with gzip".into())),
			[0, 0, 8, sides, ..] if *sides > 0 => usize::from(*sides),
			_ => {
				return Err(wrong(
					"does not begin as an IDX file of unsigned bytes".into(),
				))
			}
		};
		let start = 4 + 4 * sides;
		let Some(head) = bytes.get(4..start) else {
			return Err(wrong("ends within its header".into()));
		};
		let sides: Vec<usize> = head
			.as_chunks::<4>()
			.0
			.iter()
			.map(|side| u32::from_be_bytes(*side) as usize)
			.collect();
		let product = |sides: &[usize]| {
			let mut sides = sides.iter();
			sides.try_fold(1_usize, |product, side| product.checked_mul(*side))
		};
		let found = bytes.len() - start;
		match (product(&sides[1..]), product(&sides)) {
			(Some(each @ 1..=MOST_INPUTS), Some(all)) if all == found && all > 0 => Ok(Self {
				start,
				count: sides[0],
				each,
				bytes,
			}),
			(Some(1..=MOST_INPUTS), _) => Err(wrong(format!(
				"its header says {sides:?} items and bytes, and {found} bytes follow it"
			))),
			_ => Err(wrong(format!(
				"its header says {sides:?}, and an item has 1 to {MOST_INPUTS} bytes"
			))),
		}
	}

	fn items(&self) -> impl Iterator<Item = &[u8]> {
		self.bytes[self.start..].chunks_exact(self.each)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// An IDX file of these sides.
	fn idx(dir: &Path, name: &str, sides: &[u32], items: &[u8]) -> PathBuf {
		let mut bytes = vec![0, 0, 8, sides.len() as u8];
		bytes.extend(sides.iter().flat_map(|side| side.to_be_bytes()));
		bytes.extend(items);
		let path = dir.join(name);
		fs::write(&path, bytes).unwrap();
		path
	}

	fn packed(pairs: &[(PathBuf, PathBuf)]) -> Result<(Records, Vec<u8>), PackError> {
		let dir = tempfile::tempdir().unwrap();
		let out = dir.path().join("out");
		let mut stream = Stream::create(Some(&out))?;
		let records = pack_idx(pairs, &mut stream)?;
		stream.finish()?.keep()?;
		Ok((records, fs::read(out).unwrap()))
	}

	#[test]
	fn images_become_records_with_zeros_up_to_whole_tiles_and_their_label() {
		// GIVEN two files of images of 3 times 6 bytes, and their labels
		let dir = tempfile::tempdir().unwrap();
		let pixels: Vec<u8> = (1..=54).collect();
		let one = idx(dir.path(), "one", &[2, 3, 6], &pixels[..36]);
		let two = idx(dir.path(), "two", &[1, 3, 6], &pixels[36..]);
		let labels_one = idx(dir.path(), "labels-one", &[2], &[4, 9]);
		let labels_two = idx(dir.path(), "labels-two", &[1], &[0]);
		// WHEN they are packed
		let (records, bytes) = packed(&[(one, labels_one), (two, labels_two)]).unwrap();
		// THEN a record is an image, zeros up to 32 bytes and the label
		let expected = Records {
			records: 3,
			pixels: 18,
			inputs: 32,
			classes: 10,
		};
		assert_eq!(records, expected);
		let mut stream = Vec::new();
		for (image, label) in pixels.chunks(18).zip([4, 9, 0]) {
			stream.extend([image, &[0; 14], &[label]].concat());
		}
		assert_eq!(bytes, stream);
	}

	#[test]
	fn files_that_are_no_images_or_belong_to_others_are_refused_by_name() {
		let dir = tempfile::tempdir().unwrap();
		let at = |name: &str, bytes: &[u8]| {
			let path = dir.path().join(name);
			fs::write(&path, bytes).unwrap();
			path
		};
		let images = idx(dir.path(), "images", &[2, 4, 4], &[7; 32]);
		let labels = idx(dir.path(), "labels", &[2], &[0, 1]);
		let cases = [
			(at("gzip", &[0x1f, 0x8b, 8]), labels.clone(), "gzip"),
			(at("text", b"1,2,3"), labels.clone(), "does not begin"),
			(at("short", &[0, 0, 8, 3, 0]), labels.clone(), "header"),
			(
				idx(dir.path(), "cut", &[2, 4, 4], &[7; 31]),
				labels.clone(),
				"31 bytes follow",
			),
			(
				idx(dir.path(), "huge", &[u32::MAX, u32::MAX, u32::MAX], &[]),
				labels.clone(),
				"16384",
			),
			(
				idx(dir.path(), "none", &[0, 4, 4], &[]),
				labels.clone(),
				"0 bytes follow",
			),
			(images.clone(), images.clone(), "16 bytes for each label"),
			(
				images.clone(),
				idx(dir.path(), "three", &[3], &[0; 3]),
				"3 labels, not 2",
			),
			(images.clone(), dir.path().join("absent"), "absent"),
		];
		for (images, labels, words) in cases {
			// GIVEN a file that is not what it should be WHEN it is packed THEN the reason is told
			let told = packed(&[(images, labels)]).unwrap_err().to_string();
			assert!(told.contains(words), "no `{words}` in: {told}");
		}
		// GIVEN images of two sizes THEN the second ones are refused
		let others = idx(dir.path(), "others", &[2, 4, 5], &[7; 40]);
		let told = packed(&[(images, labels.clone()), (others, labels)]).unwrap_err();
		let told = told.to_string();
		assert!(told.contains("20 bytes for each image, not 16"), "{told}");
	}
}
