//! Each property of the crate documentation is tested by its id.

mod end;
mod journey;
mod model;
mod moves;
mod open;
mod time;
