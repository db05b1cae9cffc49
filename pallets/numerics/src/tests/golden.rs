//! Golden vectors: a change of any of these bits is a fork.
//!
//! `ASSAY_BLESS=1 cargo test -p assay-numerics golden` writes them anew.

use super::{shaped, text};
use crate::{
	aggregate_tile, arith,
	functions::{exp, ln, sqrt},
	held_out_offset, init_tile, list_root, lower, ops,
	ops::matmul::{contract, Operand},
	plan::tests::small,
	row_offset, state_root, tensor_root, train_bytes, Decimal, Env, Memory, Tile, Tiles, ZERO_ROOT,
};
use serde_json::{json, Value};
use std::{fs, path::Path};

/// Compares with the file, or writes it.
fn golden(name: &str, value: Value) {
	let path = Path::new(env!("CARGO_MANIFEST_DIR"))
		.join("testdata")
		.join(name);
	if std::env::var_os("ASSAY_BLESS").is_some() {
		let text = serde_json::to_string_pretty(&value).unwrap();
		fs::create_dir_all(path.parent().unwrap()).unwrap();
		fs::write(&path, text + "\n").unwrap();
	}
	let text = fs::read_to_string(&path).unwrap();
	let stored: Value = serde_json::from_str(&text).unwrap();
	assert_eq!(value, stored, "{name} has changed");
}

fn bits(x: f32) -> String {
	format!("{:08x}", x.to_bits())
}

/// A sequence of patterns without structure.
fn noise(seed: u32) -> impl FnMut() -> u32 {
	let (mut place, mut block) = (0, [0; 32]);
	move || {
		if place % 8 == 0 {
			block = *blake3::hash(&[seed, place as u32].map(u32::to_le_bytes).concat()).as_bytes();
		}
		let word = block[place % 8 * 4..][..4].try_into().unwrap();
		place += 1;
		u32::from_le_bytes(word)
	}
}

/// A tile whose exponents, as fields of the pattern, are in a range; the class "any" has subnormals.
fn tile(next: &mut impl FnMut() -> u32, low: u32, span: u32) -> Tile {
	Tile(core::array::from_fn(|_| {
		let (sign, exponent, fraction) = (next() & 1 << 31, low + next() % span, next() >> 9);
		f32::from_bits(sign | exponent << 23 | fraction)
	}))
}

#[test]
fn golden_contraction_steps() {
	let classes = [
		("one", 120, 8),
		("small", 67, 60),
		("any", 0, 177),
		("tiny", 0, 40),
		("large", 127, 50),
	];
	let mut cases = Vec::new();
	for (i, (name, low, span)) in classes.into_iter().enumerate() {
		for count in [1, 3, 8] {
			let mut next = noise((i * 100 + count) as u32);
			let mut tiles =
				|| -> Vec<Tile> { (0..count).map(|_| tile(&mut next, low, span)).collect() };
			let (a, b) = (tiles(), tiles());
			let roots = [&a, &b].map(|tiles| hex::encode(crate::hash::tiles_root(tiles)));
			let c = contract(
				Tile::ZERO,
				&Operand::new(&a, false),
				&Operand::new(&b, true),
			);
			cases.push(json!({
				"class": name,
				"exponents": [low, span],
				"noise": i * 100 + count,
				"tiles": count,
				"a": roots[0],
				"b": roots[1],
				"c": hex::encode(tensor_root(&c.to_bytes())),
				"row0": c.row(0).map(bits),
			}));
		}
	}
	golden("contraction.json", json!(cases));
}

