//! Executes training programs exactly and fast.
//!
//! [`assay_numerics`] defines what a step of training is, tile by tile, and is slow. This crate
//! computes the same bits on whole matrices, which lie in memory as they are hashed. The instruction
//! set and the number of threads change the speed only: long sums are integer sums, and all others have their order written down.
//!
//! An [`Engine`] belongs to one plan. It trains a task from a checkpoint ([`Engine::train`]), or a part
//! of it from a [`Snapshot`] ([`TaskInput::segment_from`]), evaluates and aggregates checkpoints, and
//! repeats single steps with every tensor, as a dispute needs them ([`Engine::transcript`]).

mod aggregate;
mod attention;
mod contract;
mod engine;
pub mod error;
mod evaluate;
mod examples;
mod exec;
mod fault;
mod fpu;
mod generate;
mod hash;
pub mod isa;
mod kernels;
mod layout;
mod list;
mod matrix;
pub mod measure;
mod memory;
mod moments;
mod operands;
mod params;
mod pool;
mod profile;
mod run;
mod schedule;
mod state;
mod task;
mod tensor;
mod train;
mod transcript;

pub use engine::Engine;
pub use error::{EngineError, ParamsError};
pub use evaluate::{Accuracy, Score};
pub use fault::Fault;
pub use isa::Isa;
pub use moments::Moments;
pub use params::Params;
pub use profile::OpTime;
pub use state::{Border, Snapshot, StateRoots};
pub use task::{Part, StepReport, TaskInput, TaskOutput};
pub use transcript::{Ending, StepTranscript};

#[cfg(target_endian = "big")]
compile_error!("pairs of 16-bit integers are stored for little-endian machines");
