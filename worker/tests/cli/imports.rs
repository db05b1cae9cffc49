//! Models of others: what is read, and what is refused before anything is stored.

use std::{fs, path::Path};

use safetensors::Dtype;
use serde_json::{json, Value};
use tempfile::TempDir;

use crate::{
	llama::{config, file, tensors, write, write_in_two, Tensors},
	run::{assay, Ran},
};

const IMPORT: [&str; 5] = ["model", "import", "llama", "--store", "store"];

fn import(dir: &Path, more: &[&str]) -> Ran {
	assay(dir, &[&IMPORT[..], more].concat())
}

/// A directory with a model in it.
fn with_model(config: &Value, tensors: &Tensors, dtype: Dtype) -> TempDir {
	let dir = tempfile::tempdir().unwrap();
	write(&dir.path().join("llama"), config, tensors, dtype);
	dir
}

#[test]
fn numbers_of_16_bits_and_several_files_are_the_same_model_as_one_file_of_32() {
	// GIVEN the same numbers in three kinds, and in two files of two kinds
	let mut roots = Vec::new();
	for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
		let dir = with_model(&config(), &tensors(), dtype);
		// WHEN they are imported
		let told = import(dir.path(), &["--json"]).json();
		assert_eq!(told["tensors"], 21);
		// 2 x 256 x 32 + 5 x 32 + 2 x (2 x 32 x 32 + 2 x 16 x 32 + 3 x 48 x 32)
		assert_eq!(told["parameters"], 31_904);
		assert_eq!(told["model"]["gpt"]["kv_heads"], 1);
		roots.push(told["base"].clone());
	}
	let dir = tempfile::tempdir().unwrap();
	write_in_two(&dir.path().join("llama"), &config(), &tensors());
	roots.push(import(dir.path(), &["--json"]).json()["base"].clone());
	// THEN it is one model
	assert!(roots.iter().all(|root| *root == roots[0]), "{roots:?}");
	// AND it lies in the store under its root
	let name = roots[0].as_str().unwrap().trim_start_matches("0x");
	assert!(dir
		.path()
		.join("store")
		.join(&name[..2])
		.join(name)
		.exists());
}

#[test]
fn configs_that_say_the_same_in_other_ways_are_read() {
	let read = |change: &dyn Fn(&mut Value, &mut Tensors)| {
		let (mut config, mut tensors) = (config(), tensors());
		change(&mut config, &mut tensors);
		let dir = with_model(&config, &tensors, Dtype::BF16);
		import(dir.path(), &["--json"]).json()
	};
	let usual = read(&|_, _| {});
	// GIVEN a newer config, in which the base of positions is in a group, and an epsilon that was
	// written with all digits of its 32 bits
	let newer = read(&|config, _| {
		config.as_object_mut().unwrap().remove("rope_theta");
		config["rope_parameters"] = json!({ "rope_type": "default", "rope_theta": 500_000.0 });
		config["rms_norm_eps"] = json!(f64::from(1e-5_f32));
		config["head_dim"] = 16.into();
	});
	// THEN it is the same model
	assert_eq!(newer["model"]["gpt"]["norm_epsilon"], "1e-5");
	assert_eq!(
		newer["model"]["gpt"]["positions"],
		json!({ "rotary": { "base": "500000.0" } })
	);
	assert_eq!(newer["base"], usual["base"]);
	// GIVEN a Mistral without a window, or with one that covers its context THEN so it is
	for window in [Value::Null, 64.into()] {
		let mistral = read(&|config, _| {
			config["model_type"] = "mistral".into();
			config["sliding_window"] = window.clone();
		});
		assert_eq!(mistral["model"], usual["model"]);
	}
	// GIVEN frequencies that old files hold beside the model THEN they are passed over
	let old = read(&|_, tensors| {
		let name = "model.layers.1.self_attn.rotary_emb.inv_freq";
		tensors.insert(name.into(), (vec![8], vec![0.5; 8]));
	});
	assert_eq!(old["base"], usual["base"]);
	// GIVEN a head that is the embedding THEN there is a tensor less
	let tied = read(&|config, tensors| {
		config["tie_word_embeddings"] = true.into();
		tensors.remove("lm_head.weight");
	});
	assert_eq!(
		(&tied["tensors"], &tied["model"]["gpt"]["tied"]),
		(&json!(20), &json!(true))
	);
	// GIVEN biases of all linear layers THEN there are as many tensors more
	let biased = read(&|config, tensors| {
		config["attention_bias"] = true.into();
		config["mlp_bias"] = true.into();
		let linear: Vec<_> = tensors
			.iter()
			.filter(|(name, _)| name.ends_with("_proj.weight"))
			.map(|(name, (shape, _))| (name.replace("weight", "bias"), vec![shape[0]]))
			.collect();
		assert_eq!(linear.len(), 14);
		for (name, shape) in linear {
			tensors.insert(name, (shape.clone(), vec![0.25; shape[0]]));
		}
	});
	assert_eq!(biased["tensors"], 35);
	// GIVEN numbers that most configs leave out THEN they are transformers' own
	let short = read(&|config, tensors| {
		let keys = config.as_object_mut().unwrap();
		for key in [
			"rms_norm_eps",
			"rope_theta",
			"num_key_value_heads",
			"hidden_act",
		] {
			keys.remove(key);
		}
		for (name, (shape, numbers)) in tensors.iter_mut() {
			if name.contains("k_proj") || name.contains("v_proj") {
				*shape = vec![32, 32];
				numbers.extend(numbers.clone());
			}
		}
	});
	let model = &short["model"]["gpt"];
	assert_eq!(model["norm_epsilon"], "1e-6");
	assert_eq!(
		(&model["kv_heads"], &model["heads"]),
		(&json!(2), &json!(2))
	);
	assert_eq!(model["positions"], json!({ "rotary": { "base": "10000" } }));
}

