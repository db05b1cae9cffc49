//! What a person sees while the job runs.

use std::{
	collections::{BTreeMap, BTreeSet},
	io::IsTerminal,
	sync::Mutex,
	time::Duration,
};

use assay_protocol::Verdict;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
	account::Account,
	chain::{
		fail_word, phase_word, state_word, unpaid_word, Event, FailReason, Head, JobState, JobView,
		RoundView,
	},
	plan_file::format_asy,
};

/// Lines on stderr, and a bar below them where there is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
	names: BTreeMap<Account, String>,
	bar: ProgressBar,
	is_terminal: bool,
	tasks: u64,
	/// What was shown before: a block that replaces another one often has the same events.
	shown: Mutex<BTreeSet<String>>,
}

impl Progress {
	/// A bar over all tasks of all rounds.
	pub(super) fn new(names: BTreeMap<Account, String>, rounds: u32, tasks: u32) -> Self {
		let is_terminal = std::io::stderr().is_terminal();
		let target = if is_terminal {
			ProgressDrawTarget::stderr()
		} else {
			ProgressDrawTarget::hidden()
		};
		let total = u64::from(rounds).saturating_mul(u64::from(tasks));
		let bar = ProgressBar::with_draw_target(Some(total), target);
		let style = ProgressStyle::with_template(
			"[{elapsed_precise}] [{bar:30}] {pos}/{len} tasks accepted  {msg}",
		);
		if let Ok(style) = style {
			bar.set_style(style.progress_chars("=> "));
		}
		bar.enable_steady_tick(Duration::from_millis(250));
		Self {
			names,
			bar,
			is_terminal,
			tasks: tasks.into(),
			shown: Mutex::default(),
		}
	}

	/// A line.
	pub(super) fn say(&self, text: &str) {
		if self.is_terminal {
			self.bar.println(text);
		} else {
			let seconds = self.bar.elapsed().as_secs();
			eprintln!("[{:02}:{:02}] {text}", seconds / 60, seconds % 60);
		}
	}

	/// Where the job stands.
	pub(super) fn state(&self, head: Head, view: &JobView, round: Option<&RoundView>) {
		let accepted = round.map_or(0, |round| u64::from(round.state.counts.accepted));
		self.bar
			.set_position(u64::from(view.round).saturating_mul(self.tasks) + accepted);
		let what = match round {
			Some(round) => {
				let left = round.state.deadline.saturating_sub(head.number);
				let phase = phase_word(round.state.phase);
				format!("round {} {phase}, {left} blocks left", round.round)
			}
			None => state_word(view.state).to_owned(),
		};
		self.bar
			.set_message(format!("block {}, {what}", head.number));
	}

	/// What happened. The same is shown once.
	pub(super) fn event(&self, event: &Event) {
		let Some(text) = self.line(event) else {
			return;
		};
		let mut shown = self
			.shown
			.lock()
			.unwrap_or_else(|poison| poison.into_inner());
		if shown.insert(text.clone()) {
			self.say(&text);
		}
	}

	/// The last words; the bar goes.
	pub(super) fn end(&self, text: &str) {
		self.bar.finish_and_clear();
		eprintln!("\n{text}");
	}

	fn line(&self, event: &Event) -> Option<String> {
		Some(match event {
			Event::ProviderJoined { provider, .. } => format!("{} joined", self.name(provider)),
			Event::TaskAssigned {
				round,
				slot,
				attempt,
				provider,
				..
			} => {
				let again = if *attempt > 0 {
					format!(", attempt {attempt}")
				} else {
					String::new()
				};
				format!(
					"round {round} slot {slot}: {} trains{again}",
					self.name(provider)
				)
			}
			Event::TaskRevealed {
				round,
				slot,
				provider,
				reveal,
				..
			} => {
				let (name, loss) = (self.name(provider), reveal.loss.to_nats());
				format!("round {round} slot {slot}: {name} reveals, training loss {loss:.4}")
			}
			Event::FailureRevealed {
				round,
				slot,
				provider,
				failure,
				..
			} => {
				let (name, step) = (self.name(provider), failure.place.step);
				format!(
					"round {round} slot {slot}: {name} claims that training ends at step {step}"
				)
			}
			Event::VerdictRevealed {
				round,
				slot,
				validator,
				verdict,
				..
			} => {
				let word = match verdict {
					Verdict::Valid => "valid",
					Verdict::Invalid => "INVALID",
					Verdict::Unfetched => "not to be fetched",
				};
				format!(
					"round {round} slot {slot}: {} finds it {word}",
					self.name(validator)
				)
			}
			Event::TaskAccepted {
				round,
				slot,
				provider,
				pay,
				..
			} => {
				let (name, pay) = (self.name(provider), format_asy(*pay));
				format!("round {round} slot {slot}: accepted, {name} earns {pay}")
			}
			Event::TaskUnpaid {
				round,
				slot,
				provider,
				reason,
				..
			} => {
				let (name, reason) = (self.name(provider), unpaid_word(*reason));
				format!("round {round} slot {slot}: {name} is not paid, {reason}")
			}
			Event::Slashed {
				round,
				slot,
				offender,
				amount,
				..
			} => {
				let (name, amount) = (self.name(offender), format_asy(*amount));
				format!("round {round} slot {slot}: {name} loses a stake of {amount}")
			}
			Event::DisputeOpened {
				round,
				slot,
				provider,
				challenger,
				..
			} => {
				let (challenger, provider) = (self.name(challenger), self.name(provider));
				format!("round {round} slot {slot}: {challenger} disputes the work of {provider}")
			}
			Event::PledgeLost {
				round,
				slot,
				challenger,
				amount,
				..
			} => {
				let (name, amount) = (self.name(challenger), format_asy(*amount));
				format!("round {round} slot {slot}: {name} disputed for nothing and loses {amount}")
			}
			Event::DisputeEnded {
				round,
				slot,
				provider,
				convicted,
				..
			} => {
				let name = self.name(provider);
				let found = if *convicted { "wrong" } else { "right" };
				format!("round {round} slot {slot}: the chain has judged, {name} is {found}")
			}
			Event::RoundClosed { round, loss, .. } => {
				format!("round {round} closed: held-out loss {:.4}", loss.to_nats())
			}
			Event::Claimed {
				beneficiary,
				amount,
				..
			} => {
				format!(
					"{} was paid {}",
					self.name(beneficiary),
					format_asy(*amount)
				)
			}
			Event::JobEnded { job, state } => match state {
				JobState::Failed(reason) => self.failed(job.0, *reason),
				state => format!("job {} {}", job.0, state_word(*state)),
			},
			_ => return None,
		})
	}

	fn failed(&self, job: u64, reason: FailReason) -> String {
		format!("job {job} failed: {}", fail_word(reason))
	}

	fn name(&self, account: &Account) -> String {
		let name = self
			.names
			.get(account)
			.and_then(|name| name.split(' ').next());
		name.map_or_else(|| account.to_string(), str::to_owned)
	}
}
