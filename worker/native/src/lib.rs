//! Trains the same plans in floating point, on any device that candle knows.
//!
//! # Overview
//!
//! A plan says what one step of training computes. [`assay_numerics`] makes bits of it that are the
//! same everywhere; this crate makes a candle model of it, whose bits depend on the device. It serves
//! two ends:
//!
//! - the native lane, for devices that have no exact one: verified by tolerance and by loss, never
//!   slashable;
//! - the oracle: losses and gradients by an independent automatic differentiation, with which the
//!   exact lane's must agree within the rounding of its profile.
//!
//! A [`NativeModel`] is a plan's model with its parameters on a device, a [`NativeTrainer`] trains it
//! for a task on the examples that the exact lane would take, and [`mod@bench`] measures it.
//!
//! # Limits
//!
//! Only ops that candle can differentiate are used, none of them fused, so that all devices work. The
//! plan's loss scale and two-term products are means of the exact profile: here they change nothing.
//!
//! # Terminology
//!
//! - Item: a byte, a token or a record of the data.
//! - Row: a prediction. A GPT makes one for each position of each example, the others one for each
//!   example.

mod batch;
pub mod bench;
mod error;
mod generate;
mod model;
mod ops;
mod optimiser;
mod tensors;
mod trainer;

pub use batch::{Batch, Reader};
pub use error::NativeError;
pub use model::NativeModel;
pub use ops::Precision;
pub use tensors::{initial_parameters, read_safetensors, NamedTensor};
pub use trainer::{NativeTrainer, Task};

// Named for its features alone.
use gemm as _;
