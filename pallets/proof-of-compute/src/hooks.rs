//! What happens in every block, and what must hold of the constants.

use frame_support::pallet_macros::pallet_section;

/// The hooks of the pallet.
#[pallet_section]
mod hooks {
	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::note_session(Self::block_of(now));
			T::WeightInfo::on_initialize()
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			let most =
				T::WeightInfo::sweep().saturating_add(T::WeightInfo::clear_round(CLEAR_LIMIT));
			if meter.try_consume(most).is_ok() {
				Self::sweep();
			}
			Self::settle_swept(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(
				(1..=MAX_OUTPUTS).contains(&T::DrawSlots::get()),
				"a draw needs a slot and its longest window has MAX_OUTPUTS of them",
			);
			assert!(
				T::DrawStake::get() < PPM,
				"no authors hold more than all of the stake",
			);
			records::assert_bounds();
			// A call that can never be included would leave rounds that nobody can close.
			let most = T::BlockWeights::get()
				.get(DispatchClass::Normal)
				.max_extrinsic
				.unwrap_or(T::BlockWeights::get().max_block);
			for (call, weight) in [
				("seal_verdict", Self::most_for_seal()),
				("reveal_verdict", Self::weight_of_opening(Some(MAX_TASKS))),
				("claim_aggregate", Self::most_for_claim(MAX_TASKS)),
				("clear_round", T::WeightInfo::clear_round(CLEAR_LIMIT)),
			] {
				assert!(weight.all_lte(most), "{call} must fit into a block");
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
