//! P10 and P25: claims of failure, and what becomes of a round whose plan is bad.

use assay_numerics::{referee::Part, Loss};
use assay_protocol::{
	draw::least_quorum, hash::blake2_256, FailReason, Failure, FailureClaim, FailureReveal, Fate,
	JobId, Outcome, Phase, RoundError, RoundEvent, RoundState, SealContext, SlotError, SlotRecord,
	SlotState, Sweep, Trace, Transition, Unpaid, Unsealed, Verdict, Windows, Work,
};
use codec::Encode;
use proptest::prelude::*;
use serde_json::json;
use std::{env, fs, path::PathBuf};

const QUORUM: u32 = 2;
const SEATS: u32 = 3;

fn reveal() -> FailureReveal {
	FailureReveal {
		trace: Trace::truncate_from(vec![[8; 32], [9; 32]]),
		place: Failure {
			step: 3,
			op: 41,
			tile: 6,
			part: Part::Step(2),
		},
		salt: [10; 32],
	}
}

fn context() -> SealContext<[u8; 32]> {
	SealContext {
		genesis: [5; 32],
		job: JobId(7),
		round: 2,
		slot: 1,
		attempt: 0,
		account: [6; 32],
	}
}

fn claim() -> FailureClaim<[u8; 32]> {
	FailureClaim::of(context(), [7; 32], [0; 32], &reveal())
}

fn windows() -> Windows {
	Windows {
		open: 10,
		train: 10,
		reveal: 10,
		assay: 10,
		unseal: 10,
		close: 10,
		challenge: 0,
	}
}

fn work() -> Work {
	Work {
		update: [1; 32],
		trace_root: [9; 32],
		slot_root: [0; 32],
		loss: Loss(3),
	}
}

fn said(validator: u8, verdict: Verdict) -> Unsealed<u8> {
	Unsealed {
		validator,
		verdict,
		uptime_ppm: 1_000_000,
	}
}

/// A slot whose provider claims failure.
fn claimed() -> SlotRecord<u8> {
	let mut slot = SlotRecord::assign(9);
	slot.commit().expect("assigned");
	slot.reveal_failure(reveal().failure()).expect("committed");
	slot
}

/// The claim after a committee of three has said this.
fn judged(verdicts: [Verdict; 3]) -> (SlotRecord<u8>, Fate) {
	let mut slot = claimed();
	for _ in verdicts {
		slot.seal(SEATS).expect("a seat is free");
	}
	let mut fate = None;
	for (validator, verdict) in (0u8..).zip(verdicts) {
		fate = slot
			.unseal(said(validator, verdict), QUORUM)
			.expect("sealed");
	}
	(slot, fate.expect("all are open"))
}

#[test]
fn p10_every_field_of_a_claim_of_failure_changes_its_seal() {
	let seal = claim().seal();
	let spoils: [fn(&mut FailureClaim<[u8; 32]>); 15] = [
		|claim| claim.context.genesis[0] ^= 1,
		|claim| claim.context.job = JobId(8),
		|claim| claim.context.round += 1,
		|claim| claim.context.slot += 1,
		|claim| claim.context.attempt += 1,
		|claim| claim.context.account[31] ^= 1,
		|claim| claim.parent[0] ^= 1,
		|claim| claim.slot_root_in[0] ^= 1,
		|claim| claim.trace_root[0] ^= 1,
		|claim| claim.place.step += 1,
		|claim| claim.place.op += 1,
		|claim| claim.place.tile += 1,
		|claim| claim.place.part = Part::Step(3),
		|claim| claim.place.part = Part::Finish,
		|claim| claim.salt[0] ^= 1,
	];
	for spoil in spoils {
		let mut other = claim();
		spoil(&mut other);
		assert_ne!(other.seal(), seal);
	}
	// 16 of prefix, 81 of context, three roots, step, op, tile, part and salt.
	let preimage = claim().preimage();
	assert!(preimage.starts_with(b"assay/failure/v1"));
	assert_eq!(preimage.len(), 16 + 81 + 3 * 32 + 3 * 4 + 5 + 32);
	assert_eq!(seal, blake2_256(&preimage));
}