#[test]
fn golden_functions() {
	let mut exps = vec![
		0.0, -0.0, -1.0, 1.0, -87.0, -87.000_01, 88.0, 88.000_01, -1e15, -1e-30,
	];
	exps.extend((1..200).map(|i| -(i as f32) * 0.437));
	exps.extend((1..100).map(|i| i as f32 * 0.881));
	let mut lns = vec![0.0, -1.0, 1.0, 2.0, 0.5, 256.0, f32::MIN_POSITIVE, f32::MAX];
	lns.extend((1..200).map(|i| 1.0 + i as f32 * 1.277));
	let pairs = |xs: &[f32], f: fn(f32) -> f32| -> Vec<[String; 2]> {
		xs.iter().map(|x| [bits(*x), bits(f(*x))]).collect()
	};
	let sqrts: Vec<f32> = (0..100).map(|i| f32::from_bits(i * 21_390_613)).collect();
	golden(
		"functions.json",
		json!({ "exp": pairs(&exps, exp), "ln": pairs(&lns, ln), "sqrt": pairs(&sqrts, sqrt) }),
	);
}

#[test]
fn golden_decimals() {
	let cases: Vec<_> = [
		(1, -3),
		(9, -1),
		(999, -3),
		(1, -8),
		(3, -4),
		(25, -5),
		(-1, 0),
		(i32::MAX, 29),
		(i32::MIN, -30),
		(16_777_217, 0),
		(123_456_789, -17),
	]
	.into_iter()
	.map(|(m, e)| json!([m, e, bits(Decimal::new(m, e).to_f32().unwrap())]))
	.collect();
	golden("decimals.json", json!(cases));
}

#[test]
fn golden_initialisation() {
	let program = lower(&small()).unwrap();
	let cases: Vec<_> = [(0, 0), (0, 15), (1, 0), (1, 50), (2, 1), (5, 31)]
		.into_iter()
		.map(|(param, tile)| {
			let values = init_tile(&program, &[42; 32], param, tile).unwrap();
			json!({
				"param": param,
				"tile": tile,
				"fan_in": program.fan_in(param),
				"root": hex::encode(tensor_root(&values.to_bytes())),
				"row0": values.row(0).map(bits),
			})
		})
		.collect();
	golden(
		"init.json",
		json!({ "seed": hex::encode([42; 32]), "tiles": cases }),
	);
}

#[test]
fn golden_row_offsets() {
	let rows: Vec<_> = [
		(0, 0, 0, 0, 1_000),
		(0, 0, 0, 1, 1_000),
		(1, 2, 3, 4, 1 << 32),
		(u32::MAX, u32::MAX, u32::MAX, u32::MAX, u64::MAX),
	]
	.into_iter()
	.map(|(round, slot, step, row, span)| {
		let offset = row_offset(&[42; 32], round, slot, step, row, span);
		json!([round, slot, step, row, span, offset])
	})
	.collect();
	let held: Vec<_> = [
		(0, 256, 1 << 20, 8),
		(255, 256, 1 << 20, 8),
		(77, 1_024, 1 << 40, 64),
	]
	.into_iter()
	.map(|(j, rows, total, context)| {
		json!([
			j,
			rows,
			total,
			context,
			held_out_offset(j, rows, total, context)
		])
	})
	.collect();
	let train: Vec<_> = [16_u64, 4_096, 1_000_003]
		.into_iter()
		.map(|total| json!([total, train_bytes(total)]))
		.collect();
	golden(
		"batch.json",
		json!({ "seed": hex::encode([42; 32]), "rows": rows, "held_out": held, "train": train }),
	);
}

#[test]
fn golden_programs() {
	let cases: Vec<_> = [
		small(),
		shaped(1, 16, &[16], 16),
		shaped(8, 32, &[256, 128], 256),
	]
	.into_iter()
	.map(|plan| {
		let program = lower(&plan).unwrap();
		let records: Vec<_> = program
			.ops()
			.iter()
			.map(|op| hex::encode(op.record()))
			.collect();
		json!({
			"plan": hex::encode(codec::Encode::encode(&plan)),
			"op_list_root": hex::encode(program.op_list_root()),
			"flops_per_step": program.flops_per_step(),
			"checkpoint_bytes": program.checkpoint_bytes(),
			"records": records,
		})
	})
	.collect();
	golden("programs.json", json!(cases));
}

