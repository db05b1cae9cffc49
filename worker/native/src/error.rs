//! What can go wrong.

use assay_numerics::PlanError;

/// Why a model, a batch or a step is refused.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
	/// The plan has a number out of its bounds.
	#[error("the plan is refused: {0}")]
	Plan(#[from] PlanError),
	/// A hyperparameter's power of ten is out of its bounds. Plans that are not refused have none.
	#[error("a hyperparameter has the exponent {exponent}")]
	Exponent {
		/// The power of ten.
		exponent: i8,
	},
	/// The plan's model has a tensor that was not given.
	#[error("the tensor {name} is missing")]
	MissingTensor {
		/// The tensor.
		name: String,
	},
	/// A tensor was given twice, or the plan's model has none of that name.
	#[error("the tensor {name} is not wanted")]
	UnexpectedTensor {
		/// The tensor.
		name: String,
	},
	/// A tensor has another shape than the plan says, or other than its number of values.
	#[error(
		"the tensor {name} has the shape {found:?} and {values} values, not the shape {expected:?}"
	)]
	Shape {
		/// The tensor.
		name: String,
		/// What the plan says.
		expected: Vec<usize>,
		/// What was given.
		found: Vec<usize>,
		/// How many values were given.
		values: usize,
	},
	/// Not one example fits into this part of the data.
	#[error("{items} items of data are too few for examples of {example}")]
	DataTooShort {
		/// Items that there are: bytes, tokens or records.
		items: u64,
		/// Items of an example.
		example: u64,
	},
	/// A token or label is not below the plan's number of them.
	#[error("item {item} of the data is {value}, not below {bound}")]
	ValueTooGreat {
		/// Its place in the data.
		item: u64,
		/// The token or label.
		value: u32,
		/// The vocabulary or the number of classes.
		bound: u32,
	},
	/// A batch's numbers do not fill examples of this model.
	#[error("{inputs} inputs and {targets} targets are no {count} examples of this model")]
	BatchShape {
		/// Examples.
		count: usize,
		/// Inputs that were given.
		inputs: usize,
		/// Targets that were given.
		targets: usize,
	},
	/// The task has no more steps.
	#[error("all {steps} steps of the task are done")]
	TaskDone {
		/// Steps of the task.
		steps: u32,
	},
	/// A model that predicts no tokens was asked for some.
	#[error("a classifier does not write")]
	CannotWrite,
	/// A decoder needs at least one token to go on from.
	#[error("the prompt is empty")]
	EmptyPrompt,
	/// Something was to be measured over no steps, or with no loss left to look at.
	#[error("there is nothing to measure")]
	NothingToMeasure,
	/// The process was started with settings for another number of threads; see
	/// [`environment`](crate::bench::environment).
	#[error("the process computes with {found} threads, not with {wanted}: set the environment before it starts")]
	Threads {
		/// What was asked for.
		wanted: usize,
		/// What candle says.
		found: usize,
	},
	/// candle failed.
	#[error(transparent)]
	Candle(#[from] candle_core::Error),
}
