//! Attention, op by op.

use super::*;
use crate::{functions::exp, Attention};

/// A shape: sequences, and what the ops say of heads.
#[derive(Clone, Copy, Debug)]
struct Shape {
	sequences: usize,
	attention: Attention,
}

impl Shape {
	fn context(&self) -> usize {
		self.attention.context as usize
	}

	fn heads(&self) -> usize {
		self.attention.heads as usize
	}

	fn head(&self) -> usize {
		self.attention.head as usize
	}

	fn group(&self) -> usize {
		self.attention.group as usize
	}

	/// Rows of activations.
	fn rows(&self) -> usize {
		self.sequences * self.context()
	}

	fn queries(&self) -> usize {
		self.heads() * self.head()
	}

	fn values(&self) -> usize {
		self.queries() / self.group()
	}

	/// Rows of what has one for each head.
	fn tall(&self) -> usize {
		self.rows() * self.heads()
	}

	/// Sequence, head and position of such a row.
	fn split(&self, row: usize) -> (usize, usize, usize) {
		let (context, heads) = (self.context(), self.heads());
		(row / context / heads, row / context % heads, row % context)
	}

	/// The columns of a query head in one row of activations.
	fn of_head<'a>(&self, x: &'a Rows, row: usize, head: usize) -> &'a [f32] {
		&x[row][head * self.head()..][..self.head()]
	}

	/// A square for each head, by `f(sequence, head, t, j)`, where `j <= t`.
	fn squares(&self, f: impl Fn(usize, usize, usize, usize) -> f32) -> Rows {
		rows(self.tall(), self.context(), |row, j| {
			let (sequence, head, t) = self.split(row);
			if j <= t {
				f(sequence, head, t, j)
			} else {
				0.0
			}
		})
	}

	/// The row of a position of a head.
	fn row(&self, sequence: usize, head: usize, t: usize) -> usize {
		(sequence * self.heads() + head) * self.context() + t
	}

	/// Noise where it is not masked.
	fn weights(&self, noise: &Noise, salt: u32) -> Rows {
		self.squares(|b, h, t, j| noise.at(salt, self.row(b, h, t), j))
	}
}

