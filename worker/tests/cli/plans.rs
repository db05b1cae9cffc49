//! Plans of every kind: what they may leave out, and what is refused by its field, value and bound.

use std::{fs, path::Path};

use assay_numerics::{FeedForward, Gpt, Model, Norm, Optimiser, Positions, StepPlan};
use assay_protocol::{audit, check_plan, check_terms, AuditPolicy, Terms};
use assay_worker::{data::DataFile, plan_file::PlanFile};
use serde_json::{json, Value};

use crate::run::{assay, decoder, workshop, write_plan};

fn read(dir: &Path, change: impl FnOnce(&mut Value)) -> Result<StepPlan, String> {
	let path = write_plan(dir, |plan| {
		decoder(plan);
		change(plan);
	});
	let file = PlanFile::read(&path).map_err(|error| error.to_string())?;
	file.step_plan().map_err(|error| error.to_string())
}

fn gpt(plan: StepPlan) -> Gpt {
	match plan.model {
		Model::Gpt(model) => model,
		other => panic!("{other:?} is no decoder"),
	}
}

#[test]
fn what_a_decoder_leaves_out_is_what_most_models_have() {
	// GIVEN a decoder with the least that has to be said
	let dir = workshop();
	let model = gpt(read(dir.path(), |_| {}).unwrap());
	// THEN the rest follows
	assert_eq!((model.vocabulary, model.head, model.kv_heads), (256, 16, 2));
	assert_eq!((model.norm, model.mlp), (Norm::Rms, FeedForward::Gated));
	// 8 / 3 * 32 = 85.3, in whole sixteens 96
	assert_eq!(model.feed_forward, 96);
	assert!(matches!(&model.positions, Positions::Rotary(turns) if turns.len() == 8));
	assert!(!model.two_terms && !model.biases && !model.tied && model.adapter.is_none());
	// WHEN it has no gates THEN its layers are four times as wide
	let plain = read(dir.path(), |plan| {
		plan["model"]["gpt"]["mlp"] = "plain".into()
	});
	assert_eq!(gpt(plain.unwrap()).feed_forward, 128);
}

#[test]
fn a_plan_of_every_kind_survives_its_file() {
	let dir = workshop();
	let everything: fn(&mut Value) = |plan| {
		plan["model"]["gpt"] = json!({
			"vocabulary": 256, "context": 32, "width": 48, "layers": 2, "heads": 4, "kv_heads": 2,
			"head": 16, "feed_forward": 80, "norm": "layer", "norm_epsilon": "1e-6",
			"positions": { "rotary": { "base": "500000" } }, "mlp": "plain",
			"two_terms": true, "biases": true, "tied": true,
		});
		plan["optimiser"]["adam_w"]["decay"] = json!({ "steps": 100, "floor": "0.1" });
		plan["optimiser"]["adam_w"]["clip"] = "1.5".into();
		plan["loss_scale"] = 8.into();
	};
	let learned: fn(&mut Value) = |plan| plan["model"]["gpt"]["positions"] = "learned".into();
	let turns: fn(&mut Value) = |plan| {
		plan["model"]["gpt"]["positions"] = json!({ "turns": [u64::MAX, 7, 6, 5, 4, 3, "2", 1] });
	};
	let bytes: fn(&mut Value) = |plan| {
		plan["model"] =
			json!({ "byte_mlp": { "context": 4, "embedding": 16, "hidden": [32, 16] } });
		plan["batch"] = 32.into();
	};
	let classifier: fn(&mut Value) = |plan| {
		plan["model"] = json!({ "classifier": { "inputs": 16, "hidden": [32], "classes": 3 } });
		plan["batch"] = 32.into();
	};
	// Records of 16 bytes and a label, or as many bytes.
	fs::write(dir.path().join("data"), vec![1; 17 * 2_000]).unwrap();
	let data = DataFile::read(&dir.path().join("data")).unwrap();
	for change in [everything, learned, turns, bytes, classifier] {
		// GIVEN a plan WHEN it is written as a file and read again
		let path = write_plan(dir.path(), |plan| {
			decoder(plan);
			change(plan);
		});
		let plan = PlanFile::read(&path)
			.unwrap()
			.plan(Some(data.reference()))
			.unwrap();
		let text = serde_json::to_string(&PlanFile::of(&plan)).unwrap();
		let again: PlanFile = serde_json::from_str(&text).unwrap();
		// THEN it is the same, to the last bit of its turns
		assert_eq!(again.plan(None).unwrap(), plan);
	}
	// AND the optimiser's further numbers are those that were written
	let Optimiser::AdamW(adam) = read(dir.path(), everything).unwrap().optimiser;
	assert_eq!(adam.decay.unwrap().steps, 100);
	assert_eq!(
		(adam.clip.unwrap().mantissa, adam.clip.unwrap().exponent),
		(15, -1)
	);
}

