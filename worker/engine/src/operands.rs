//! Which quantised operands products share.
//!
//! What a norm writes is the input of several linear layers, and again of the gradients of their
//! weights: it is quantised once for each direction that it is contracted in.

use std::collections::HashMap;

use assay_numerics::program::{Op, OpKind, TensorId, Transpose};

use crate::{
	contract::{contract, contract_new, Operand, Source, Sums, Terms},
	matrix::Matrix,
	pool::Lane,
};

/// How a tensor is quantised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
	/// A left operand, contracted along its rows.
	LeftRows,
	/// The same in two terms.
	LeftRowsTwice,
	/// A left operand, contracted along its columns.
	LeftColumns,
	/// The same in two terms.
	LeftColumnsTwice,
	/// A right operand, contracted along its rows.
	RightRows,
	/// A right operand, contracted along its columns.
	RightColumns,
}

impl Side {
	fn of(transpose: Transpose, terms: u32) -> [Side; 2] {
		let left = match (transpose, terms) {
			(Transpose::Left, 2) => Side::LeftColumnsTwice,
			(Transpose::Left, _) => Side::LeftColumns,
			(_, 2) => Side::LeftRowsTwice,
			_ => Side::LeftRows,
		};
		let right = match transpose {
			Transpose::Right => Side::RightRows,
			_ => Side::RightColumns,
		};
		[left, right]
	}

	fn source(self, matrix: Matrix<'_>) -> Source<'_> {
		match self {
			Side::LeftRows => Source::left_rows(matrix, Terms::One),
			Side::LeftRowsTwice => Source::left_rows(matrix, Terms::Two),
			Side::LeftColumns => Source::left_columns(matrix, Terms::One),
			Side::LeftColumnsTwice => Source::left_columns(matrix, Terms::Two),
			Side::RightRows => Source::right_rows(matrix),
			Side::RightColumns => Source::right_columns(matrix),
		}
	}
}

/// One operand of a product.
#[derive(Clone, Copy, Debug)]
struct Use {
	side: Side,
	slot: usize,
	/// Whether this product is the first to need it.
	first: bool,
}

/// Room for operands, and who uses which of it.
#[derive(Debug, Default)]
pub(crate) struct Operands {
	slots: Vec<Operand>,
	/// By the tensor that the product writes.
	uses: HashMap<TensorId, [Use; 2]>,
}

impl Operands {
	/// Room for the products among these ops. An operand's place is free for another one after the
	/// last product that needs it.
	pub(crate) fn new(ops: &[Op]) -> Self {
		let keys = |op: &Op| match op.kind {
			OpKind::MatMul {
				transpose, terms, ..
			} => Some([0, 1].map(|i| (op.input(i), Side::of(transpose, terms)[i]))),
			_ => None,
		};
		let products: Vec<_> = ops
			.iter()
			.filter_map(|op| keys(op).map(|keys| (op.output, keys)))
			.collect();
		let mut last = HashMap::new();
		for (time, (_, keys)) in products.iter().enumerate() {
			for key in keys {
				last.insert(*key, time);
			}
		}
		let (mut count, mut free, mut held) = (0, Vec::new(), HashMap::new());
		let mut uses = HashMap::new();
		for (time, (output, keys)) in products.iter().enumerate() {
			let used = keys.map(|key| {
				let first = !held.contains_key(&key);
				let slot = *held.entry(key).or_insert_with(|| {
					free.pop().unwrap_or_else(|| {
						count += 1;
						count - 1
					})
				});
				let side = key.1;
				Use { side, slot, first }
			});
			uses.insert(*output, used);
			for key in keys {
				if last[key] == time {
					free.extend(held.remove(key));
				}
			}
		}
		Operands {
			slots: (0..count).map(|_| Operand::new()).collect(),
			uses,
		}
	}

	/// The product that writes this tensor, from its operands' matrices: quantises those that it is
	/// the first to need. Returns the greatest magnitude pattern that it meets.
	pub(crate) fn multiply(
		&mut self,
		lane: Lane,
		output: TensorId,
		[left, right]: [Matrix<'_>; 2],
		sums: Sums<'_>,
		out: &mut [f32],
	) -> u32 {
		let [a, b] = self.uses[&output];
		let mut first = std::mem::replace(&mut self.slots[a.slot], Operand::new());
		let second = &mut self.slots[b.slot];
		if b.first {
			second.fill(lane, b.side.source(right));
		}
		let met = if a.first {
			let source = a.side.source(left);
			contract_new(lane, (&mut first, source), second, sums, out)
		} else {
			contract(lane, &first, second, sums, out)
		};
		self.slots[a.slot] = first;
		met
	}
}
