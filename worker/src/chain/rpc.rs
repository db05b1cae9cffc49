//! The chain over a node's WebSocket. This file and its children are the only ones that know
//! subxt.

mod api;
mod calls;
mod connection;
mod details;
mod events;
mod submit;

use assay_numerics::Root;
use assay_protocol::{Balance, BlockNumber, JobId, Round, Slot};
use codec::{DecodeAll, Encode};
use subxt::utils::{AccountId32, Static, H256};

use self::{
	api::runtime_types::pallet_proof_of_compute::records::Ballot,
	connection::{At, Link},
};
use super::{
	AcceptedTask, Call, Chain, ChainError, ConflictView, DisputeView, Event, Head, JobView,
	Receipt, Role, RoundRecord, RoundView, SubmitError, TaskKey, TaskView, VerdictState,
};
use crate::{account::Account, keys::WorkerKey};

/// A node.
#[derive(Debug)]
pub struct Rpc {
	link: Link,
	genesis: [u8; 32],
	/// One transaction at a time: the next one needs the nonce after it.
	turn: tokio::sync::Mutex<()>,
}

impl Rpc {
	/// Connects to a node, or says that nobody answers. A node with another runtime is refused.
	pub async fn connect(url: &str) -> Result<Self, ChainError> {
		let link = Link::open(url).await?;
		let genesis = link.connection()?.client.genesis_hash().0;
		let rpc = Self {
			link,
			genesis,
			turn: tokio::sync::Mutex::default(),
		};
		rpc.ensure_known_runtime().await?;
		Ok(rpc)
	}

	/// What the chain calls itself: `Live`, `Local` or `Development`.
	pub async fn chain_type(&self) -> Result<String, ChainError> {
		let connection = self.link.connection()?;
		Link::read("the chain's type", connection.methods.system_chain_type()).await
	}

	/// Compares the parts of the runtime's interface that this program uses with the file it was
	/// built from.
	async fn ensure_known_runtime(&self) -> Result<(), ChainError> {
		let head = self.link.next_head(None).await?;
		let at = self.at(head).await?;
		if api::is_codegen_valid_for(at.metadata_ref()) {
			return Ok(());
		}
		Err(ChainError::Incompatible {
			url: self.link.url().to_owned(),
			what: format!("spec version {}", at.spec_version()),
		})
	}

	async fn at(&self, head: Head) -> Result<At, ChainError> {
		let connection = self.link.connection()?;
		let at = connection
			.client
			.at_block_hash_and_number(H256(head.hash), head.number.into());
		Link::read("a block", at)
			.await
			.map_err(|error| of_state(error, head))
	}

	async fn ask<P>(
		&self,
		at: Head,
		what: &'static str,
		payload: P,
	) -> Result<P::ReturnType, ChainError>
	where
		P: subxt::runtime_apis::Payload,
	{
		let head = at;
		let at = self.at(head).await?;
		let asked = Link::read(what, at.runtime_apis().call(payload)).await;
		asked.map_err(|error| of_state(error, head))
	}
}

/// The same error, or that the node has dropped the state of the block.
fn of_state(error: ChainError, head: Head) -> ChainError {
	match error {
		ChainError::Broken { reason, .. } if reason.contains("State already discarded") => {
			ChainError::Pruned { block: head.number }
		}
		other => other,
	}
}

/// The runtime API, shorter.
fn jobs() -> api::runtime_apis::jobs_api::JobsApi {
	api::runtime_apis().jobs_api()
}

fn disputes() -> api::runtime_apis::disputes_api::DisputesApi {
	api::runtime_apis().disputes_api()
}

fn accounts(list: Vec<AccountId32>) -> Vec<Account> {
	list.into_iter().map(|account| Account(account.0)).collect()
}

impl Chain for Rpc {
	fn genesis(&self) -> [u8; 32] {
		self.genesis
	}

	async fn next_head(&self, after: Option<Head>) -> Result<Head, ChainError> {
		self.link.next_head(after).await
	}

