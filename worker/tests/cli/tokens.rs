//! From text to a model that writes text: tokenizers, tokens, and what travels with a model.

use std::{fs, path::Path};

use assay_worker::{
	artifacts::{publish_params, DirStore},
	model,
	roots::Hex32,
};
use serde_json::{json, Value};
use tempfile::TempDir;

use crate::run::{assay, write_plan};

/// Runs the words of a command line.
fn run(dir: &Path, line: &str) -> crate::run::Ran {
	assay(dir, &line.split(' ').collect::<Vec<_>>())
}

/// A directory with texts, a tokenizer of 270 tokens and its plan for a small decoder.
fn workshop() -> TempDir {
	let dir = tempfile::tempdir().unwrap();
	let texts = dir.path().join("texts");
	fs::create_dir(&texts).unwrap();
	for (name, text) in [
		("a.txt", "the cat sat on the mat and the dog ran. "),
		(
			"b.txt",
			"the dog sat on the mat, and the cat ran: \u{1f408}\n",
		),
	] {
		fs::write(texts.join(name), text.repeat(300)).unwrap();
	}
	run(
		dir.path(),
		"data train-tokenizer texts --vocabulary 270 --json",
	)
	.json();
	write_plan(dir.path(), |plan| {
		plan["model"] = json!({
			"gpt": { "vocabulary": 270, "context": 16, "width": 32, "layers": 1, "heads": 2 }
		});
		plan["batch"] = 4.into();
		plan["eval_rows"] = 32.into();
	});
	dir
}

/// The same with tokens and an exported model, and what packing and training printed.
fn trained() -> (TempDir, Value, Value) {
	let dir = workshop();
	let pack = "data pack texts --tokenizer tokenizer.json --out data --json";
	let packed = run(dir.path(), pack).json();
	let train = "train --local plan.json --data data --rounds 2 --tasks 1 --out model --json";
	let trained = run(dir.path(), train).json();
	(dir, packed, trained)
}

fn config(dir: &Path) -> Value {
	let text = fs::read_to_string(dir.join("model/config.json")).unwrap();
	serde_json::from_str(&text).unwrap()
}

fn root_of(path: &Path) -> String {
	format!("0x{}", blake3::hash(&fs::read(path).unwrap()).to_hex())
}

#[test]
fn a_tokenizer_and_its_tokens_are_the_same_every_time() {
	// GIVEN a tokenizer and the tokens of two files
	let dir = workshop();
	let first = fs::read(dir.path().join("tokenizer.json")).unwrap();
	let pack = "data pack texts --tokenizer tokenizer.json --json";
	let packed = run(dir.path(), pack).json();
	// WHEN it is trained again by another process, and the files are packed with the root expected
	let line = "data train-tokenizer texts --vocabulary 270 --out again.json --json";
	let again = run(dir.path(), line).json();
	let root = packed["root"].as_str().unwrap();
	let expected = run(
		dir.path(),
		&format!("{pack} --expect {root} --out packed/data"),
	);
	// THEN nothing differs
	assert_eq!(fs::read(dir.path().join("again.json")).unwrap(), first);
	assert_eq!(again["tokenizer"], packed["tokenizer"]);
	assert_eq!(expected.json()["root"], packed["root"]);
	assert_eq!(root_of(&dir.path().join("packed/data")), root);
	// AND it is told what a plan has to know
	assert_eq!(packed["vocabulary"], 270);
	assert_eq!(packed["item_bytes"], 2);
	assert_eq!(packed["separator"], "<|endoftext|>");
	assert_eq!(packed["bytes"], 2 * packed["tokens"].as_u64().unwrap());
	// 300 times 40 and 46 bytes of text
	assert_eq!(packed["text_bytes"], 25_800);
	assert!(
		packed["bytes_per_token"].as_f64().unwrap() > 1.9,
		"{packed}"
	);
}

