//! The seams between the pallets.
//!
//! Pallets meet only here: each names the traits it needs in its `Config`, and the runtime joins
//! them. Calls go one way: proof-of-compute calls disputes and jobs, disputes calls jobs, slashing and
//! stake, jobs calls rewards, slashing and stake, slashing calls stake, and nobody calls back.
#![cfg_attr(not(feature = "std"), no_std)]

mod beacon;
mod bonds;
mod conflicts;
mod disputes;
mod rewards;
mod rounds;
mod slash;
mod windows;

pub use assay_protocol::{Outputs, RoundFact, RoundView, TaskKey, TaskView};
pub use beacon::Beacon;
pub use bonds::{Bonds, Role, Stakes};
pub use conflicts::{ClosingSeat, Conflict, ConflictState, Conflicts, Opened, Ruled};
pub use disputes::{Disputes, Dissent, Seated};
pub use rewards::Rewards;
pub use rounds::{Contract, Rounds};
pub use slash::{Cause, Informers, LostDispute, Offence, Slash, Wronged, MAX_WRONGED};
pub use windows::Windows;
