//! Behaviour of the assembled runtime, across its pallets.

#[expect(dead_code, reason = "the attacks need more of it")]
mod chain;
mod challenge;
mod job;
mod journey;
mod metadata;
mod origins;
mod presets;
