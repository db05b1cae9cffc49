//! Training, export and evaluation without a chain.

use std::fs;

use crate::run::{assay, assay_with, workshop};

#[test]
fn training_learns_and_its_bits_depend_on_nothing_but_plan_and_data() {
	// GIVEN a plan and its data
	let dir = workshop();
	let train = |threads: &str, variables: &[(&str, &str)]| {
		let args = [
			"train",
			"--local",
			"plan.json",
			"--data",
			"data",
			"--threads",
			threads,
			"--json",
		];
		assay_with(dir.path(), &args, variables).json()
	};
	// WHEN it is trained twice, on one thread and on two portable ones
	let (one, two) = (train("1", &[]), train("2", &[("ASSAY_ISA", "portable")]));
	// THEN the loss falls, and every bit is the same
	let loss = |key: &str| one[key].as_f64().unwrap();
	assert!(loss("loss_last") < 0.75 * loss("loss_first"), "{one}");
	assert_eq!(one, two);
}

#[test]
fn an_exported_model_has_exactly_the_recorded_loss() {
	// GIVEN a trained and exported model
	let dir = workshop();
	let args = [
		"train",
		"--local",
		"plan.json",
		"--data",
		"data",
		"--rounds",
		"2",
		"--out",
		"model",
		"--json",
	];
	let trained = assay(dir.path(), &args).json();
	// WHEN it is evaluated
	let args = ["model", "eval", "model", "--data", "data", "--json"];
	let evaluated = assay(dir.path(), &args).json();
	// THEN checkpoint and loss are those of the training, and the files are what others expect
	assert_eq!(evaluated["checkpoint"], trained["checkpoint"]);
	assert_eq!(evaluated["loss"], trained["loss_last"]);
	let bytes = fs::read(dir.path().join("model/model.safetensors")).unwrap();
	let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
	assert_eq!(tensors.tensor("embed.weight").unwrap().shape(), [256, 16]);
	assert_eq!(tensors.tensor("dense0.weight").unwrap().shape(), [64, 32]);
	assert_eq!(tensors.tensor("dense2.bias").unwrap().shape(), [256]);
	let config = fs::read_to_string(dir.path().join("model/config.json")).unwrap();
	let config: serde_json::Value = serde_json::from_str(&config).unwrap();
	assert_eq!(config["vocab_size"], 256);
	assert_eq!(config["hidden_sizes"], serde_json::json!([32, 16]));
}

#[test]
fn a_model_of_which_one_bit_was_changed_is_refused() {
	// GIVEN an exported model with one bit flipped in its last weight
	let dir = workshop();
	let args = [
		"train",
		"--local",
		"plan.json",
		"--data",
		"data",
		"--rounds",
		"1",
		"--out",
		"model",
	];
	assert_eq!(assay(dir.path(), &args).code, Some(0));
	let path = dir.path().join("model/model.safetensors");
	let mut bytes = fs::read(&path).unwrap();
	let last = bytes.len() - 4;
	bytes[last] ^= 1;
	fs::write(&path, bytes).unwrap();
	// WHEN it is evaluated
	let ran = assay(dir.path(), &["model", "eval", "model", "--data", "data"]);
	// THEN it is refused, with both roots
	ran.fails_with(&["model.safetensors", "is recorded", "0x"]);
}

#[test]
fn a_record_of_another_loss_is_refused() {
	// GIVEN an exported model whose record claims a better loss
	let dir = workshop();
	let args = [
		"train",
		"--local",
		"plan.json",
		"--data",
		"data",
		"--rounds",
		"1",
		"--out",
		"model",
	];
	assert_eq!(assay(dir.path(), &args).code, Some(0));
	let path = dir.path().join("model/config.json");
	let text = fs::read_to_string(&path).unwrap();
	let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
	let claimed = config["assay"]["loss_fixed"].as_u64().unwrap() - 1;
	config["assay"]["loss_fixed"] = claimed.into();
	fs::write(&path, config.to_string()).unwrap();
	// WHEN it is evaluated
	let ran = assay(dir.path(), &["model", "eval", "model", "--data", "data"]);
	// THEN the difference of 2^-24 is found
	ran.fails_with(&["the loss is", &claimed.to_string()]);
}