#[test]
fn the_seal_of_a_claim_of_failure_is_pinned() {
	let (claim, context) = (claim(), context());
	let vector = json!({
		"thing": "failure",
		"genesis": hex::encode(context.genesis),
		"job": context.job.0,
		"round": context.round,
		"slot": context.slot,
		"attempt": context.attempt,
		"account": hex::encode(context.account),
		"parent": hex::encode(claim.parent),
		"slot_root_in": hex::encode(claim.slot_root_in),
		"trace_root": hex::encode(claim.trace_root),
		"step": claim.place.step,
		"op": claim.place.op,
		"tile": claim.place.tile,
		"part": hex::encode(claim.place.part.encode()),
		"salt": hex::encode(claim.salt),
		"preimage": hex::encode(claim.preimage()),
		"seal": hex::encode(claim.seal()),
	});
	let text = serde_json::to_string_pretty(&[vector]).expect("plain JSON") + "\n";
	let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/failure.json");
	if env::var_os("ASSAY_BLESS").is_some() {
		fs::write(&path, &text).expect("the folder exists");
	}
	let stored = fs::read_to_string(&path).expect("the file is in the repository");
	assert_eq!(stored, text, "a stored format has changed");
}

#[test]
fn a_claim_of_failure_is_always_drawn_and_is_no_work() {
	// GIVEN a slot with a closed seal
	let mut slot = SlotRecord::assign(9);
	let unsealed = slot.reveal_failure(reveal().failure());
	assert_eq!(
		unsealed,
		Err(SlotError::WrongState {
			state: SlotState::Assigned
		})
	);
	slot.commit().expect("assigned");
	// WHEN it opens to a claim of failure
	assert_eq!(slot.reveal_failure(reveal().failure()), Ok(()));
	// THEN it is drawn for certain, and there is no work
	assert_eq!(slot.rate_ppm, 1_000_000);
	assert_eq!((slot.work, slot.failure), (None, Some(reveal().failure())));
	// AND it opens once
	let state = SlotState::Revealed;
	let again = slot.clone().reveal_failure(reveal().failure());
	assert_eq!(again, Err(SlotError::WrongState { state }));
	assert_eq!(
		slot.clone().reveal(work(), 1),
		Err(SlotError::WrongState { state })
	);
	// AND it can be disputed, as work can
	assert_eq!(slot.dispute(), Ok(()));
	assert!(slot.is_disputed);
	assert_eq!(slot.outcome(SEATS, QUORUM), Outcome::Disputed);
}

#[test]
fn p25_verdicts_about_a_claim_of_failure_decide_as_the_table_says() {
	use Verdict::{Invalid, Unfetched, Valid};
	let disputed = Fate::Redo(Unpaid::Disputed);
	for (verdicts, fate) in [
		([Valid, Valid, Valid], Fate::BadPlan),
		([Valid, Unfetched, Valid], Fate::BadPlan),
		([Valid, Valid, Invalid], disputed),
		([Invalid, Unfetched, Unfetched], disputed),
		([Invalid, Valid, Unfetched], disputed),
		([Invalid, Valid, Invalid], disputed),
		([Invalid, Invalid, Invalid], disputed),
		([Valid, Unfetched, Unfetched], Fate::Undecided),
		([Unfetched, Unfetched, Unfetched], Fate::Undecided),
	] {
		let (slot, found) = judged(verdicts);
		assert_eq!(found, fate, "{verdicts:?}");
		assert_eq!(
			slot.is_disputed,
			verdicts.contains(&Invalid),
			"{verdicts:?}"
		);
		// Only verdicts that end the job are paid, and only those that say so.
		let paid = slot.paid_verdicts().count();
		let valid = verdicts.iter().filter(|said| **said == Valid).count();
		assert_eq!(paid, if fate == Fate::BadPlan { valid } else { 0 });
		// A true claim is nobody's fault.
		assert_eq!(slot.failed.is_empty(), !matches!(fate, Fate::Redo(_)));
	}
	// No vote takes anything.
	assert!(!Unpaid::Disputed.is_offence() && !Unpaid::BadPlan.is_offence());
}

