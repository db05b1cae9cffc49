//! Examples: the same that the exact lane draws.

use assay_numerics::{
	batch::span, held_out_offset, row_offset, train_items, Model, Outline, StepPlan,
};

use crate::NativeError;

/// Examples of one batch.
///
/// | model | inputs | targets |
/// | --- | --- | --- |
/// | GPT | `context` tokens | the token after each of them |
/// | perceptron of bytes | `context` bytes | the byte after them |
/// | classifier | the bytes of the record | its label |
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
	/// Examples.
	pub count: usize,
	/// Example by example.
	pub inputs: Vec<u32>,
	/// Example by example.
	pub targets: Vec<u32>,
}

/// How examples lie in the data of a plan.
#[derive(Clone, Debug)]
pub struct Reader {
	/// Bytes of an item.
	item: usize,
	/// Items of an example after its first one.
	context: u32,
	batch: u32,
	kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
	Tokens { vocabulary: u32 },
	Window,
	Records { classes: u32 },
}

impl Reader {
	/// The reader of a plan.
	///
	/// # Errors
	/// A plan that is refused.
	pub fn new(plan: &StepPlan) -> Result<Self, NativeError> {
		let outline = Outline::new(plan)?;
		Ok(Reader {
			item: outline.item_bytes() as usize,
			context: outline.context(),
			batch: outline.batch(),
			kind: match &plan.model {
				Model::ByteMlp(_) => Kind::Window,
				Model::Gpt(model) => Kind::Tokens {
					vocabulary: model.vocabulary,
				},
				Model::Classifier(model) => Kind::Records {
					classes: model.classes.into(),
				},
			},
		})
	}

	/// Whole items of the data.
	fn items(&self, data: &[u8]) -> u64 {
		data.len().checked_div(self.item).unwrap_or(0) as u64
	}

	/// The batch of one step: the examples that the exact lane takes.
	///
	/// # Errors
	/// Data that no example fits into, and tokens or labels out of range.
	pub fn draw(
		&self,
		data: &[u8],
		seed: &[u8; 32],
		(round, slot, step): (u32, u32, u32),
	) -> Result<Batch, NativeError> {
		let items = train_items(self.items(data));
		let span = self.span_of(items)?;
		let starts = (0..self.batch).map(|row| row_offset(seed, round, slot, step, row, span));
		self.read(data, starts)
	}

	/// Batches of `rows` examples that are spread evenly over the held-out part of the data, as the
	/// exact lane takes them to evaluate a checkpoint; the last batch may be short.
	///
	/// # Errors
	/// As [`Reader::draw`].
	pub fn held_out<'a>(
		&'a self,
		data: &'a [u8],
		rows: u32,
	) -> Result<impl Iterator<Item = Result<Batch, NativeError>> + 'a, NativeError> {
		let total = self.items(data);
		self.span_of(total.saturating_sub(train_items(total)))?;
		let firsts = (0..rows).step_by(self.batch.max(1) as usize);
		Ok(firsts.map(move |first| {
			let rows_of_batch = first..rows.min(first.saturating_add(self.batch));
			let starts = rows_of_batch.map(|j| held_out_offset(j, rows, total, self.context));
			self.read(data, starts)
		}))
	}

	fn span_of(&self, items: u64) -> Result<u64, NativeError> {
		match span(items, self.context) {
			0 => Err(NativeError::DataTooShort {
				items,
				example: u64::from(self.context) + 1,
			}),
			span => Ok(span),
		}
	}

	fn read(&self, data: &[u8], starts: impl Iterator<Item = u64>) -> Result<Batch, NativeError> {
		let mut batch = Batch {
			count: 0,
			inputs: Vec::new(),
			targets: Vec::new(),
		};
		for start in starts {
			let items = start..=start + u64::from(self.context);
			let bytes = (*items.end() + 1) as usize * self.item;
			let bytes = data.get(start as usize * self.item..bytes);
			let bytes = bytes.ok_or(NativeError::DataTooShort {
				items: self.items(data),
				example: u64::from(self.context) + 1,
			})?;
			self.example(&mut batch, start, bytes)?;
			batch.count += 1;
		}
		Ok(batch)
	}

	/// Appends the example in `bytes`, which starts at the item `start`.
	fn example(&self, batch: &mut Batch, start: u64, bytes: &[u8]) -> Result<(), NativeError> {
		let below = |bound, item, value| {
			if value < bound {
				Ok(value)
			} else {
				Err(NativeError::ValueTooGreat { item, value, bound })
			}
		};
		match self.kind {
			Kind::Window => {
				let (target, inputs) = bytes.split_last().unwrap_or((&0, &[]));
				batch
					.inputs
					.extend(inputs.iter().map(|byte| u32::from(*byte)));
				batch.targets.push((*target).into());
			}
			Kind::Records { classes } => {
				let (label, inputs) = bytes.split_last().unwrap_or((&0, &[]));
				batch
					.inputs
					.extend(inputs.iter().map(|byte| u32::from(*byte)));
				batch.targets.push(below(classes, start, (*label).into())?);
			}
			Kind::Tokens { vocabulary } => {
				let tokens = bytes.chunks_exact(self.item.max(1)).map(little_endian);
				let tokens = (start..).zip(tokens);
				let tokens = tokens.map(|(item, token)| below(vocabulary, item, token));
				let tokens = tokens.collect::<Result<Vec<_>, _>>()?;
				let last = tokens.len().saturating_sub(1);
				batch.inputs.extend(tokens.iter().take(last));
				batch.targets.extend(tokens.iter().skip(1));
			}
		}
		Ok(())
	}
}

fn little_endian(bytes: &[u8]) -> u32 {
	let digits = bytes.iter().rev();
	digits.fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}
