//! Claims about the next checkpoint, and conflicts between them, by the protocol's own rules.

use std::collections::BTreeMap;

use assay_numerics::Outline;
use assay_protocol::{
	claims::{closing, Closing, Said},
	dispute::{
		Added, Addends, Clock, ClosingCase, ClosingRuling, ClosingStage, Lateness, Layer, Now,
		OpenedParam, Side, Updates,
	},
	AggregateClaim, ConflictView, JobId, Outlook, Phase, Root, Round, RoundEvent, RoundRecord,
	SlotState,
};
use assay_worker::{
	account::Account,
	chain::{Detail, Event},
};

use super::{disputes::TURN_TIME, Fake, State, JOB};

/// The one that is open, who has lost others, and how.
#[derive(Default)]
pub(super) struct Conflicts {
	open: Option<Conflict>,
	/// Of the current window.
	pub(super) convicted: Vec<Account>,
	ended: Vec<(ClosingRuling, Account)>,
	/// What is heard of those that are bought, whatever their workers claim; nothing of some.
	bought: BTreeMap<Account, Option<AggregateClaim>>,
}

#[derive(Clone)]
struct Conflict {
	claimant: Account,
	challenger: Account,
	claimed: Root,
	parent: Root,
	updates: Updates,
	stage: ClosingStage,
	clock: Clock,
	moves: u32,
}

impl Fake {
	/// From now on somebody claims this instead of what its worker has computed, or never anything.
	pub(crate) fn buy(&self, account: Account, claim: Option<AggregateClaim>) {
		let mut state = self.state.lock().unwrap();
		state.conflicts.bought.insert(account, claim);
	}

	/// Everybody claims again what it has computed.
	pub(crate) fn buy_nobody(&self) {
		self.state.lock().unwrap().conflicts.bought.clear();
	}

	/// Whether two claims contradict each other now.
	pub(crate) fn is_contested(&self) -> bool {
		self.state.lock().unwrap().conflicts.open.is_some()
	}

	/// How conflicts were ruled, and who has lost them, in their order.
	pub(crate) fn ruled(&self) -> Vec<(ClosingRuling, Account)> {
		self.state.lock().unwrap().conflicts.ended.clone()
	}
}

