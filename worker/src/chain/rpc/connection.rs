//! One WebSocket to a node, its best blocks, and a new one when it breaks.

use std::{
	sync::{Arc, Mutex},
	time::Duration,
};

use subxt::{
	backend::LegacyBackend,
	config::RpcConfigFor,
	rpcs::{methods::LegacyRpcMethods, RpcClient},
	OnlineClient, PolkadotConfig,
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use crate::{
	chain::{ChainError, Head},
	config::READ_SECONDS,
};

/// How the chain is configured for the client: accounts, addresses and signatures as on Polkadot.
pub(super) type Config = PolkadotConfig;
/// The client's handle on a block.
pub(super) type At = subxt::client::OnlineClientAtBlock<Config>;

/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Without a new block for this long, the connection is made anew.
const STALL: Duration = Duration::from_secs(60);
/// The first pause between two attempts; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A connection that works until it does not.
#[derive(Debug)]
pub(super) struct Connection {
	/// The client.
	pub(super) client: OnlineClient<Config>,
	/// What the client has no name for.
	pub(super) methods: LegacyRpcMethods<RpcConfigFor<Config>>,
	heads: watch::Receiver<Option<Head>>,
	follower: JoinHandle<()>,
}

impl Drop for Connection {
	fn drop(&mut self) {
		self.follower.abort();
	}
}

impl Connection {
	/// Connects once.
	pub(super) async fn open(url: &str) -> Result<Self, ChainError> {
		if !url.starts_with("ws://") && !url.starts_with("wss://") {
			return Err(ChainError::BadUrl {
				url: url.to_owned(),
			});
		}
		match timeout(CONNECT, Self::try_open(url)).await {
			Ok(result) => result,
			Err(_) => Err(ChainError::Down {
				url: url.to_owned(),
				reason: format!("no answer within {} s", CONNECT.as_secs()),
			}),
		}
	}

	async fn try_open(url: &str) -> Result<Self, ChainError> {
		let down = |reason: String| ChainError::Down {
			url: url.to_owned(),
			reason,
		};
		let rpc = RpcClient::from_insecure_url(url)
			.await
			.map_err(|e| down(innermost(&e)))?;
		let backend = Arc::new(LegacyBackend::builder().build(rpc.clone()));
		let client: OnlineClient<Config> = OnlineClient::from_backend(backend)
			.await
			.map_err(|e| down(innermost(&e)))?;
		let mut blocks = client
			.stream_best_blocks()
			.await
			.map_err(|e| down(innermost(&e)))?;
		let (sender, heads) = watch::channel(None);
		let follower = tokio::spawn(async move {
			while let Some(Ok(block)) = blocks.next().await {
				let number = u32::try_from(block.number()).unwrap_or(u32::MAX);
				if sender
					.send(Some(Head {
						number,
						hash: block.hash().0,
					}))
					.is_err()
				{
					break;
				}
			}
		});
		Ok(Self {
			client,
			methods: LegacyRpcMethods::new(rpc),
			heads,
			follower,
		})
	}

	/// The best block, once it is later than `after`. Nothing when the connection broke or stalls.
	async fn next_head(&self, after: Option<Head>) -> Option<Head> {
		let mut heads = self.heads.clone();
		let is_later = |head: &Option<Head>| {
			head.is_some_and(|head| after.is_none_or(|a| head.number > a.number))
		};
		let head = timeout(STALL, heads.wait_for(is_later)).await.ok()?.ok()?;
		*head
	}
}

/// A node's address and the connection to it, if there is one now.
#[derive(Debug)]
pub(super) struct Link {
	url: String,
	current: Mutex<Option<Arc<Connection>>>,
	/// One at a time reconnects.
	turn: tokio::sync::Mutex<()>,
}

impl Link {
	/// Connects once, or fails.
	pub(super) async fn open(url: &str) -> Result<Self, ChainError> {
		let current = Mutex::new(Some(Arc::new(Connection::open(url).await?)));
		Ok(Self {
			url: url.to_owned(),
			current,
			turn: tokio::sync::Mutex::default(),
		})
	}

	/// The address.
	pub(super) fn url(&self) -> &str {
		&self.url
	}

	/// The connection; an error when there is none now.
	pub(super) fn connection(&self) -> Result<Arc<Connection>, ChainError> {
		let current = self
			.current
			.lock()
			.unwrap_or_else(|poison| poison.into_inner());
		current.clone().ok_or_else(|| ChainError::Down {
			url: self.url.clone(),
			reason: "the connection was lost".into(),
		})
	}

	/// Waits for a block later than `after`, through any number of reconnections.
	pub(super) async fn next_head(&self, after: Option<Head>) -> Result<Head, ChainError> {
		let mut pause = FIRST_PAUSE;
		loop {
			if let Ok(connection) = self.connection() {
				if let Some(head) = connection.next_head(after).await {
					return Ok(head);
				}
				self.forget(&connection);
			}
			let _turn = self.turn.lock().await;
			if self.connection().is_ok() {
				continue;
			}
			match Connection::open(&self.url).await {
				Ok(connection) => self.put(Some(Arc::new(connection))),
				Err(error) if error.is_transient() => {
					tracing::warn!(target: "assay::chain", %error, "reconnecting");
					tokio::time::sleep(with_jitter(pause)).await;
					pause = (pause * 2).min(LONGEST_PAUSE);
				}
				Err(error) => return Err(error),
			}
		}
	}

	/// Awaits a read, at most so long.
	pub(super) async fn read<T, E: std::error::Error>(
		what: &'static str,
		read: impl std::future::Future<Output = Result<T, E>>,
	) -> Result<T, ChainError> {
		match timeout(Duration::from_secs(READ_SECONDS), read).await {
			Ok(Ok(value)) => Ok(value),
			Ok(Err(error)) => Err(ChainError::Broken {
				what,
				reason: innermost(&error),
			}),
			Err(_) => Err(ChainError::Slow {
				what,
				seconds: READ_SECONDS,
			}),
		}
	}

	fn forget(&self, broken: &Arc<Connection>) {
		let mut current = self
			.current
			.lock()
			.unwrap_or_else(|poison| poison.into_inner());
		if current
			.as_ref()
			.is_some_and(|current| Arc::ptr_eq(current, broken))
		{
			*current = None;
		}
	}

	fn put(&self, connection: Option<Arc<Connection>>) {
		*self
			.current
			.lock()
			.unwrap_or_else(|poison| poison.into_inner()) = connection;
	}
}

/// The cause at the bottom, which says most in least words.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
	let mut error = error;
	while let Some(source) = error.source() {
		error = source;
	}
	error.to_string()
}

/// A pause, up to half as long again, so that workers do not come back in step.
fn with_jitter(pause: Duration) -> Duration {
	let mut byte = [0];
	// Without randomness there is no jitter; that is all.
	let _ = getrandom::fill(&mut byte);
	pause + pause * u32::from(byte[0]) / 512
}