#[test]
fn what_no_plan_computes_is_refused_by_its_key() {
	let cases: Vec<(&str, Value, &[&str])> = vec![
		("model_type", "qwen2".into(), &["qwen2", "llama"]),
		("model_type", Value::Null, &["model_type", "llama"]),
		("hidden_act", "gelu".into(), &["gelu", "SiLU"]),
		(
			"rope_scaling",
			json!({ "rope_type": "llama3", "factor": 8.0 }),
			&["rope_scaling", "llama3", "without scaling"],
		),
		(
			"rope_parameters",
			json!({ "rope_type": "yarn" }),
			&["rope_parameters", "yarn"],
		),
		(
			"rope_theta",
			"many".into(),
			&["rope_theta", "many", "number"],
		),
		("rope_theta", 1.into(), &["base", "`1`"]),
		(
			"partial_rotary_factor",
			0.5.into(),
			&["partial_rotary_factor", "0.5"],
		),
		(
			"attention_bias",
			true.into(),
			&["mlp_bias", "not there", "attention_bias"],
		),
		("mlp_bias", true.into(), &["mlp_bias", "true"]),
		(
			"attention_bias",
			1.into(),
			&["attention_bias", "true or false"],
		),
		(
			"quantization_config",
			json!({ "bits": 4 }),
			&["quantization_config", "BF16"],
		),
		("rms_norm_eps", "small".into(), &["rms_norm_eps", "small"]),
		(
			"vocab_size",
			Value::Null,
			&["vocab_size", "write the number"],
		),
		(
			"hidden_size",
			32.5.into(),
			&["hidden_size", "32.5", "whole number"],
		),
		("hidden_size", 40.into(), &["width", "40", "16"]),
		("num_attention_heads", 3.into(), &["heads", "3", "32"]),
		(
			"max_position_embeddings",
			131_072.into(),
			&["context", "131072", "--context"],
		),
		(
			"max_position_embeddings",
			8_192.into(),
			&["context", "8192", "4096", "--context"],
		),
	];
	for (key, value, words) in cases {
		// GIVEN a config with one key that is not ours
		let mut config = config();
		config[key] = value;
		let dir = with_model(&config, &tensors(), Dtype::BF16);
		// WHEN the model is imported THEN the line names the file, the key and what to do
		let ran = import(dir.path(), &[]);
		ran.fails_with(&["llama/config.json"]);
		ran.fails_with(words);
		assert!(!dir.path().join("store").exists());
	}
	// GIVEN a Mistral whose window is shorter than its context, or the usual one
	let mut mistral = config();
	mistral["model_type"] = "mistral".into();
	mistral["sliding_window"] = 32.into();
	let dir = with_model(&mistral, &tensors(), Dtype::BF16);
	import(dir.path(), &[]).fails_with(&["sliding_window", "32", "--context"]);
	// THEN it can be had with a context that the window covers
	assert_eq!(import(dir.path(), &["--context", "32"]).code, Some(0));
	mistral.as_object_mut().unwrap().remove("sliding_window");
	mistral["max_position_embeddings"] = 8_192.into();
	let dir = with_model(&mistral, &tensors(), Dtype::BF16);
	import(dir.path(), &[]).fails_with(&["sliding_window", "not there"]);
	assert_eq!(import(dir.path(), &["--context", "4096"]).code, Some(0));
	// GIVEN no config, or one that is no JSON THEN the file is named
	let path = dir.path().join("llama/config.json");
	fs::write(&path, "{").unwrap();
	import(dir.path(), &[]).fails_with(&["config.json", "directory of a model"]);
	fs::remove_file(&path).unwrap();
	import(dir.path(), &[]).fails_with(&["config.json"]);
}

