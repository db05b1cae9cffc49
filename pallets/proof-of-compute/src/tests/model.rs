//! Random calls against a plain model of one round.
//!
//! The model knows who has sealed and opened what, and nothing of panels, seals or records. It
//! predicts whether each call is taken, and what must be true of the outcome.

use crate::mock::*;
use assay_protocol::{
	dispute::ClosingRuling, draw, Outlook, Phase, Slot, SlotState, Unpaid, Verdict,
};
use assay_traits::{Bonds, Cause};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const TASKS: u32 = 2;
const QUORUM: usize = 2;

/// What a provider seals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sealed {
	Work,
	Failure,
	/// What opens to nothing.
	Nonsense,
}

#[derive(Clone, Copy, Debug)]
enum Op {
	/// Whoever is due does the next right thing about a slot; validators are of this opinion.
	Proceed {
		slot: Slot,
		seat: usize,
		verdict: Verdict,
	},
	Commit {
		stash: u64,
		slot: Slot,
		sealed: Sealed,
	},
	Reveal {
		stash: u64,
		slot: Slot,
	},
	RevealFailure {
		stash: u64,
		slot: Slot,
	},
	Draw,
	Seal {
		stash: u64,
		slot: Slot,
		verdict: Verdict,
		is_own: bool,
	},
	Open {
		stash: u64,
		slot: Slot,
		verdict: Verdict,
	},
	/// Somebody disputes work without a seat.
	Dispute {
		stash: u64,
		slot: Slot,
	},
	Claim {
		stash: u64,
		value: u8,
	},
	Wait {
		blocks: u32,
	},
	MissDeadline,
}

/// What was done so far, by slot, attempt or draw, and stash.
#[derive(Default)]
struct Model {
	/// What was sealed for an attempt.
	committed: BTreeMap<(Slot, u8), Sealed>,
	/// What was revealed; never nonsense.
	revealed: BTreeMap<(Slot, u8), Sealed>,
	/// The verdict sealed in a draw, and whether its seal is the validator's own.
	sealed: BTreeMap<(Slot, u32, u64), (Verdict, bool)>,
	/// The verdicts opened, and the attempt that they are about.
	opened: BTreeMap<(Slot, u32, u64), (Verdict, u8)>,
	/// The attempts that somebody has said to be wrong.
	disputed: BTreeSet<(Slot, u8)>,
	claimed: BTreeMap<(u8, u64), u8>,
	/// Equal verdicts that decide in a draw.
	quorums: BTreeMap<u32, usize>,
}

/// A validator that has nothing to pledge: it can only join disputes.
const BROKE: u64 = 5;

impl Model {
	fn is_in_time() -> bool {
		System::block_number() <= job(JOB).round.deadline
	}

	fn takes(phase: Phase) -> bool {
		job(JOB).round.phase == phase && Self::is_in_time()
	}

	/// The provider and the attempt of a slot.
	fn task(slot: Slot) -> (u64, u8) {
		let record = &job(JOB).slots[slot as usize];
		(record.provider, record.attempt)
	}

	fn is_dropped(slot: Slot) -> bool {
		matches!(job(JOB).slots[slot as usize].state, SlotState::Dropped(_))
	}

	fn is_decided(&self, slot: Slot) -> bool {
		let state = job(JOB).slots[slot as usize].state;
		!matches!(state, SlotState::Revealed | SlotState::Judging { .. })
	}

	fn seats(slot: Slot) -> Vec<u64> {
		let Some(record) = job(JOB).round.draw else {
			return vec![];
		};
		let (provider, attempt) = Self::task(slot);
		let stakes = MockBonds::stakes(record.session).unwrap();
		// Three seats, and three more after each draw that did not decide.
		let seats = [3, 6, 9, 12][job(JOB).round.redraws as usize];
		draw::committee(&record.seed, slot, attempt, &stakes, seats, &provider).into_inner()
	}

	fn draw_index() -> u32 {
		job(JOB).round.draw.map_or(0, |record| record.index)
	}

