//! One fast body for each kind of op, except the contraction.
//!
//! All take row-major matrices, write every element of their output and return the greatest
//! magnitude pattern that they wrote. What happens to one element is a function of
//! [`assay_numerics`], inlined here; only loops and their order are this crate's. Each body is
//! compiled once for each instruction set.

pub(crate) mod adam;
pub(crate) mod elementwise;
pub(crate) mod embedding;
pub(crate) mod reduce;
pub(crate) mod softmax;
