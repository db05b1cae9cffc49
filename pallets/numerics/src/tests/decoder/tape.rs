//! Functions of matrices in f64 that remember how they were computed.
//!
//! Each function says what it is and what becomes of a gradient; nothing here knows of models.

use super::super::matrix::Matrix;
use std::rc::Rc;

/// A value on a tape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Var(usize);

type Back = Box<dyn Fn(&Matrix) -> Vec<(Var, Matrix)>>;

struct Node {
	value: Rc<Matrix>,
	back: Back,
}

/// Values in the order in which they were computed.
#[derive(Default)]
pub(super) struct Tape {
	nodes: Vec<Node>,
}

impl Tape {
	fn push(
		&mut self,
		value: Matrix,
		back: impl Fn(&Matrix) -> Vec<(Var, Matrix)> + 'static,
	) -> Var {
		self.nodes.push(Node {
			value: Rc::new(value),
			back: Box::new(back),
		});
		Var(self.nodes.len() - 1)
	}

	pub(super) fn value(&self, x: Var) -> Rc<Matrix> {
		self.nodes[x.0].value.clone()
	}

	pub(super) fn input(&mut self, value: Matrix) -> Var {
		self.push(value, |_| Vec::new())
	}

	/// The gradients of the sum of all elements of `y`, by every value.
	pub(super) fn gradients(&self, y: Var) -> Vec<Matrix> {
		let shaped = |value: &Matrix| Matrix::zero(value.rows, value.cols);
		let mut all: Vec<_> = self.nodes.iter().map(|node| shaped(&node.value)).collect();
		all[y.0].data.fill(1.0);
		for (i, node) in self.nodes.iter().enumerate().rev() {
			for (x, gradient) in (node.back)(&all[i]) {
				assert!(x.0 < i);
				all[x.0] = all[x.0].zip(&gradient, |a, b| a + b);
			}
		}
		all
	}

	/// The gradient of one value.
	pub(super) fn of(gradients: &[Matrix], x: Var) -> &Matrix {
		&gradients[x.0]
	}

	/// `a b^T`.
	pub(super) fn times_transposed(&mut self, a: Var, b: Var) -> Var {
		let (x, y) = (self.value(a), self.value(b));
		self.push(x.times(&y.transposed()), move |g| {
			vec![(a, g.times(&y)), (b, g.transposed().times(&x))]
		})
	}

	/// `a b`.
	pub(super) fn times(&mut self, a: Var, b: Var) -> Var {
		let (x, y) = (self.value(a), self.value(b));
		self.push(x.times(&y), move |g| {
			vec![(a, g.times(&y.transposed())), (b, x.transposed().times(g))]
		})
	}

	pub(super) fn add(&mut self, a: Var, b: Var) -> Var {
		let sum = self.value(a).zip(&self.value(b), |a, b| a + b);
		self.push(sum, move |g| vec![(a, g.clone()), (b, g.clone())])
	}

	pub(super) fn multiply(&mut self, a: Var, b: Var) -> Var {
		let (x, y) = (self.value(a), self.value(b));
		self.push(x.zip(&y, |a, b| a * b), move |g| {
			vec![(a, g.zip(&y, |g, y| g * y)), (b, g.zip(&x, |g, x| g * x))]
		})
	}

	/// `f(x)` of every element, with its derivative.
	pub(super) fn map(&mut self, a: Var, f: fn(f64) -> f64, derivative: fn(f64) -> f64) -> Var {
		let x = self.value(a);
		self.push(x.zip(&x, |x, _| f(x)), move |g| {
			vec![(a, g.zip(&x, |g, x| g * derivative(x)))]
		})
	}

	pub(super) fn scale(&mut self, a: Var, factor: f64) -> Var {
		let x = self.value(a);
		self.push(x.zip(&x, |x, _| x * factor), move |g| {
			vec![(a, g.zip(g, |g, _| g * factor))]
		})
	}

	pub(super) fn shift(&mut self, a: Var, by: f64) -> Var {
		let x = self.value(a);
		self.push(x.zip(&x, |x, _| x + by), move |g| vec![(a, g.clone())])
	}

	/// A row or a column as often as `like` has rows or columns.
	pub(super) fn spread(&mut self, a: Var, like: Var) -> Var {
		let (x, like) = (self.value(a), self.value(like));
		let (rows, cols) = (x.rows, x.cols);
		let spread = Matrix::from_fn(like.rows, like.cols, |i, j| x.at(i % rows, j % cols));
		self.push(spread, move |g| {
			let mut sums = Matrix::zero(rows, cols);
			for i in 0..g.rows {
				for j in 0..g.cols {
					sums.data[i % rows * cols + j % cols] += g.at(i, j);
				}
			}
			vec![(a, sums)]
		})
	}

	/// The mean of each row.
	pub(super) fn row_mean(&mut self, a: Var) -> Var {
		let x = self.value(a);
		let (rows, cols) = (x.rows, x.cols);
		let mean = |i: usize| (0..cols).map(|j| x.at(i, j)).sum::<f64>() / cols as f64;
		self.push(Matrix::from_fn(rows, 1, |i, _| mean(i)), move |g| {
			let share = Matrix::from_fn(rows, cols, |i, _| g.at(i, 0) / cols as f64);
			vec![(a, share)]
		})
	}

