//! The rules of a job, each property of the crate documentation tested by its id.

mod assign;
mod board;
mod deterrence;
mod dispute;
mod draw;
mod golden;
mod job;
mod ledger;
mod model;
mod money;
mod plan;
mod reward;
mod round;
mod samples;
mod sampling;
mod seal;
mod slot;
mod terms;