	async fn live_jobs(&self, at: Head) -> Result<Vec<JobId>, ChainError> {
		let mut ids: Vec<JobId> = self
			.ask(at, "the open jobs", jobs().open_jobs())
			.await?
			.into_iter()
			.map(|id| id.0)
			.collect();
		ids.sort_unstable();
		Ok(ids)
	}

	async fn job(&self, at: Head, job: JobId) -> Result<Option<JobView>, ChainError> {
		Ok(self
			.ask(at, "a job", jobs().job(Static(job)))
			.await?
			.map(|view| view.0))
	}

	async fn is_member(&self, at: Head, job: JobId, stash: Account) -> Result<bool, ChainError> {
		let members = self
			.ask(at, "a job's members", jobs().members(Static(job)))
			.await?;
		Ok(accounts(members).contains(&stash))
	}

	async fn round(&self, at: Head, job: JobId) -> Result<Option<RoundView>, ChainError> {
		Ok(self
			.ask(at, "a round", jobs().round(Static(job)))
			.await?
			.map(|view| view.0))
	}

	async fn tasks(&self, at: Head, job: JobId) -> Result<Vec<TaskView>, ChainError> {
		let tasks = self
			.ask(at, "a round's tasks", jobs().tasks(Static(job)))
			.await?;
		Ok(tasks.into_iter().map(|task| task.0).collect())
	}

	async fn trace(&self, at: Head, job: JobId, slot: Slot) -> Result<Vec<Root>, ChainError> {
		let at = self.at(at).await?;
		let what = "a task's trace";
		let arguments = (job, slot).encode();
		// By name: its types are the same in every version.
		let apis = at.runtime_apis();
		let call = apis.call_raw("DisputesApi_trace", Some(&arguments));
		let answer = Link::read(what, call).await?;
		decoded(what, Vec::decode_all(&mut &answer[..]))
	}

	async fn committee(
		&self,
		at: Head,
		job: JobId,
		slot: Slot,
	) -> Result<Vec<Account>, ChainError> {
		let drawn = self
			.ask(at, "a committee", jobs().committee(Static(job), slot))
			.await?;
		Ok(accounts(drawn))
	}

	async fn closers(&self, at: Head, job: JobId) -> Result<Vec<Account>, ChainError> {
		let drawn = self
			.ask(at, "a round's closers", jobs().closers(Static(job)))
			.await?;
		Ok(accounts(drawn))
	}

	async fn verdict_state(
		&self,
		at: Head,
		task: TaskKey,
		draw: u32,
		validator: Account,
	) -> Result<VerdictState, ChainError> {
		let at = self.at(at).await?;
		let storage = at.storage();
		let address = api::storage().proof_of_compute().submissions();
		let key = (Static(task.job), task.round, task.slot);
		let what = "a verdict";
		let Some(value) = Link::read(what, storage.try_fetch(address, key)).await? else {
			return Ok(VerdictState::Absent);
		};
		let panel = decoded(what, value.decode())?
			.panel
			.filter(|panel| panel.draw_index == draw);
		let seat = panel.and_then(|panel| {
			panel
				.seats
				.0
				.into_iter()
				.find(|seat| seat.validator.0 == validator.0)
		});
		Ok(match seat.map(|seat| seat.ballot) {
			None | Some(Ballot::Awaited) => VerdictState::Absent,
			Some(Ballot::Sealed(_)) => VerdictState::Sealed,
			Some(Ballot::Opened(_)) => VerdictState::Revealed,
		})
	}

	async fn has_claimed(
		&self,
		at: Head,
		job: JobId,
		round: Round,
		restarts: u8,
		validator: Account,
	) -> Result<bool, ChainError> {
		let at = self.at(at).await?;
		let storage = at.storage();
		let address = api::storage().proof_of_compute().aggregations();
		let what = "a round's claims";
		let Some(value) =
			Link::read(what, storage.try_fetch(address, (Static(job), round))).await?
		else {
			return Ok(false);
		};
		let claims = decoded(what, value.decode())?;
		Ok(claims.restarts == restarts
			&& claims
				.closers
				.0
				.iter()
				.any(|closer| closer.validator.0 == validator.0 && closer.claim.is_some()))
	}

