//! What is kept of an offence.

use assay_protocol::{Balance, SessionIndex};
use assay_traits::Cause;
use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A punished offence; task, cause and offender are its key.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Record<AccountId> {
	/// The stash that paid.
	pub offender: AccountId,
	/// What the reporter asked for; of a lost dispute, what was pledged.
	pub amount: Balance,
	/// What was burned of it.
	pub burned: Balance,
	/// What was paid of it to informers, or to those whom a lost dispute has wronged.
	pub paid: Balance,
	/// The session of the report.
	pub session: SessionIndex,
}

/// How many records name an offender, by cause.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Counts {
	/// Not sealed in time.
	pub missed_commit: u32,
	/// Not opened in time.
	pub missed_reveal: u32,
	/// Proven wrong.
	pub proven: u32,
	/// Silent in a dispute.
	pub silent: u32,
	/// Disputes that it has lost as their challenger.
	pub lost_disputes: u32,
}

impl Counts {
	/// The count of `cause`.
	pub fn of(&self, cause: Cause) -> u32 {
		match cause {
			Cause::MissedCommit => self.missed_commit,
			Cause::MissedReveal => self.missed_reveal,
			Cause::Proven => self.proven,
			Cause::Silent => self.silent,
			Cause::LostDispute => self.lost_disputes,
		}
	}

	/// One more for `cause`. Stops at the most that can be counted, which no chain reaches.
	pub(crate) fn raise(&mut self, cause: Cause) {
		let count = self.of_mut(cause);
		*count = count.saturating_add(1);
	}

	/// One less for `cause`.
	pub(crate) fn lower(&mut self, cause: Cause) {
		let count = self.of_mut(cause);
		*count = count.saturating_sub(1);
	}

	fn of_mut(&mut self, cause: Cause) -> &mut u32 {
		match cause {
			Cause::MissedCommit => &mut self.missed_commit,
			Cause::MissedReveal => &mut self.missed_reveal,
			Cause::Proven => &mut self.proven,
			Cause::Silent => &mut self.silent,
			Cause::LostDispute => &mut self.lost_disputes,
		}
	}
}
