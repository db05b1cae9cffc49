//! Behaviour of the assembled runtime, across its pallets.

mod chain;
mod metadata;
mod presets;
