//! The rules of a job, each property of the crate documentation tested by its id.

mod assign;
mod audit;
mod board;
mod challenge;
mod claims;
mod closing;
mod deterrence;
mod dispute;
mod draw;
mod failure;
mod golden;
mod job;
mod ledger;
mod model;
mod money;
mod outlook;
mod plan;
mod reward;
mod round;
mod samples;
mod sampling;
mod seal;
mod slot;
mod terms;
mod window;
