//! The Assay full node: networking, BABE and GRANDPA around the Assay runtime.
//!
//! Wiring only. The rules of the chain live in the runtime, training in the `assay` worker.

#![allow(
	clippy::result_large_err,
	reason = "the SDK's error types are as large as they are"
)]

mod chain_spec;
mod cli;
mod command;
mod consensus;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
