//! Golden vectors: a change of any of these bits is a fork.
//!
//! `ASSAY_BLESS=1 cargo test -p assay-numerics golden` writes them anew.

mod functions;
mod steps;

use crate::{
	aggregate_tile, arith, held_out_offset, init_tile, lower, ops,
	ops::matmul::{contract, Operand},
	plan::tests::small,
	row_offset, tensor_root, train_items, Decimal, Env, Init, Tile,
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
				"fan_in": match program.init(param) {
					Some(Init::Uniform { fan_in }) => Some(fan_in),
					_ => None,
				},
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
		.map(|total| json!([total, train_items(total)]))
		.collect();
	golden(
		"batch.json",
		json!({ "seed": hex::encode([42; 32]), "rows": rows, "held_out": held, "train": train }),
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
