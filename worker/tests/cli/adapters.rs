//! Adapters of a model: trained, exported, measured, and refused with a base that is not theirs.

use std::{fs, path::Path};

use assay_worker::{
	artifacts::{publish_params, DirStore},
	base::{self, BaseError},
	data::DataFile,
	model,
	plan_file::PlanFile,
};
use safetensors::{Dtype, SafeTensors};
use serde_json::{json, Value};
use tempfile::TempDir;

use crate::{
	llama,
	run::{assay, assay_with, decoder, workshop, write_plan, Ran},
};

/// Runs a command that is written with spaces.
fn run(dir: &Path, command: &str) -> Ran {
	assay(dir, &command.split(' ').collect::<Vec<_>>())
}

fn read(path: &Path) -> Value {
	serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A directory with a trained and exported decoder in `base`, the same as others would keep it in
/// `llama`, that model in the store, and a plan for adapters of it; and what its training printed.
fn with_base() -> (TempDir, Value) {
	let dir = workshop();
	write_plan(dir.path(), decoder);
	let train = "train --local plan.json --data data --rounds 1 --tasks 1 --out base --json";
	let trained = run(dir.path(), train).json();
	let mut config = read(&dir.path().join("base/config.json"));
	config.as_object_mut().unwrap().remove("assay");
	fs::create_dir(dir.path().join("llama")).unwrap();
	fs::write(dir.path().join("llama/config.json"), config.to_string()).unwrap();
	let tensors = "model.safetensors";
	fs::copy(
		dir.path().join("base").join(tensors),
		dir.path().join("llama").join(tensors),
	)
	.unwrap();
	let import = "model import llama --store store --out out --json";
	let imported = run(dir.path(), import).json();
	assert_eq!(imported["base"], trained["checkpoint"]);
	let mut plan = read(&dir.path().join("out/plan.json"));
	plan["steps"] = 16.into();
	plan["stride"] = 4.into();
	plan["eval_rows"] = 32.into();
	plan["model"]["gpt"]["two_terms"] = false.into();
	plan["optimiser"]["adam_w"]["learning_rate"] = "0.01".into();
	fs::write(dir.path().join("adapters.json"), plan.to_string()).unwrap();
	(dir, trained)
}

const TRAIN: &str = "train --local adapters.json --data data --rounds 2 --tasks 2 --json";

#[test]
fn a_model_that_is_exported_and_imported_has_its_root_and_its_adapters_begin_with_its_loss() {
	// GIVEN a model that was exported, and imported without our record
	let (dir, trained) = with_base();
	// WHEN it is imported with the record THEN it is the same, and so is its description
	let own = run(dir.path(), "model import base --store store --json").json();
	assert_eq!(own["base"], trained["checkpoint"]);
	// WHEN adapters of it are trained, on one thread and on two portable ones, with the model from
	// the store, from either directory and by its root
	let root = trained["checkpoint"].as_str().unwrap();
	let mut outcomes = vec![
		run(dir.path(), &format!("{TRAIN} --store store")).json(),
		run(dir.path(), &format!("{TRAIN} --base llama")).json(),
		run(dir.path(), &format!("{TRAIN} --base base")).json(),
		run(dir.path(), &format!("{TRAIN} --store store --base {root}")).json(),
	];
	let args = format!("{TRAIN} --base llama --threads 2");
	let args: Vec<_> = args.split(' ').collect();
	outcomes.push(assay_with(dir.path(), &args, &[("ASSAY_ISA", "portable")]).json());
	// THEN all bits are the same, the first loss is exactly the model's, and it falls
	let first = &outcomes[0];
	assert!(
		outcomes.iter().all(|outcome| outcome == first),
		"{outcomes:?}"
	);
	assert_eq!(first["loss_first"], trained["loss_last"]);
	assert!(first["loss_last"].as_f64().unwrap() < first["loss_first"].as_f64().unwrap());
}

#[test]
fn adapters_are_exported_as_others_read_them_and_have_exactly_the_recorded_loss() {
	// GIVEN adapters that were trained and exported
	let (dir, _) = with_base();
	let train = format!("{TRAIN} --store store --out adapters");
	let trained = run(dir.path(), &train).json();
	// THEN PEFT finds its config and its names: A has a row for each rank, B for each output
	let config = read(&dir.path().join("adapters/adapter_config.json"));
	assert_eq!(
		config,
		json!({
			"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": null,
			"r": 16, "lora_alpha": 32, "lora_dropout": 0.0, "bias": "none",
			"fan_in_fan_out": false, "inference_mode": true, "target_modules": ["q_proj", "v_proj"],
		})
	);
	let bytes = fs::read(dir.path().join("adapters/adapter_model.safetensors")).unwrap();
	let tensors = SafeTensors::deserialize(&bytes).unwrap();
	let shape = |name: &str| {
		let name = format!("base_model.model.model.layers.0.self_attn.{name}.weight");
		tensors.tensor(&name).unwrap().shape().to_vec()
	};
	assert_eq!(shape("q_proj.lora_A"), [16, 32]);
	assert_eq!(shape("q_proj.lora_B"), [32, 16]);
	assert_eq!(shape("v_proj.lora_A"), [16, 32]);
	assert_eq!(shape("v_proj.lora_B"), [32, 16]);
	assert_eq!(tensors.len(), 4);
	// AND our record names the model that they belong to
	let record = read(&dir.path().join("adapters/config.json"));
	let base = &record["assay"]["plan"]["model"]["gpt"]["adapter"]["base"];
	assert_eq!(
		*base,
		read(&dir.path().join("adapters.json"))["model"]["gpt"]["adapter"]["base"]
	);
	// WHEN they are measured with the model from the store or from a directory
	for from in ["--store store", "--base llama"] {
		let eval = format!("model eval adapters --data data --json {from}");
		let evaluated = run(dir.path(), &eval).json();
		// THEN checkpoint and loss are those of the training
		assert_eq!(evaluated["checkpoint"], trained["checkpoint"]);
		assert_eq!(evaluated["loss"], trained["loss_last"]);
	}
	// AND they write, and without the model neither
	let sample = "model sample adapters --bytes 8 --json";
	let text = run(dir.path(), &format!("{sample} --base llama")).json();
	assert_eq!(
		text,
		run(dir.path(), &format!("{sample} --store store")).json()
	);
	for command in ["eval adapters --data data", "sample adapters"] {
		run(dir.path(), &format!("model {command}")).fails_with(&[
			"base",
			"cannot be fetched",
			"--base",
		]);
	}
}

#[tokio::test]
async fn adapters_in_the_store_are_exported_like_those_that_were_trained_here() {
	// GIVEN adapters that were trained here, and their checkpoint in a store, as a job leaves it
	let (dir, _) = with_base();
	run(dir.path(), &format!("{TRAIN} --store store --out adapters")).json();
	let (_, _, params) = model::read(&dir.path().join("adapters")).unwrap();
	let store = DirStore::new(dir.path().join("store"));
	let root = publish_params(&store, &params).await.unwrap();
	// WHEN they are exported from there
	let export = format!(
		"model export --plan adapters.json --data data --store store --out again --checkpoint {}",
		hex::encode(root)
	);
	let exported = run(dir.path(), &export);
	assert_eq!(exported.code, Some(0), "{}", exported.err);
	// THEN the files are the same, but for the rounds, which only a job records
	for name in ["adapter_model.safetensors", "adapter_config.json"] {
		let file = |folder: &str| fs::read(dir.path().join(folder).join(name)).unwrap();
		assert_eq!(file("again"), file("adapters"), "{name}");
	}
	let record = |folder: &str| {
		let mut config = read(&dir.path().join(folder).join("config.json"));
		config["assay"]["rounds"] = 0.into();
		config
	};
	assert_eq!(record("again"), record("adapters"));
}

#[test]
fn merged_adapters_are_a_model_of_almost_the_same_loss_that_can_be_a_base_itself() {
	// GIVEN adapters that were trained and exported
	let (dir, whole) = with_base();
	let trained = run(dir.path(), &format!("{TRAIN} --store store --out adapters")).json();
	// WHEN they are merged into their base, and that is imported
	let merge = "model merge adapters --base llama --out merged --json";
	assert_eq!(run(dir.path(), merge).json()["out"], "merged");
	let imported = run(dir.path(), "model import merged --store store --json").json();
	assert_ne!(imported["base"], whole["checkpoint"]);
	// THEN its own adapters begin where the others ended, but for roundings
	let path = dir.path().join("adapters.json");
	let mut plan = read(&path);
	plan["model"]["gpt"]["adapter"]["base"] = imported["base"].clone();
	fs::write(&path, plan.to_string()).unwrap();
	let further = run(dir.path(), &format!("{TRAIN} --store store")).json();
	let loss = |of: &Value, key: &str| of[key].as_f64().unwrap();
	let distance = (loss(&further, "loss_first") - loss(&trained, "loss_last")).abs();
	let way = loss(&trained, "loss_first") - loss(&trained, "loss_last");
	assert!(distance < way / 20.0, "{distance} of {way}");
	// AND candle measures whole models only
	let eval = "model eval adapters --data data --store store --candle";
	run(dir.path(), eval).fails_with(&["--candle", "assay model merge"]);
	// AND a whole model has nothing to merge
	run(dir.path(), "model merge base --out other").fails_with(&[
		"base",
		"is a whole model",
		"exported adapters",
	]);
}

#[test]
fn no_command_replaces_a_base_or_adapters_or_another_programs_model() {
	// GIVEN adapters that were trained on a Llama of another program
	let (dir, _) = with_base();
	run(dir.path(), &format!("{TRAIN} --store store --out adapters")).json();
	let files = ["adapters/config.json", "llama/config.json"];
	let bytes = || files.map(|file| fs::read(dir.path().join(file)).unwrap());
	let before = bytes();
	// WHEN a command is to write over them
	let merge = "model merge adapters --store store --out";
	run(dir.path(), &format!("{merge} adapters")).fails_with(&["adapters", "not overwritten"]);
	run(dir.path(), &format!("{merge} llama")).fails_with(&["llama", "not overwritten"]);
	let onto_base = format!("{TRAIN} --base llama --out llama");
	run(dir.path(), &onto_base).fails_with(&["llama", "not overwritten"]);
	// AND over a model that is neither
	let other = format!("{TRAIN} --store store --out llama");
	run(dir.path(), &other).fails_with(&["llama/config.json", "another program", "--out"]);
	// THEN all is as it was
	assert_eq!(bytes(), before);
}

#[tokio::test]
async fn a_base_is_looked_for_in_the_store_tensor_by_tensor() {
	// GIVEN a plan whose base is in the store
	let (dir, _) = with_base();
	let data = DataFile::read(&dir.path().join("data")).unwrap();
	let file = PlanFile::read(&dir.path().join("adapters.json")).unwrap();
	let plan = file.plan(Some(data.reference())).unwrap();
	let store = DirStore::new(dir.path().join("store"));
	assert!(base::check_stored(&store, &plan).await.is_ok());
	// WHEN one of its tensors is gone, or all of it is
	let root = model::adapter_of(&plan.step.model).unwrap().base;
	let list = fs::read(store.path_of(&root)).unwrap();
	let last = list.as_chunks::<32>().0.last().unwrap();
	fs::remove_file(store.path_of(last)).unwrap();
	let empty = DirStore::new(dir.path().join("empty"));
	for store in [store, empty] {
		// THEN its root is told
		let refused = base::check_stored(&store, &plan).await.unwrap_err();
		assert!(matches!(refused, BaseError::Unavailable { base, .. } if base.0 == root));
	}
}

#[test]
fn adapters_of_a_model_that_is_no_llama_train_and_are_not_merged() {
	// GIVEN an exported decoder with layer norms and learned positions, and a plan for its adapters
	let dir = workshop();
	write_plan(dir.path(), |plan| {
		decoder(plan);
		plan["model"]["gpt"]["norm"] = "layer".into();
		plan["model"]["gpt"]["positions"] = "learned".into();
		plan["model"]["gpt"]["tied"] = true.into();
	});
	let train = "train --local plan.json --data data --rounds 1 --tasks 1 --out base --json";
	let trained = run(dir.path(), train).json();
	let import = "model import base --store store --out new --json";
	assert_eq!(
		run(dir.path(), import).json()["base"],
		trained["checkpoint"]
	);
	let mut plan = read(&dir.path().join("new/plan.json"));
	plan["eval_rows"] = 32.into();
	plan["steps"] = 4.into();
	fs::write(dir.path().join("adapters.json"), plan.to_string()).unwrap();
	// WHEN they are trained THEN they begin with its loss
	let adapted = run(dir.path(), &format!("{TRAIN} --base base --out adapters")).json();
	assert_eq!(adapted["loss_first"], trained["loss_last"]);
	// AND are not merged, because nobody else could read the model
	run(dir.path(), "model merge adapters --base base --out merged")
		.fails_with(&["only adapters of a Llama"]);
	assert!(!dir.path().join("merged").exists());
	// AND a shorter context is no model with learned positions of its own
	run(dir.path(), "model import base --context 32").fails_with(&["32", "16"]);
}

#[test]
fn a_base_that_is_not_the_plans_is_refused_before_anything_is_trained_or_posted() {
	let (dir, _) = with_base();
	let plan = read(&dir.path().join("adapters.json"));
	let mut with_terms = plan.clone();
	write_plan(dir.path(), decoder);
	with_terms["terms"] = read(&dir.path().join("plan.json"))["terms"].clone();
	fs::write(dir.path().join("adapters.json"), with_terms.to_string()).unwrap();
	let refused = |base: &str, words: &[&str]| {
		for command in [
			"train --local adapters.json --data data",
			"job submit adapters.json --data data --dev=//One --store posted",
		] {
			if command.starts_with("train") || dir.path().join(base).is_dir() {
				run(dir.path(), &format!("{command} --base {base}")).fails_with(words);
			}
		}
		assert!(!dir.path().join("posted").exists());
	};
	let root = plan["model"]["gpt"]["adapter"]["base"].as_str().unwrap();
	// GIVEN a model with one bit changed THEN both roots are named
	let tensors = dir.path().join("llama/model.safetensors");
	let good = fs::read(&tensors).unwrap();
	let mut changed = good.clone();
	*changed.last_mut().unwrap() ^= 1;
	fs::write(&tensors, &changed).unwrap();
	refused("llama", &["config.json", root, "correct `base`"]);
	// AND an export of ours is compared with its own record first
	fs::write(dir.path().join("base/model.safetensors"), &changed).unwrap();
	refused("base", &["base/config.json", root, "is recorded"]);
	// GIVEN a number that is none THEN tensor and place are named
	let last = changed.len() - 4;
	changed[last..].copy_from_slice(&f32::NAN.to_le_bytes());
	fs::write(&tensors, &changed).unwrap();
	refused("llama", &["NaN at [", "finite"]);
	fs::write(&tensors, &good).unwrap();
	// GIVEN a config that differs THEN the field and both values are named
	let config = dir.path().join("llama/config.json");
	let mut other = read(&config);
	other["rope_theta"] = 500_000.into();
	fs::write(&config, other.to_string()).unwrap();
	refused("llama", &["positions", "500000", "10000"]);
	// GIVEN a model of another shape THEN so they are
	llama::write(
		&dir.path().join("wide"),
		&llama::config(),
		&llama::tensors(),
		Dtype::F32,
	);
	refused(
		"wide",
		&["wide/config.json", "the plan says", "correct the plan"],
	);
	// GIVEN tensors that are missing or too many THEN they are named
	for (name, word) in [("lm_head.weight", "missing"), ("score.weight", "unknown")] {
		let mut tensors = llama::tensors();
		if tensors.remove(name).is_none() {
			tensors.insert(name.into(), (vec![1], vec![0.0]));
		}
		llama::write(
			&dir.path().join("odd"),
			&llama::config(),
			&tensors,
			Dtype::F32,
		);
		refused("odd", &[name, word]);
	}
	// GIVEN the root of another model, no root and no directory THEN the line says so
	let ab = "ab".repeat(32);
	refused(&ab, &[&ab, root]);
	refused("nowhere", &["nowhere", "neither a directory nor a root"]);
	// GIVEN a plan without adapters THEN it has no base
	fs::rename(
		dir.path().join("plan.json"),
		dir.path().join("adapters.json"),
	)
	.unwrap();
	refused("llama", &["--base", "no adapters"]);
}

#[test]
fn a_base_that_the_store_lacks_or_that_does_not_fit_is_refused_before_training() {
	// GIVEN a plan whose base is in no store THEN its root is named
	let (dir, trained) = with_base();
	let root = trained["checkpoint"].as_str().unwrap();
	run(dir.path(), &format!("{TRAIN} --store empty")).fails_with(&[
		root,
		"cannot be fetched",
		"assay model import",
	]);
	// GIVEN a plan that names this base for a model of two blocks THEN it does not fit
	let path = dir.path().join("adapters.json");
	let mut plan = read(&path);
	plan["model"]["gpt"]["layers"] = 2.into();
	fs::write(&path, plan.to_string()).unwrap();
	run(dir.path(), &format!("{TRAIN} --store store")).fails_with(&[root, "does not fit"]);
	// GIVEN one that names it for a wider head, of as many tensors THEN the same
	plan["model"]["gpt"]["layers"] = 1.into();
	plan["model"]["gpt"]["vocabulary"] = 240.into();
	fs::write(&path, plan.to_string()).unwrap();
	run(dir.path(), &format!("{TRAIN} --store store")).fails_with(&[root, "does not fit"]);
}

#[test]
fn adapters_and_models_that_are_no_decoders_are_no_base() {
	// GIVEN exported adapters WHEN they are imported THEN their model is asked for
	let (dir, _) = with_base();
	run(dir.path(), &format!("{TRAIN} --store store --out adapters")).json();
	run(dir.path(), "model import adapters").fails_with(&["adapters", "they belong to"]);
	// GIVEN a perceptron THEN a decoder is asked for
	write_plan(dir.path(), |_| {});
	let train = "train --local plan.json --data data --rounds 1 --tasks 1 --out bytes --json";
	run(dir.path(), train).json();
	run(dir.path(), "model import bytes").fails_with(&["bytes/config.json", "no decoder"]);
	// GIVEN an export whose config was changed THEN the key is named
	let path = dir.path().join("base/config.json");
	let mut config = read(&path);
	config["rope_theta"] = 1_000.into();
	fs::write(&path, config.to_string()).unwrap();
	run(dir.path(), "model import base").fails_with(&["base/config.json", "rope_theta", "1000"]);
}

#[test]
fn a_base_that_no_worker_could_hold_is_refused_by_the_rules() {
	// GIVEN a plan for adapters of a model of 69 GB
	let (dir, _) = with_base();
	let path = dir.path().join("adapters.json");
	let mut plan = read(&path);
	let model = &mut plan["model"]["gpt"];
	(model["layers"], model["heads"], model["kv_heads"]) = (256.into(), 128.into(), 128.into());
	(model["width"], model["feed_forward"]) = (2_048.into(), 8_192.into());
	fs::write(&path, plan.to_string()).unwrap();
	// WHEN they are trained THEN its bytes and their bound are told
	run(dir.path(), TRAIN).fails_with(&["a base of ", "34359738368", "smaller model"]);
}

#[test]
fn a_demo_takes_no_plan_with_adapters() {
	// GIVEN a plan for adapters, with terms
	let (dir, _) = with_base();
	// WHEN a demo is to run it THEN another way is named, and nothing is made
	let program = env!("CARGO_BIN_EXE_assay");
	let demo = "demo --data data --base demo --plan adapters.json --node-program";
	let args: Vec<_> = demo.split(' ').chain([program]).collect();
	assay(dir.path(), &args).fails_with(&["adapters", "assay job submit --base"]);
	assert!(!dir.path().join("demo").exists());
}
