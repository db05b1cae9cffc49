//! The engine from outside, against the specification.

mod checkpoint;
mod exactness;
mod golden;
mod learning;
mod reproducibility;
mod support;