	/// Who is broke cannot open a dispute.
	fn can_dissent(&self, stash: u64, slot: Slot) -> bool {
		let attempt = Self::task(slot).1;
		stash != BROKE || self.disputed.contains(&(slot, attempt))
	}

	/// Who has said valid in the committee that is at work; nobody once a draw did not decide.
	fn assenters(&self, slot: Slot) -> BTreeSet<u64> {
		if !matches!(
			job(JOB).slots[slot as usize].state,
			SlotState::Judging { .. }
		) {
			return BTreeSet::new();
		}
		let draw = job(JOB).round.draw_index;
		self.opened
			.iter()
			.filter(|(key, vote)| (key.0, key.1) == (slot, draw) && vote.0 == Verdict::Valid)
			.map(|(key, _)| key.2)
			.collect()
	}

	/// Somebody has said that an attempt is wrong: the dispute was told of it.
	fn dissent(&mut self, stash: u64, attempt: (Slot, u8), assenters: BTreeSet<u64>) {
		let told = dissents().pop().unwrap();
		assert_eq!((told.task.slot, told.task.attempt), attempt);
		assert_eq!(told.validator, stash);
		assert_eq!(BTreeSet::from_iter(told.assenters), assenters);
		// Of a claim there is the border before the first segment, in which training ends.
		let claims = self.claims_failure(attempt.0, attempt.1);
		assert_eq!(told.failure.is_some(), claims);
		assert_eq!(told.trace.len(), if claims { 1 } else { 3 });
		self.disputed.insert(attempt);
	}

	/// Opened valid verdicts in a draw about work that nobody disputes.
	fn undisputed_votes(&self, slot: Slot, draw: u32) -> usize {
		let is_valid = |vote: &(Verdict, u8)| {
			vote.0 == Verdict::Valid
				&& !self.disputed.contains(&(slot, vote.1))
				&& !self.claims_failure(slot, vote.1)
		};
		self.opened
			.iter()
			.filter(|(key, vote)| (key.0, key.1) == (slot, draw) && is_valid(vote))
			.count()
	}