#[test]
fn a_model_of_tokens_keeps_its_tokenizer_and_writes_text() {
	// GIVEN a model of tokens that was trained with a tokenizer beside its plan
	let (dir, packed, trained) = trained();
	let tokenizer = root_of(&dir.path().join("tokenizer.json"));
	assert_eq!(packed["tokenizer"], tokenizer);
	assert_eq!(trained["tokenizer"], tokenizer);
	assert!(trained["loss_last"].as_f64() < trained["loss_first"].as_f64());
	// THEN the tokenizer travels with it, and is in its record
	assert_eq!(root_of(&dir.path().join("model/tokenizer.json")), tokenizer);
	assert_eq!(config(dir.path())["assay"]["tokenizer"], tokenizer);
	assert_eq!(config(dir.path())["vocab_size"], 270);
	// WHEN it is measured THEN loss and accuracy are those of its training
	let evaluated = run(dir.path(), "model eval model --data data --json").json();
	assert_eq!(evaluated["loss"], trained["loss_last"]);
	assert_eq!(evaluated["correct"], trained["correct"]);
	assert_eq!(evaluated["rows"], 32 * 16);
	// WHEN it writes THEN it writes text, the same for the same seed, and knows the words
	let sample = "model sample model --prompt the --tokens 40 --temperature 0.3 --json";
	let text = run(dir.path(), sample).json();
	assert_eq!(text, run(dir.path(), sample).json());
	let words = ["cat", "dog", "mat", "sat", "ran", " the"];
	let written = text["text"].as_str().unwrap();
	assert!(words.iter().any(|word| written.contains(word)), "{written}");
	assert_eq!(text["ids"].as_array().unwrap().len(), 40);
	// AND without a prompt it begins a text
	let line = "model sample model --tokens 5 --temperature 0 --json";
	assert_ne!(run(dir.path(), line).json()["text"], "");
}

#[test]
fn a_model_of_tokens_without_its_tokenizer_gives_numbers_only() {
	// GIVEN a model whose tokenizer is gone
	let (dir, ..) = trained();
	fs::remove_file(dir.path().join("model/tokenizer.json")).unwrap();
	// WHEN it is to write text THEN the file is named, and what else can be done
	run(dir.path(), "model sample model").fails_with(&["tokenizer.json", "--ids"]);
	// WHEN numbers are asked for THEN they are there, and go on from numbers
	let line = "model sample model --ids --prompt 12 --tokens 3 --temperature 0 --json";
	let ids = run(dir.path(), line).json();
	assert_eq!(ids["prompt"], json!([12]));
	assert_eq!(ids["ids"].as_array().unwrap().len(), 3);
	let line = "model sample model --ids --prompt 12 --tokens 3 --temperature 0";
	assert_eq!(run(dir.path(), line).out.split_whitespace().count(), 3);
	// AND what is none is refused
	run(dir.path(), "model sample model --ids --prompt cat").fails_with(&["`cat`", "numbers"]);
	run(dir.path(), "model sample model --ids --prompt 270").fails_with(&["270", "269"]);
	// AND it is measured as ever: only text needs a tokenizer
	run(dir.path(), "model eval model --data data --json").json();
}

#[test]
fn a_tokenizer_that_is_not_the_models_is_refused() {
	let (dir, ..) = trained();
	let recorded = root_of(&dir.path().join("tokenizer.json"));
	// GIVEN another tokenizer beside the model WHEN it is measured or writes THEN both roots are told
	let line = "data train-tokenizer texts --vocabulary 265 --out small.json --json";
	run(dir.path(), line).json();
	let beside = dir.path().join("model/tokenizer.json");
	fs::copy(dir.path().join("small.json"), beside).unwrap();
	let found = root_of(&dir.path().join("model/tokenizer.json"));
	for line in ["model eval model --data data", "model sample model"] {
		run(dir.path(), line).fails_with(&["tokenizer.json", &recorded, &found]);
	}
	// GIVEN one of more tokens than the plan WHEN it is trained with THEN both numbers are told
	let line = "data train-tokenizer texts --vocabulary 275 --out more.json --json";
	run(dir.path(), line).json();
	let train = "train --local plan.json --data data --rounds 1 --out other --tokenizer more.json";
	run(dir.path(), train).fails_with(&["275", "270"]);
	assert!(!dir.path().join("other").exists());
}

#[tokio::test]
async fn a_checkpoint_is_exported_with_the_tokenizer_that_was_named_or_lies_beside_its_plan() {
	// GIVEN a store with the checkpoint of a model of tokens
	let (dir, _, trained) = trained();
	let (_, _, params) = model::read(&dir.path().join("model")).unwrap();
	let store = DirStore::new(dir.path().join("store"));
	let root = publish_params(&store, &params).await.unwrap();
	assert_eq!(trained["checkpoint"], Hex32(root).to_string());
	let line = "data train-tokenizer texts --vocabulary 265 --out other.json --json";
	run(dir.path(), line).json();
	for (option, file) in [
		("", "tokenizer.json"),
		(" --tokenizer other.json", "other.json"),
	] {
		// WHEN it is exported
		let line = format!(
			"model export --plan plan.json --data data --store store --out model --json --checkpoint {}{option}",
			Hex32(root)
		);
		let exported = run(dir.path(), &line).json();
		// THEN the tokenizer is there and recorded, and the loss is that of the training
		let expected = root_of(&dir.path().join(file));
		assert_eq!(exported["tokenizer"], expected);
		assert_eq!(exported["loss"], trained["loss_last"]);
		assert_eq!(config(dir.path())["assay"]["tokenizer"], expected);
		assert_eq!(root_of(&dir.path().join("model/tokenizer.json")), expected);
	}
	// GIVEN a model without a record of a tokenizer, beside which one lies
	let mut unrecorded = config(dir.path());
	unrecorded["assay"]
		.as_object_mut()
		.unwrap()
		.remove("tokenizer");
	fs::write(dir.path().join("model/config.json"), unrecorded.to_string()).unwrap();
	// WHEN it writes THEN it is the one
	run(dir.path(), "model sample model --tokens 3 --json").json();
}

