//! Each property of the crate documentation is tested by its id.

mod accepted;
mod conflicts;
mod end;
mod ending;
mod journey;
mod model;
mod moves;
mod open;
mod time;