	/// Does what the op says; tells whether it was taken and whether it should have been.
	fn run(&mut self, op: Op) -> (bool, bool) {
		match op {
			Op::Proceed {
				slot,
				seat,
				verdict,
			} => self.proceed(slot, seat, verdict),
			Op::Commit {
				stash,
				slot,
				sealed,
			} => {
				let (provider, attempt) = Self::task(slot);
				let expected = Self::takes(Phase::Train)
					&& provider == stash
					&& !Self::is_dropped(slot)
					&& !self.committed.contains_key(&(slot, attempt));
				let taken = match sealed {
					Sealed::Work => commit(stash, slot),
					Sealed::Failure => commit_failure(stash, slot),
					Sealed::Nonsense => {
						ProofOfCompute::commit_task(worker(stash), JOB, slot, [0; 32])
					}
				};
				if taken.is_ok() {
					self.committed.insert((slot, attempt), sealed);
				}
				(taken.is_ok(), expected)
			}
			Op::Reveal { stash, slot } => self.reveal(stash, slot, Sealed::Work),
			Op::RevealFailure { stash, slot } => self.reveal(stash, slot, Sealed::Failure),
			Op::Draw => {
				let ready = job(JOB).round.since + DRAW_SLOTS + 1;
				let expected = Self::takes(Phase::Draw) && System::block_number() >= ready;
				let taken = ProofOfCompute::draw(RuntimeOrigin::signed(STRANGER), JOB);
				(taken.is_ok(), expected)
			}
			Op::Seal {
				stash,
				slot,
				verdict,
				is_own,
			} => {
				if phase() == Phase::Draw {
					return self.run(Op::Draw);
				}
				let key = (slot, Self::draw_index(), stash);
				let expected = Self::takes(Phase::Assay)
					&& self.revealed.contains_key(&(slot, Self::task(slot).1))
					&& !self.is_decided(slot)
					&& Self::seats(slot).contains(&stash)
					&& !self.sealed.contains_key(&key);
				// Who has no opinion copies the seal of the next validator.
				let sealer = if is_own { stash } else { stash + 1 };
				let seal = verdict_seal(sealer, slot, verdict);
				let taken = ProofOfCompute::seal_verdict(worker(stash), JOB, slot, seal).is_ok();
				if taken {
					self.sealed.insert(key, (verdict, is_own));
				}
				(taken, expected)
			}
			Op::Open {
				stash,
				slot,
				verdict,
			} => {
				let key = (slot, Self::draw_index(), stash);
				let expected = Self::takes(Phase::Unseal)
					&& self.sealed.get(&key) == Some(&(verdict, true))
					&& !self.opened.contains_key(&key)
					&& (verdict != Verdict::Invalid || self.can_dissent(stash, slot));
				let attempt = Self::task(slot).1;
				let assenters = self.assenters(slot);
				let taken = open(stash, slot, verdict).is_ok();
				if taken && verdict == Verdict::Invalid {
					self.dissent(stash, (slot, attempt), assenters);
				}
				if taken {
					self.opened.insert(key, (verdict, attempt));
				}
				(taken, expected)
			}
			Op::Dispute { stash, slot } => {
				let (provider, attempt) = Self::task(slot);
				let phases = [Phase::Draw, Phase::Assay, Phase::Unseal];
				let expected = phases.into_iter().any(Self::takes)
					&& provider != stash
					&& self.revealed.contains_key(&(slot, attempt))
					&& !self.is_decided(slot)
					&& !self.disputed.contains(&(slot, attempt))
					&& stash != BROKE;
				let assenters = self.assenters(slot);
				let taken = dispute(stash, slot).is_ok();
				if taken {
					self.dissent(stash, (slot, attempt), assenters);
				}
				(taken, expected)
			}
			Op::Claim { stash, value } => {
				let key = (job(JOB).round.restarts, stash);
				let expected = Self::takes(Phase::Close)
					&& closers().contains(&stash)
					&& !self.claimed.contains_key(&key);
				let taken = claim(stash, [value; 32], 1).is_ok();
				if taken {
					self.claimed.insert(key, value);
				}
				(taken, expected)
			}
			Op::Wait { blocks } => {
				run_to(System::block_number() + blocks);
				idle();
				(true, true)
			}
			Op::MissDeadline => {
				while job(JOB).round.outlook == Outlook::Contested {
					Self::end_conflict();
				}
				if job(JOB).is_over {
					return (true, true);
				}
				miss_deadline(JOB);
				(true, true)
			}
		}
	}

	/// The runtime finds out who is right: who claims 0.
	fn end_conflict() {
		rule(match conflict().unwrap().claimed[0] {
			0 => ClosingRuling::ChallengerWrong,
			_ => ClosingRuling::CheckpointWrong,
		});
		ProofOfCompute::settle_claims(RuntimeOrigin::signed(STRANGER), JOB, 0).unwrap();
	}

	fn reveal(&mut self, stash: u64, slot: Slot, shown: Sealed) -> (bool, bool) {
		let (provider, attempt) = Self::task(slot);
		let expected = Self::takes(Phase::Reveal)
			&& provider == stash
			&& self.committed.get(&(slot, attempt)) == Some(&shown)
			&& !self.revealed.contains_key(&(slot, attempt));
		let taken = match shown {
			Sealed::Failure => reveal_failure(stash, slot).is_ok(),
			_ => reveal(stash, slot).is_ok(),
		};
		if taken {
			self.revealed.insert((slot, attempt), shown);
		}
		(taken, expected)
	}

	/// Whether an attempt claims that its training ends.
	fn claims_failure(&self, slot: Slot, attempt: u8) -> bool {
		self.revealed.get(&(slot, attempt)) == Some(&Sealed::Failure)
	}