#[test]
fn what_is_wrong_with_packing_tokens_is_told_in_one_line() {
	let dir = workshop();
	let pack = "data pack texts --tokenizer tokenizer.json --out data";
	// GIVEN no tokenizer, a separator that is no token, a vocabulary that is too small
	let line = "data pack texts --tokenizer absent.json";
	run(dir.path(), line).fails_with(&["absent.json"]);
	run(dir.path(), &format!("{pack} --separator <eos>")).fails_with(&["<eos>", "no such token"]);
	run(dir.path(), &format!("{pack} --vocabulary 269")).fails_with(&["269", "270", "262144"]);
	let line = "data train-tokenizer texts --vocabulary 100 --out small.json";
	run(dir.path(), line).fails_with(&["100", "257"]);
	// AND a tokenizer that is there is not replaced
	run(dir.path(), "data train-tokenizer texts")
		.fails_with(&["tokenizer.json", "not overwritten"]);
	// GIVEN a file that is no text
	fs::write(dir.path().join("texts/c.bin"), [b'a', 0xff]).unwrap();
	run(dir.path(), pack).fails_with(&["c.bin", "byte 1", "--kind"]);
	// THEN each is told and nothing is written
	assert!(!dir.path().join("data").exists());
	// AND leaving it out helps
	run(
		dir.path(),
		&format!("{pack} --kind txt --no-separator --json"),
	)
	.json();
	assert!(dir.path().join("data").exists());
}

/// Records of 4 times 5 bytes that are bright in the row of their label, as IDX files.
fn write_images(dir: &Path) {
	let (count, classes) = (1_600, 4);
	let mut images = [[0, 0, 8, 3], [0, 0, 6, 64], [0, 0, 0, 4], [0, 0, 0, 5]].concat();
	let mut labels = [[0, 0, 8, 1], [0, 0, 6, 64]].concat();
	for record in 0..count {
		let label = record * 7 / 3 % classes;
		for pixel in 0..20 {
			let noise = (record * 31 + pixel * 17) % 90;
			images.push((noise + usize::from(pixel / 5 == label) * 100) as u8);
		}
		labels.push(label as u8);
	}
	fs::write(dir.join("images"), images).unwrap();
	fs::write(dir.join("labels"), labels).unwrap();
}

#[test]
fn a_classifier_of_images_is_told_how_often_it_is_right() {
	// GIVEN images and labels, packed
	let dir = tempfile::tempdir().unwrap();
	write_images(dir.path());
	let packed = run(
		dir.path(),
		"data pack --idx images labels --out data --json",
	)
	.json();
	assert_eq!(packed["records"], 1_600);
	assert_eq!(
		(&packed["inputs"], &packed["classes"]),
		(&json!(32), &json!(4))
	);
	assert_eq!(packed["bytes"], 1_600 * 33);
	write_plan(dir.path(), |plan| {
		plan["model"] = json!({ "classifier": { "inputs": 32, "hidden": [16], "classes": 4 } });
		plan["eval_rows"] = 100.into();
	});
	// WHEN a classifier is trained on them
	let train = "train --local plan.json --data data --rounds 4 --tasks 2 --out model --json";
	let trained = run(dir.path(), train).json();
	// THEN its accuracy is that of its evaluation, and it has learnt
	let evaluated = run(dir.path(), "model eval model --data data --json").json();
	for key in ["accuracy", "correct", "rows"] {
		assert_eq!(evaluated[key], trained[key]);
	}
	assert_eq!(evaluated["rows"], 100);
	assert!(evaluated["accuracy"].as_f64().unwrap() > 0.9, "{evaluated}");
	let told = run(dir.path(), "model eval model --data data").out;
	let correct = evaluated["correct"].to_string();
	assert!(told.contains(&format!("{correct} of 100")), "{told}");
	// AND labels that are none are refused
	run(dir.path(), "data pack --idx images images").fails_with(&["images", "each label"]);
}
