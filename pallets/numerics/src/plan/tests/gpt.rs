//! Bounds of a decoder.

use super::*;

fn refused(model: Gpt) -> PlanError {
	lower(&decoder(model)).unwrap_err()
}

/// The greatest number everywhere; more tensors than there are ids.
pub(super) fn greatest() -> StepPlan {
	let turns = vec![u64::MAX; 128].try_into().unwrap();
	StepPlan {
		model: Model::Gpt(Gpt {
			vocabulary: MAX_VOCABULARY,
			context: 4_096,
			width: MAX_GPT_WIDTH,
			layers: 256,
			heads: 256,
			kv_heads: 256,
			head: 256,
			feed_forward: MAX_GPT_WIDTH,
			norm: Norm::Layer,
			norm_epsilon: ONE,
			positions: Positions::Rotary(turns),
			mlp: FeedForward::Gated,
			two_terms: true,
			biases: true,
			tied: false,
			adapter: None,
		}),
		optimiser: Optimiser::AdamW(AdamW {
			decay: Some(CosineDecay {
				steps: MAX_WARMUP,
				floor: ONE,
			}),
			clip: Some(Decimal::new(1, 9)),
			..adam()
		}),
		batch: 16,
		loss_scale: 24,
		profile: Profile::Exact12V1,
	}
}

#[test]
fn a_vocabulary_of_one_or_of_more_than_2_to_the_18_is_refused() {
	for vocabulary in [0, 1, MAX_VOCABULARY + 1] {
		let error = refused(Gpt {
			vocabulary,
			..gpt2()
		});
		assert_eq!(error, count(Field::Vocabulary, vocabulary, 2, 262_144));
	}
}

#[test]
fn a_context_outside_16_to_4096_or_between_tiles_is_refused() {
	for context in [0, 15, 4_112] {
		let error = refused(Gpt { context, ..gpt2() });
		assert_eq!(error, count(Field::Context, context.into(), 16, 4_096));
	}
	let error = refused(Gpt {
		context: 40,
		..gpt2()
	});
	assert_eq!(error, not_whole(Field::Context, 40));
}

#[test]
fn widths_outside_16_to_65536_or_between_tiles_are_refused() {
	for width in [0, 15, MAX_GPT_WIDTH + 16] {
		let error = refused(Gpt { width, ..gpt2() });
		assert_eq!(error, count(Field::Width, width, 16, 65_536));
		let error = refused(Gpt {
			feed_forward: width,
			..gpt2()
		});
		assert_eq!(error, count(Field::FeedForward, width, 16, 65_536));
	}
	let error = refused(Gpt {
		width: 24,
		..gpt2()
	});
	assert_eq!(error, not_whole(Field::Width, 24));
	let error = refused(Gpt {
		feed_forward: 24,
		..gpt2()
	});
	assert_eq!(error, not_whole(Field::FeedForward, 24));
}

#[test]
fn no_layers_or_more_than_256_are_refused() {
	for layers in [0, 257] {
		let error = refused(Gpt { layers, ..gpt2() });
		assert_eq!(error, count(Field::Layers, layers.into(), 1, 256));
	}
}

#[test]
fn no_heads_or_more_than_256_are_refused() {
	for heads in [0, 257] {
		let error = refused(Gpt { heads, ..gpt2() });
		assert_eq!(error, count(Field::Heads, heads.into(), 1, 256));
	}
}

#[test]
fn key_and_value_heads_that_do_not_divide_the_query_heads_are_refused() {
	let shared = |kv_heads| {
		refused(Gpt {
			heads: 8,
			kv_heads,
			..gpt2()
		})
	};
	assert_eq!(shared(0), count(Field::KvHeads, 0, 1, 8));
	assert_eq!(shared(9), count(Field::KvHeads, 9, 1, 8));
	let (field, value, of) = (Field::KvHeads, 3, 8);
	assert_eq!(shared(3), PlanError::NotDivisor { field, value, of });
}

#[test]
fn a_head_outside_16_to_256_or_between_tiles_is_refused() {
	for head in [0, 15, 272] {
		let error = refused(Gpt { head, ..gpt2() });
		assert_eq!(error, count(Field::Head, head.into(), 16, 256));
	}
	let error = refused(Gpt { head: 24, ..gpt2() });
	assert_eq!(error, not_whole(Field::Head, 24));
}