impl State {
	pub(super) fn claim_aggregate(
		&mut self,
		signer: Account,
		claim: AggregateClaim,
	) -> Result<(), &'static str> {
		let round = self.job.round.ok_or("NotClosing")?;
		if round.phase != Phase::Close {
			return Err("NotClosing");
		}
		let bought = self.conflicts.bought.get(&signer);
		let claim = bought.copied().unwrap_or(Some(claim));
		let AggregateClaim { checkpoint, loss } = claim.ok_or("NeverHeard")?;
		if self.job.claims.insert(signer, (checkpoint, loss)).is_some() {
			return Err("AlreadyClaimed");
		}
		self.note_event(Event::Detail(Detail::AggregateClaimed {
			job: JOB,
			round: self.job.number,
			validator: signer,
			checkpoint,
			loss,
		}));
		match self.conflicts.open {
			Some(_) => Ok(()),
			None => self.look_at_claims(),
		}
	}

	/// Closes the round, opens a conflict or waits, as the claims say.
	fn look_at_claims(&mut self) -> Result<(), &'static str> {
		let said: Vec<Said> = self
			.validators
			.iter()
			.map(|seat| self.said(*seat))
			.collect();
		match closing(&said, self.job.terms.quorum) {
			Closing::Closes(claim) => {
				self.close_with(claim);
				self.note(RoundEvent::Closed)
			}
			Closing::Agreed(claim) => {
				let AggregateClaim { checkpoint, loss } = claim;
				self.note(RoundEvent::Stands(Outlook::Agreed { checkpoint, loss }))
			}
			Closing::Awaited => self.note(RoundEvent::Stands(Outlook::Awaited)),
			Closing::Conflict {
				claimant,
				challenger,
			} => {
				self.contest(self.validators[claimant], self.validators[challenger]);
				self.note(RoundEvent::Stands(Outlook::Contested))
			}
		}
	}

	fn said(&self, seat: Account) -> Said {
		if self.conflicts.convicted.contains(&seat) {
			return Said::Convicted;
		}
		match self.job.claims.get(&seat) {
			Some((checkpoint, loss)) => Said::Claims(AggregateClaim {
				checkpoint: *checkpoint,
				loss: *loss,
			}),
			None => Said::Nothing,
		}
	}

	/// The next checkpoint is agreed.
	pub(super) fn close_with(&mut self, claim: AggregateClaim) {
		let AggregateClaim { checkpoint, loss } = claim;
		let counts = self.job.round.expect("a round closes").counts;
		self.job.checkpoint = checkpoint;
		self.job.records.push(RoundRecord {
			round: self.job.number,
			checkpoint,
			loss,
			accepted: counts.accepted,
			dropped: counts.dropped,
			closed: self.number,
		});
		self.note_event(Event::RoundClosed {
			job: JOB,
			round: self.job.number,
			checkpoint,
			loss,
		});
	}

	fn contest(&mut self, claimant: Account, challenger: Account) {
		let accepted = self.job.slots.iter();
		let accepted = accepted.filter(|record| record.state == SlotState::Accepted);
		let updates = accepted.filter_map(|record| Some(record.work?.update));
		let mut conflict = Conflict {
			claimant,
			challenger,
			claimed: self.job.claims[&claimant].0,
			parent: self.job.checkpoint,
			updates: Updates::truncate_from(updates.collect()),
			stage: ClosingStage::Asked {
				tree: assay_protocol::dispute::ClosingTree::List,
				node: assay_numerics::hash::Node::top([0; 32], 0),
			},
			clock: Clock::start(TURN_TIME, self.time()),
			moves: 0,
		};
		conflict.stage = self.in_conflict(&conflict, |case| case.start());
		self.conflicts.open = Some(conflict);
	}

	fn in_conflict<T>(&self, of: &Conflict, judge: impl FnOnce(ClosingCase<'_>) -> T) -> T {
		let outline = Outline::new(&self.job.plan.step).expect("tests post good plans; qed");
		judge(ClosingCase {
			outline: &outline,
			parent: &of.parent,
			updates: &of.updates,
			claimed: &of.claimed,
		})
	}

	fn time(&self) -> Now {
		Now {
			block: self.number,
			full: 0,
		}
	}

	fn is_late(&self, of: &Conflict) -> bool {
		let turn = of.stage.turn();
		of.clock.lateness(turn, self.time(), 0) != Lateness::InTime
	}

	fn contested(&self, side: Side) -> Result<Conflict, &'static str> {
		let of = self.conflicts.open.clone().ok_or("NoConflict")?;
		if of.stage.turn() != side {
			return Err("NotYourTurn");
		}
		match self.is_late(&of) {
			true => Err("TimeOver"),
			false => Ok(of),
		}
	}

	fn has_moved(&mut self, mut of: Conflict, side: Side) -> Result<(), &'static str> {
		of.clock.turn(side, self.time());
		of.moves += 1;
		self.conflicts.open = Some(of);
		Ok(())
	}

	pub(super) fn show_checkpoint(&mut self, layer: &Layer) -> Result<(), &'static str> {
		let mut of = self.contested(Side::Provider)?;
		let next = self.in_conflict(&of, |case| case.show(&of.stage, layer));
		of.stage = next.map_err(|_| "OtherNodes")?;
		self.has_moved(of, Side::Provider)
	}

	pub(super) fn choose_node(&mut self, signer: Account, index: u32) -> Result<(), &'static str> {
		let mut of = self.contested(Side::Challenger)?;
		if of.challenger != signer {
			return Err("NotChallenger");
		}
		let next = self.in_conflict(&of, |case| case.choose(&of.stage, index));
		of.stage = next.map_err(|_| "NoSuchPlace")?;
		self.has_moved(of, Side::Challenger)
	}

	pub(super) fn add_updates(
		&mut self,
		parent: Option<&OpenedParam>,
		updates: &Addends,
	) -> Result<(), &'static str> {
		let mut of = self.contested(Side::Challenger)?;
		let added = self.in_conflict(&of, |case| case.add(&of.stage, parent, updates));
		match added.map_err(|_| "BadEvidence")? {
			Added::More(stage) => {
				of.stage = *stage;
				self.has_moved(of, Side::Challenger)
			}
			Added::Ruled(ruling) => self.rule(of, ruling),
		}
	}

	pub(super) fn end_conflict(&mut self) -> Result<(), &'static str> {
		let of = self.conflicts.open.clone().ok_or("NoConflict")?;
		if !self.is_late(&of) {
			return Err("TimeLeft");
		}
		let ruling = match of.stage.turn() {
			Side::Provider => ClosingRuling::ClaimantSilent,
			Side::Challenger => ClosingRuling::ChallengerSilent,
		};
		self.rule(of, ruling)
	}

	/// Somebody has lost, and with a checkpoint that is wrong everybody who claims it.
	fn rule(&mut self, of: Conflict, ruling: ClosingRuling) -> Result<(), &'static str> {
		self.conflicts.open = None;
		let loser = match ruling.loser() {
			Side::Provider => of.claimant,
			Side::Challenger => of.challenger,
		};
		self.conflicts.ended.push((ruling, loser));
		self.conflicts.convicted.push(loser);
		if ruling == ClosingRuling::CheckpointWrong {
			let claims = self.job.claims.iter();
			let partners = claims.filter(|(_, claim)| claim.0 == of.claimed);
			self.conflicts
				.convicted
				.extend(partners.map(|(seat, _)| *seat));
		}
		self.look_at_claims()
	}

	pub(super) fn conflict_view(&self) -> Option<ConflictView<Account>> {
		let of = self.conflicts.open.as_ref()?;
		let turn = of.stage.turn();
		let spent = of.clock.spent(self.time());
		Some(ConflictView {
			job: JOB,
			round: self.job.number,
			claimant: of.claimant,
			challenger: of.challenger,
			claimed: of.claimed,
			parent: of.parent,
			updates: of.updates.clone(),
			plan: self.job.plan.clone(),
			stage: of.stage.clone(),
			turn,
			left: of.clock.left(turn).saturating_sub(spent),
			moves: of.moves,
			is_over: self.is_late(of),
		})
	}

	pub(super) fn conflicts_of(&self, stash: Account) -> Vec<(JobId, Round)> {
		let open = self.conflicts.open.as_ref();
		let of = open.filter(|of| [of.claimant, of.challenger].contains(&stash));
		of.map(|_| (JOB, self.job.number)).into_iter().collect()
	}
}