#[test]
fn a_context_is_chosen_among_those_that_model_and_plan_have() {
	// GIVEN a model of more positions than a plan can have
	let mut config = config();
	config["max_position_embeddings"] = 131_072.into();
	let dir = with_model(&config, &tensors(), Dtype::F32);
	// WHEN fewer are chosen THEN the plan has these, and enough held-out examples are allowed
	let args = ["--context", "4096", "--out", "out", "--json"];
	let told = import(dir.path(), &args).json();
	let plan = fs::read_to_string(dir.path().join("out/plan.json")).unwrap();
	let plan: Value = serde_json::from_str(&plan).unwrap();
	assert_eq!(plan["model"]["gpt"]["context"], 4_096);
	assert_eq!(plan["model"]["gpt"]["adapter"]["base"], told["base"]);
	assert_eq!(plan["eval_rows"], 16);
	// AND the root of the model does not depend on it
	let args = ["--context", "16", "--json"];
	assert_eq!(import(dir.path(), &args).json()["base"], told["base"]);
	// WHEN it is no multiple of 16, or more than a plan or the model has THEN that is refused
	import(dir.path(), &["--context", "20"]).fails_with(&["context", "20", "16"]);
	import(dir.path(), &["--context", "8192"]).fails_with(&["context", "8192", "4096"]);
	import(dir.path(), &["--context", "200000"]).fails_with(&["200000", "131072"]);
	// AND so are adapters that no plan has, and a plan that is there already stays
	import(dir.path(), &["--context", "16", "--rank", "8"]).fails_with(&["rank", "8", "16"]);
	import(dir.path(), &["--context", "16", "--scale", "0"]).fails_with(&["scale", "0"]);
	let args = ["--context", "16", "--out", "out"];
	import(dir.path(), &args).fails_with(&["out/plan.json", "not overwritten", "--out"]);
}

#[test]
fn the_tokenizer_of_a_model_goes_with_its_plan() {
	// GIVEN a model with a tokenizer
	let dir = with_model(&config(), &tensors(), Dtype::F32);
	let tokenizer = r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}"#;
	fs::write(dir.path().join("llama/tokenizer.json"), tokenizer).unwrap();
	// WHEN it is imported with a plan THEN the tokenizer lies beside the plan
	let told = import(dir.path(), &["--out", "out", "--json"]).json();
	assert_eq!(told["tokenizer"], "out/tokenizer.json");
	assert_eq!(
		fs::read_to_string(dir.path().join("out/tokenizer.json")).unwrap(),
		tokenizer
	);
	// AND another one that is there already stays
	fs::create_dir(dir.path().join("mine")).unwrap();
	fs::write(dir.path().join("mine/tokenizer.json"), "mine").unwrap();
	import(dir.path(), &["--out", "mine"]).fails_with(&["mine/tokenizer.json", "not overwritten"]);
	assert_eq!(
		fs::read(dir.path().join("mine/tokenizer.json")).unwrap(),
		b"mine"
	);
	assert!(!dir.path().join("mine/plan.json").exists());
	// AND one that is none is refused before anything is written
	fs::write(dir.path().join("llama/tokenizer.json"), "{}").unwrap();
	import(dir.path(), &["--out", "bad"]).fails_with(&["llama/tokenizer.json"]);
	assert!(!dir.path().join("bad/plan.json").exists());
	// AND a model without one has a plan without one
	fs::remove_file(dir.path().join("llama/tokenizer.json")).unwrap();
	let told = import(dir.path(), &["--out", "none", "--json"]).json();
	assert_eq!(told["tokenizer"], Value::Null);
}