#[test]
fn p25_one_dissent_prevents_a_bad_plan_and_one_short_of_the_quorum_does_not_make_one() {
	// Every committee, every number of verdicts of each kind, every quorum that terms can have.
	for seats in 1..=15u32 {
		for (valid, invalid) in (0..=seats).flat_map(|v| (0..=seats - v).map(move |i| (v, i))) {
			for quorum in least_quorum(seats)..=seats {
				let mut slot = claimed();
				let verdicts = (0..valid)
					.map(|_| Verdict::Valid)
					.chain((0..invalid).map(|_| Verdict::Invalid))
					.chain((valid + invalid..seats).map(|_| Verdict::Unfetched));
				for (validator, verdict) in (0u8..).zip(verdicts) {
					let fits = slot.verdicts.try_push(said(validator, verdict));
					fits.expect("as many seats as places");
				}
				slot.is_disputed = invalid > 0;
				let expected = match (valid >= quorum, invalid) {
					(true, 0) => Outcome::BadPlan,
					(false, 0) => Outcome::Undecided,
					_ => Outcome::Disputed,
				};
				assert_eq!(slot.outcome(seats, quorum), expected);
			}
		}
	}
	// A committee that has grown needs more than the quorum of the terms.
	let mut slot = claimed();
	for validator in 0..5 {
		let fits = slot.verdicts.try_push(said(validator, Verdict::Valid));
		fits.expect("there is a place");
	}
	assert_eq!(slot.outcome(9, 2), Outcome::Undecided);
	assert_eq!(slot.outcome(5, 2), Outcome::BadPlan);
}

#[test]
fn the_next_attempt_knows_nothing_of_an_earlier_claim() {
	let (mut slot, fate) = judged([Verdict::Invalid; 3]);
	assert_eq!(fate, Fate::Redo(Unpaid::Disputed));
	assert_eq!(slot.reassign(9), Err(SlotError::FailedBefore));
	slot.reassign(8).expect("it is to be redone");
	assert_eq!((slot.failure, slot.rate_ppm), (None, 0));
	assert!(!slot.is_disputed);
	slot.commit().expect("assigned");
	slot.reveal(work(), 7).expect("committed");
	assert_eq!((slot.work, slot.failure), (Some(work()), None));
	assert_eq!(slot.dispute(), Ok(()));
}

/// A round of slots that all reveal: those in `claims` a failure, the others work.
struct Table {
	round: RoundState,
	slots: Vec<SlotRecord<u8>>,
}

impl Table {
	fn start(tasks: u32) -> Self {
		Self {
			round: RoundState::start(tasks, 0, &windows()),
			slots: (0..tasks).map(|_| SlotRecord::assign(0)).collect(),
		}
	}

	fn apply(&mut self, event: RoundEvent) -> Transition {
		let transition = self.round.apply(event, 0, &windows());
		let transition = transition.expect("it is in time and in its phase");
		if transition == Transition::Pass {
			for slot in &mut self.slots {
				if let SlotState::Redo(_) = slot.state {
					slot.reassign(slot.attempt + 1).expect("another provider");
				}
			}
		}
		transition
	}

	/// Every slot that works commits and reveals, and the beacon is read.
	fn reach_assay(&mut self, claims: impl Fn(usize) -> bool) {
		let working = |slot: &SlotRecord<u8>| slot.state == SlotState::Assigned;
		let open: Vec<_> = (0..self.slots.len())
			.filter(|slot| working(&self.slots[*slot]))
			.collect();
		for slot in &open {
			self.slots[*slot].commit().expect("assigned");
			self.apply(RoundEvent::Committed);
		}
		for slot in open {
			let shown = match claims(slot) {
				true => self.slots[slot].reveal_failure(reveal().failure()),
				false => self.slots[slot].reveal(work(), 0),
			};
			shown.expect("committed");
			self.apply(RoundEvent::Revealed);
		}
		self.draw();
	}

