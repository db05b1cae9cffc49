//! The engine from outside, against the specification.

mod checkpoint;
mod exactness;
mod learning;
mod reproducibility;
mod support;
