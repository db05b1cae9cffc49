//! The exact lane against an automatic differentiation that knows nothing of it.
//!
//! Each test runs one step of a small plan by the slow executor of the specification and by candle
//! in f32, whose own rounding, some `1e-6`, does not matter here.
//!
//! # What is expected
//!
//! The profile `exact-12` quantises both operands of a product to 12 bits and a sign below the
//! greatest magnitude of each block of 128. For values like a normal distribution, whose greatest of
//! 128 is about 2.5 deviations and less than the power of two above it by a factor of 0.7 on average,
//! the unit is `2.5 / 0.7 / 4096` of a deviation, and its uniform error `1 / sqrt(12)` of that:
//! `2.5e-4`. Two operands make `3.5e-4` for a product. Errors of products that follow one another
//! add up as squares, and a gradient of two blocks comes through up to forty of them. Where terms
//! cancel, as in the gradients of queries, keys and biases, less is left of the gradient than of its
//! error. Seen over all decoders here: `1.5e-3` as the root of the mean square over the gradients of
//! a plan, `2.6e-3` for the worst matrix, `3.4e-3` for the worst bias. A perceptron of five layers of
//! width 16 has `2.1e-3` in the mean: there is little to average over.

mod decoder;
mod functions;
mod perceptron;
mod run;
mod training;