	fn proceed(&mut self, slot: Slot, seat: usize, verdict: Verdict) -> (bool, bool) {
		let stash = Self::seats(slot).get(seat).copied().unwrap_or(1);
		let next = match phase() {
			// Now and then training ends.
			Phase::Train => Op::Commit {
				stash: Self::task(slot).0,
				slot,
				sealed: match (seat, verdict) {
					(2, Verdict::Invalid | Verdict::Unfetched) => Sealed::Failure,
					_ => Sealed::Work,
				},
			},
			Phase::Reveal => {
				let (stash, attempt) = Self::task(slot);
				match self.committed.get(&(slot, attempt)) {
					Some(Sealed::Failure) => Op::RevealFailure { stash, slot },
					_ => Op::Reveal { stash, slot },
				}
			}
			Phase::Draw => {
				await_beacon();
				Op::Draw
			}
			Phase::Assay => Op::Seal {
				stash,
				slot,
				verdict,
				is_own: true,
			},
			Phase::Unseal => {
				let key = (slot, Self::draw_index(), stash);
				let sealed = self.sealed.get(&key).map_or(verdict, |sealed| sealed.0);
				Op::Open {
					stash,
					slot,
					verdict: sealed,
				}
			}
			_ => Op::Claim {
				stash: closers()[seat],
				value: 0,
			},
		};
		self.run(next)
	}

	/// Claims of failure by what was said of them: only undisputed quorums end a job, and no vote takes
	/// anything.
	fn check_failures(&self, job: &Job) {
		let counted = |slot: Slot, draw: u32| {
			let votes = self.opened.iter();
			let about = votes.filter(|(key, _)| (key.0, key.1) == (slot, draw));
			about
				.filter(|(_, vote)| {
					vote.0 == Verdict::Valid
						&& self.claims_failure(slot, vote.1)
						&& !self.disputed.contains(&(slot, vote.1))
				})
				.count()
		};
		let undecided =
			|slot: Slot| matches!(job.slots[slot as usize].state, SlotState::Judging { .. });
		let mut bad = 0;
		for (slot, (draw, quorum)) in
			(0..TASKS).flat_map(|slot| self.quorums.iter().map(move |draw| (slot, draw)))
		{
			if *draw == Self::draw_index() && undecided(slot) {
				continue;
			}
			bad += usize::from(counted(slot, *draw) >= *quorum);
		}
		let reasons = |reason| job.unpaid.iter().filter(|why| **why == reason).count();
		assert_eq!(reasons(Unpaid::BadPlan), bad);
		assert_eq!(job.round.has_bad_plan, bad > 0);
		let causes = offences();
		let missed = [Cause::MissedCommit, Cause::MissedReveal];
		assert!(causes.iter().all(|offence| missed.contains(&offence.cause)));
	}

	/// What must be true of a round, whatever was called.
	fn check(&mut self) {
		check();
		let job = job(JOB);
		if let Some(draw) = job.round.draw {
			// Two of three; once the committee has grown to all five validators, three of them.
			let quorum = [QUORUM, 3][usize::from(draw.seats > 3)];
			self.quorums.insert(draw.index, quorum);
		}
		// Every accepted slot has a quorum of distinct verdicts in one draw, and no dispute.
		let draws = 0..=job.round.draw_index;
		let accepted = (0..TASKS).filter(|slot| {
			draws.clone().any(|draw| match self.quorums.get(&draw) {
				Some(quorum) => self.undisputed_votes(*slot, draw) >= *quorum,
				None => false,
			})
		});
		if !job.is_over || !job.closed.is_empty() {
			let undecided_yet =
				|slot: &Slot| matches!(job.slots[*slot as usize].state, SlotState::Judging { .. });
			let counted = accepted.filter(|slot| !undecided_yet(slot)).count();
			assert_eq!(job.paid.len(), counted);
		}
		// Disputes are about what somebody said to be wrong, each attempt of which goes unpaid; what
		// that costs is decided there.
		let told = dissents()
			.into_iter()
			.map(|dissent| (dissent.task.slot, dissent.task.attempt))
			.collect::<BTreeSet<_>>();
		assert_eq!(told, self.disputed);
		let over = |(slot, attempt): &&(Slot, u8)| {
			*attempt < Self::task(*slot).1 || self.is_decided(*slot)
		};
		self.check_failures(&job);
		let unpaid = job.unpaid.iter();
		assert_eq!(
			unpaid.filter(|why| **why == Unpaid::Disputed).count(),
			self.disputed.iter().filter(over).count()
		);
		assert!(offences().iter().all(|offence| offence.amount < TASK_STAKE));
		// Answers are exactly what was opened, and nobody is absent from more than it was drawn for.
		for stash in VALIDATORS {
			let uptime = ProofOfCompute::uptime_of(&stash);
			let answers = self.opened.keys().filter(|key| key.2 == stash).count();
			assert_eq!(uptime.answered as usize, answers);
			assert!(uptime.drawn <= (job.round.draw_index + 1) * TASKS);
		}
		// A round closes only by a quorum of distinct equal claims, less those that were convicted; and
		// with what is right if anybody has said so who can stand behind it.
		if let Some((root, _)) = job.closed.first() {
			let restarts = job.round.restarts;
			let claims = self.claimed.iter().filter(|(key, _)| key.0 == restarts);
			let (equal, others): (Vec<_>, Vec<_>) =
				claims.partition(|(_, value)| **value == root[0]);
			let convicted = others.iter().filter(|(key, _)| key.1 != BROKE).count();
			assert!(equal.len() >= QUORUM.min(3 - convicted));
			assert!(root[0] == 0 || convicted == 0);
		}
	}
}

