//! Which shapes fit each kind of op.

use crate::{program::Attention, Layout, Op, OpKind, Outline, Transpose};

fn matrix(rows: u32, cols: u32) -> Layout {
	Layout::Matrix { rows, cols }
}

fn vector(len: u32) -> Layout {
	Layout::Vector { len }
}

/// The layouts that the inputs of an op must have, by its kind and the shape of its output.
struct Wanted {
	inputs: Vec<Layout>,
	/// Inputs that may be left out, at the end of the list.
	optional: usize,
}

fn wanted(inputs: impl IntoIterator<Item = Layout>) -> Wanted {
	Wanted {
		inputs: inputs.into_iter().collect(),
		optional: 0,
	}
}

fn with_optional(inputs: impl IntoIterator<Item = Layout>, optional: usize) -> Wanted {
	Wanted {
		optional,
		..wanted(inputs)
	}
}

/// Panics if the inputs of an op do not have the shapes that its kind and output ask for.
pub(super) fn check(outline: &Outline, op: &Op) {
	let given: Vec<Layout> = op
		.inputs
		.iter()
		.flatten()
		.map(|id| outline.tensor(*id).unwrap().layout)
		.collect();
	let absent = op.inputs.iter().position(Option::is_none).unwrap_or(8);
	assert_eq!(absent, given.len(), "absent inputs come last: {op:?}");
	let Wanted { inputs, optional } = wanted_by(op, &given);
	assert!(
		given.len() == inputs.len() || given.len() + optional == inputs.len(),
		"{} inputs: {op:?}",
		given.len()
	);
	assert_eq!(given[..], inputs[..given.len()], "{op:?}");
}

fn wanted_by(op: &Op, given: &[Layout]) -> Wanted {
	let [rows, cols] = op.shape;
	let (same, stat) = (matrix(rows, cols), matrix(rows, 1));
	match op.kind {
		OpKind::Batch { context } => {
			assert_eq!(cols, context + 1);
			wanted([Layout::Bytes])
		}
		OpKind::Embed { context, embedding } => {
			assert_eq!(cols, context * embedding);
			wanted([matrix(rows, context + 1), matrix(256, embedding)])
		}
		OpKind::MatMul {
			depth,
			transpose,
			terms,
		} => {
			assert!(terms == 1 || terms == 2);
			let [a, b] = match transpose {
				Transpose::Neither => [matrix(rows, depth), matrix(depth, cols)],
				Transpose::Left => [matrix(depth, rows), matrix(depth, cols)],
				Transpose::Right => [matrix(rows, depth), matrix(cols, depth)],
			};
			with_optional([a, b, same], 1)
		}
		OpKind::Bias => wanted([same, vector(cols)]),
		OpKind::Relu | OpKind::Gelu | OpKind::Scale { .. } => wanted([same]),
		OpKind::ReluGrad | OpKind::GeluGrad => wanted([same; 2]),
		OpKind::SwiGlu | OpKind::SwiGluUpGrad => wanted([same; 2]),
		OpKind::SwiGluGateGrad => wanted([same; 3]),
		OpKind::RowMax { width } | OpKind::RowMean { width } | OpKind::RowSum { width } => {
			assert_eq!(cols, 1);
			wanted([matrix(rows, width)])
		}
		OpKind::RowSumExp { width } => {
			assert_eq!(cols, 1);
			wanted([matrix(rows, width), stat])
		}
		OpKind::LossRows { width, target } => {
			assert_eq!(cols, 1);
			let ids = matrix(rows, target + 1);
			wanted([ids, matrix(rows, width), stat, stat])
		}
		OpKind::LogitGrad { target, scale } => {
			assert!(scale <= 24);
			wanted([matrix(rows, target + 1), same, stat, stat])
		}
		OpKind::MeanLoss { rows: all } => {
			assert_eq!(op.shape, [1, 1]);
			wanted([matrix(all, 1)])
		}
		OpKind::ColSum { rows: all } => {
			assert_eq!(rows, 1);
			wanted([matrix(all, cols)])
		}
		OpKind::Pack => {
			assert_eq!(rows, 1);
			wanted([matrix(1, cols)])
		}
		OpKind::EmbedGrad { rows: all, context } => {
			assert_eq!(rows, 256);
			wanted([matrix(all, context + 1), matrix(all, context * cols)])
		}
		OpKind::AdamM { .. } | OpKind::AdamV { .. } => {
			with_optional([op.layout(), op.layout(), matrix(1, 1)], 1)
		}
		OpKind::AdamP { .. } => wanted([op.layout(); 3]),
		OpKind::StateList { count } => {
			assert_eq!(op.shape, [1, count]);
			wanted([])
		}
		OpKind::Features { inputs } => {
			assert_eq!(cols, inputs);
			wanted([Layout::Bytes])
		}
		OpKind::Labels { .. } => {
			assert_eq!(cols, 1);
			wanted([Layout::Bytes])
		}
		OpKind::Tokens { bytes, .. } => {
			assert_eq!(cols, 2);
			assert!([1, 2, 4].contains(&bytes));
			wanted([Layout::Bytes])
		}
		OpKind::EmbedTokens {
			context,
			vocabulary,
		} => {
			assert!(rows.is_multiple_of(context));
			let (ids, table) = (matrix(rows, 2), matrix(vocabulary, cols));
			with_optional([ids, table, matrix(context, cols)], 1)
		}
		OpKind::TableGrad { rows: all } => {
			with_optional([matrix(all, 2), matrix(all, cols), same], 1)
		}
		OpKind::PositionGrad { context, batch } => {
			assert_eq!(rows, context);
			wanted([matrix(batch * context, cols)])
		}
		OpKind::TileSum { tiles, .. } => {
			assert_eq!(op.shape, [16 * tiles.div_ceil(64), 16]);
			assert_eq!(given[0].tiles(), tiles);
			wanted([given[0]])
		}
		OpKind::ClipFactor { count, .. } => {
			assert!(count > 0);
			assert_eq!(op.shape, [1, 1]);
			wanted([matrix(16, 16)])
		}
		_ => wanted_by_norm_or_attention(op, given),
	}
}

