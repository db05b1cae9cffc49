//! What can go wrong.

use assay_numerics::plan::PlanError;

use crate::isa::Isa;

/// Why the engine refuses a plan, a task or a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The plan cannot be lowered to a program.
	#[error("the plan is refused: {0:?}")]
	Plan(PlanError),
	/// [`ISA_VARIABLE`](crate::isa::ISA_VARIABLE) has a value that means nothing.
	#[error("unknown instruction set {name:?}: portable, avx2 and avx512 are known")]
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
	/// A task of no steps has no loss.
	#[error("a task has at least one step")]
	NoSteps,
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
