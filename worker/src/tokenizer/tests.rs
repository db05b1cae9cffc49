use std::path::PathBuf;

use assay_numerics::samples;
use serde_json::{json, Value};
use tempfile::TempDir;

use super::*;

const TEXT: &str =
	"The cat sat on the mat.\n\n\tlet cats = mats(7, 42);\nnaïve cafés — 猫が座った 🙂\n";

/// A directory with some text, and the files in it.
fn corpus() -> (TempDir, Vec<PathBuf>) {
	let dir = tempfile::tempdir().unwrap();
	let files = ["one", "two"].map(|name| dir.path().join(name));
	fs::write(&files[0], TEXT.repeat(30)).unwrap();
	fs::write(&files[1], "    aaa aaaaaa ".repeat(40)).unwrap();
	(dir, files.to_vec())
}

/// A trained tokenizer as JSON, changed somehow and read.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Tokenizer, TokenizerError> {
	let (dir, files) = corpus();
	let trained = train(&files, 400, "<|endoftext|>").unwrap();
	let mut json: Value = serde_json::from_str(&trained.json).unwrap();
	change(&mut json);
	read(dir.path(), &json.to_string())
}

fn read(dir: &Path, text: &str) -> Result<Tokenizer, TokenizerError> {
	let path = dir.join("tokenizer.json");
	fs::write(&path, text).unwrap();
	Tokenizer::read(&path)
}

/// A tokenizer of words that each have a blank in front, in the manner of SentencePiece.
fn words(vocab: Value) -> Result<Tokenizer, TokenizerError> {
	let dir = tempfile::tempdir().unwrap();
	let blanks = json!({
		"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true,
	});
	let json = json!({
		"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
		"normalizer": null, "pre_tokenizer": blanks, "post_processor": null, "decoder": blanks,
		"model": { "type": "WordLevel", "vocab": vocab, "unk_token": "<unk>" },
	});
	read(dir.path(), &json.to_string())
}

#[test]
fn training_again_gives_the_same_file() {
	// GIVEN a text with many ties, and runs of one character, which merge in several ways
	let (_dir, files) = corpus();
	let first = train(&files, 500, "<|endoftext|>").unwrap();
	assert!(first.vocabulary > 257);
	// WHEN it is trained on again THEN the file is the same: hash maps are seeded anew each time
	for _ in 0..12 {
		assert_eq!(train(&files, 500, "<|endoftext|>").unwrap(), first);
	}
}

#[test]
fn a_trained_tokenizer_has_a_separator_all_bytes_and_what_was_asked_for() {
	let (dir, files) = corpus();
	// GIVEN as many tokens as there are bytes, and the separator
	let least = train(&files, 257, "<end>").unwrap();
	let tokenizer = read(dir.path(), &least.json).unwrap();
	// THEN every byte of a text is a token
	assert_eq!((least.vocabulary, tokenizer.vocabulary()), (257, 257));
	assert_eq!(tokenizer.encode(TEXT).unwrap().len(), TEXT.len());
	assert_eq!(tokenizer.id_of("<end>"), Some(0));
	// GIVEN more THEN there are fewer tokens to a text
	let more = read(dir.path(), &train(&files, 300, "<end>").unwrap().json).unwrap();
	assert_eq!(more.vocabulary(), 300);
	assert!(more.encode(TEXT).unwrap().len() < TEXT.len());
	// GIVEN more than the text has pairs for THEN there are as many as can be
	let most = train(&files, 200_000, "<end>").unwrap();
	assert!((300..200_000).contains(&most.vocabulary));
}

#[test]
fn what_cannot_be_trained_is_refused() {
	let (dir, files) = corpus();
	let told = |vocabulary, separator| {
		let refused = train(&files, vocabulary, separator).unwrap_err();
		refused.to_string()
	};
	// GIVEN a vocabulary out of bounds THEN value and bounds are told
	for wanted in [256, 262_145] {
		let told = told(wanted, "<end>");
		for word in [&wanted.to_string(), "257", "262144"] {
			assert!(told.contains(word), "no `{word}` in: {told}");
		}
	}
	// GIVEN a separator that is no name THEN one is shown
	for name in ["", "x"] {
		assert!(told(300, name).contains("<|endoftext|>"));
	}
	// GIVEN a file that is no text behind one that is THEN it is named
	let path = dir.path().join("picture");
	fs::write(&path, [0xff, 0xd8]).unwrap();
	let refused = train(&[files[0].clone(), path], 300, "<end>").unwrap_err();
	assert!(
		matches!(refused, TokenizerError::NotText { at: 0, .. }),
		"{refused}"
	);
}

#[test]
fn every_text_survives_its_tokens() {
	let tokenizer = changed(|_| {}).unwrap();
	for text in [TEXT, "", " ", "\0\u{7f}\r\n", "<|endoftext|> is a token"] {
		let ids = tokenizer.encode(text).unwrap();
		assert!(ids.iter().all(|id| *id < tokenizer.vocabulary()));
		assert_eq!(tokenizer.continuation(&[], &ids).unwrap(), text);
	}
	// AND the separator within a text is the token
	assert_eq!(tokenizer.encode("<|endoftext|>").unwrap(), [0]);
}

#[test]
fn the_tokens_of_pieces_are_those_of_the_whole_text() {
	let tokenizer = changed(|_| {}).unwrap();
	// GIVEN a text, shorter than what is cut of itself
	let text = TEXT.repeat(20);
	let whole = tokenizer.encode(&text).unwrap();
	for size in [100, 257, 1_000] {
		// WHEN it is cut into lines and encoded piece by piece THEN the tokens are the same
		let encoded = pieces(&text, size).map(|piece| tokenizer.encode(piece).unwrap());
		assert_eq!(encoded.collect::<Vec<_>>().concat(), whole, "{size}");
	}
}