fn wanted_by_norm_or_attention(op: &Op, given: &[Layout]) -> Wanted {
	let [rows, cols] = op.shape;
	let (same, stat, across) = (matrix(rows, cols), matrix(rows, 1), vector(cols));
	match op.kind {
		OpKind::InverseDeviation { width, epsilon } => {
			assert_eq!(cols, 1);
			assert!(epsilon > 0.0);
			with_optional([matrix(rows, width), stat], 1)
		}
		// With the mean comes the bias.
		OpKind::Normalise => with_optional([same, stat, across, stat, across], 2),
		OpKind::NormShift { width } => {
			assert_eq!(cols, 1);
			wanted([matrix(rows, width), vector(width)])
		}
		OpKind::NormSlope { width } => {
			assert_eq!(cols, 1);
			let x = matrix(rows, width);
			with_optional([x, x, vector(width), stat, stat], 1)
		}
		OpKind::NormGrad => match given.len() {
			5 => wanted([same, same, across, stat, stat]),
			6 => wanted([same, same, across, stat, stat, same]),
			7 => wanted([same, same, across, stat, stat, stat, stat]),
			_ => wanted([same, same, across, stat, stat, stat, stat, same]),
		},
		OpKind::GainGrad { rows: all } => {
			assert_eq!(rows, 1);
			let x = matrix(all, cols);
			with_optional([x, x, matrix(all, 1), matrix(all, 1)], 1)
		}
		OpKind::Rotate { context, head, .. } => {
			assert!(rows.is_multiple_of(context) && cols.is_multiple_of(head));
			wanted([same])
		}
		OpKind::CausalMax { context } => {
			assert!(cols == 1 && rows.is_multiple_of(context));
			wanted([matrix(rows, context)])
		}
		OpKind::CausalExp { context } | OpKind::Probability { context } => {
			assert!(cols == context && rows.is_multiple_of(context));
			wanted([same, stat])
		}
		OpKind::ScoreGrad { context, .. } => {
			assert!(cols == context && rows.is_multiple_of(context));
			wanted([same, same, stat])
		}
		OpKind::Scores { attention, .. } => {
			let (all, wide, narrow) = heads(&attention, rows / attention.heads);
			assert_eq!(op.shape, [all * attention.heads, attention.context]);
			wanted([matrix(all, wide), matrix(all, narrow)])
		}
		OpKind::Mix { attention } => {
			let (all, wide, narrow) = heads(&attention, rows);
			let tall = all * attention.heads;
			assert_eq!(op.shape, [all, wide]);
			let weights = matrix(tall, attention.context);
			with_optional([weights, matrix(all, narrow), matrix(tall, 1)], 1)
		}
		OpKind::MixBack { attention } => {
			let (all, wide, narrow) = heads(&attention, rows);
			assert_eq!(op.shape, [all, narrow]);
			let weights = matrix(all * attention.heads, attention.context);
			wanted([weights, matrix(all, wide)])
		}
		OpKind::HeadDot { attention } => {
			let (all, wide, _) = heads(&attention, rows / attention.heads);
			assert_eq!(op.shape, [all * attention.heads, 1]);
			wanted([matrix(all, wide); 2])
		}
		_ => panic!("a kind that no shapes are written down for: {op:?}"),
	}
}

/// Rows of the activations, columns of queries, columns of keys.
fn heads(attention: &Attention, rows: u32) -> (u32, u32, u32) {
	let Attention {
		context,
		heads,
		group,
		head,
	} = *attention;
	assert!(rows.is_multiple_of(context) && heads.is_multiple_of(group));
	(rows, heads * head, heads / group * head)
}
