//! The seams between the pallets.
//!
//! Pallets meet only here: each names the traits it needs in its `Config`, and the runtime joins
//! them. Calls go one way: proof-of-compute calls jobs, jobs calls rewards, slashing and stake,
//! slashing calls stake, and nobody calls back.
#![cfg_attr(not(feature = "std"), no_std)]

mod beacon;
mod bonds;
mod rewards;
mod rounds;
mod slash;

pub use assay_protocol::{RoundFact, RoundView, TaskKey, TaskView};
pub use beacon::{Beacon, Outputs};
pub use bonds::{Bonds, Role, Stakes};
pub use rewards::Rewards;
pub use rounds::Rounds;
pub use slash::{Cause, Offence, Slash};
