//! Why each drawn validator was paid for its verdict, or was not.

use std::collections::BTreeMap;

use assay_protocol::{Attempt, Round, Slot, Unsealed, Verdict};

use super::{
	rows::{AttemptRow, DrawRow, Outcome, Seat},
	words::{verdict_word, Why},
};
use crate::{account::Account, chain::Event, history::History};

/// An attempt of a job.
pub(super) type Key = (Round, Slot, Attempt);

/// The opened verdicts of every draw, in the order of their opening. Read before the recount: the
/// event of the opening that decides stands behind those of what it decided.
#[derive(Debug, Default)]
pub(super) struct Verdicts(BTreeMap<Key, BTreeMap<u32, Vec<Unsealed<Account>>>>);

impl Verdicts {
	pub(super) fn of(history: &History) -> Self {
		let mut all = Self::default();
		for (_, event) in &history.events {
			if let Event::VerdictRevealed {
				round,
				slot,
				attempt,
				draw,
				validator,
				verdict,
				uptime_ppm,
				..
			} = event
			{
				let draws = all.0.entry((*round, *slot, *attempt)).or_default();
				draws.entry(*draw).or_default().push(Unsealed {
					validator: *validator,
					verdict: *verdict,
					uptime_ppm: *uptime_ppm,
				});
			}
		}
		all
	}

	/// The last draw of an attempt in which anybody opened a verdict, and its verdicts: those that
	/// decided, if any did.
	pub(super) fn last(&self, key: Key) -> Option<(u32, &[Unsealed<Account>])> {
		let (draw, verdicts) = self.0.get(&key)?.last_key_value()?;
		Some((*draw, verdicts))
	}
}

/// The seat of a validator, made if it is not there.
pub(super) fn seat_of(row: &mut AttemptRow, draw: u32, validator: Account) -> &mut Seat {
	let index = match row.draws.iter().position(|of| of.draw == draw) {
		Some(index) => index,
		None => {
			let seats = Vec::new();
			row.draws.push(DrawRow { draw, seats });
			row.draws.len() - 1
		}
	};
	let seats = &mut row.draws[index].seats;
	let index = match seats.iter().position(|seat| seat.validator == validator) {
		Some(index) => index,
		None => {
			seats.push(Seat {
				validator,
				sealed: false,
				verdict: None,
				uptime_ppm: None,
				pay: None,
				why: Why::Open.word(),
			});
			seats.len() - 1
		}
	};
	&mut seats[index]
}

/// Says of every seat why it was paid or not, once everything is known.
pub(super) fn tell(row: &mut AttemptRow, was_decided: bool) {
	let is_open = matches!(row.outcome, Outcome::Open);
	let last = row.draws.iter().map(|draw| draw.draw).max();
	for draw in &mut row.draws {
		let is_last = Some(draw.draw) == last;
		for seat in &mut draw.seats {
			seat.why = match why(seat, is_last, is_open, was_decided) {
				// A claim that ends the job has no dissent.
				Why::Dissents if row.ended.is_some() => Why::NoEnd.word(),
				why => why.word(),
			};
		}
	}
}

fn why(seat: &Seat, is_last: bool, is_open: bool, was_decided: bool) -> Why {
	if let Some(pay) = seat.pay {
		return if pay.gross < pay.due {
			Why::PoolEmpty
		} else {
			Why::Stands
		};
	}
	match seat.verdict {
		_ if is_last && is_open => Why::Open,
		None if seat.sealed => Why::NotOpened,
		None => Why::Absent,
		Some(_) if !is_last => Why::Undecided,
		Some(_) if !was_decided => Why::Ended,
		Some(word) if word == verdict_word(Verdict::Unfetched) => Why::Unfetched,
		Some(_) => Why::Dissents,
	}
}
