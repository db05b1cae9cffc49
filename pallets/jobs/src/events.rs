//! What the pallet tells. Part of the pallet's module, see [`crate::pallet`].

use frame_support::pallet_macros::pallet_section;

/// What has changed.
#[pallet_section]
mod events {
	/// What has changed.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A job was posted, and its escrow deposited.
		#[codec(index = 0)]
		JobPosted {
			/// The job.
			job: JobId,
			/// Who posted it, and gets what is refunded.
			owner: T::AccountId,
			/// The budget of all rounds.
			escrow: Balance,
			/// The id of its plan.
			plan_id: [u8; 32],
		},
		/// A provider became a member.
		#[codec(index = 1)]
		ProviderJoined {
			/// The job.
			job: JobId,
			/// Its stash.
			provider: T::AccountId,
		},
		/// A provider is no member any more. It finishes the slots that it has.
		#[codec(index = 2)]
		ProviderLeft {
			/// The job.
			job: JobId,
			/// Its stash.
			provider: T::AccountId,
		},
		/// A job runs.
		#[codec(index = 3)]
		JobStarted {
			/// The job.
			job: JobId,
		},
		/// A round started in TRAIN.
		#[codec(index = 4)]
		RoundStarted {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// Root of the checkpoint that it starts from.
			parent: Root,
			/// The last block that takes seals of tasks.
			deadline: BlockNumber,
		},
		/// A slot was given to a provider, and its stake is held.
		#[codec(index = 5)]
		TaskAssigned {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The provider's stash.
			provider: T::AccountId,
		},
		/// A phase began, or began again.
		#[codec(index = 6)]
		PhaseEntered {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The phase.
			phase: Phase,
			/// The last block that takes its calls.
			deadline: BlockNumber,
		},
		/// Work was accepted, and its pay credited.
		#[codec(index = 7)]
		TaskAccepted {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The provider's stash.
			provider: T::AccountId,
			/// What was credited, without the fee and without what was charged.
			pay: Balance,
			/// What the provider paid of the fees of its check, because it has proven too little to be
			/// drawn at the floor of the audit rate.
			charged: Balance,
			/// The probability with which the task was drawn, in parts per million.
			rate_ppm: u32,
		},
		/// An attempt at a task is not paid.
		#[codec(index = 8)]
		TaskUnpaid {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The provider's stash.
			provider: T::AccountId,
			/// Why.
			reason: Unpaid,
		},
		/// The round goes on without a slot whose last attempt failed.
		#[codec(index = 9)]
		SlotDropped {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
		},
		/// The verdicts did not decide a slot: it is drawn again.
		#[codec(index = 10)]
		TaskUndecided {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
		},
		/// A verdict stands, and its fee was credited.
		#[codec(index = 11)]
		VerdictPaid {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The validator's stash.
			validator: T::AccountId,
			/// What was credited, without the fee on payouts.
			pay: Balance,
		},
		/// A round closed.
		#[codec(index = 12)]
		RoundClosed {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// Root of the agreed checkpoint.
			checkpoint: Root,
			/// Its loss on the held-out set.
			loss: Loss,
		},
		/// The last round closed.
		#[codec(index = 13)]
		JobCompleted {
			/// The job.
			job: JobId,
		},
		/// A job could not go on.
		#[codec(index = 14)]
		JobFailed {
			/// The job.
			job: JobId,
			/// Why.
			reason: FailReason,
		},
		/// The submitter took a job back.
		#[codec(index = 15)]
		JobCancelled {
			/// The job.
			job: JobId,
		},
		/// Too few providers joined in time.
		#[codec(index = 16)]
		JobExpired {
			/// The job.
			job: JobId,
		},
		/// What an ended job did not credit was credited to its owner.
		#[codec(index = 17)]
		Refunded {
			/// The job.
			job: JobId,
			/// Who posted it.
			owner: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A credit was paid out.
		#[codec(index = 18)]
		Claimed {
			/// The job.
			job: JobId,
			/// Who was paid.
			beneficiary: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A credit stays where it is: its beneficiary cannot receive it, for example because the
		/// account does not exist and the amount is below the existential deposit.
		#[codec(index = 19)]
		ClaimDeferred {
			/// The job.
			job: JobId,
			/// Who is to be paid.
			beneficiary: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A job has ended and every credit is paid out.
		#[codec(index = 20)]
		JobSettled {
			/// The job.
			job: JobId,
		},
		/// Credits that nobody claimed in time were burned.
		#[codec(index = 21)]
		CreditsExpired {
			/// The job.
			job: JobId,
			/// Their sum.
			amount: Balance,
		},
		/// A job was removed, and its deposit returned.
		#[codec(index = 22)]
		JobPruned {
			/// The job.
			job: JobId,
			/// Who posted it.
			owner: T::AccountId,
			/// What was left in the sub-account.
			returned: Balance,
		},
		/// What `on_idle` could not advance was taken out of its queue; [`Pallet::advance`] tells
		/// why. A defect.
		#[codec(index = 23)]
		UnexpectedStuck {
			/// The job.
			job: JobId,
		},
		/// A stake that should be there could not be burned or released. A defect elsewhere; the
		/// job goes on.
		#[codec(index = 24)]
		UnexpectedStake {
			/// The job.
			job: JobId,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
		},
		/// Work was accepted, or its challenger has lost: it can be disputed, and its stake is held.
		#[codec(index = 45)]
		WindowOpened {
			/// The attempt.
			task: TaskKey,
			/// The last block that takes a dispute.
			until: BlockNumber,
		},
		/// Accepted work cannot be disputed any more: its stake is released, or it was convicted.
		#[codec(index = 46)]
		WindowClosed {
			/// The attempt.
			task: TaskKey,
		},
		/// A member got no task because it cannot put up the stake of one. It is asked again in the
		/// next pass.
		#[codec(index = 47)]
		MemberPassedOver {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// Its stash.
			provider: T::AccountId,
		},
	}
}