#[test]
fn a_norm_without_an_epsilon_is_refused() {
	let field = Field::NormEpsilon;
	for value in [ZERO, Decimal::new(9, -13), Decimal::new(2, 0)] {
		let error = refused(Gpt {
			norm_epsilon: value,
			..gpt2()
		});
		assert_eq!(error, decimal(field, value, Decimal::new(1, -12), ONE));
	}
	let error = refused(Gpt {
		norm_epsilon: Decimal::new(1, -31),
		..gpt2()
	});
	assert_eq!(
		error,
		PlanError::ExponentOutOfRange {
			field,
			exponent: -31,
			least: -30,
			most: 29
		}
	);
}

#[test]
fn turns_that_are_not_as_many_as_the_pairs_of_a_head_are_refused() {
	for (head, turns) in [(32, 0), (32, 8), (32, 32), (256, 127)] {
		let positions = Positions::Rotary(vec![0; turns].try_into().unwrap());
		let error = refused(Gpt {
			head,
			positions,
			..llama()
		});
		let pairs = u32::from(head) / 2;
		assert_eq!(error, count(Field::Turns, turns as u32, pairs, pairs));
	}
}

#[test]
fn a_rank_outside_16_to_256_or_between_tiles_is_refused() {
	let adapted = |rank| {
		refused(Gpt {
			adapter: Some(Adapter { rank, ..adapter() }),
			..llama()
		})
	};
	for rank in [0, 15, 272] {
		assert_eq!(adapted(rank), count(Field::Rank, rank.into(), 16, 256));
	}
	assert_eq!(adapted(24), not_whole(Field::Rank, 24));
}

#[test]
fn an_adapter_that_adds_nothing_or_more_than_a_thousand_times_is_refused() {
	let adapted = |scale| {
		refused(Gpt {
			adapter: Some(Adapter { scale, ..adapter() }),
			..llama()
		})
	};
	let field = Field::AdapterScale;
	for value in [ZERO, Decimal::new(-1, 0)] {
		assert_eq!(
			adapted(value),
			PlanError::DecimalNotPositive { field, value }
		);
	}
	let (value, most) = (Decimal::new(1_001, 0), Decimal::new(1_000, 0));
	assert_eq!(adapted(value), decimal(field, value, ZERO, most));
}

#[test]
fn no_sequences_or_more_rows_than_65536_are_refused() {
	let batch = |batch, context| {
		let model = Gpt { context, ..gpt2() };
		lower(&StepPlan {
			batch,
			..decoder(model)
		})
		.map(|_| ())
	};
	assert_eq!(batch(0, 16), Err(count(Field::Batch, 0, 1, 4_096)));
	assert_eq!(batch(4_097, 16), Err(count(Field::Batch, 4_097, 1, 4_096)));
	// 241 * 272 rows do not fit, 16 * 4096 do.
	let rows = count(Field::Rows, 65_552, 16, 65_536);
	assert_eq!(batch(241, 272), Err(rows));
	assert_eq!(batch(16, 4_096), Ok(()));
	assert_eq!(batch(4_096, 16), Ok(()));
	assert_eq!(batch(1, 16), Ok(()));
	let rows = count(Field::Rows, 4_096 * 4_096, 16, 65_536);
	assert_eq!(batch(4_096, 4_096), Err(rows));
}

#[test]
fn a_program_with_more_tensors_than_ids_is_refused() {
	let PlanError::TooManyTensors { tensors, most } = lower(&greatest()).unwrap_err() else {
		panic!("all numbers are in bounds");
	};
	assert_eq!(most, 65_535);
	assert!(tensors > most);
	// WHEN there are fewer layers THEN it is lowered
	let mut plan = greatest();
	let Model::Gpt(model) = &mut plan.model else {
		unreachable!("it is a decoder");
	};
	model.layers = 8;
	assert!(lower(&plan).is_ok());
}

#[test]
fn the_greatest_plan_fits_a_page() {
	assert!(greatest().encode().len() < 4_096);
	assert!(StepPlan::max_encoded_len() < 4_096);
}

#[test]
fn a_token_has_the_bytes_that_its_vocabulary_needs() {
	for (vocabulary, bytes) in [
		(2, 1),
		(256, 1),
		(257, 2),
		(65_536, 2),
		(65_537, 4),
		(262_144, 4),
	] {
		let model = Gpt {
			vocabulary,
			..gpt2()
		};
		let outline = crate::Outline::new(&decoder(model)).unwrap();
		assert_eq!(outline.item_bytes(), bytes);
	}
}

#[test]
fn the_least_decoder_is_lowered() {
	let model = Gpt {
		vocabulary: 2,
		width: 16,
		layers: 1,
		heads: 1,
		kv_heads: 1,
		head: 16,
		feed_forward: 16,
		..gpt2()
	};
	assert!(lower(&StepPlan {
		batch: 1,
		..decoder(model)
	})
	.is_ok());
}
