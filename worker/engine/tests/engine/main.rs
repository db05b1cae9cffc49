//! The engine from outside, against the specification.

mod accuracy;
mod checkpoint;
mod dispute;
mod disputes;
mod endings;
mod exactness;
mod faults;
mod golden;
mod learning;
mod reproducibility;
mod segments;
mod support;
mod transcripts;
