//! Models as a submitter writes them.

use assay_numerics::{ByteMlp, Classifier, Model};
use serde::{Deserialize, Serialize};

use super::{gpt::GptFile, PlanFileError};

/// The model. Counts are as wide as JSON's, so that one that is too large is told by its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelFile {
	/// Embedding of the last bytes, dense layers, softmax over 256 bytes.
	ByteMlp {
		/// Bytes that it sees.
		context: u64,
		/// Width of a byte's embedding.
		embedding: u64,
		/// Widths of the hidden layers.
		hidden: Vec<u64>,
	},
	/// A decoder.
	Gpt(GptFile),
	/// Dense layers that tell classes apart.
	Classifier {
		/// Bytes of an example; a record has one more, the label.
		inputs: u64,
		/// Widths of the hidden layers.
		hidden: Vec<u64>,
		/// Classes.
		classes: u64,
	},
}

impl ModelFile {
	/// What says the same as a model.
	pub(super) fn of(model: &Model) -> Self {
		let wide = |widths: &[u16]| widths.iter().copied().map(u64::from).collect();
		match model {
			Model::ByteMlp(model) => Self::ByteMlp {
				context: model.context.into(),
				embedding: model.embedding.into(),
				hidden: wide(&model.hidden),
			},
			Model::Gpt(model) => Self::Gpt(GptFile::of(model)),
			Model::Classifier(model) => Self::Classifier {
				inputs: model.inputs.into(),
				hidden: wide(&model.hidden),
				classes: model.classes.into(),
			},
		}
	}

	/// The model as the numerics see it, not yet checked.
	pub(super) fn model(&self) -> Result<Model, PlanFileError> {
		Ok(match self {
			Self::ByteMlp {
				context,
				embedding,
				hidden,
			} => Model::ByteMlp(ByteMlp {
				context: count("context", *context)?,
				embedding: count("embedding", *embedding)?,
				hidden: widths(hidden)?
					.try_into()
					.map_err(|_| PlanFileError::Layers(hidden.len()))?,
			}),
			Self::Gpt(file) => Model::Gpt(file.model()?),
			Self::Classifier {
				inputs,
				hidden,
				classes,
			} => Model::Classifier(Classifier {
				inputs: count("inputs", *inputs)?,
				hidden: widths(hidden)?
					.try_into()
					.map_err(|_| PlanFileError::Layers(hidden.len()))?,
				classes: count("classes", *classes)?,
			}),
		})
	}
}

fn widths(hidden: &[u64]) -> Result<Vec<u16>, PlanFileError> {
	hidden.iter().map(|width| count("hidden", *width)).collect()
}

/// A count in the plan's own type. What fits there and is still too large, the rules refuse.
pub(super) fn count<T: TryFrom<u64> + Bound>(
	field: &'static str,
	value: u64,
) -> Result<T, PlanFileError> {
	T::try_from(value).map_err(|_| PlanFileError::TooLarge {
		field,
		value,
		most: T::MOST,
	})
}

/// Types of counts.
pub(super) trait Bound {
	/// The greatest value.
	const MOST: u64;
}

impl Bound for u8 {
	const MOST: u64 = u8::MAX as u64;
}

impl Bound for u16 {
	const MOST: u64 = u16::MAX as u64;
}

impl Bound for u32 {
	const MOST: u64 = u32::MAX as u64;
}
