//! Exported models of every kind: the same bits come back, and files that are not theirs are refused.

use std::{fs, path::Path};

use safetensors::{serialize, tensor::TensorView, Dtype, SafeTensors};
use serde_json::{json, Value};
use tempfile::TempDir;

use crate::run::{assay, decoder, workshop, write_plan};

const EVAL: [&str; 6] = ["model", "eval", "model", "--data", "data", "--json"];

/// A directory with an exported model of this plan, and what its training printed.
fn exported(change: impl FnOnce(&mut Value)) -> (TempDir, Value) {
	let dir = workshop();
	write_plan(dir.path(), change);
	let args = "train --local plan.json --data data --rounds 1 --tasks 1 --out model --json";
	let args: Vec<_> = args.split(' ').collect();
	let trained = assay(dir.path(), &args).json();
	(dir, trained)
}

fn config(dir: &Path) -> Value {
	let text = fs::read_to_string(dir.join("model/config.json")).unwrap();
	serde_json::from_str(&text).unwrap()
}

fn tensors(dir: &Path) -> Vec<u8> {
	fs::read(dir.join("model/model.safetensors")).unwrap()
}

/// Writes the tensors anew, each as `change` makes it.
fn rewrite(dir: &Path, mut change: impl FnMut(String, Vec<u8>) -> Option<(String, Vec<u8>)>) {
	let bytes = tensors(dir);
	let file = SafeTensors::deserialize(&bytes).unwrap();
	let changed: Vec<_> = file
		.tensors()
		.into_iter()
		.filter_map(|(name, view)| {
			let (name, data) = change(name, view.data().to_vec())?;
			Some((name, view.shape().to_vec(), data))
		})
		.collect();
	let views = changed.iter().map(|(name, shape, data)| {
		(
			name,
			TensorView::new(Dtype::F32, shape.clone(), data).unwrap(),
		)
	});
	fs::write(
		dir.join("model/model.safetensors"),
		serialize(views, None).unwrap(),
	)
	.unwrap();
}

#[test]
fn a_decoder_is_exported_as_a_llama_and_has_exactly_the_recorded_loss() {
	// GIVEN a trained and exported decoder
	let (dir, trained) = exported(decoder);
	// WHEN it is measured again
	let evaluated = assay(dir.path(), &EVAL).json();
	// THEN checkpoint and loss are those of the training
	assert_eq!(evaluated["checkpoint"], trained["checkpoint"]);
	assert_eq!(evaluated["loss"], trained["loss_last"]);
	// AND others find a Llama with its names and shapes: a row for each output
	let config = config(dir.path());
	assert_eq!(config["architectures"], json!(["LlamaForCausalLM"]));
	assert_eq!(config["intermediate_size"], 96);
	let bytes = tensors(dir.path());
	let file = SafeTensors::deserialize(&bytes).unwrap();
	let shape = |name: &str| file.tensor(name).unwrap().shape().to_vec();
	assert_eq!(shape("model.embed_tokens.weight"), [256, 32]);
	assert_eq!(shape("model.layers.0.self_attn.q_proj.weight"), [32, 32]);
	assert_eq!(shape("model.layers.0.mlp.gate_proj.weight"), [96, 32]);
	assert_eq!(shape("model.layers.0.mlp.down_proj.weight"), [32, 96]);
	assert_eq!(shape("model.layers.0.input_layernorm.weight"), [32]);
	assert_eq!(shape("model.norm.weight"), [32]);
	assert_eq!(shape("lm_head.weight"), [256, 32]);
	assert_eq!(file.len(), 12);
}

#[test]
fn models_of_every_kind_come_back_with_their_loss() {
	let older: fn(&mut Value) = |plan| {
		decoder(plan);
		plan["model"]["gpt"]["norm"] = "layer".into();
		plan["model"]["gpt"]["mlp"] = "plain".into();
		plan["model"]["gpt"]["positions"] = "learned".into();
		plan["model"]["gpt"]["biases"] = true.into();
		plan["model"]["gpt"]["tied"] = true.into();
	};
	let classifier: fn(&mut Value) = |plan| {
		plan["model"] = json!({ "classifier": { "inputs": 624, "hidden": [16], "classes": 256 } });
	};
	for (change, kind) in [(older, "assay_gpt"), (classifier, "assay_classifier")] {
		let dir = workshop();
		// 51 records of 624 bytes and a label, or as many bytes of text.
		let data = fs::read(dir.path().join("data")).unwrap();
		fs::write(dir.path().join("data"), &data[..51 * 625]).unwrap();
		write_plan(dir.path(), change);
		// GIVEN a trained and exported model
		let args = "train --local plan.json --data data --rounds 1 --tasks 1 --out model --json";
		let trained = assay(dir.path(), &args.split(' ').collect::<Vec<_>>()).json();
		// WHEN it is measured again THEN it has its loss, and its type
		let evaluated = assay(dir.path(), &EVAL).json();
		assert_eq!(evaluated["loss"], trained["loss_last"]);
		assert_eq!(config(dir.path())["model_type"], kind);
	}
}

