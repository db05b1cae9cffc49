//! An explanation for people.

use super::rows::{AttemptRow, Books, Explanation, Outcome, Paid, Payout, RoundRow, Seat, Sums};
use super::Amount;
use crate::{account::Account, plan_file::format_asy};

/// The whole explanation as lines of text. Amounts are exact: every digit that is not zero is shown.
pub fn page(of: &Explanation) -> String {
	let mut lines = vec![
		format!("job {}: {}", of.job_id, of.state),
		format!("posted in block {} by {}", of.posted, of.owner),
		format!(
			"read up to block {}; a task pays {}, {} are held for it",
			of.last,
			asy(of.price),
			asy(of.task_stake)
		),
	];
	for round in &of.rounds {
		add_round(&mut lines, of, round);
	}
	for payout in &of.refunds {
		lines.push(format!("refund: {}", moved(payout)));
	}
	for payout in &of.claims {
		lines.push(format!("claim: {}", moved(payout)));
	}
	for (account, sums) in &of.accounts {
		lines.push(sum(account, sums));
	}
	lines.push(books("by the events", &of.ledger));
	lines.push(match &of.stored {
		Some(stored) => books("on the chain ", stored),
		None => "books on the chain : the job is pruned, they are gone".to_owned(),
	});
	for mismatch in &of.mismatches {
		lines.push(format!("MISMATCH {mismatch}"));
	}
	if of.mismatches.is_empty() {
		lines.push("Every amount follows from the events, to the unit.".to_owned());
	}
	lines.join("\n")
}

fn add_round(lines: &mut Vec<String>, of: &Explanation, round: &RoundRow) {
	lines.push(format!(
		"round {}: began in block {} from {}",
		round.round, round.block, round.parent
	));
	for attempt in &round.attempts {
		add_attempt(lines, of, attempt);
	}
	for (slot, draw, validator) in &round.absent {
		lines.push(format!(
			"  {validator} did not answer draw {draw} of slot {slot}: unpaid, and its uptime falls"
		));
	}
	for slot in &round.dropped {
		lines.push(format!("  slot {slot} was given up"));
	}
	for claim in &round.claims {
		lines.push(format!(
			"  {} claimed {}, loss {:.4}: not paid, claims earn nothing",
			claim.validator, claim.checkpoint, claim.loss
		));
	}
	if let (Some(checkpoint), Some(loss)) = (round.checkpoint, round.loss) {
		lines.push(format!("  closed with {checkpoint}, loss {loss:.4}"));
	}
}

fn add_attempt(lines: &mut Vec<String>, of: &Explanation, row: &AttemptRow) {
	lines.push(format!(
		"  slot {} attempt {}: given to {} in block {}, {} held",
		row.slot,
		row.attempt,
		row.provider,
		row.assigned,
		asy(row.stake)
	));
	if let Some(sealed) = &row.sealed {
		lines.push(format!(
			"    sealed in block {}: {}",
			sealed.block, sealed.seal
		));
	}
	if let Some(opened) = &row.opened {
		lines.push(format!(
			"    opened in block {}: update {}, loss {:.4}",
			opened.block, opened.update, opened.loss
		));
	}
	if let Some(ended) = &row.ended {
		lines.push(format!(
			"    opened in block {}: claims that training ends at step {}, op {}, tile {}",
			ended.block, ended.step, ended.op, ended.tile
		));
	}
	lines.push(format!("    {}", outcome(row, of.price)));
	// All of a claim of failure is recomputed.
	let is_drawn =
		row.ended.is_some() || matches!(row.outcome, Outcome::Accepted { drawn: true, .. });
	for draw in &row.draws {
		for seat in &draw.seats {
			let judged = judged(of, seat, is_drawn);
			lines.push(format!("    draw {}: {judged}", draw.draw));
		}
	}
}

