//! Jobs and events as JSON and as text.

use serde_json::{json, Value};

use crate::{
	chain::{phase_word, state_word, unpaid_word, Event, JobView, SlotState, TaskView},
	plan_file::{format_asy, PlanFile},
	roots::Hex32,
};

/// A job as JSON. Amounts are strings of integers.
pub(super) fn job(view: &JobView) -> Value {
	let (terms, ledger) = (&view.terms, &view.ledger);
	json!({
		"job_id": view.job.0,
		"owner": view.owner,
		"state": state_word(view.state),
		"members": view.members,
		"round": view.round,
		"rounds": terms.rounds,
		"tasks_per_round": terms.tasks,
		"price": terms.price.to_string(),
		"task_stake": terms.task_stake.to_string(),
		"challenge": terms.windows.challenge,
		"checkpoint": Hex32(view.checkpoint.root),
		"escrow": ledger.escrow.to_string(),
		"paid": {
			"compute": ledger.paid_compute.to_string(),
			"data": ledger.paid_data.to_string(),
			"validation": ledger.paid_validation.to_string(),
		},
		"refunded": ledger.refunded.to_string(),
		"fees": ledger.fees.to_string(),
		"held": ledger.held.to_string(),
		"slashed": ledger.slashed.to_string(),
		"plan": PlanFile::of(&view.plan),
	})
}

/// A task as JSON.
pub(super) fn task(task: &TaskView) -> Value {
	json!({
		"slot": task.slot,
		"attempt": task.attempt,
		"provider": task.provider,
		"state": slot_word(task.state),
		"phase": phase_word(task.phase),
	})
}

/// Several jobs, a line each.
pub(super) fn list(jobs: &[Value]) -> String {
	if jobs.is_empty() {
		return "No job is open or runs.".to_owned();
	}
	let lines = jobs.iter().map(|job| {
		format!(
			"{} {} round {} of {}",
			job["job_id"],
			text(job, "state"),
			job["round"],
			job["rounds"]
		)
	});
	lines.collect::<Vec<_>>().join("\n")
}

/// A job as a page of text.
pub(super) fn page(job: &Value) -> String {
	let asy = |value: &Value| {
		value
			.as_str()
			.and_then(|text| text.parse().ok())
			.map_or_else(String::new, format_asy)
	};
	let mut lines = vec![
		format!("job {}: {}", job["job_id"], text(job, "state")),
		format!("owner       {}", text(job, "owner")),
		format!(
			"round       {} of {}, {} tasks each",
			job["round"], job["rounds"], job["tasks_per_round"]
		),
		format!(
			"stake       {} a task, held until {} blocks after its acceptance",
			asy(&job["task_stake"]),
			job["challenge"]
		),
		format!("checkpoint  {}", text(job, "checkpoint")),
		format!("escrow      {}", asy(&job["escrow"])),
		format!("compute     {}", asy(&job["paid"]["compute"])),
		format!("validation  {}", asy(&job["paid"]["validation"])),
		format!("refunded    {}", asy(&job["refunded"])),
		format!("fees        {}", asy(&job["fees"])),
		format!("held        {}", asy(&job["held"])),
		format!("slashed     {}", asy(&job["slashed"])),
	];
	for round in job["round_records"].as_array().into_iter().flatten() {
		lines.push(format!(
			"round {:<5} loss {:.4}, {} accepted",
			round["round"],
			round["loss"].as_f64().unwrap_or_default(),
			round["accepted"]
		));
	}
	for task in job["tasks"].as_array().into_iter().flatten() {
		lines.push(format!(
			"slot {:<6} {} by {}, attempt {}",
			task["slot"],
			text(task, "state"),
			text(task, "provider"),
			task["attempt"]
		));
	}
	lines.join("\n")
}

/// An event as JSON: its name and its fields.
pub(super) fn event(event: &Event) -> Value {
	json!({ "job_id": event.job().0, "event": name(event), "text": line(event) })
}