/// One or two sequences, heads that are shared or not, and contexts and heads across blocks of 128.
fn shapes() -> impl Strategy<Value = Shape> {
	let contexts = prop_oneof![3 => 1_u32..=3, 2 => 4_u32..=18];
	let heads = prop_oneof![4 => 1_u32..=3, 1 => 4_u32..=10];
	(1_usize..=2, contexts, 1_u32..=2, 1_u32..=3, heads).prop_map(
		|(sequences, context, shared, group, head)| Shape {
			sequences,
			attention: Attention {
				context: 16 * context,
				heads: shared * group,
				group,
				head: 16 * head,
			},
		},
	)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(30))]

	#[test]
	fn scores_are_products_of_rows_of_heads_times_a_factor(
		shape in shapes(),
		noise in noises(),
		one in any::<bool>(),
	) {
		let factor = if one { 1.0 } else { 0.176_776_7 };
		let queries = noise.rows(1, shape.rows(), shape.queries());
		let keys = noise.rows(2, shape.rows(), shape.values());
		let wanted = shape.squares(|b, h, t, j| {
			let query = shape.of_head(&queries, b * shape.context() + t, h);
			let key = shape.of_head(&keys, b * shape.context() + j, h / shape.group());
			contracted(0.0, query, key, 1) * factor
		});
		let kind = OpKind::Scores { attention: shape.attention, factor };
		agrees(kind, &env(), &[matrix(&queries), matrix(&keys)], &wanted)?;
	}

	#[test]
	fn a_causal_maximum_does_not_look_at_what_is_masked(shape in shapes(), noise in noises()) {
		// GIVEN scores with anything where they are masked
		let scores = noise.rows(1, shape.tall(), shape.context());
		let context = shape.attention.context;
		let seen = |row: usize| scores[row][..=shape.split(row).2].iter().copied();
		let wanted: Rows = (0..shape.tall())
			.map(|row| vec![lanes(arith::LOWEST, seen(row), arith::max)])
			.collect();
		agrees(OpKind::CausalMax { context }, &env(), &[matrix(&scores)], &wanted)?;
	}

	#[test]
	fn exponentials_probabilities_and_their_gradients_are_elementwise_and_masked(
		shape in shapes(),
		noise in noises(),
	) {
		let context = shape.attention.context;
		let x = noise.rows(1, shape.tall(), shape.context());
		let dp = noise.rows(2, shape.tall(), shape.context());
		let stat = noise.vector(3, shape.tall());
		// Sums are of exponentials of which one is 1.
		let sums: Vec<f32> = noise.positive(4, shape.tall()).iter().map(|x| 1.0 + x).collect();
		let row = |b, h, t| shape.row(b, h, t);
		let most = (0..shape.tall()).map(|i| {
			let seen = x[i][..=shape.split(i).2].iter().copied();
			lanes(arith::LOWEST, seen, arith::max)
		});
		let most: Vec<f32> = most.collect();

		let wanted = shape.squares(|b, h, t, j| exp(x[row(b, h, t)][j] - most[row(b, h, t)]));
		let inputs = [matrix(&x), column(&most)];
		agrees(OpKind::CausalExp { context }, &env(), &inputs, &wanted)?;

		let wanted = shape.squares(|b, h, t, j| x[row(b, h, t)][j] * (1.0 / sums[row(b, h, t)]));
		let inputs = [matrix(&x), column(&sums)];
		agrees(OpKind::Probability { context }, &env(), &inputs, &wanted)?;

		let factor = 0.25;
		let wanted = shape.squares(|b, h, t, j| {
			let i = row(b, h, t);
			(x[i][j] * (dp[i][j] - stat[i])) * factor
		});
		let inputs = [matrix(&x), matrix(&dp), column(&stat)];
		agrees(OpKind::ScoreGrad { context, factor }, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn a_mix_is_the_product_of_weights_and_values_of_each_head(
		shape in shapes(),
		noise in noises(),
		summed in any::<bool>(),
	) {
		let weights = shape.weights(&noise, 1);
		let values = noise.rows(2, shape.rows(), shape.values());
		let sums = noise.positive(3, shape.tall());
		let wanted = rows(shape.rows(), shape.queries(), |i, col| {
			let (b, t, h) = (i / shape.context(), i % shape.context(), col / shape.head());
			let row = shape.row(b, h, t);
			let from = h / shape.group() * shape.head() + col % shape.head();
			let value = |j: usize| values[b * shape.context() + j][from];
			let column: Vec<f32> = (0..shape.context()).map(value).collect();
			let product = contracted(0.0, &weights[row], &column, 1);
			if summed { product * (1.0 / sums[row]) } else { product }
		});
		let mut inputs = vec![matrix(&weights), matrix(&values)];
		inputs.extend(summed.then(|| column(&sums)));
		agrees(OpKind::Mix { attention: shape.attention }, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn a_mix_back_adds_the_query_heads_of_a_group_one_after_the_other(
		shape in shapes(),
		noise in noises(),
	) {
		let weights = shape.weights(&noise, 1);
		let x = noise.rows(2, shape.rows(), shape.queries());
		let wanted = rows(shape.rows(), shape.values(), |i, col| {
			let (b, j, shared) = (i / shape.context(), i % shape.context(), col / shape.head());
			let mut sum = 0.0;
			for h in shared * shape.group()..(shared + 1) * shape.group() {
				let weight = |t: usize| weights[shape.row(b, h, t)][j];
				let value = |t: usize| x[b * shape.context() + t][h * shape.head() + col % shape.head()];
				let [weight, value] = [
					(0..shape.context()).map(weight).collect::<Vec<_>>(),
					(0..shape.context()).map(value).collect(),
				];
				sum = contracted(sum, &weight, &value, 1);
			}
			sum
		});
		let kind = OpKind::MixBack { attention: shape.attention };
		agrees(kind, &env(), &[matrix(&weights), matrix(&x)], &wanted)?;
	}

	#[test]
	fn a_dot_sums_the_columns_of_each_head(shape in shapes(), noise in noises()) {
		let [a, b] = [1, 2].map(|salt| noise.rows(salt, shape.rows(), shape.queries()));
		let wanted: Rows = (0..shape.tall())
			.map(|row| {
				let (sequence, head, t) = shape.split(row);
				let row = sequence * shape.context() + t;
				let pairs = shape.of_head(&a, row, head).iter().zip(shape.of_head(&b, row, head));
				vec![lane_sum(pairs.map(|(a, b)| a * b))]
			})
			.collect();
		let kind = OpKind::HeadDot { attention: shape.attention };
		agrees(kind, &env(), &[matrix(&a), matrix(&b)], &wanted)?;
	}
}

#[test]
fn tiles_that_are_masked_whole_have_no_steps() {
	let attention = Attention {
		context: 48,
		heads: 2,
		group: 1,
		head: 144,
	};
	let context = 48;
	let square = |kind| op(kind, [96, 48], 3);
	let factor = 1.0;
	for (kind, blocks) in [
		(OpKind::Scores { attention, factor }, 2),
		(OpKind::CausalExp { context }, 1),
		(OpKind::Probability { context }, 1),
		(OpKind::ScoreGrad { context, factor }, 1),
	] {
		let op = square(kind);
		let steps: Vec<u32> = (0..18).map(|tile| ops::steps(&op, tile)).collect();
		let wanted = [1, 0, 0, 1, 1, 0, 1, 1, 1].map(|seen| seen * blocks);
		assert_eq!(steps, [wanted, wanted].concat());
		// What has no steps is finished at once.
		assert_eq!(ops::finish(&op, ops::start(&op)), Ok(Tile::ZERO));
	}
}
