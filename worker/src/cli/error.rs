//! What a command can end with.

use std::{io, path::PathBuf};

use crate::{
	account::AccountError,
	artifacts::{ArtifactError, CheckpointError},
	audit::AuditError,
	base::BaseError,
	bench::BenchError,
	candle::CandleError,
	chain::{ChainError, Refused, SubmitError},
	compute::ComputeError,
	data::{DataError, PackError},
	demo::DemoError,
	explain::ExplainError,
	failpoint::UnknownFailpoint,
	keys::KeyError,
	model::{import::ImportError, ModelError},
	plan_file::{AmountError, PlanFileError},
	roots::{Hex32, HexError},
	simulate::SimulateError,
	submitter::SubmitterError,
	tokenizer::TokenizerError,
	worker::WorkerError,
};

/// Every way in which a command fails. Each message names the value at fault and what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a list of the operations' own errors")]
#[non_exhaustive]
pub enum CliError {
	#[error(transparent)]
	Key(#[from] KeyError),
	#[error(transparent)]
	Account(#[from] AccountError),
	#[error(transparent)]
	Amount(#[from] AmountError),
	#[error(transparent)]
	Plan(#[from] PlanFileError),
	#[error(transparent)]
	Data(#[from] DataError),
	#[error(transparent)]
	Pack(#[from] PackError),
	#[error(transparent)]
	Artifact(#[from] ArtifactError),
	#[error(transparent)]
	Checkpoint(#[from] CheckpointError),
	#[error(transparent)]
	Compute(#[from] ComputeError),
	#[error(transparent)]
	Model(#[from] ModelError),
	#[error(transparent)]
	Import(#[from] ImportError),
	#[error(transparent)]
	Base(#[from] BaseError),
	#[error(transparent)]
	Tokenizer(#[from] TokenizerError),
	#[error(transparent)]
	Bench(#[from] BenchError),
	#[error(transparent)]
	Candle(#[from] CandleError),
	#[error(transparent)]
	Simulate(#[from] SimulateError),
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error(transparent)]
	Submit(#[from] SubmitError),
	#[error(transparent)]
	Refused(#[from] Refused),
	#[error(transparent)]
	Submitter(#[from] SubmitterError),
	#[error(transparent)]
	Worker(#[from] WorkerError),
	#[error(transparent)]
	Failpoint(#[from] UnknownFailpoint),
	#[error(transparent)]
	Hex(#[from] HexError),
	#[error(transparent)]
	Demo(#[from] DemoError),
	#[error(transparent)]
	Explain(#[from] ExplainError),
	#[error(transparent)]
	Audit(#[from] AuditError),
	#[error("the async runtime did not start: {0}")]
	Runtime(io::Error),
	#[error("{path}: {source}")]
	Io { path: PathBuf, source: io::Error },
	#[error("{0}: is there and is not overwritten: name another directory with --out, or move it")]
	FileThere(PathBuf),
	#[error("job {0} does not exist: list jobs with `assay job list`")]
	NoSuchJob(u64),
	#[error("job {job} ended as {state}: see `assay job show {job}` for the reasons")]
	JobEnded { job: u64, state: String },
	#[error("job {job}: {count} amounts or entries do not follow from its events, marked MISMATCH: ask another node with --node, and report a defect if it says the same")]
	Unexplained { job: u64, count: usize },
	#[error("job {job}: {count} values are not what its plan computes, the first is {first}: see the lines marked MISMATCH, and ask another node with --node")]
	AuditFailed {
		job: u64,
		count: usize,
		first: String,
	},
	#[error("--rounds {0}: write the first round, two dots and the round after the last one, as in 0..4")]
	NoRounds(String),
	#[error("job {0} has no closed round yet: wait for `assay job watch {0}`, or name a root with --checkpoint")]
	NoCheckpoint(u64),
	#[error("{account} has {free}, and the job's escrow is {escrow}: send it more ASY, or lower price, tasks or rounds")]
	Unfunded {
		account: String,
		free: String,
		escrow: String,
	},
	#[error("the packed bytes have the root {found}, not {expected}: the sources differ from the ones the root was made of")]
	UnexpectedRoot { found: Hex32, expected: Hex32 },
	#[error("name what to read: a directory or file, --list with a file of crates, or for `assay data pack` --idx with images and labels")]
	NothingToPack,
	#[error("say what to train without a chain: `assay train --local PLAN --data FILE`")]
	NotLocal,
	#[error("name the model: --job with a job's id, or --plan and --checkpoint")]
	NoModel,
	#[error("--prompt: `{0}` is no number of a token: with --ids, write numbers with blanks between them")]
	NoToken(String),
	#[error("--candle measures whole models: merge the adapters into their base with `assay model merge`")]
	NoAdaptersInCandle,
	#[error("--role {0}: write provider or validator")]
	NoRole(String),
	#[error("stakes of {count} accepted tasks are still held, {disputed} of them disputed, the others up to block {until}; this is block {block}: unbond after that, see `assay stake held`")]
	StakesHeld {
		count: usize,
		disputed: usize,
		until: u32,
		block: u32,
	},
}