	async fn disputes_of(&self, at: Head, stash: Account) -> Result<Vec<TaskKey>, ChainError> {
		let payload = disputes().disputes_of(AccountId32(stash.0));
		let open = self.ask(at, "the disputes of a stash", payload).await?;
		Ok(open.into_iter().map(|task| task.0).collect())
	}

	async fn open_disputes(&self, at: Head) -> Result<Vec<TaskKey>, ChainError> {
		let payload = disputes().disputes();
		let open = self.ask(at, "the open disputes", payload).await?;
		Ok(open.into_iter().map(|task| task.0).collect())
	}

	async fn dispute(&self, at: Head, task: TaskKey) -> Result<Option<DisputeView>, ChainError> {
		let payload = disputes().dispute(Static(task));
		let view = self.ask(at, "a dispute", payload).await?;
		Ok(view.map(|view| view.0))
	}

	async fn accepted(&self, at: Head, task: TaskKey) -> Result<Option<AcceptedTask>, ChainError> {
		let payload = jobs().accepted(Static(task));
		let record = self.ask(at, "an accepted task", payload).await?;
		Ok(record.map(|record| record.0))
	}

	async fn accepted_of(
		&self,
		at: Head,
		stash: Account,
	) -> Result<Vec<(TaskKey, AcceptedTask)>, ChainError> {
		let payload = jobs().accepted_of(AccountId32(stash.0));
		let held = self
			.ask(at, "the accepted tasks of a stash", payload)
			.await?;
		Ok(held.into_iter().map(|(task, of)| (task.0, of.0)).collect())
	}

	async fn conflicts_of(
		&self,
		at: Head,
		stash: Account,
	) -> Result<Vec<(JobId, Round)>, ChainError> {
		let payload = disputes().conflicts_of(AccountId32(stash.0));
		let open = self.ask(at, "the conflicts of a stash", payload).await?;
		Ok(open
			.into_iter()
			.map(|(job, round)| (job.0, round))
			.collect())
	}

	async fn conflict(
		&self,
		at: Head,
		job: JobId,
		round: Round,
	) -> Result<Option<ConflictView>, ChainError> {
		let payload = disputes().conflict(Static(job), round);
		let view = self.ask(at, "a conflict", payload).await?;
		Ok(view.map(|view| view.0))
	}

	async fn claimable(&self, at: Head, job: JobId, stash: Account) -> Result<Balance, ChainError> {
		let payload = jobs().claimable(Static(job), AccountId32(stash.0));
		self.ask(at, "a credit", payload).await
	}

	async fn credits(&self, at: Head, job: JobId) -> Result<Vec<(Account, Balance)>, ChainError> {
		let at = self.at(at).await?;
		let storage = at.storage();
		let address = api::storage().jobs().claims();
		let what = "a job's credits";
		let mut found = Link::read(what, storage.iter(address, (Static(job),))).await?;
		let mut credits = Vec::new();
		while let Some(credit) = Link::read(what, async { found.next().await.transpose() }).await? {
			let (_, account) = decoded(what, decoded(what, credit.key())?.decode())?;
			credits.push((Account(account.0), decoded(what, credit.value().decode())?));
		}
		Ok(credits)
	}

	async fn rounds(&self, at: Head, job: JobId) -> Result<Vec<RoundRecord>, ChainError> {
		let rounds = self
			.ask(at, "a job's rounds", jobs().rounds(Static(job)))
			.await?;
		Ok(rounds.into_iter().map(|record| record.0).collect())
	}