#[test]
fn a_wrong_number_is_told_by_its_field_its_value_and_its_bound() {
	let dir = workshop();
	let model =
		|key: &'static str, value: Value| move |plan: &mut Value| plan["model"]["gpt"][key] = value;
	let adam = |key: &'static str, value: Value| {
		move |plan: &mut Value| plan["optimiser"]["adam_w"][key] = value
	};
	let top = |key: &'static str, value: Value| move |plan: &mut Value| plan[key] = value;
	type Case = (Box<dyn FnOnce(&mut Value)>, &'static [&'static str]);
	let cases: Vec<Case> = vec![
		(
			Box::new(model("context", 70_000.into())),
			&["context", "70000", "65535"],
		),
		(
			Box::new(model("context", 17.into())),
			&["context", "17", "16"],
		),
		(Box::new(model("width", 40.into())), &["width", "40", "16"]),
		(
			Box::new(model("vocabulary", 1.into())),
			&["vocabulary", "1", "2..=262144"],
		),
		(
			Box::new(model("layers", 0.into())),
			&["layers", "0", "1..=256"],
		),
		(Box::new(model("heads", 3.into())), &["heads", "3", "32"]),
		(Box::new(model("heads", 0.into())), &["heads", "0", "32"]),
		(
			Box::new(model("kv_heads", 3.into())),
			&["kv_heads", "3", "1..=2"],
		),
		(Box::new(model("head", 24.into())), &["head", "24", "16"]),
		(
			Box::new(model("feed_forward", 20.into())),
			&["feed_forward", "20", "16"],
		),
		(
			Box::new(model("norm", "batch".into())),
			&["batch", "rms", "layer"],
		),
		(
			Box::new(model("norm_epsilon", "2".into())),
			&["norm_epsilon", "2", "1"],
		),
		(
			Box::new(model("positions", json!({ "rotary": { "base": "1" } }))),
			&["base", "`1`", "more than 1"],
		),
		(
			Box::new(model("positions", json!({ "turns": [1, 2] }))),
			&["turns", "2", "8..=8"],
		),
		(
			Box::new(model("positions", json!({ "turns": ["1.5"] }))),
			&["turns", "`1.5`", "2^64"],
		),
		(
			Box::new(model("positions", json!({ "turns": vec![1; 129] }))),
			&["turns", "129", "128"],
		),
		(
			Box::new(model(
				"adapter",
				json!({ "rank": 8, "scale": "1", "base": format!("0x{}", "07".repeat(32)) }),
			)),
			&["adapter.rank", "8", "16"],
		),
		(
			Box::new(adam("clip", "0".into())),
			&["clip", "0", "positive"],
		),
		(
			Box::new(adam("decay", json!({ "steps": 0, "floor": "0.1" }))),
			&["decay.steps", "0", "1..="],
		),
		(
			Box::new(adam("decay", json!({ "steps": 10, "floor": "2" }))),
			&["decay.floor", "2", "1"],
		),
		(
			Box::new(adam("decay", json!({ "steps": 10, "floor": "x" }))),
			&["decay.floor", "`x`", "nine digits"],
		),
		(
			Box::new(top("loss_scale", 300.into())),
			&["loss_scale", "300", "255"],
		),
		(
			Box::new(top("loss_scale", 25.into())),
			&["loss_scale", "25", "0..=24"],
		),
		(
			Box::new(top("batch", 4_097.into())),
			&["batch", "4097", "4096"],
		),
	];
	for (change, words) in cases {
		// GIVEN a decoder with one wrong number WHEN it is read
		let told = read(dir.path(), change).expect_err(words[0]);
		// THEN one line names the field, the value and the bound
		assert_eq!(told.lines().count(), 1);
		for word in words {
			assert!(told.contains(word), "no `{word}` in: {told}");
		}
	}
}

