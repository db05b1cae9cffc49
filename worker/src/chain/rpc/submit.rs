//! Signing, sending and waiting for a block.

use std::time::Duration;

use subxt::{
	client::OnlineClientAtBlockImpl,
	config::DefaultExtrinsicParamsBuilder,
	error::{BackendError, DispatchError, ExtrinsicError, RpcError},
	rpcs,
	transactions::{TransactionProgress, TransactionStatus},
	utils::{AccountId32, H256},
};
use tokio::time::timeout;

use super::{
	calls::batch,
	connection::{innermost, At, Config, Link},
};
use crate::{
	chain::{Call, ChainError, Head, Outcome, Receipt, Refused, SubmitError},
	config::SUBMIT_SECONDS,
	keys::WorkerKey,
};

/// Blocks that a transaction is valid for. One that was forgotten by every node goes away.
const MORTALITY: u64 = 32;

type Progress = TransactionProgress<Config, OnlineClientAtBlockImpl<Config>>;

/// Sends the calls and waits until they are in a block: light ones as one batch, heavy ones each in
/// a transaction of its own, all at once.
///
/// The nonces begin with that of the best block's state, never ahead of it: whatever of this key is
/// still waiting in a pool takes the same places, so the same thing is never sent twice.
pub(super) async fn submit(
	link: &Link,
	key: &WorkerKey,
	calls: &[Call],
) -> Result<Receipt, SubmitError> {
	let names: Vec<&str> = calls.iter().map(Call::name).collect();
	let names = names.join(" + ");
	let wait = Duration::from_secs(SUBMIT_SECONDS);
	match timeout(wait, submit_and_wait(link, key, calls, &names)).await {
		Ok(result) => result,
		Err(_) => Err(SubmitError::Unseen {
			calls: names,
			seconds: SUBMIT_SECONDS,
		}),
	}
}

async fn submit_and_wait(
	link: &Link,
	key: &WorkerKey,
	calls: &[Call],
	names: &str,
) -> Result<Receipt, SubmitError> {
	let head = link.next_head(None).await?;
	let connection = link.connection()?;
	let at = connection
		.client
		.at_block_hash_and_number(H256(head.hash), head.number.into());
	let at = Link::read("the best block", at).await?;
	let account = AccountId32(key.account().0);
	let first = Link::read("the nonce", at.tx().account_nonce(&account)).await?;
	let mut sent = Vec::new();
	let mut outcomes: Vec<Option<Outcome>> = vec![None; calls.len()];
	for (group, nonce) in groups(calls).into_iter().zip(first..) {
		let part: Vec<Call> = group.iter().map(|index| calls[*index].clone()).collect();
		let params = DefaultExtrinsicParamsBuilder::<Config>::new()
			.nonce(nonce)
			.mortal(MORTALITY)
			.build();
		let signed = at
			.tx()
			.create_signed(&batch(&part), key.pair(), params)
			.await;
		let signed = signed.map_err(|error| ChainError::Incompatible {
			url: link.url().to_owned(),
			what: innermost(&error),
		})?;
		match signed.submit_and_watch().await {
			Ok(progress) => sent.push((group, progress)),
			// The first transaction decides; those after it are tried again with the next block.
			Err(error) if sent.is_empty() => return Err(explain(&reason(&error), key, names)),
			Err(error) => {
				note_all(&mut outcomes, calls, &group, |call| {
					Err(Refused {
						call,
						pallet: "Pool".into(),
						error: reason(&error),
					})
				});
				break;
			}
		}
	}
	let mut last = head;
	for (group, progress) in sent {
		let (at, results) = included(progress, key, calls, &group, names).await?;
		last = at;
		for (index, result) in group.into_iter().zip(results) {
			outcomes[index] = Some(result);
		}
	}
	let unsent = |call: &Call| {
		Err(Refused {
			call: call.name(),
			pallet: "Pool".into(),
			error: "not sent".into(),
		})
	};
	let outcomes = outcomes.into_iter().zip(calls);
	let outcomes = outcomes.map(|(outcome, call)| outcome.unwrap_or_else(|| unsent(call)));
	Ok(Receipt {
		at: last,
		outcomes: outcomes.collect(),
	})
}

/// Which calls go together: the places of all light ones, then each heavy one alone. A heavy call
/// may move a whole round, and is weighed beforehand as if it did; two of them fill a block.
fn groups(calls: &[Call]) -> Vec<Vec<usize>> {
	let places = || calls.iter().enumerate();
	let light: Vec<usize> = places()
		.filter(|(_, call)| !call.is_heavy())
		.map(|(index, _)| index)
		.collect();
	let heavy = places()
		.filter(|(_, call)| call.is_heavy())
		.map(|(index, _)| vec![index]);
	let light = (!light.is_empty()).then_some(light);
	light.into_iter().chain(heavy).collect()
}

