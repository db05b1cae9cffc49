//! How each pallet is set up, one file per group.

mod assay;
mod consensus;
mod money;
mod system;

pub use consensus::BABE_GENESIS_EPOCH;