fn verdicts() -> impl Strategy<Value = Verdict> {
	prop_oneof![
		6 => Just(Verdict::Valid),
		3 => Just(Verdict::Invalid),
		1 => Just(Verdict::Unfetched),
	]
}

fn sealed() -> impl Strategy<Value = Sealed> {
	prop_oneof![
		Just(Sealed::Work),
		Just(Sealed::Failure),
		Just(Sealed::Nonsense)
	]
}

fn ops() -> impl Strategy<Value = Op> {
	let slot = 0..TASKS;
	let anyone = prop_oneof![1..6u64, 101..104u64];
	prop_oneof![
		30 => (slot.clone(), 0..3usize, verdicts())
			.prop_map(|(slot, seat, verdict)| Op::Proceed { slot, seat, verdict }),
		2 => (anyone.clone(), slot.clone(), sealed())
			.prop_map(|(stash, slot, sealed)| Op::Commit { stash, slot, sealed }),
		2 => (anyone.clone(), slot.clone()).prop_map(|(stash, slot)| Op::Reveal { stash, slot }),
		1 => (anyone.clone(), slot.clone())
			.prop_map(|(stash, slot)| Op::RevealFailure { stash, slot }),
		1 => Just(Op::Draw),
		3 => (anyone.clone(), slot.clone(), verdicts(), any::<bool>()).prop_map(
			|(stash, slot, verdict, is_own)| Op::Seal { stash, slot, verdict, is_own }
		),
		2 => (anyone.clone(), slot.clone())
			.prop_map(|(stash, slot)| Op::Dispute { stash, slot }),
		3 => (anyone.clone(), slot, verdicts())
			.prop_map(|(stash, slot, verdict)| Op::Open { stash, slot, verdict }),
		2 => (anyone, 0..2u8).prop_map(|(stash, value)| Op::Claim { stash, value }),
		2 => (1..4u32).prop_map(|blocks| Op::Wait { blocks }),
		1 => Just(Op::MissDeadline),
	]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, ..Default::default() })]

	#[test]
	fn random_calls_are_taken_as_a_plain_model_predicts(
		ops in prop::collection::vec(ops(), 1..120)
	) {
		build_and_execute(|| {
			start(Setup { tasks: TASKS, segments: 2, ..Default::default() });
			make_broke(BROKE);
			let mut model = Model::default();
			for op in ops {
				if job(JOB).is_over {
					break;
				}
				let (taken, expected) = model.run(op);
				assert_eq!(taken, expected, "{op:?} in {:?}", job(JOB).round);
				model.check();
			}
			// Whatever is left when the round is over goes.
			if !job(JOB).is_over {
				cancel(JOB);
			}
			for _ in 0..3 {
				idle();
			}
			assert_eq!(crate::OpenRounds::<Test>::iter().count(), 0);
			assert_eq!(crate::Submissions::<Test>::iter().count(), 0);
		});
	}
}
