//! What can go wrong between the worker and a node.

/// Why the chain could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
	/// Nobody answers.
	#[error("no node answers at {url} ({reason}): start a node there or name another with --node")]
	Down {
		/// Where it was looked for.
		url: String,
		/// What the attempt said.
		reason: String,
	},
	/// An address that no client can connect to.
	#[error("`{url}` is no node address: write ws://HOST:PORT or wss://HOST:PORT")]
	BadUrl {
		/// What was given.
		url: String,
	},
	/// A node of another chain, or of another version of this one.
	#[error("the node at {url} runs a runtime that this build does not know ({what}): use the `assay` of its release")]
	Incompatible {
		/// The node.
		url: String,
		/// What did not fit.
		what: String,
	},
	/// The connection broke in the middle of a read. The caller may try again.
	#[error("the node broke off while reading {what}: {reason}")]
	Broken {
		/// What was read.
		what: &'static str,
		/// What the client said.
		reason: String,
	},
	/// The node keeps only the state of its latest blocks.
	#[error("the node has no state of block {block} any more: name an archive with --node, a node run with --state-pruning archive")]
	Pruned {
		/// The block.
		block: u32,
	},
	/// The node took too long.
	#[error("the node did not answer within {seconds} s while reading {what}: check its load or name another with --node")]
	Slow {
		/// What was read.
		what: &'static str,
		/// How long was waited.
		seconds: u64,
	},
}

impl ChainError {
	/// Whether another attempt could end better.
	pub fn is_transient(&self) -> bool {
		matches!(
			self,
			Self::Down { .. } | Self::Broken { .. } | Self::Slow { .. }
		)
	}
}

/// Why a transaction is in no block.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
	/// The chain could not be reached.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// An earlier transaction of the key is still waiting. The caller waits for the next block,
	/// which shows what became of it.
	#[error("a transaction of {account} is still pending")]
	Pending {
		/// The signer.
		account: String,
	},
	/// The key cannot pay the fee.
	#[error("{account} cannot pay the transaction fee: send it some ASY")]
	NoFee {
		/// The signer.
		account: String,
	},
	/// The pool or the node dropped it.
	#[error("{calls} was not taken into a block: {reason}")]
	Dropped {
		/// The calls in it.
		calls: String,
		/// What the node said.
		reason: String,
	},
	/// It was sent, and no block showed it in time. It may still come.
	#[error("{calls} was in no block after {seconds} s: the next look at the chain shows whether it arrived")]
	Unseen {
		/// The calls in it.
		calls: String,
		/// How long was waited.
		seconds: u64,
	},
}

impl SubmitError {
	/// Whether the worker just looks again at the next block.
	pub fn is_transient(&self) -> bool {
		match self {
			Self::Chain(error) => error.is_transient(),
			Self::Pending { .. } | Self::Dropped { .. } | Self::Unseen { .. } => true,
			Self::NoFee { .. } => false,
		}
	}
}