#[test]
fn a_stride_is_the_whole_task_unless_the_file_says_another() {
	let dir = workshop();
	let data = DataFile::read(&dir.path().join("data")).unwrap();
	let read = |steps: u32, stride: Value| {
		let path = write_plan(dir.path(), |plan| {
			plan["steps"] = steps.into();
			plan["stride"] = stride;
		});
		let file = PlanFile::read(&path).unwrap();
		file.plan(Some(data.reference()))
			.map_err(|error| error.to_string())
	};
	// GIVEN plans of 10 and of 100 steps with every kind of stride that the chain takes
	for (steps, given, stride, segments) in [
		(10, Value::Null, 10, 1),
		(10, 10.into(), 10, 1),
		(10, 4.into(), 4, 3),
		(10, 1.into(), 1, 10),
		(100, 4.into(), 4, 25),
	] {
		// WHEN one is read THEN it has so many segments
		let plan = read(steps, given).unwrap();
		assert_eq!((plan.stride, plan.segments()), (stride, segments));
		// AND it survives its file
		let text = serde_json::to_string(&PlanFile::of(&plan)).unwrap();
		let again: PlanFile = serde_json::from_str(&text).unwrap();
		assert_eq!(again.plan(None).unwrap(), plan);
	}
	// GIVEN strides that make no segment, more segments than a trace has room for, or one that is
	// longer than the task
	for (steps, stride, words) in [
		(10, 0, ["stride: is 0", "1..=10"]),
		(100, 3, ["stride: is 3", "4..=100"]),
		(10, 11, ["stride: is 11", "1..=10"]),
		(257, 16, ["steps: is 257", "1..=256"]),
	] {
		// WHEN one is read THEN one line names the field, the value and the bounds
		let told = read(steps, stride.into()).unwrap_err();
		assert_eq!(told.lines().count(), 1);
		for word in words {
			assert!(told.contains(word), "no `{word}` in: {told}");
		}
	}
}

#[test]
fn data_that_a_model_cannot_read_are_refused_by_their_length() {
	// GIVEN a classifier of records of 17 bytes and data of another length
	let dir = workshop();
	write_plan(dir.path(), |plan| {
		plan["model"] = json!({ "classifier": { "inputs": 16, "hidden": [16], "classes": 256 } });
	});
	// WHEN it is trained
	let args = ["train", "--local", "plan.json", "--data", "data"];
	// THEN the line has the length and the multiple
	assay(dir.path(), &args).fails_with(&["data", "32000", "17"]);
	// GIVEN whole records of which one has a label that the model does not have
	write_plan(dir.path(), |plan| {
		plan["model"] = json!({ "classifier": { "inputs": 16, "hidden": [16], "classes": 3 } });
	});
	fs::write(
		dir.path().join("data"),
		[1; 17]
			.repeat(1_999)
			.into_iter()
			.chain([9; 17])
			.collect::<Vec<_>>(),
	)
	.unwrap();
	// WHEN it is trained THEN the line has the label and the greatest one
	assay(dir.path(), &args).fails_with(&["1999", "9", "2"]);
}

#[test]
fn the_examples_of_the_documentation_are_plans() {
	let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
	for name in [
		"byte-mlp.json",
		"classifier.json",
		"gpt-3m.json",
		"tokens.json",
	] {
		let file = PlanFile::read(&examples.join(name)).unwrap();
		assert!(file.step_plan().is_ok(), "{name}");
		assert!(file.terms.is_some(), "{name}");
	}
}

/// The terms of the workshop's job of four segments, changed somehow, or why they are refused.
fn terms(change: impl FnOnce(&mut Value)) -> Result<Terms, String> {
	let dir = workshop();
	let path = write_plan(dir.path(), change);
	let file = PlanFile::read(&path).map_err(|error| error.to_string())?;
	let data = DataFile::read(&dir.path().join("data")).unwrap();
	let plan = file.plan(Some(data.reference())).unwrap();
	let (terms, _) = file.terms(&plan).map_err(|error| error.to_string())?;
	let facts = check_plan(&plan).unwrap();
	let policy = AuditPolicy::STRICT;
	assert!(check_terms(&terms, &facts, &policy).is_ok(), "{terms:?}");
	assert_eq!(
		audit::least_stake(&terms, &facts, &policy).map(|least| least <= terms.task_stake),
		Some(true)
	);
	Ok(terms)
}