#[test]
fn tensors_that_are_not_the_models_are_refused_by_name_and_nothing_is_stored() {
	let query = "model.layers.1.self_attn.q_proj.weight";
	let refused = |change: &dyn Fn(&mut Tensors), words: &[&str]| {
		let mut tensors = tensors();
		change(&mut tensors);
		let dir = with_model(&config(), &tensors, Dtype::F32);
		import(dir.path(), &["--out", "out"]).fails_with(words);
		assert!(!dir.path().join("store").exists());
		assert!(!dir.path().join("out/plan.json").exists());
	};
	// GIVEN a tensor that is missing, one too many, and one of another shape THEN each is named
	refused(&|tensors| drop(tensors.remove(query)), &[query, "missing"]);
	refused(
		&|tensors| drop(tensors.insert("score.weight".into(), (vec![1], vec![0.0]))),
		&["score.weight", "unknown"],
	);
	refused(
		&|tensors| tensors.get_mut(query).unwrap().0 = vec![64, 16],
		&[query, "[64, 16]", "[32, 32]"],
	);
	// GIVEN numbers that are none THEN the tensor and the place are named
	for (number, told) in [
		(f32::NAN, "NaN"),
		(f32::NEG_INFINITY, "-inf"),
		(2_f32.powi(50), "1125899900000000"),
	] {
		refused(
			&|tensors| tensors.get_mut(query).unwrap().1[3 * 32 + 7] = number,
			&[query, told, "[3, 7]", "finite"],
		);
	}
	refused(
		&|tensors| tensors.get_mut("model.norm.weight").unwrap().1[5] = f32::NAN,
		&["model.norm.weight", "NaN at [5]"],
	);
	// GIVEN numbers of a kind that is not read THEN it is named
	let dir = with_model(&config(), &tensors(), Dtype::I64);
	import(dir.path(), &[]).fails_with(&["I64", "BF16"]);
}

#[test]
fn files_that_are_broken_are_refused() {
	let dir = with_model(&config(), &tensors(), Dtype::F32);
	let path = dir.path().join("llama/model.safetensors");
	let good = fs::read(&path).unwrap();
	let again = "again";
	// GIVEN a file that is cut short, too long, empty, or with a header that promises too much
	let long = [&good[..], &[0; 4]].concat();
	let header = [&u64::MAX.to_le_bytes()[..], &good[8..]].concat();
	let no_json = [&4_u64.to_le_bytes()[..], b"none"].concat();
	for bad in [
		&good[..good.len() - 1],
		&long,
		&good[..5],
		&header,
		&no_json,
	] {
		fs::write(&path, bad).unwrap();
		// WHEN it is imported THEN it is named
		import(dir.path(), &[]).fails_with(&["model.safetensors", again]);
	}
	// GIVEN no file at all
	fs::remove_file(&path).unwrap();
	import(dir.path(), &[]).fails_with(&["llama", "convert the model to safetensors"]);
	// GIVEN an index that is none, leaves a tensor out, names it in the wrong file, a file that is
	// not there or one outside of the directory
	let dir = tempfile::tempdir().unwrap();
	write_in_two(&dir.path().join("llama"), &config(), &tensors());
	let path = dir.path().join("llama/model.safetensors.index.json");
	let index: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
	let with = |change: &dyn Fn(&mut Value)| {
		let mut index = index.clone();
		change(&mut index["weight_map"]);
		index.to_string()
	};
	let head = "lm_head.weight";
	let cases = [
		("[]".to_owned(), again),
		(
			with(&|map| drop(map.as_object_mut().unwrap().remove(head))),
			"lm_head.weight is not in the index",
		),
		(
			with(&|map| map[head] = "model-00002-of-00002.safetensors".into()),
			"does not hold lm_head.weight",
		),
		(
			with(&|map| map[head] = "none.safetensors".into()),
			"none.safetensors",
		),
		(
			with(&|map| map[head] = "../other.safetensors".into()),
			"no file of the directory",
		),
	];
	for (text, word) in cases {
		fs::write(&path, text).unwrap();
		// WHEN it is imported THEN the line says what is wrong
		import(dir.path(), &[]).fails_with(&["safetensors", word]);
	}
	// GIVEN a tensor that is in both files
	fs::write(&path, index.to_string()).unwrap();
	let all = file(&tensors(), Dtype::F32);
	fs::write(
		dir.path().join("llama/model-00002-of-00002.safetensors"),
		all,
	)
	.unwrap();
	import(dir.path(), &[]).fails_with(&["is in another file, too", again]);
	assert!(!dir.path().join("store").exists());
}
