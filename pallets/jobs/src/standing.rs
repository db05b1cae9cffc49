//! What providers have proven, and how often their work is drawn because of it.

use assay_protocol::{Balance, JobId, Round, Standing};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{desk::Desk, Config, Pallet, Standings};

/// The standing of a provider, and up to when it is decayed.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct StandingRecord {
	/// What it has proven, and in how many rounds of its own it has worked since.
	pub standing: Standing,
	/// The latest round that it has worked in.
	pub latest: (JobId, Round),
}

impl<T: Config> Pallet<T> {
	/// What a provider has proven so far; a newcomer's if nothing.
	pub fn standing_of(provider: &T::AccountId) -> Standing {
		Standings::<T>::get(provider)
			.map(|record| record.standing)
			.unwrap_or_default()
	}

	/// The probability that work of this provider is drawn in the desk's round, in parts per million.
	pub(crate) fn rate_of(desk: &Desk<T>, provider: &T::AccountId) -> u32 {
		let terms = &desk.job.terms;
		Self::standing_in(desk, provider).rate_ppm(terms.price, terms.audit_floor_ppm)
	}

	/// Notes accepted work: what a drawn check has found valid is proven, unless the submitter paid
	/// itself.
	pub(crate) fn note_accepted(desk: &Desk<T>, provider: &T::AccountId, is_drawn: bool) {
		let standing = Self::standing_in(desk, provider);
		let proved: Balance = match is_drawn && *provider != desk.job.owner {
			true => desk.job.terms.price,
			false => 0,
		};
		let record = StandingRecord {
			standing: standing.proved(proved),
			latest: (desk.id, desk.job.round),
		};
		// Nothing is stored of a newcomer.
		match record.standing.proven {
			0 => Standings::<T>::remove(provider),
			_ => Standings::<T>::insert(provider, record),
		}
	}

	/// After a fault a provider is a newcomer again.
	pub(crate) fn forget_standing(provider: &T::AccountId) {
		Standings::<T>::remove(provider);
	}

	/// The standing in the desk's round: each further round that a provider works in decays what it
	/// has proven once.
	fn standing_in(desk: &Desk<T>, provider: &T::AccountId) -> Standing {
		match Standings::<T>::get(provider) {
			None => Standing::default(),
			Some(record) if record.latest == (desk.id, desk.job.round) => record.standing,
			Some(record) => record.standing.decayed(1),
		}
	}
}