const ASY: u128 = 1_000_000_000_000;

#[test]
fn terms_that_are_left_out_are_the_highest_floor_the_least_stake_and_the_least_share_for_verdicts()
{
	// GIVEN a price of 1 ASY, a committee of three and four segments, and nothing else about checks
	let least = terms(|_| {}).unwrap();
	// THEN 8 % of the FLOPs are repeated at most: 8 % * 4 / 3
	assert_eq!(least.audit_floor_ppm, 106_666);
	assert_eq!(least.harm, 0);
	// AND the stake is the least that deters, some 115 prices: one unit less is refused
	assert!(
		(114 * ASY..116 * ASY).contains(&least.task_stake),
		"{least:?}"
	);
	let less = (least.task_stake - 1).to_string();
	let refused = terms(|plan| plan["terms"]["task_stake"] = less.into()).unwrap_err();
	assert!(refused.contains("terms.task_stake"), "{refused}");
	// AND the shares are a million, with one part less for verdicts not enough
	let shares = least.shares;
	assert_eq!(shares.compute + shares.validation, 1_000_000);
	let refused = terms(|plan| {
		plan["terms"]["shares"] = json!({
			"compute": shares.compute + 1, "data": 0, "validation": shares.validation - 1,
		});
	});
	assert!(refused.unwrap_err().contains("terms.shares"));
}

#[test]
fn a_challenge_window_that_is_left_out_is_twice_as_long_as_train_and_none_is_none() {
	// GIVEN the same plan with its challenge window left out, named, and turned off
	let challenge = |value: Option<u32>| {
		let terms = terms(|plan| {
			if let Some(blocks) = value {
				plan["terms"]["windows"]["challenge"] = blocks.into();
			}
		});
		terms.map(|terms| (terms.windows.train, terms.windows.challenge))
	};
	let (train, left_out) = challenge(None).unwrap();
	// THEN it is time for repeating a task and for opening a dispute, or what the file says
	assert_eq!(left_out, 2 * train);
	assert_eq!(challenge(Some(30)).unwrap().1, 30);
	assert_eq!(challenge(Some(0)).unwrap().1, 0);
	// AND more than a week is refused by its field, value and bound
	let refused = challenge(Some(201_601)).unwrap_err();
	assert!(
		refused.contains("terms.windows.challenge: is 201601, not in 0..=201600"),
		"{refused}"
	);
}

#[test]
fn harm_and_rarer_checks_raise_the_stake_that_is_filled_in() {
	// GIVEN wrong work that could be worth as much again as its price WHEN the stake is left out
	let (plain, harmful) = (
		terms(|_| {}).unwrap(),
		terms(|plan| plan["terms"]["harm"] = "1 ASY".into()).unwrap(),
	);
	// THEN it is twice as high, rounded up
	assert!(harmful.task_stake.abs_diff(2 * plain.task_stake) <= 1);
	// AND half of the checks ask for more than twice as much
	let rare = terms(|plan| plan["terms"]["audit_floor"] = 53_333.into()).unwrap();
	assert!(rare.task_stake > 2 * plain.task_stake);
}

#[test]
fn terms_of_checks_that_are_out_of_bounds_are_refused_by_field_value_and_bound() {
	// GIVEN each of the terms of checks out of its bounds WHEN the file is read THEN the line names it
	let refused = |change: fn(&mut Value), words: [&str; 2]| {
		let line = terms(change).unwrap_err();
		for word in words {
			assert!(line.contains(word), "no `{word}` in: {line}");
		}
	};
	refused(
		|plan| plan["terms"]["audit_floor"] = 0.into(),
		["terms.audit_floor: is 0", "1..=1000000"],
	);
	refused(
		|plan| plan["terms"]["audit_floor"] = 106_667.into(),
		["terms.audit_floor: 106667", "at most 106666"],
	);
	refused(
		|plan| plan["stride"] = 16.into(),
		["stride: the check of a task costs", "more segments"],
	);
	refused(
		|plan| plan["terms"]["task_stake"] = "114 ASY".into(),
		["terms.task_stake: 114 ASY", "leave it out"],
	);
	refused(
		|plan| plan["terms"]["quorum"] = 1.into(),
		["terms.quorum: is 1", "2..=3"],
	);
	refused(
		|plan| plan["terms"]["harm"] = "much".into(),
		["harm", "much"],
	);
}
