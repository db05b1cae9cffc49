//! The specification of training: tiles, programs and the exact arithmetic.
//!
//! # Overview
//!
//! A chain can only punish a wrong gradient if "wrong" is exact. This crate says what is right: for
//! a [`StepPlan`] it gives the [`Program`] of one optimiser step, and for every tile of every tensor
//! of that step one pattern of bits. Long sums are sums of integers, so that they have no order;
//! everything else is IEEE binary32 with one rounding per written operation. Thread count, vector
//! width and device do not matter.
//!
//! The runtime compiles it to judge, the worker's engine to be compared with: fast kernels must equal
//! [`eval()`] on every tile. It is pure and `no_std`, has no clock, no randomness and no panics for
//! programs that [`lower`] made.
//!
//! | module | what it defines |
//! | --- | --- |
//! | [`plan`], [`decimal`] | what a submitter writes, and its bounds |
//! | [`program`] | tensors, ops, their records and order, as lists and by number |
//! | [`arith`] | range rule, quantising, contraction, reductions |
//! | [`functions`] | exponential, logarithm, square root, sine and cosine, activations |
//! | [`ops`] | each op as a fold: `deps`, `step`, `finish` |
//! | [`mod@eval`] | the whole fold, and whole steps in memory |
//! | [`batch`], [`init`], [`aggregate`] | rows of data, first parameters, the mean of updates |
//! | [`referee`] | one fold step judged from openings, and how they are made |
//! | [`hash`], [`loss`], [`flops`] | roots, their openings and the ways down from them, fixed-point losses, reference operations |
//! | [`samples`] | small ordinary plans for tests and benchmarks |
//!
//! # Terminology
//!
//! - Tile: 16x16 floats, 1,024 bytes, one BLAKE3 chunk; the unit of compute, hashing and dispute.
//! - Lane: a column inside a tile.
//! - Packed vector: 256 elements to a tile. Biases are packed.
//! - Statistic: a matrix with one column, so one tile for 16 rows, its values in lane 0.
//! - Root: the BLAKE3 hash of a tensor's tiles in order, or of a list of roots.
//! - Block: 128 elements of a contracted axis, which share one exponent per row or column.
//! - Index tile: a tile whose values choose which other tiles a step reads.
//!
//! # Properties
//!
//! - P1: no step of any op reads more than [`ops::MAX_DEPS`] tiles, of which at most
//!   [`ops::MAX_INDEX_DEPS`] are index tiles.
//! - P2: a product that starts from +0.0 is never -0.0, subnormal, infinite or NaN; modes that flush
//!   subnormals do not change it, nor does the order inside a block, nor a block of zeros.
//! - P3: every element of every output, and of the accumulator between two steps of it, obeys the
//!   range rule, or the step ends with [`StepError::OutOfRange`] at the first op in the program's
//!   order.
//! - P4: padding is +0.0 in every tensor.
//! - P5: an op's record and [`Env`], which has the plan's rotary turns, say everything that its
//!   functions need.
//! - P6: losses of rows are never negative.
//! - P7: the gradient of the mean loss agrees with the model in f64 within the rounding of the
//!   profile.
//! - P8: a decimal becomes the nearest float.
//! - P9: a chunk opens a root of known length at one place only, and no other bytes open it there;
//!   nor do other nodes lead down to it.
//! - P10: nothing of an honest step can be shown to be wrong, and of a step with a wrong output
//!   something can.
//!
//! # Testing
//!
//! `testdata` holds golden vectors of every layer. A change of any of them forks every running job.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic,
		clippy::indexing_slicing
	)
)]

extern crate alloc;

pub mod aggregate;
pub mod arith;
pub mod batch;
pub mod decimal;
pub mod eval;
pub mod flops;
pub mod functions;
pub mod hash;
pub mod init;
pub mod loss;
pub mod ops;
pub mod plan;
pub mod program;
pub mod referee;
pub mod samples;
pub mod tile;

pub use aggregate::{add_update, aggregate_tile, finish_aggregate};
pub use batch::{held_out_offset, row_offset, train_items};
pub use decimal::Decimal;
pub use eval::{eval, Memory, Stopped, Tiles};
pub use hash::{list_root, state_root, tensor_root, Root, ZERO_ROOT};
pub use init::init_tile;
pub use loss::Loss;
pub use ops::{At, Env, StepError};
pub use plan::{
	AdamRates, AdamW, Adapter, ByteMlp, Classifier, CosineDecay, FeedForward, Field, Gpt, Model,
	Norm, Optimiser, PlanError, Positions, Profile, StepPlan,
};
pub use program::{
	lower, Attention, Init, Layout, Op, OpKind, Outline, Program, Role, TensorId, TensorInfo,
	TileRef, Transpose,
};
pub use tile::Tile;

#[cfg(test)]
mod tests;
