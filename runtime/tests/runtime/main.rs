//! Behaviour of the assembled runtime, across its pallets.

mod chain;
mod job;
mod journey;
mod metadata;
mod presets;
