//! The books of a job.
//!
//! Whatever happens, `paid + refunded + fees + held` is what was deposited, and the job's
//! sub-account holds `held + unclaimed` besides its minimum balance.

use crate::{
	ids::Balance,
	money::{self, Overflow},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What a payout is for.
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
pub enum Purpose {
	/// An accepted task.
	#[codec(index = 0)]
	Compute,
	/// A dataset.
	#[codec(index = 1)]
	Data,
	/// A verdict.
	#[codec(index = 2)]
	Validation,
}

/// Where a job's money is, in the job's asset.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Ledger {
	/// Deposited by the submitter.
	pub escrow: Balance,
	/// Credited for accepted tasks, without fees.
	pub paid_compute: Balance,
	/// Credited for data, without fees.
	pub paid_data: Balance,
	/// Credited for verdicts, without fees.
	pub paid_validation: Balance,
	/// Credited to the submitter.
	pub refunded: Balance,
	/// Burned from payouts.
	pub fees: Balance,
	/// Not credited to anybody yet.
	pub held: Balance,
	/// Credited and not yet claimed: a part of the paid and refunded amounts.
	pub unclaimed: Balance,
	/// Burned from task stakes. Stakes are no part of the escrow: outside of the equation.
	pub slashed: Balance,
}

/// A payout that was booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Credited {
	/// What the beneficiary can claim.
	pub net: Balance,
	/// What is burned now.
	pub fee: Balance,
}

/// Why a booking is refused. Nothing changes then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LedgerError {
	/// More is credited than is held.
	HeldTooSmall {
		/// What was asked.
		asked: Balance,
		/// What is held.
		held: Balance,
	},
	/// More is claimed than is credited.
	UnclaimedTooSmall {
		/// What was asked.
		asked: Balance,
		/// What is credited and unclaimed.
		unclaimed: Balance,
	},
	/// An amount leaves the range of a balance.
	Overflow,
}

impl From<Overflow> for LedgerError {
	fn from(_: Overflow) -> Self {
		Self::Overflow
	}
}

impl Ledger {
	/// The books of a job whose escrow was just deposited.
	pub fn open(escrow: Balance) -> Self {
		Self {
			escrow,
			held: escrow,
			..Default::default()
		}
	}

	/// Books a further deposit.
	///
	/// # Errors
	/// [`LedgerError::Overflow`].
	pub fn deposit(&mut self, amount: Balance) -> Result<(), LedgerError> {
		let mut next = *self;
		next.escrow = add(next.escrow, amount)?;
		next.held = add(next.held, amount)?;
		*self = next;
		Ok(())
	}

	/// Books a payout of `gross`: the net amount becomes claimable, the fee is burned by the caller.
	///
	/// # Errors
	/// If less is held.
	pub fn credit(&mut self, purpose: Purpose, gross: Balance) -> Result<Credited, LedgerError> {
		let (net, fee) = money::split_fee(gross);
		let mut next = *self;
		next.held = next
			.held
			.checked_sub(gross)
			.ok_or(LedgerError::HeldTooSmall {
				asked: gross,
				held: self.held,
			})?;
		let paid = match purpose {
			Purpose::Compute => &mut next.paid_compute,
			Purpose::Data => &mut next.paid_data,
			Purpose::Validation => &mut next.paid_validation,
		};
		*paid = add(*paid, net)?;
		next.fees = add(next.fees, fee)?;
		next.unclaimed = add(next.unclaimed, net)?;
		*self = next;
		Ok(Credited { net, fee })
	}

	/// Books everything that is still held as the submitter's refund, and tells how much it is.
	///
	/// # Errors
	/// [`LedgerError::Overflow`].
	pub fn refund(&mut self) -> Result<Balance, LedgerError> {
		let mut next = *self;
		let amount = next.held;
		next.held = 0;
		next.refunded = add(next.refunded, amount)?;
		next.unclaimed = add(next.unclaimed, amount)?;
		*self = next;
		Ok(amount)
	}

	/// Books that a credited amount left the sub-account.
	///
	/// # Errors
	/// If less is unclaimed.
	pub fn claim(&mut self, amount: Balance) -> Result<(), LedgerError> {
		self.unclaimed =
			self.unclaimed
				.checked_sub(amount)
				.ok_or(LedgerError::UnclaimedTooSmall {
					asked: amount,
					unclaimed: self.unclaimed,
				})?;
		Ok(())
	}

	/// Books a burned part of a task stake.
	///
	/// # Errors
	/// [`LedgerError::Overflow`].
	pub fn slash(&mut self, amount: Balance) -> Result<(), LedgerError> {
		self.slashed = add(self.slashed, amount)?;
		Ok(())
	}

	/// Credited for anything but a refund.
	///
	/// # Errors
	/// [`LedgerError::Overflow`].
	pub fn paid(&self) -> Result<Balance, LedgerError> {
		add(
			add(self.paid_compute, self.paid_data)?,
			self.paid_validation,
		)
	}

	/// What the job's sub-account must hold besides its minimum balance.
	///
	/// # Errors
	/// [`LedgerError::Overflow`].
	pub fn in_account(&self) -> Result<Balance, LedgerError> {
		add(self.held, self.unclaimed)
	}

	/// Whether `paid + refunded + fees + held` is what was deposited, and no more is unclaimed
	/// than was credited.
	pub fn is_balanced(&self) -> bool {
		let credited = self.paid().and_then(|paid| add(paid, self.refunded));
		let sum = credited.and_then(|credited| add(add(credited, self.fees)?, self.held));
		sum == Ok(self.escrow) && credited.is_ok_and(|credited| self.unclaimed <= credited)
	}

	/// Whether nothing is held and nothing is left to claim.
	pub fn is_drained(&self) -> bool {
		self.held == 0 && self.unclaimed == 0
	}
}

fn add(a: Balance, b: Balance) -> Result<Balance, LedgerError> {
	a.checked_add(b).ok_or(LedgerError::Overflow)
}
