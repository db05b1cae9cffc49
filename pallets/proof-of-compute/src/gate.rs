//! Who calls, and whether the time is right.

use crate::{Config, Error, Pallet};
use assay_protocol::{
	Attempt, BlockNumber, Digest, JobId, Phase, Round, SealContext, Slot, TaskView,
};
use assay_traits::Bonds;
use frame_support::{ensure, Blake2_256, StorageHasher};
use frame_system::{
	ensure_signed,
	pallet_prelude::{BlockNumberFor, OriginFor},
};
use sp_runtime::{
	traits::{SaturatedConversion, Zero},
	DispatchError,
};

impl<T: Config> Pallet<T> {
	/// The stash that a signed worker key acts for.
	pub(crate) fn stash_of(origin: OriginFor<T>) -> Result<T::AccountId, DispatchError> {
		let worker = ensure_signed(origin)?;
		Ok(T::Bonds::stash_of(&worker).ok_or(Error::<T>::NotAWorker)?)
	}

	/// Whether the round waits in this phase and still takes its calls.
	pub(crate) fn ensure_phase(
		expected: Phase,
		phase: Phase,
		deadline: BlockNumber,
	) -> Result<(), Error<T>> {
		ensure!(phase == expected, Self::not_in(expected));
		ensure!(Self::now() <= deadline, Error::<T>::DeadlinePassed);
		Ok(())
	}

	/// Where a seal about a task counts, and for whom.
	pub(crate) fn context(
		task: &TaskView<T::AccountId>,
		account: T::AccountId,
	) -> SealContext<T::AccountId> {
		let (job, round, slot, attempt): (JobId, Round, Slot, Attempt) =
			(task.job, task.round, task.slot, task.attempt);
		SealContext {
			genesis: Self::genesis(),
			job,
			round,
			slot,
			attempt,
			account,
		}
	}

	/// The host's BLAKE2b-256, equal to `assay_protocol::hash::blake2_256`.
	pub(crate) fn digest(preimage: &[u8]) -> Digest {
		Blake2_256::hash(preimage)
	}

	/// The number of the current block.
	pub(crate) fn now() -> BlockNumber {
		Self::block_of(frame_system::Pallet::<T>::block_number())
	}

	/// A block's number as the protocol counts. Saturates: a chain of 3-second blocks needs four
	/// centuries to reach the bound.
	pub(crate) fn block_of(number: BlockNumberFor<T>) -> BlockNumber {
		number.saturated_into()
	}

	/// The hash of the first block, which the system never forgets.
	fn genesis() -> Digest {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		// Every chain that this pallet is made for has hashes of 32 bytes.
		genesis.as_ref().try_into().unwrap_or_default()
	}

	fn not_in(expected: Phase) -> Error<T> {
		match expected {
			Phase::Train => Error::<T>::NotTraining,
			Phase::Reveal => Error::<T>::NotRevealing,
			Phase::Draw => Error::<T>::NotDrawing,
			Phase::Assay => Error::<T>::NotAssaying,
			Phase::Unseal => Error::<T>::NotUnsealing,
			Phase::Close => Error::<T>::NotClosing,
			// No call waits for the end of a round but the one that clears it.
			Phase::Ended => Error::<T>::RoundNotOver,
		}
	}
}