#[test]
fn golden_steps() {
	// GIVEN a plan with padding everywhere and the text of the tests
	let plan = shaped(2, 16, &[48, 16], 16);
	let (program, data, seed) = (lower(&plan).unwrap(), text(9_000), [42; 32]);
	let mut memory = Memory::initial(&program, &seed, &data).unwrap();
	let root = |memory: &Memory, id| memory.root(id).unwrap();
	let list = |memory: &Memory, ids: &[crate::TensorId]| {
		list_root(&ids.iter().map(|id| root(memory, *id)).collect::<Vec<_>>())
	};
	let parent = list(&memory, program.params());
	let mut steps = Vec::new();
	for step in 0..3 {
		// WHEN a step is evaluated
		let env = Env::new(seed, 1, 2, step, 3, train_bytes(data.len() as u64));
		memory.run(&program, &env).unwrap();
		let outputs: Vec<_> = program
			.ops()
			.iter()
			.map(|op| {
				let name = &program.tensor(op.output).unwrap().name;
				json!([name, hex::encode(root(&memory, op.output))])
			})
			.collect();
		let params = list(&memory, program.next_params());
		let moments = list(&memory, program.next_moments());
		steps.push(json!({
			"outputs": outputs,
			"loss": bits(memory.tiles(program.mean_loss())[0].0[0]),
			"params_root": hex::encode(params),
			"moments_root": hex::encode(moments),
			"state_root": hex::encode(state_root(params, moments, ZERO_ROOT)),
		}));
		memory.advance(&program);
	}
	// THEN the roots of all its tensors are these
	golden(
		"steps.json",
		json!({
			"plan": hex::encode(codec::Encode::encode(&plan)),
			"seed": hex::encode(seed),
			"round": 1,
			"slot": 2,
			"data_root": hex::encode(tensor_root(&data)),
			"parent": hex::encode(parent),
			"steps": steps,
		}),
	);
}

#[test]
fn golden_aggregate() {
	let mut next = noise(7);
	let parent = tile(&mut next, 110, 16);
	let updates: Vec<Tile> = (0..5).map(|_| tile(&mut next, 110, 16)).collect();
	let cases: Vec<_> = (1..=5)
		.map(|count| {
			let refs: Vec<&Tile> = updates.iter().take(count).collect();
			let mean = aggregate_tile(&parent, &refs).unwrap();
			json!({
				"updates": count,
				"root": hex::encode(tensor_root(&mean.to_bytes())),
				"row0": mean.row(0).map(bits),
			})
		})
		.collect();
	golden(
		"aggregate.json",
		json!({ "noise": 7, "exponents": [110, 16], "means": cases }),
	);
}

#[test]
fn golden_adam() {
	use ops::adam::{adam_m, adam_p, adam_v, AdamCoefficients};
	let program = lower(&small()).unwrap();
	let rates = program
		.ops()
		.iter()
		.find_map(|op| match op.kind {
			crate::OpKind::AdamP { rates, .. } => Some(rates),
			_ => None,
		})
		.unwrap();
	let mut next = noise(9);
	let mut value = || f32::from_bits(next() & 1 << 31 | (100 + next() % 30) << 23 | next() >> 9);
	let cases: Vec<_> = [(0, 0), (0, 9), (2, 0), (2, 255)]
		.into_iter()
		.map(|(round, step)| {
			let env = Env::new([0; 32], round, 0, step, 256, 1);
			let c = AdamCoefficients::new(&rates, true, &env);
			let inputs = [value(), value(), arith::max(value(), 1e-9), value()];
			let [g, m, v, p] = inputs;
			let (m, v) = (adam_m(&c, g, m), adam_v(&c, g, v));
			let coefficients = [
				c.beta1, c.rest1, c.correct1, c.beta2, c.rest2, c.correct2, c.rate, c.keep,
				c.epsilon,
			];
			json!({
				"round": round,
				"step": step,
				"coefficients": coefficients.map(bits),
				"gmvp": inputs.map(bits),
				"m": bits(m),
				"v": bits(v),
				"p": bits(adam_p(&c, p, m, v)),
			})
		})
		.collect();
	golden("adam.json", json!(cases));
}