#[test]
fn a_character_of_several_tokens_is_whole_once_all_are_there() {
	let tokenizer = changed(|_| {}).unwrap();
	// GIVEN a character that no token is
	let text = "🐈";
	let ids = tokenizer.encode(text).unwrap();
	assert!(ids.len() > 1);
	// WHEN a part of it is written THEN it says that something is missing, and else it is there
	let written = |ids: &[u32]| tokenizer.continuation(&[], ids).unwrap();
	for end in 1..ids.len() {
		assert!(written(&ids[..end]).contains('\u{fffd}'));
	}
	assert_eq!(written(&ids), text);
	// AND what comes before does not change, be it within a character
	let before = tokenizer.encode("é").unwrap();
	let after = tokenizer.continuation(&before, &ids[..1]).unwrap();
	assert_eq!(after, "\u{fffd}");
}

#[test]
fn a_word_keeps_the_blank_that_its_place_asks_for() {
	// GIVEN a tokenizer whose words begin with a blank, but for the first of a text
	let tokenizer = words(json!({ "<unk>": 0, "\u{2581}the": 1, "\u{2581}cat": 2 })).unwrap();
	assert_eq!(tokenizer.encode("the cat").unwrap(), [1, 2]);
	// WHEN a word follows another one THEN its blank is there
	assert_eq!(tokenizer.continuation(&[], &[1, 2]).unwrap(), "the cat");
	assert_eq!(tokenizer.continuation(&[1], &[2, 2]).unwrap(), " cat cat");
	// AND an id that a greater vocabulary has, has no text
	assert_eq!(tokenizer.continuation(&[1], &[9, 2]).unwrap(), " cat");
}

#[test]
fn nothing_that_a_file_says_makes_tokens_random_or_fewer() {
	let plain = changed(|_| {}).unwrap();
	let ids = plain.encode(TEXT).unwrap();
	// GIVEN a file that cuts, fills up and leaves out merges
	let tokenizer = changed(|json| {
		json["truncation"] = json!({
			"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0,
		});
		json["padding"] = json!({
			"strategy": { "Fixed": 999 }, "direction": "Right", "pad_to_multiple_of": null,
			"pad_id": 0, "pad_type_id": 0, "pad_token": "<|endoftext|>",
		});
		json["model"]["dropout"] = json!(0.5);
	});
	// WHEN a text is encoded THEN all of its tokens are there, as ever
	assert_eq!(tokenizer.unwrap().encode(TEXT).unwrap(), ids);
}

#[test]
fn a_file_that_is_no_tokenizer_is_refused_by_name_and_reason() {
	let dir = tempfile::tempdir().unwrap();
	let told = |read: Result<Tokenizer, TokenizerError>| read.unwrap_err().to_string();
	let cases = [
		(told(Tokenizer::read(&dir.path().join("absent"))), "absent"),
		(told(read(dir.path(), "{}")), "train-tokenizer"),
		(told(read(dir.path(), "no json")), "tokenizer.json"),
		(told(words(json!({}))), "no tokens"),
		(told(words(json!({ "<unk>": 262_144 }))), "262145"),
		(told(words(json!({ "<unk>": u32::MAX }))), "262144"),
		(
			told(changed(|json| json["added_tokens"][0]["id"] = 7.into())),
			"the id 7 of the added token <|endoftext|>",
		),
	];
	for (told, words) in cases {
		assert!(told.contains(words), "no `{words}` in: {told}");
	}
	// AND one of just as many tokens as a plan can name is read
	let most = words(json!({ "<unk>": 262_143 })).unwrap();
	assert_eq!(most.vocabulary(), 262_144);
}

#[test]
fn a_token_ends_texts_only_if_it_is_the_only_one_of_the_usual_names() {
	let end = |vocab: Value| {
		let tokenizer = words(vocab).unwrap();
		tokenizer.end_of_text()
	};
	assert_eq!(end(json!({ "<unk>": 0 })), None);
	assert_eq!(end(json!({ "<unk>": 0, "</s>": 3 })), Some(("</s>", 3)));
	assert_eq!(end(json!({ "<unk>": 0, "</s>": 3, "<eos>": 4 })), None);
}

#[test]
fn a_text_of_unknown_words_cannot_be_encoded_without_a_token_for_them() {
	// GIVEN a tokenizer of words that has no token for those it does not know
	let tokenizer = words(json!({ "\u{2581}the": 0 })).unwrap();
	// WHEN one comes THEN that is told
	let told = tokenizer.encode("the cat").unwrap_err().to_string();
	assert!(told.contains("knows all characters"), "{told}");
}

#[test]
fn a_tokenizer_is_for_decoders_of_at_least_its_vocabulary() {
	let tokenizer = words(json!({ "<unk>": 299 })).unwrap();
	let decoder = |vocabulary: u32| {
		let mut model = samples::gpt(16, 32, 1, 1).model;
		if let Model::Gpt(model) = &mut model {
			model.vocabulary = vocabulary;
		}
		tokenizer.check_model(&model)
	};
	// GIVEN decoders of as many tokens or more THEN they can have it
	assert!(decoder(300).is_ok());
	assert!(decoder(70_000).is_ok());
	// GIVEN one of fewer, or a model of bytes THEN both sides are told
	let told = decoder(299).unwrap_err().to_string();
	assert!(told.contains("300") && told.contains("299"), "{told}");
	let bytes = samples::byte_mlp(4, 16, &[16], 16).model;
	let told = tokenizer.check_model(&bytes).unwrap_err().to_string();
	assert!(told.contains("bytes"), "{told}");
}
