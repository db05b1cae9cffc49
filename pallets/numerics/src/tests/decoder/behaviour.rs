//! What a decoder sees, and that it learns.

use super::{ROUND, STEP};
use crate::{
	plan::tests::{adapter, decoder, gpt2, llama},
	tests::{
		matrix::read,
		plans::decoder_of,
		runs::{ready, Ready},
	},
	Decimal, Gpt, Init, Optimiser, Program, StepPlan, Tile,
};

/// The losses of rows after one step, as patterns.
fn losses(plan: &StepPlan, change: impl FnOnce(&mut Ready)) -> Vec<u32> {
	let mut ready = ready(plan);
	change(&mut ready);
	ready.run(ROUND, STEP);
	let layout = ready
		.program
		.tensor(ready.program.row_losses())
		.unwrap()
		.layout;
	let tiles = ready.memory.tiles(ready.program.row_losses());
	(0..layout.shape()[0])
		.map(|i| {
			let (tile, place) = layout.place(i, 0).unwrap();
			tiles[tile as usize].0[place].to_bits()
		})
		.collect()
}

#[test]
fn sequences_do_not_see_each_other() {
	let plan = |batch| StepPlan {
		batch,
		..decoder(llama())
	};
	let one = losses(&plan(1), |_| {});
	let three = losses(&plan(3), |_| {});
	assert_eq!(one, three[..one.len()]);
}

#[test]
fn a_position_sees_what_comes_later_by_no_more_than_rounding() {
	for model in [gpt2(), llama()] {
		let plan = StepPlan {
			batch: 1,
			..decoder(Gpt {
				context: 32,
				..model
			})
		};
		let before = losses(&plan, |_| {});
		// WHEN the last tokens of the sequence are others
		let after = losses(&plan, |ready| {
			let start = ready.starts(ROUND, STEP)[0];
			let bytes = ready.program.outline().item_bytes() as usize;
			let mut data = ready.data.clone();
			for token in data[(start + 20) * bytes..(start + 33) * bytes].chunks_mut(bytes) {
				let other = (token[0] + 29) % 65;
				token.fill(0);
				token[0] = other;
			}
			ready.memory.set_data(&data);
		});
		// THEN losses of positions whose target is before them differ by rounding: positions of one
		// block share the exponents of their values. Those after it are others.
		let difference = |i: usize| (f32::from_bits(before[i]) - f32::from_bits(after[i])).abs();
		assert!((0..19).all(|i| difference(i) < 3e-3));
		assert!((20..32).any(|i| difference(i) > 0.05));
	}
}

#[test]
fn an_adapter_that_is_zero_is_the_frozen_model() {
	// GIVEN adapters of which B is zero, as at the start
	let plan = decoder(Gpt {
		adapter: Some(adapter()),
		..llama()
	});
	let ready = ready(&plan);
	let adapted = losses(&plan, |ready| {
		for (place, id) in ready.program.params().to_vec().into_iter().enumerate() {
			if ready.program.init(place) == Some(Init::Zeros) {
				let tiles = ready.memory.tiles(id).len();
				ready.memory.set(id, vec![Tile::ZERO; tiles]);
			}
		}
	});
	// WHEN the same tensors are a model of their own
	let plain = losses(&decoder(llama()), |plain| {
		let params = plain.program.params().to_vec();
		assert_eq!(params.len(), ready.program.frozen().len());
		for (param, frozen) in params.into_iter().zip(ready.program.frozen()) {
			let name = |program: &Program, id| program.tensor(id).unwrap().name.clone();
			assert_eq!(name(&plain.program, param), name(&ready.program, *frozen));
			plain
				.memory
				.set(param, ready.memory.tiles(*frozen).to_vec());
		}
	});
	// THEN the losses have the same bits
	assert_eq!(adapted, plain);
}

#[test]
fn training_lowers_the_loss_of_every_kind_of_decoder() {
	for mut plan in [
		decoder(gpt2()),
		decoder(llama()),
		decoder(Gpt {
			adapter: Some(adapter()),
			..gpt2()
		}),
	] {
		let adapted = decoder_of(&plan).adapter.is_some();
		let Optimiser::AdamW(adam) = &mut plan.optimiser;
		adam.learning_rate = Decimal::new(1, -2);
		adam.warmup = 0;
		adam.clip = Some(Decimal::new(1, 0));
		plan.loss_scale = 8;
		let mut ready = ready(&plan);
		// Tokens that repeat: what comes next is known.
		let bytes = ready.program.outline().item_bytes() as usize;
		let data: Vec<u8> = (0..ready.data.len() / bytes)
			.flat_map(|i| [(i % 5 * 11) as u8, 0][..bytes].to_vec())
			.collect();
		ready.memory.set_data(&data);
		let mut all = Vec::new();
		for step in 0..8 {
			ready.run(0, step);
			all.push(read(&ready.program, &ready.memory, ready.program.mean_loss()).data[0]);
			ready.memory.advance(&ready.program);
		}
		let (first, last) = (all[0], all[7]);
		let wanted = if adapted { 0.95 } else { 0.6 };
		assert!(last < wanted * first, "{all:?}");
	}
}
