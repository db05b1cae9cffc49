//! Everything behind the `assay` binary: provider, validator and submitter.
//!
//! # Map
//!
//! - [`chain`]: the chain as typed calls and views. The only place that knows subxt.
//! - [`artifacts`]: content-addressed tensors, checkpoints and data.
//! - [`spool`]: what a worker must not forget when it is killed. [`failpoint`] names every place
//!   where a test kills it.
//! - [`compute`]: the engine, run off the async threads.
//! - [`provider`], [`validator`]: the two roles, one file per phase of a round.
//! - [`settle`]: what both roles do beside: advance jobs past deadlines, claim payouts.
//! - [`submitter`]: posting a job once, claiming what one owes.
//! - [`history`]: everything that the blocks say of a job. [`explain`] accounts for its money from it,
//!   [`mod@audit`] replays its training.
//! - [`local`], [`model`], [`data`]: training without a chain, export, import and evaluation, packing.
//! - [`base`]: the frozen model that a plan's adapters belong to.
//! - [`tokenizer`]: text as tokens and back. The only place that knows the tokenizers crate.
//! - [`mod@bench`], [`candle`]: how fast this machine trains, and what candle makes of the same plans.
//! - [`simulate`]: the security figures, by the protocol crate's own draws and rules.
//! - [`demo`]: a whole local network under one supervisor.
//! - [`cli`]: one file per command.
//!
//! # Invariants
//!
//! A worker is a controller of levels, not of edges: at each block it reads the chain, compares it
//! with its spool and does what is missing. It keeps nothing in memory that it could not rebuild
//! from the two, so that it may be killed at any line.

pub mod account;
pub mod artifacts;
pub mod audit;
pub mod base;
pub mod bench;
pub mod candle;
pub mod chain;
pub mod cli;
pub mod compute;
pub mod config;
pub mod conflict;
pub mod data;
pub mod demo;
pub mod dispute;
pub mod explain;
pub mod failpoint;
pub mod history;
pub mod keys;
pub mod local;
pub mod model;
pub mod plan_file;
pub mod provider;
pub mod roots;
pub mod settle;
pub mod simulate;
pub mod spool;
pub mod submitter;
mod system;
pub mod tokenizer;
pub mod validator;
pub mod worker;