	fn draw(&mut self) {
		self.apply(RoundEvent::Drawn {
			seed: [1; 32],
			session: 0,
			committee: SEATS,
		});
	}

	/// Every seat says something about every slot that is drawn, in the order of the slots.
	fn judge(&mut self, verdict: impl Fn(usize, u32) -> Verdict) -> Transition {
		let seats = self.round.draw.expect("it was drawn").seats;
		let shown = |slot: &SlotRecord<u8>| slot.state == SlotState::Revealed;
		let open: Vec<_> = (0..self.slots.len())
			.filter(|slot| shown(&self.slots[*slot]))
			.collect();
		for slot in &open {
			for _ in 0..seats {
				let complete = self.slots[*slot].seal(seats).expect("a seat is free");
				self.apply(RoundEvent::Sealed { complete });
			}
		}
		let mut last = Transition::Stay;
		for slot in open {
			for seat in 0..seats {
				let validator = u8::try_from(seat).expect("few seats");
				let opened = said(validator, verdict(slot, seat));
				let fate = self.slots[slot].unseal(opened, QUORUM).expect("sealed");
				last = self.apply(RoundEvent::Unsealed { fate });
			}
		}
		last
	}
}

#[test]
fn p25_a_bad_plan_ends_the_round_only_when_all_that_was_revealed_is_judged() {
	// GIVEN a claim of failure beside work
	let mut table = Table::start(3);
	table.reach_assay(|slot| slot == 0);
	// WHEN the claim is found true first, and the others right and wrong
	let last = table.judge(|slot, _| match slot {
		2 => Verdict::Invalid,
		_ => Verdict::Valid,
	});
	// THEN the work is accepted before the round fails, and nothing is redone any more
	assert_eq!(last, Transition::Failed(FailReason::BadPlan));
	assert_eq!(table.round.phase, Phase::Ended);
	let states: Vec<_> = table.slots.iter().map(|slot| slot.state).collect();
	assert_eq!(
		states,
		[
			SlotState::Dropped(Unpaid::BadPlan),
			SlotState::Accepted,
			SlotState::Redo(Unpaid::Disputed),
		]
	);
	assert_eq!(table.round.counts.dropped, 1);
	assert_eq!(table.round.counts.accepted, 1);
}

#[test]
fn p25_work_that_is_undecided_beside_a_bad_plan_is_drawn_again_and_does_not_hide_it() {
	// GIVEN a true claim beside work that no seat says anything about
	let mut table = Table::start(2);
	table.reach_assay(|slot| slot == 0);
	let seats = table.round.draw.expect("it was drawn").seats;
	for _ in 0..seats {
		let complete = table.slots[0].seal(seats).expect("a seat is free");
		table.apply(RoundEvent::Sealed { complete });
	}
	let mut now = 11;
	let sweep = |table: &mut Table, now: u32| {
		let mut sweep = Sweep::default();
		for slot in &mut table.slots {
			if let Some(fate) = slot.sweep(table.round.phase, QUORUM) {
				sweep.count(fate);
			}
		}
		let swept = table.round.apply(RoundEvent::Swept(sweep), now, &windows());
		swept.expect("the deadline is over")
	};
	assert_eq!(
		sweep(&mut table, now),
		Transition::Moved(Phase::Unseal),
		"the work has no seal"
	);
	for validator in 0..3 {
		let opened = said(validator, Verdict::Valid);
		let fate = table.slots[0].unseal(opened, QUORUM).expect("sealed");
		let event = RoundEvent::Unsealed { fate };
		let applied = table.round.apply(event, now, &windows());
		applied.expect("it is in time");
	}
	// WHEN no later draw decides
	let mut last = Transition::Redraw;
	for _ in 0..3 {
		assert_eq!(last, Transition::Redraw, "it is drawn again first");
		assert!(table.round.has_bad_plan && table.round.phase == Phase::Draw);
		now = table.round.deadline + 1;
		last = sweep(&mut table, now);
	}
	// THEN the reason is still the plan
	assert_eq!(last, Transition::Failed(FailReason::BadPlan));
}