	async fn stash_of(&self, at: Head, worker: Account) -> Result<Option<Account>, ChainError> {
		let at = self.at(at).await?;
		let storage = at.storage();
		let address = api::storage().stake().stash_of();
		let what = "the worker's stash";
		let found = Link::read(what, storage.try_fetch(address, (AccountId32(worker.0),))).await?;
		found
			.map(|value| Ok(Account(decoded(what, value.decode())?.0)))
			.transpose()
	}

	async fn bonded(&self, at: Head, stash: Account, role: Role) -> Result<bool, ChainError> {
		let at = self.at(at).await?;
		let storage = at.storage();
		let address = api::storage().stake().bond_of();
		let what = "a bond";
		let key = (AccountId32(stash.0), role.into());
		let found = Link::read(what, storage.try_fetch(address, key)).await?;
		let Some(value) = found else { return Ok(false) };
		Ok(decoded(what, value.decode())?.unbonding_until.is_none())
	}

	async fn free_balance(&self, at: Head, account: Account) -> Result<Balance, ChainError> {
		let at = self.at(at).await?;
		let storage = at.storage();
		let address = api::storage().system().account();
		let what = "a balance";
		let found = Link::read(what, storage.try_fetch(address, (AccountId32(account.0),))).await?;
		let Some(value) = found else { return Ok(0) };
		Ok(decoded(what, value.decode())?.data.free)
	}

	async fn block(&self, number: BlockNumber) -> Result<Option<Head>, ChainError> {
		let connection = self.link.connection()?;
		let asked = connection
			.methods
			.chain_get_block_hash(Some(u64::from(number).into()));
		let hash = Link::read("a block's hash", asked).await?;
		Ok(hash.map(|hash| Head {
			number,
			hash: hash.0,
		}))
	}

	async fn next_job(&self, at: Head) -> Result<JobId, ChainError> {
		Ok(self
			.ask(at, "the next job's id", jobs().next_job())
			.await?
			.0)
	}

	async fn events(&self, at: Head) -> Result<Vec<Event>, ChainError> {
		let head = at;
		let at = self.at(head).await?;
		let what = "a block's events";
		let all = Link::read(what, at.events().fetch()).await;
		let all = all.map_err(|error| of_state(error, head))?;
		let mut events = Vec::new();
		for event in all.iter() {
			let event = decoded(what, event)?;
			// Only these pallets are about jobs; the others may have events that are not known.
			if events::PALLETS.contains(&event.pallet_name()) {
				events.extend(events::decode(decoded(what, event.decode_as())?));
			}
		}
		Ok(events)
	}

	async fn submit(&self, key: &WorkerKey, calls: Vec<Call>) -> Result<Receipt, SubmitError> {
		let _turn = self.turn.lock().await;
		submit::submit(&self.link, key, &calls).await
	}
}

fn decoded<T, E: std::error::Error>(
	what: &'static str,
	value: Result<T, E>,
) -> Result<T, ChainError> {
	value.map_err(|error| ChainError::Broken {
		what,
		reason: connection::innermost(&error),
	})
}

#[cfg(test)]
mod tests {
	use super::{of_state, ChainError, Head};

	#[test]
	fn a_state_that_the_node_dropped_is_told_with_its_block_and_what_to_do() {
		// GIVEN what a node says of a state that it does not keep, and of something else
		let head = Head {
			number: 77,
			hash: [0; 32],
		};
		let broken = |reason: &str| ChainError::Broken {
			what: "a block's events",
			reason: reason.to_owned(),
		};
		let dropped = broken("Client error: UnknownBlock: State already discarded for 0x01");
		let other = broken("connection reset");
		// WHEN they are told
		let (dropped, other) = (of_state(dropped, head), of_state(other, head));
		// THEN the first names block and remedy and is not tried again; the other stays what it is
		let text = dropped.to_string();
		assert!(
			text.contains("77") && text.contains("--state-pruning archive"),
			"{text}"
		);
		assert!(!dropped.is_transient());
		assert!(matches!(other, ChainError::Broken { .. }));
	}
}
