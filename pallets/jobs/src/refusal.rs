//! Refusals of the protocol as errors of the pallet: the chain's errors carry no values.

use assay_protocol::{LedgerError, Overflow, Refusal, RoundError, SlotError};

use crate::{Config, Error};

impl<T: Config> From<Refusal> for Error<T> {
	fn from(refusal: Refusal) -> Self {
		match refusal {
			Refusal::PlanNotLowered(_) => Self::PlanNotLowered,
			Refusal::PlanTooLong { .. } => Self::PlanTooLong,
			Refusal::DataBytesOutOfRange { .. } => Self::DataBytesOutOfRange,
			Refusal::StepsOutOfRange { .. } => Self::StepsOutOfRange,
			Refusal::StrideOutOfRange { .. } => Self::StrideOutOfRange,
			Refusal::EvalRowsOutOfRange { .. } => Self::EvalRowsOutOfRange,
			Refusal::ParentBytesWrong { .. } => Self::ParentBytesWrong,
			Refusal::PriceZero => Self::PriceZero,
			Refusal::StakeBelowPenalty { .. } => Self::StakeBelowPenalty,
			Refusal::TasksOutOfRange { .. } => Self::TasksOutOfRange,
			Refusal::RoundsOutOfRange { .. } => Self::RoundsOutOfRange,
			Refusal::ProvidersOutOfRange { .. } => Self::ProvidersOutOfRange,
			Refusal::CommitteeOutOfRange { .. } => Self::CommitteeOutOfRange,
			Refusal::QuorumOutOfRange { .. } => Self::QuorumOutOfRange,
			Refusal::WindowOutOfRange { .. } => Self::WindowOutOfRange,
			Refusal::SharesSumWrong { .. } => Self::SharesSumWrong,
			Refusal::ComputeShareZero => Self::ComputeShareZero,
			Refusal::NoDataset { .. } => Self::NoDataset,
			Refusal::AuditBillAbovePool { .. } => Self::AuditBillAbovePool,
			Refusal::Overflow => Self::AmountTooLarge,
			Refusal::DataNotWholeItems { .. } => Self::DataNotWholeItems,
			Refusal::DataHoldsNoExample { .. } => Self::DataHoldsNoExample,
			Refusal::CheckpointTooLarge { .. } => Self::CheckpointTooLarge,
			Refusal::StepTooLarge { .. } => Self::StepTooLarge,
			Refusal::BaseTooLarge { .. } => Self::BaseTooLarge,
			Refusal::AuditFloorOutOfRange { .. } => Self::AuditFloorOutOfRange,
			Refusal::AuditRepeatsTooMuch { .. } => Self::AuditRepeatsTooMuch,
			Refusal::CheckAbovePrice { .. } => Self::CheckAbovePrice,
			Refusal::StakeDoesNotDeter { .. } => Self::StakeDoesNotDeter,
		}
	}
}

impl<T: Config> From<RoundError> for Error<T> {
	fn from(error: RoundError) -> Self {
		match error {
			RoundError::WrongPhase { .. } => Self::WrongPhase,
			RoundError::DeadlinePassed { .. } => Self::DeadlinePassed,
			RoundError::DeadlineAhead { .. } => Self::DeadlineAhead,
			RoundError::CountsDisagree => Self::Inconsistent,
		}
	}
}

impl<T: Config> From<SlotError> for Error<T> {
	fn from(error: SlotError) -> Self {
		match error {
			SlotError::WrongState { .. } => Self::WrongSlotState,
			SlotError::SeatsWrong { .. } => Self::SeatsWrong,
			SlotError::AllSealed { .. } => Self::AllSealed,
			SlotError::NotSealed { .. } => Self::NotSealed,
			SlotError::AlreadyUnsealed => Self::AlreadyUnsealed,
			SlotError::FailedBefore => Self::Inconsistent,
		}
	}
}

/// The pools never exceed what is held, so the books refuse nothing.
impl<T: Config> From<LedgerError> for Error<T> {
	fn from(_: LedgerError) -> Self {
		Self::Inconsistent
	}
}

/// Terms were checked for overflow when the job was posted.
impl<T: Config> From<Overflow> for Error<T> {
	fn from(_: Overflow) -> Self {
		Self::AmountTooLarge
	}
}