#[test]
fn p14_a_bad_plan_is_found_only_where_verdicts_are_counted() {
	let sweep = Sweep {
		bad_plan: 1,
		..Default::default()
	};
	assert_eq!(sweep.total(), 1);
	for phase in [
		Phase::Train,
		Phase::Reveal,
		Phase::Draw,
		Phase::Assay,
		Phase::Close,
	] {
		let mut round = RoundState {
			phase,
			..RoundState::start(1, 0, &windows())
		};
		let before = round;
		let refused = round.apply(RoundEvent::Swept(sweep), 1_000, &windows());
		assert_eq!(refused, Err(RoundError::CountsDisagree), "{phase:?}");
		assert_eq!(round, before);
	}
	let mut round = RoundState {
		phase: Phase::Unseal,
		..RoundState::start(1, 0, &windows())
	};
	assert_eq!(
		round.apply(RoundEvent::Swept(sweep), 1_000, &windows()),
		Ok(Transition::Failed(FailReason::BadPlan))
	);
}

fn verdicts() -> impl Strategy<Value = Verdict> {
	prop_oneof![
		6 => Just(Verdict::Valid),
		2 => Just(Verdict::Invalid),
		2 => Just(Verdict::Unfetched),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn p25_no_claim_of_failure_is_ever_accepted_and_only_true_ones_end_a_round(
		claims in prop::collection::vec(any::<bool>(), 1..5),
		said in prop::collection::vec(verdicts(), 64),
	) {
		let tasks = u32::try_from(claims.len()).expect("few");
		let mut table = Table::start(tasks);
		let mut turn = 0;
		while !matches!(table.round.phase, Phase::Ended | Phase::Close) {
			match table.round.phase {
				Phase::Train => table.reach_assay(|slot| claims[slot]),
				_ => table.draw(),
			}
			let verdict = |slot: usize, seat: u32| {
				said[(turn * 31 + slot * 9 + seat as usize) % said.len()]
			};
			let before = table.slots.clone();
			let last = table.judge(verdict);
			let seats = table.round.draw.expect("it was drawn").seats;
			let quorum = QUORUM.max(least_quorum(seats)) as usize;
			for (slot, record) in table.slots.iter().enumerate() {
				let is_claim = before[slot].failure.is_some();
				prop_assert!(!(is_claim && record.state == SlotState::Accepted));
				let was_judged = before[slot].state == SlotState::Revealed;
				let votes: Vec<_> = (0..seats).map(|seat| verdict(slot, seat)).collect();
				if was_judged && is_claim && record.attempt == before[slot].attempt {
					let says = votes.contains(&Verdict::Invalid);
					prop_assert_eq!(record.is_disputed, says);
				}
				let valid = votes.iter().filter(|vote| **vote == Verdict::Valid).count();
				let is_true = is_claim && valid >= quorum && !votes.contains(&Verdict::Invalid);
				if was_judged {
					let is_bad = record.state == SlotState::Dropped(Unpaid::BadPlan);
					prop_assert_eq!(is_bad, is_true);
				}
			}
			let is_bad = |slot: &SlotRecord<u8>| slot.state == SlotState::Dropped(Unpaid::BadPlan);
			prop_assert_eq!(table.round.has_bad_plan, table.slots.iter().any(is_bad));
			// No next pass begins with a bad plan, and the round never closes with one.
			prop_assert!(!(table.round.has_bad_plan && matches!(last, Transition::Pass)));
			prop_assert!(!(table.round.has_bad_plan && table.round.phase == Phase::Close));
			if last == Transition::Failed(FailReason::BadPlan) {
				prop_assert!(table.round.has_bad_plan);
			}
			let counts = table.round.counts;
			prop_assert_eq!(
				counts.open + counts.redo + counts.undecided + counts.accepted + counts.dropped,
				tasks
			);
			turn += 1;
			prop_assert!(turn <= 12);
		}
	}
}
