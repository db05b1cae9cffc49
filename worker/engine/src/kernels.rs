//! One fast body for each kind of op, except the contraction.
//!
//! All take tensors in tiles, write every element of their output that is not padding and return the
//! greatest magnitude pattern that they wrote; padding is +0.0 before and after. What happens to one
//! element is a function of [`assay_numerics`], inlined here; only loops and their order are this
//! crate's. Each body is compiled once for each instruction set.

pub(crate) mod activation;
pub(crate) mod adam;
pub(crate) mod clip;
pub(crate) mod elementwise;
pub(crate) mod embedding;
pub(crate) mod norm;
pub(crate) mod outputs;
pub(crate) mod reduce;
#[cfg(test)]
mod reference;
pub(crate) mod rotate;
pub(crate) mod rows;
pub(crate) mod softmax;
pub(crate) mod tokens;