/// An event as a line of text.
pub(super) fn line(event: &Event) -> String {
	match event {
		Event::JobPosted {
			job, owner, escrow, ..
		} => {
			format!(
				"job {} posted by {owner}, escrow {}",
				job.0,
				format_asy(*escrow)
			)
		}
		Event::ProviderJoined { provider, .. } => format!("{provider} joined"),
		Event::RoundStarted { round, .. } => format!("round {round} started"),
		Event::PhaseEntered { round, phase, .. } => {
			format!("round {round} is in {}", phase_word(*phase))
		}
		Event::TaskAssigned {
			round,
			slot,
			attempt,
			provider,
			..
		} => {
			format!("round {round} slot {slot} attempt {attempt} given to {provider}")
		}
		Event::TaskCommitted {
			round,
			slot,
			provider,
			..
		} => {
			format!("round {round} slot {slot} sealed by {provider}")
		}
		Event::TaskRevealed {
			round,
			slot,
			provider,
			reveal,
			..
		} => {
			format!(
				"round {round} slot {slot} opened by {provider}, loss {:.4}",
				reveal.loss.to_nats()
			)
		}
		Event::FailureRevealed {
			round,
			slot,
			provider,
			failure,
			..
		} => {
			let (step, op, tile) = (failure.place.step, failure.place.op, failure.place.tile);
			format!("round {round} slot {slot}: {provider} claims that training ends at step {step}, op {op}, tile {tile}")
		}
		Event::VerdictRevealed {
			round,
			slot,
			validator,
			verdict,
			..
		} => {
			format!("round {round} slot {slot}: {validator} says {verdict:?}")
		}
		Event::TaskAccepted {
			round,
			slot,
			provider,
			pay,
			..
		} => {
			format!(
				"round {round} slot {slot} accepted, {provider} earns {}",
				format_asy(*pay)
			)
		}
		Event::TaskUnpaid {
			round,
			slot,
			provider,
			reason,
			..
		} => {
			format!(
				"round {round} slot {slot} unpaid, {provider} {}",
				unpaid_word(*reason)
			)
		}
		Event::VerdictPaid {
			round,
			slot,
			validator,
			pay,
			..
		} => {
			format!(
				"round {round} slot {slot}: {validator} earns {}",
				format_asy(*pay)
			)
		}
		Event::Slashed {
			round,
			slot,
			offender,
			amount,
			..
		} => {
			format!(
				"round {round} slot {slot}: {offender} loses {}",
				format_asy(*amount)
			)
		}
		Event::DisputeOpened {
			round,
			slot,
			provider,
			challenger,
			..
		} => {
			format!("round {round} slot {slot}: {challenger} disputes the work of {provider}")
		}
		Event::PledgeLost {
			round,
			slot,
			challenger,
			amount,
			..
		} => {
			format!(
				"round {round} slot {slot}: {challenger} disputed for nothing and loses {}",
				format_asy(*amount)
			)
		}
		Event::DisputeEnded {
			round,
			slot,
			provider,
			convicted,
			..
		} => {
			let found = if *convicted { "wrong" } else { "right" };
			format!("round {round} slot {slot}: the dispute is over, {provider} is {found}")
		}
		Event::RoundClosed {
			round,
			checkpoint,
			loss,
			..
		} => {
			format!(
				"round {round} closed, loss {:.4}, checkpoint {}",
				loss.to_nats(),
				Hex32(*checkpoint)
			)
		}
		Event::Claimed {
			beneficiary,
			amount,
			..
		} => {
			format!("{beneficiary} was paid {}", format_asy(*amount))
		}
		Event::Refunded { owner, amount, .. } => {
			format!("{owner} gets back {}", format_asy(*amount))
		}
		Event::JobEnded { job, state } => format!("job {} {}", job.0, state_word(*state)),
		Event::Detail(detail) => format!("{detail:?}"),
	}
}

fn name(event: &Event) -> &'static str {
	match event {
		Event::JobPosted { .. } => "JobPosted",
		Event::ProviderJoined { .. } => "ProviderJoined",
		Event::RoundStarted { .. } => "RoundStarted",
		Event::PhaseEntered { .. } => "PhaseEntered",
		Event::TaskAssigned { .. } => "TaskAssigned",
		Event::TaskCommitted { .. } => "TaskCommitted",
		Event::TaskRevealed { .. } => "TaskRevealed",
		Event::FailureRevealed { .. } => "FailureRevealed",
		Event::VerdictRevealed { .. } => "VerdictRevealed",
		Event::TaskAccepted { .. } => "TaskAccepted",
		Event::TaskUnpaid { .. } => "TaskUnpaid",
		Event::VerdictPaid { .. } => "VerdictPaid",
		Event::Slashed { .. } => "Slashed",
		Event::DisputeOpened { .. } => "DisputeOpened",
		Event::DisputeEnded { .. } => "DisputeEnded",
		Event::PledgeLost { .. } => "PledgeLost",
		Event::RoundClosed { .. } => "RoundClosed",
		Event::Claimed { .. } => "Claimed",
		Event::Refunded { .. } => "Refunded",
		Event::JobEnded { .. } => "JobEnded",
		Event::Detail(_) => "Detail",
	}
}

fn slot_word(state: SlotState) -> &'static str {
	match state {
		SlotState::Assigned => "in training",
		SlotState::Committed => "sealed",
		SlotState::Revealed => "revealed",
		SlotState::Judging { .. } => "being judged",
		SlotState::Accepted => "accepted",
		SlotState::Redo(reason) | SlotState::Dropped(reason) => unpaid_word(reason),
	}
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
	value[key].as_str().unwrap_or_default()
}