#[test]
fn a_model_of_bytes_writes_the_same_text_for_the_same_seed() {
	// GIVEN a trained decoder
	let (dir, _) = exported(decoder);
	let write = |seed: &str| {
		let args = [
			"model", "sample", "model", "--prompt", "the ", "--bytes", "24", "--seed", seed,
			"--json",
		];
		assay(dir.path(), &args).json()
	};
	// WHEN it writes twice with one seed and once with another
	let (one, again, other) = (write("1"), write("1"), write("2"));
	// THEN the seed decides
	assert_eq!(one["prompt"], "the ");
	assert_eq!(one, again);
	assert_ne!(one["text"], other["text"]);
}

#[test]
fn a_classifier_writes_no_text() {
	let dir = workshop();
	fs::write(
		dir.path().join("data"),
		[[1; 17], [2; 17]].concat().repeat(1_000),
	)
	.unwrap();
	write_plan(dir.path(), |plan| {
		plan["model"] = json!({ "classifier": { "inputs": 16, "hidden": [16], "classes": 3 } });
	});
	let args = "train --local plan.json --data data --rounds 1 --tasks 1 --out model --json";
	assay(dir.path(), &args.split(' ').collect::<Vec<_>>()).json();
	assay(dir.path(), &["model", "sample", "model"]).fails_with(&["writes no text"]);
}

#[test]
fn files_that_are_not_the_models_are_refused_in_one_line() {
	let (dir, _) = exported(decoder);
	let (good, described) = (tensors(dir.path()), config(dir.path()));
	let path = dir.path().join("model/model.safetensors");
	let refused = |words: &[&str]| {
		let mut args = EVAL.to_vec();
		args.pop();
		assay(dir.path(), &args).fails_with(words);
		fs::write(&path, &good).unwrap();
	};
	// GIVEN tensors that are cut short THEN the file is named
	fs::write(&path, &good[..good.len() - 5]).unwrap();
	refused(&["model.safetensors", "export the model again"]);
	// GIVEN a number that is none THEN its tensor is named
	rewrite(dir.path(), |name, mut data| {
		if name == "model.norm.weight" {
			data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
		}
		Some((name, data))
	});
	refused(&["model.norm.weight", "NaN"]);
	// GIVEN a tensor that is missing THEN it is named
	rewrite(dir.path(), |name, data| {
		(name != "lm_head.weight").then_some((name, data))
	});
	refused(&["lm_head.weight is missing"]);
	// GIVEN a tensor that nobody knows THEN it is named
	let file = SafeTensors::deserialize(&good).unwrap();
	let extra = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
	let views: Vec<_> = file
		.tensors()
		.into_iter()
		.chain([("spare".to_owned(), extra)])
		.collect();
	fs::write(&path, serialize(views, None).unwrap()).unwrap();
	refused(&["spare is unknown"]);
	// GIVEN a config of another model THEN the key and both values are named
	let mut other = described.clone();
	other["hidden_size"] = 48.into();
	fs::write(dir.path().join("model/config.json"), other.to_string()).unwrap();
	refused(&["config.json", "hidden_size", "48", "32"]);
}

#[test]
fn candle_reads_an_exported_model_and_finds_its_loss_but_for_rounding() {
	// GIVEN a decoder and a model of bytes that were trained and exported
	for change in [decoder, |_: &mut Value| ()] {
		let (dir, trained) = exported(change);
		// WHEN candle measures them, too
		let ran = assay(dir.path(), &[&EVAL[..], &["--candle"]].concat());
		// THEN its loss is the same within the rounding of 12 bits; where it was not built, that is told
		let beside = Path::new(env!("CARGO_BIN_EXE_assay")).with_file_name("assay-candle");
		if !beside.exists() {
			ran.fails_with(&["assay-candle", "cargo build -p assay-native"]);
			continue;
		}
		let told = ran.json();
		let loss = |value: &Value| value.as_f64().unwrap();
		assert_eq!(told["loss"], trained["loss_last"]);
		let difference = loss(&told["candle_loss"]) - loss(&told["loss"]);
		assert!(difference.abs() < 2e-3, "{told}");
		// AND data that are not the recorded ones are refused, not measured
		fs::write(dir.path().join("other"), vec![b'a'; 9_000]).unwrap();
		let other = ["model", "eval", "model", "--data", "other", "--candle"];
		assay(dir.path(), &other).fails_with(&["other", "9000 bytes"]);
	}
}