	/// Row `i` is row `ids[i]`.
	pub(super) fn gather(&mut self, a: Var, ids: Vec<usize>) -> Var {
		let x = self.value(a);
		let (rows, cols) = (x.rows, x.cols);
		let gathered = Matrix::from_fn(ids.len(), cols, |i, j| x.at(ids[i], j));
		self.push(gathered, move |g| {
			let mut sums = Matrix::zero(rows, cols);
			for (i, id) in ids.iter().enumerate() {
				for j in 0..cols {
					sums.data[id * cols + j] += g.at(i, j);
				}
			}
			vec![(a, sums)]
		})
	}

	/// A part of a matrix.
	pub(super) fn part(&mut self, a: Var, from: (usize, usize), size: (usize, usize)) -> Var {
		let x = self.value(a);
		let (rows, cols) = (x.rows, x.cols);
		let part = Matrix::from_fn(size.0, size.1, |i, j| x.at(from.0 + i, from.1 + j));
		self.push(part, move |g| {
			let mut whole = Matrix::zero(rows, cols);
			for i in 0..size.0 {
				for j in 0..size.1 {
					whole.data[(from.0 + i) * cols + from.1 + j] = g.at(i, j);
				}
			}
			vec![(a, whole)]
		})
	}

	/// The whole that has these parts, all of one size, `across` of them in a row.
	pub(super) fn whole(&mut self, parts: Vec<Var>, across: usize) -> Var {
		let values: Vec<_> = parts.iter().map(|part| self.value(*part)).collect();
		let (rows, cols) = (values[0].rows, values[0].cols);
		let (down, wide) = (parts.len() / across * rows, across * cols);
		let whole = Matrix::from_fn(down, wide, |i, j| {
			values[i / rows * across + j / cols].at(i % rows, j % cols)
		});
		self.push(whole, move |g| {
			let part = |n: usize| {
				Matrix::from_fn(rows, cols, |i, j| {
					g.at(n / across * rows + i, n % across * cols + j)
				})
			};
			(0..parts.len()).map(|n| (parts[n], part(n))).collect()
		})
	}

	/// Row `t` turned by `angle(t, pair)`, where a pair is a column of the first half and the same of
	/// the second.
	pub(super) fn turn(&mut self, a: Var, angle: impl Fn(usize, usize) -> f64 + 'static) -> Var {
		let turned = move |x: &Matrix, sign: f64| {
			let half = x.cols / 2;
			Matrix::from_fn(x.rows, x.cols, |t, j| {
				let (s, c) = angle(t, j % half).sin_cos();
				let (low, high) = (x.at(t, j % half), x.at(t, j % half + half));
				if j < half {
					low * c - sign * high * s
				} else {
					high * c + sign * low * s
				}
			})
		};
		let value = turned(&self.value(a), 1.0);
		self.push(value, move |g| vec![(a, turned(g, -1.0))])
	}

	/// The softmax of the first `t + 1` elements of row `t`; 0 behind them.
	pub(super) fn causal_softmax(&mut self, a: Var) -> Var {
		let x = self.value(a);
		let mut weights = Matrix::zero(x.rows, x.cols);
		for t in 0..x.rows {
			let seen = || (0..=t).map(|j| x.at(t, j));
			let most = seen().fold(f64::MIN, f64::max);
			let sum: f64 = seen().map(|s| (s - most).exp()).sum();
			for j in 0..=t {
				weights.data[t * x.cols + j] = (x.at(t, j) - most).exp() / sum;
			}
		}
		let p = weights.clone();
		self.push(weights, move |g| {
			let dot = |t: usize| (0..p.cols).map(|j| p.at(t, j) * g.at(t, j)).sum::<f64>();
			let dots: Vec<f64> = (0..p.rows).map(dot).collect();
			let scores =
				Matrix::from_fn(p.rows, p.cols, |t, j| p.at(t, j) * (g.at(t, j) - dots[t]));
			vec![(a, scores)]
		})
	}

	/// The loss of each row of logits.
	pub(super) fn losses(&mut self, logits: Var, targets: Vec<usize>) -> Var {
		let x = self.value(logits);
		let log_sum = |i: usize| {
			let row = || (0..x.cols).map(|j| x.at(i, j));
			let most = row().fold(f64::MIN, f64::max);
			most + row().map(|x| (x - most).exp()).sum::<f64>().ln()
		};
		let sums: Vec<f64> = (0..x.rows).map(log_sum).collect();
		let losses = Matrix::from_fn(x.rows, 1, |i, _| sums[i] - x.at(i, targets[i]));
		self.push(losses, move |g| {
			let back = Matrix::from_fn(x.rows, x.cols, |i, j| {
				let hot = if targets[i] == j { 1.0 } else { 0.0 };
				((x.at(i, j) - sums[i]).exp() - hot) * g.at(i, 0)
			});
			vec![(logits, back)]
		})
	}
}