fn outcome(row: &AttemptRow, price: Amount) -> String {
	match &row.outcome {
		Outcome::Open => "not decided yet".to_owned(),
		Outcome::Accepted {
			block,
			rate_ppm,
			drawn,
			charged,
			pay,
			convicted,
		} => {
			let found = match drawn {
				true => "recomputed",
				false => "not recomputed",
			};
			let charge = match charged {
				Amount(0) => String::new(),
				charged => format!(", less {} for its check", asy(*charged)),
			};
			let lost = convicted.as_ref().map_or_else(String::new, |cost| {
				format!(
					"; found wrong afterwards: {} {}",
					cost.what,
					asy(cost.event)
				)
			});
			format!(
				"accepted in block {block}, drawn at {} % and {found}: {} x quality 1{charge} = {}{lost}",
				percent(*rate_ppm),
				asy(price),
				paid(pay)
			)
		}
		Outcome::Unpaid {
			block,
			reason,
			cost,
		} => {
			let event = if cost.due == cost.event {
				String::new()
			} else {
				format!(", the event says {}", asy(cost.event))
			};
			let due = match cost.due {
				Amount(0) => String::new(),
				due => format!(" ({}{event})", asy(due)),
			};
			format!(
				"unpaid in block {block}: {reason}; it costs {}{due}",
				cost.what
			)
		}
	}
}

fn judged(of: &Explanation, seat: &Seat, is_drawn: bool) -> String {
	let flops = match is_drawn {
		true => of.segment_flops,
		false => of.fetched_flops,
	};
	let said = match seat.verdict {
		Some(word) => format!("{} says {word}", seat.validator),
		None if seat.sealed => format!("{} sealed a verdict", seat.validator),
		None => seat.validator.to_string(),
	};
	match &seat.pay {
		Some(pay) => format!(
			"{said}: {}; {} x {}/{} FLOPs x uptime {} = {}",
			seat.why,
			asy(of.price),
			flops.0,
			of.task_flops.0,
			seat.uptime_ppm.map_or_else(String::new, millionths),
			paid(pay)
		),
		None => format!("{said}: not paid, {}", seat.why),
	}
}

/// `5.5` of 55,000 parts per million.
fn percent(ppm: u32) -> String {
	millionths(ppm.saturating_mul(100))
}

/// `1 ASY, of which the pool had 0.5 ASY, less the fee of 0.02 ASY: 0.98 ASY`
fn paid(pay: &Paid) -> String {
	let pool = if pay.gross == pay.due {
		String::new()
	} else {
		format!(", of which the pool had {}", asy(pay.gross))
	};
	let event = if pay.net == pay.event {
		", as the event says".to_owned()
	} else {
		format!(", BUT THE EVENT SAYS {}", asy(pay.event))
	};
	format!(
		"{}{pool}, less the fee of {}: {}{event}",
		asy(pay.due),
		asy(pay.fee),
		asy(pay.net)
	)
}

fn moved(payout: &Payout) -> String {
	let event = if payout.due == payout.event {
		", as the event says".to_owned()
	} else {
		format!(", BUT THE EVENT SAYS {}", asy(payout.event))
	};
	format!(
		"{} to {} in block {}{event}",
		asy(payout.due),
		payout.account,
		payout.block
	)
}

fn sum(account: &Account, sums: &Sums) -> String {
	format!(
		"{account}: {} accepted and {} unpaid tasks, {} paid verdicts; compute {} + validation {} + \
		 refunded {} = claimed {} + unclaimed {}; slashed {}",
		sums.tasks,
		sums.unpaid,
		sums.verdicts,
		asy(sums.compute),
		asy(sums.validation),
		asy(sums.refunded),
		asy(sums.claimed),
		asy(sums.unclaimed),
		asy(sums.slashed)
	)
}

fn books(whose: &str, of: &Books) -> String {
	format!(
		"books {whose}: escrow {} = compute {} + data {} + validation {} + refunded {} + fees {} + held \
		 {}; unclaimed {}, slashed {}",
		asy(of.escrow),
		asy(of.paid_compute),
		asy(of.paid_data),
		asy(of.paid_validation),
		asy(of.refunded),
		asy(of.fees),
		asy(of.held),
		asy(of.unclaimed),
		asy(of.slashed)
	)
}

fn asy(amount: Amount) -> String {
	format_asy(amount.0)
}

/// Parts per million as a number: `1.25`.
fn millionths(ppm: u32) -> String {
	let text = format!("{}.{:06}", ppm / 1_000_000, ppm % 1_000_000);
	let short = text.trim_end_matches('0').trim_end_matches('.');
	short.to_owned()
}

#[cfg(test)]
mod tests {
	use super::millionths;

	#[test]
	fn parts_per_million_are_shown_exactly() {
		// GIVEN factors WHEN they are shown THEN no digit is lost
		let shown = [0, 500_000, 1_000_000, 1_250_000, 1_000_001].map(millionths);
		assert_eq!(shown, ["0", "0.5", "1", "1.25", "1.000001"]);
	}
}
