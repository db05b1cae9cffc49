//! The engine from outside, against the specification.

mod accuracy;
mod checkpoint;
mod exactness;
mod golden;
mod learning;
mod reproducibility;
mod support;
