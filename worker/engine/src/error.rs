//! What can go wrong.

use std::fmt::Write;

use assay_numerics::{hash::Root, plan::PlanError};

use crate::isa::Isa;

/// Why the engine refuses a plan, a task or a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The plan cannot be lowered to a program.
	#[error("the plan is refused: {0:?}")]
	Plan(PlanError),
	/// [`ISA_VARIABLE`](crate::isa::ISA_VARIABLE) has a value that means nothing.
	#[error("unknown instruction set {name:?}: portable, neon, avx2, avx512 and amx are known")]
	UnknownIsa {
		/// What was asked for.
		name: String,
	},
	/// The instruction set that was asked for is not there.
	#[error("this machine has no {isa}")]
	IsaNotAvailable {
		/// What was asked for.
		isa: Isa,
	},
	/// An engine with no threads was asked for.
	#[error("an engine needs at least one thread")]
	NoThreads,
	/// More than one thread, on a target that has no threads, such as WebAssembly.
	#[error("this target has one thread, not {threads}")]
	OneThreadOnly {
		/// What was asked for.
		threads: usize,
	},
	/// The system refused to start the threads.
	#[error("the engine's threads could not be started")]
	Threads(#[source] rayon::ThreadPoolBuildError),
	/// A thread would compute other bits. Something in the process, often a library built with
	/// fast-math flags, has changed the mode of its threads.
	#[error("a thread's floating-point mode is {control:#x}: it must round to nearest and keep subnormals")]
	FpuMode {
		/// The control register: MXCSR or FPCR.
		control: u64,
	},
	/// Training breaks the range rule. This is the outcome of the task, the same on every machine.
	#[error("step {step}: the output of op {op} leaves the range of the profile")]
	OutOfRange {
		/// Step within the task.
		step: u32,
		/// The first op in the program's order that breaks the rule.
		op: usize,
	},
	/// Parameters break the range rule when they are used, without being trained.
	#[error("the output of op {op} leaves the range of the profile")]
	ForwardOutOfRange {
		/// The first op in the program's order that breaks the rule.
		op: usize,
	},
	/// The parameters' tensors have other shapes than this plan's.
	#[error("the parameters belong to another plan")]
	ParamsOfAnotherPlan,
	/// A transcript of a step behind the end of its task.
	#[error("there is no step {step} in a task of {steps}")]
	NoSuchStep {
		/// What was asked for.
		step: u32,
		/// Steps of the task.
		steps: u32,
	},
	/// There is no window of context and target in the part of the data that is asked for.
	#[error("{bytes} bytes of data are too few: at least {needed} are needed")]
	DataTooShort {
		/// Length of that part.
		bytes: u64,
		/// The least length that works.
		needed: u64,
	},
	/// The data end in the middle of a token or record.
	#[error("{bytes} bytes of data are no whole number of items of {item} bytes")]
	DataNotWhole {
		/// Length of the data.
		bytes: u64,
		/// Bytes of a token or record.
		item: usize,
	},
	/// A token or label that the model does not have.
	#[error(
		"item {item} of the data is or has the label {value}: at most {most} is known to the model"
	)]
	BadData {
		/// Which token or record.
		item: u64,
		/// What it says.
		value: u32,
		/// The greatest that is allowed.
		most: u32,
	},
	/// Adapters cannot be used without the model that they belong to.
	#[error("the plan trains adapters: the model that they belong to is needed")]
	NoBase,
	/// The model is not the one that the plan names.
	#[error(
		"the plan's adapters belong to the model {}, not to {}",
		hex(expected),
		hex(found)
	)]
	OtherBase {
		/// The root in the plan.
		expected: Root,
		/// The root of what was given.
		found: Root,
	},
	/// Only models of tokens write text, and only those with one byte to a token write bytes.
	#[error("this model writes no text: it classifies, or its tokens are no bytes")]
	NoText,
	/// A task of no steps has no loss.
	#[error("a task has at least one step")]
	NoSteps,
	/// A part of a task that it does not have.
	#[error("there are no {count} steps from step {first} on: the task has {steps}")]
	NoSuchPart {
		/// The first step asked for.
		first: u32,
		/// How many.
		count: u32,
		/// Steps of the task.
		steps: u32,
	},
	/// Moments before the first step of a task, or none before another one.
	#[error("step {first} is no start for these moments: give none before step 0, and those before any other")]
	MomentsOfPart {
		/// The first step asked for.
		first: u32,
	},
	/// The moments' tensors have other shapes than this plan's.
	#[error("the moments belong to another plan")]
	MomentsOfAnotherPlan,
	/// Segments of no steps have no borders.
	#[error("a segment has at least one step")]
	NoStride,
	/// An evaluation of no rows has no loss.
	#[error("an evaluation has at least one row")]
	NoRows,
	/// The mean of no updates is undefined.
	#[error("an aggregation has at least one update")]
	NoUpdates,
	/// The mean of these updates breaks the range rule.
	#[error("the aggregate of tensor {tensor} leaves the range of the profile in tile {tile}")]
	AggregateOutOfRange {
		/// Index in the order of the checkpoint.
		tensor: usize,
		/// Tile of that tensor.
		tile: usize,
	},
	/// A fault names a tensor that the model does not have.
	#[error("there is no tensor {param} to falsify: the model has {params}")]
	FaultOfNoParam {
		/// What was asked for.
		param: usize,
		/// How many there are.
		params: usize,
	},
	/// A checkpoint does not fit.
	#[error("the checkpoint does not fit the program")]
	Params(#[from] ParamsError),
}

/// Why bytes are not a checkpoint of a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
	/// Too few or too many tensors.
	#[error("{found} tensors, but the program has {expected}")]
	Count {
		/// What the program has.
		expected: usize,
		/// What was given.
		found: usize,
	},
	/// A tensor of another length.
	#[error("tensor {tensor} has {found} bytes instead of {expected}")]
	Length {
		/// Index in the order of the checkpoint.
		tensor: usize,
		/// What the program needs.
		expected: usize,
		/// What was given.
		found: usize,
	},
	/// NaN, infinity or a magnitude of 2^50 and more.
	#[error(
		"tensor {tensor}: element {element} of its canonical order, {bits:#010x}, is out of range"
	)]
	OutOfRange {
		/// Index in the order of the checkpoint.
		tensor: usize,
		/// Position in canonical order.
		element: usize,
		/// The element's pattern.
		bits: u32,
	},
	/// Padding that is not +0.0.
	#[error("tensor {tensor}: element {element} of its canonical order is padding but not zero")]
	Padding {
		/// Index in the order of the checkpoint.
		tensor: usize,
		/// Position in canonical order.
		element: usize,
	},
}

fn hex(root: &Root) -> String {
	root.iter().fold(String::from("0x"), |mut text, byte| {
		// Writing to a string cannot fail.
		let _ = write!(text, "{byte:02x}");
		text
	})
}
