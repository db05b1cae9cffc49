//! # Rewards
//!
//! What work is worth: the reward formula of the protocol, applied to one task or one verdict.
//!
//! ## Overview
//!
//! `reward = compute * quality + data * rarity + validation * uptime`. Each accepted task asks for
//! its first term, each verdict that stands for its last one, at the moment when it is decided; the
//! second is 0 as long as no dataset has an owner. The pallet decides what is due and moves no
//! money: escrow, pools, fees and claims belong to the pallet of the jobs.
//!
//! ## States
//!
//! None: the formula depends on its arguments alone, so there is nothing to store. The job and the
//! account are passed for the bonuses that will depend on them.
//!
//! ## Properties
//!
//! - P1: a task of quality 0 is worth nothing, one of full quality its price, none is worth more.
//! - P2: a verdict's fee never exceeds 1.25 times the price of the work it recomputed.
//! - P3: a reward never falls when an argument rises, and is the same for every account.
//! - P4: asking for parts of a contribution never pays more than asking for the whole.
//!
//! ## Terminology
//!
//! - Quality: how much an accepted task is worth, in parts per million of its price.
//! - Uptime: the bonus of a validator for answering when it is drawn, in parts per million.
//!
//! ## Implementation
//!
//! [`assay_protocol::reward`] has the formula; the runtime joins this pallet to the jobs through
//! [`assay_traits::Rewards`].

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::as_conversions,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::panic,
		clippy::unwrap_used
	)
)]

pub use pallet::*;

mod apply;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

/// The reward formula as a pallet of its own, so that bonuses and emission find their place.
#[expect(
	clippy::expect_used,
	reason = "in what FRAME generates; nothing below needs it"
)]
#[frame_support::pallet]
pub mod pallet {
	use frame_support::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet itself; implements [`assay_traits::Rewards`].
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime chooses: nothing yet.
	#[pallet::config]
	pub trait Config: frame_system::Config {}
}
