//! Examples of the data as the inputs of a program.

use assay_numerics::{
	batch::{held_out_offset, row_offset, span, train_items},
	ops::Env,
	program::{OpKind, Outline, Program},
};

use crate::{
	error::EngineError,
	kernels::{embedding::write_ids, tokens},
	memory::Memory,
	tensor::SIDE,
};

/// Data and how a program reads them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examples<'a> {
	data: &'a [u8],
	/// Bytes of an item.
	item: usize,
	/// Items of an example after its first.
	context: u32,
	items: u64,
}

impl<'a> Examples<'a> {
	/// # Errors
	/// [`EngineError::DataNotWhole`] if the last item is cut off.
	pub(crate) fn new(outline: &Outline, data: &'a [u8]) -> Result<Self, EngineError> {
		let item = outline.item_bytes() as usize;
		if !data.len().is_multiple_of(item) {
			let bytes = data.len() as u64;
			return Err(EngineError::DataNotWhole { bytes, item });
		}
		Ok(Examples {
			data,
			item,
			context: outline.context(),
			items: (data.len() / item) as u64,
		})
	}

	/// Items that training may read.
	pub(crate) fn train_items(&self) -> u64 {
		train_items(self.items)
	}

	/// Items that an example may start at among so many; at least one.
	fn span_of(&self, items: u64) -> Result<u64, EngineError> {
		match span(items, self.context) {
			0 => Err(EngineError::DataTooShort {
				bytes: items * self.item as u64,
				needed: (u64::from(self.context) + 1) * self.item as u64,
			}),
			span => Ok(span),
		}
	}

	/// Refuses data without a single example to train on.
	pub(crate) fn check_train(&self) -> Result<(), EngineError> {
		self.span_of(self.train_items()).map(|_| ())
	}

	/// Refuses data without a single example to evaluate on.
	pub(crate) fn check_held_out(&self) -> Result<(), EngineError> {
		self.span_of(self.items - self.train_items()).map(|_| ())
	}

	/// Refuses a token or label that the model does not have.
	pub(crate) fn check_values(&self, program: &Program) -> Result<(), EngineError> {
		let count = program.vocabulary();
		// A byte of a window, or a token of all its bytes, cannot be too great.
		let labelled = is_labelled(program);
		if !labelled && u64::from(count) == 1 << (8 * self.item) {
			return Ok(());
		}
		let mut values = (0..self.items).map(|item| self.value(item, labelled));
		match values.position(|value| value >= count) {
			None => Ok(()),
			Some(at) => Err(EngineError::BadData {
				item: at as u64,
				value: self.value(at as u64, labelled),
				most: count - 1,
			}),
		}
	}

	/// The id of an item: a token, or the label of a record, which is its last byte.
	fn value(&self, item: u64, labelled: bool) -> u32 {
		let item = &self.data[item as usize * self.item..][..self.item];
		let value = if labelled {
			&item[self.item - 1..]
		} else {
			item
		};
		let bytes = value.iter().rev();
		bytes.fold(0, |value, byte| value << 8 | u32::from(*byte))
	}

	/// What each row of the examples that start at these items should name: the token that follows, or
	/// the label.
	pub(crate) fn targets(&self, program: &Program, starts: &[u64]) -> Vec<u32> {
		let outline = program.outline();
		let labelled = is_labelled(program);
		// A window has one row, what follows it; a sequence has one for each token but the first.
		let rows = u64::from(outline.rows() / outline.batch());
		let first = u64::from(self.context) + 1 - rows;
		let items = starts
			.iter()
			.flat_map(|start| (first..first + rows).map(move |row| start + row));
		items.map(|item| self.value(item, labelled)).collect()
	}

	/// The items that the examples of a step start at.
	pub(crate) fn drawn(&self, env: &Env<'_>, starts: &mut [u64]) {
		let span = span(env.train_items, self.context);
		for (row, start) in (0..).zip(starts) {
			*start = row_offset(&env.seed, env.round, env.slot, env.step, row, span);
		}
	}

	/// The item that one of so many examples of the held-out set starts at.
	pub(crate) fn held_out(&self, example: u32, examples: u32) -> u64 {
		held_out_offset(example, examples, self.items, self.context)
	}

	/// Writes the examples that start at these items as the batch.
	///
	/// # Errors
	/// [`EngineError::BadData`] for a token or label that the model does not have.
	pub(crate) fn write(
		&self,
		program: &Program,
		memory: &mut Memory,
		starts: &[u64],
	) -> Result<(), EngineError> {
		for op in program.ops().iter().take(2) {
			let written = match op.kind {
				OpKind::Batch { .. } => {
					let count = self.context as usize + 1;
					let strip = count.next_multiple_of(SIDE) * SIDE;
					let ids = memory.tensor_mut(op.output).floats_mut();
					for (row, start) in starts.iter().enumerate() {
						let bytes = &self.data[*start as usize..][..count];
						write_ids(bytes, row % SIDE, &mut ids[row / SIDE * strip..][..strip]);
					}
					Ok(())
				}
				OpKind::Features { inputs } => {
					let features = memory.tensor_mut(op.output).floats_mut();
					tokens::write_features(self.data, starts, inputs as usize, features);
					Ok(())
				}
				OpKind::Labels { inputs, classes } => {
					let labels = memory.tensor_mut(op.output).floats_mut();
					let shape = (inputs as usize, classes);
					tokens::write_labels(self.data, starts, shape, labels)
				}
				OpKind::Tokens {
					vocabulary,
					bytes,
					context,
				} => {
					let shape = tokens::Sequences {
						context: context as usize,
						bytes: bytes as usize,
						vocabulary,
					};
					let ids = memory.tensor_mut(op.output).floats_mut();
					tokens::write_tokens(self.data, starts, shape, ids)
				}
				_ => Ok(()),
			};
			let tokens::BadData { item, value } = match written {
				Ok(()) => continue,
				Err(bad) => bad,
			};
			let most = program.vocabulary() - 1;
			return Err(EngineError::BadData { item, value, most });
		}
		Ok(())
	}
}

/// Whether data are records with labels.
fn is_labelled(program: &Program) -> bool {
	let mut ops = program.ops().iter();
	ops.any(|op| matches!(op.kind, OpKind::Labels { .. }))
}