fn note_all(
	outcomes: &mut [Option<Outcome>],
	calls: &[Call],
	group: &[usize],
	outcome: impl Fn(&'static str) -> Outcome,
) {
	for index in group {
		outcomes[*index] = Some(outcome(calls[*index].name()));
	}
}

/// Waits until a transaction is in a block, and reads what became of its calls.
async fn included(
	mut progress: Progress,
	key: &WorkerKey,
	calls: &[Call],
	group: &[usize],
	names: &str,
) -> Result<(Head, Vec<Outcome>), SubmitError> {
	let dropped = |reason: String| SubmitError::Dropped {
		calls: names.to_owned(),
		reason,
	};
	let broken = |reason: String| ChainError::Broken {
		what: "a transaction",
		reason,
	};
	let block = loop {
		let Some(status) = progress.next().await else {
			return Err(dropped("the node stopped telling about it".into()));
		};
		match status.map_err(|error| broken(innermost(&error)))? {
			TransactionStatus::InBestBlock(block) | TransactionStatus::InFinalizedBlock(block) => {
				break block;
			}
			TransactionStatus::Invalid { message } | TransactionStatus::Dropped { message } => {
				return Err(explain(&message, key, names));
			}
			TransactionStatus::Error { message } => return Err(dropped(message)),
			_ => {}
		}
	};
	let events = Link::read("a transaction's events", block.fetch_events()).await?;
	let at = Link::read("a transaction's block", block.at()).await?;
	let mut outcomes = Vec::new();
	let mut whole: Outcome = Ok(());
	for event in events.iter() {
		let event = event.map_err(|error| broken(innermost(&error)))?;
		let index = group.get(outcomes.len()).or(group.first());
		let call = index
			.and_then(|index| calls.get(*index))
			.map_or("", Call::name);
		let refused = || refusal(call, event.field_bytes(), &at);
		match (event.pallet_name(), event.event_name()) {
			("Utility", "ItemCompleted") => outcomes.push(Ok(())),
			("Utility", "ItemFailed") => outcomes.push(Err(refused())),
			("System", "ExtrinsicFailed") => whole = Err(refused()),
			_ => {}
		}
	}
	if outcomes.len() != group.len() {
		// The transaction failed as a whole.
		outcomes = vec![whole; group.len()];
	}
	let number = u32::try_from(at.block_number()).unwrap_or(u32::MAX);
	Ok((
		Head {
			number,
			hash: block.block_hash().0,
		},
		outcomes,
	))
}

/// Why a node did not take a transaction: its own words, which the client's message leaves out.
fn reason(error: &ExtrinsicError) -> String {
	match error {
		ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(RpcError::ClientError(
			rpcs::Error::User(user),
		))) => {
			let data = user
				.data
				.as_ref()
				.map_or("", |data| data.get().trim_matches('"'));
			format!("{} {data}", user.message).trim_end().to_owned()
		}
		other => innermost(other),
	}
}

/// What a pool's refusal means.
fn explain(message: &str, key: &WorkerKey, names: &str) -> SubmitError {
	let lower = message.to_lowercase();
	let account = key.account().to_string();
	let is_pending = [
		"priority is too low",
		"already imported",
		"temporarily banned",
	];
	if is_pending.iter().any(|text| lower.contains(text)) {
		SubmitError::Pending { account }
	} else if lower.contains("inability to pay") {
		SubmitError::NoFee { account }
	} else {
		SubmitError::Dropped {
			calls: names.to_owned(),
			reason: message.to_owned(),
		}
	}
}

/// The pallet and the name of a dispatch error.
fn refusal(call: &'static str, bytes: &[u8], at: &At) -> Refused {
	let (pallet, error) = match DispatchError::decode_from(bytes, at.metadata()) {
		Ok(DispatchError::Module(module)) => match module.details() {
			Ok(details) => (
				details.pallet.name().to_owned(),
				details.variant.name.clone(),
			),
			Err(_) => ("Module".to_owned(), module.to_string()),
		},
		Ok(DispatchError::Token(token)) => ("Token".to_owned(), format!("{token:?}")),
		Ok(other) => ("Dispatch".to_owned(), format!("{other:?}")),
		Err(error) => ("Dispatch".to_owned(), error.to_string()),
	};
	Refused {
		call,
		pallet,
		error,
	}
}
