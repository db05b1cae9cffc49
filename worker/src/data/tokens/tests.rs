use std::fs;

use assay_numerics::{samples, Model, Outline};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::roots::Hex32;

/// A directory with these files, their paths, and a tokenizer of a few words.
fn workshop(files: &[(&str, &str)]) -> (TempDir, Vec<PathBuf>, Tokenizer) {
	let dir = tempfile::tempdir().unwrap();
	let paths = files.iter().map(|(name, text)| {
		let path = dir.path().join(name);
		fs::write(&path, text).unwrap();
		path
	});
	let paths = paths.collect();
	let vocab = json!({ "the": 1, "cat": 2, "sat": 255, "</s>": 7 });
	let tokenizer = json!({
		"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
		"normalizer": null, "pre_tokenizer": { "type": "WhitespaceSplit" },
		"post_processor": null, "decoder": null,
		"model": { "type": "WordLevel", "vocab": vocab, "unk_token": "the" },
	});
	let path = dir.path().join("tokenizer.json");
	fs::write(&path, tokenizer.to_string()).unwrap();
	let tokenizer = Tokenizer::read(&path).unwrap();
	(dir, paths, tokenizer)
}

fn packed(
	files: &[PathBuf],
	tokenizer: &Tokenizer,
	separator: &Separator,
	vocabulary: Option<u32>,
) -> Result<(TokenStream, Vec<u8>), PackError> {
	let dir = tempfile::tempdir().unwrap();
	let out = dir.path().join("out");
	let mut stream = Stream::create(Some(&out))?;
	let packed = pack_tokens(files, tokenizer, separator, vocabulary, &mut stream)?;
	let written = stream.finish()?;
	let root = Hex32(written.root);
	written.keep()?;
	let bytes = fs::read(out).unwrap();
	assert_eq!(root, Hex32(*blake3::hash(&bytes).as_bytes()));
	Ok((packed, bytes))
}

#[test]
fn a_token_has_as_many_bytes_as_a_plan_of_its_vocabulary_reads() {
	for vocabulary in [2, 255, 256, 257, 65_535, 65_536, 65_537, MAX_VOCABULARY] {
		// GIVEN a plan of a vocabulary WHEN its data are packed THEN it reads items of that size
		let mut plan = samples::gpt(16, 32, 1, 1);
		if let Model::Gpt(model) = &mut plan.model {
			model.vocabulary = vocabulary;
		}
		let outline = Outline::new(&plan).unwrap();
		assert_eq!(
			token_bytes(vocabulary),
			outline.item_bytes(),
			"{vocabulary}"
		);
	}
}

#[test]
fn files_become_ids_with_the_end_of_text_between_them() {
	// GIVEN files, of which one is empty
	let (_dir, files, tokenizer) = workshop(&[("a", "the cat"), ("b", "\n"), ("c", "sat the")]);
	let ids = [1, 2, 7, 255, 1];
	for (vocabulary, bytes) in [(None, 1), (Some(300), 2), (Some(65_537), 4)] {
		// WHEN they are packed for a plan
		let (stream, data) = packed(&files, &tokenizer, &Separator::Usual, vocabulary).unwrap();
		// THEN ids are little-endian, and the empty file leaves nothing
		let expected = ids.iter().flat_map(|id: &u32| {
			let bytes = id.to_le_bytes().into_iter().take(bytes);
			bytes.collect::<Vec<_>>()
		});
		assert_eq!(data, expected.collect::<Vec<_>>());
		let expected = TokenStream {
			files: 3,
			text_bytes: 15,
			tokens: 5,
			vocabulary: vocabulary.unwrap_or(256),
			item_bytes: bytes as u32,
			separator: Some("</s>".into()),
		};
		assert_eq!(stream, expected);
	}
}

#[test]
fn the_separator_is_the_one_that_was_named_or_none() {
	let (_dir, files, tokenizer) = workshop(&[("a", "the cat"), ("b", "sat")]);
	let packed = |separator| packed(&files, &tokenizer, &separator, None);
	// GIVEN a token by name THEN it stands between the files
	let (stream, data) = packed(Separator::Named("sat".into())).unwrap();
	assert_eq!(data, [1, 2, 255, 255]);
	assert_eq!(stream.separator.as_deref(), Some("sat"));
	// GIVEN none THEN nothing does
	let (stream, data) = packed(Separator::Nothing).unwrap();
	assert_eq!((data, stream.separator), (vec![1, 2, 255], None));
	// GIVEN one that the tokenizer does not have THEN it is named
	let told = packed(Separator::Named("<eos>".into())).unwrap_err();
	let told = told.to_string();
	assert!(
		told.contains("<eos>") && told.contains("--no-separator"),
		"{told}"
	);
}

#[test]
fn what_cannot_be_packed_is_refused_with_its_values() {
	let (dir, files, tokenizer) = workshop(&[("a", "the cat"), ("empty", " \n")]);
	let told = |files: &[PathBuf], vocabulary| {
		let refused = packed(files, &tokenizer, &Separator::Usual, vocabulary);
		refused.unwrap_err().to_string()
	};
	// GIVEN a vocabulary that is smaller than the tokenizer's, or that no plan has
	for wanted in [255, MAX_VOCABULARY + 1] {
		let told = told(&files, Some(wanted));
		for word in [&wanted.to_string(), "256", "262144"] {
			assert!(told.contains(word), "no `{word}` in: {told}");
		}
	}
	// GIVEN text without a token THEN its length is told
	assert!(told(&files[1..], None).contains("2 bytes"));
	// GIVEN a file that is no text THEN it is named
	let path = dir.path().join("binary");
	fs::write(&path, [b'a', 0xc3]).unwrap();
	let told = told(&[files[0].clone(), path], None);
	assert!(told.contains("binary") && told.contains("byte 1"), "{told}");
}
