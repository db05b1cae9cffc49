//! Attacks on whole jobs, through the real pallets in memory and with work that is really computed.
//!
//! Every attack is tried with `ASSAY_ATTACK_SEEDS` seeds, 20 unless it is set, and the honest parties do
//! `ASSAY_HONEST_CHECKS` checks. A seed decides what the attacker does, whom it has bought, and what is
//! drawn; `scripts/attacks.sh` runs many of them.

// Blocks and calls as the runtime's other tests have them.
#[path = "../runtime/chain.rs"]
#[expect(dead_code, reason = "not all of it is needed here")]
mod chain;
#[path = "../runtime/job.rs"]
#[expect(dead_code, reason = "not all of it is needed here")]
mod job;
// Both sides of a dispute as the protocol's own tests play them.
#[path = "../../../pallets/protocol/tests/rules/dispute/play.rs"]
#[expect(dead_code, reason = "not all of it is played here")]
mod play;
// So are those of a conflict about the next checkpoint.
#[path = "../../../pallets/protocol/tests/rules/closing/play.rs"]
#[expect(dead_code, reason = "not all of it is played here")]
mod closing;

mod aggregate;
mod books;
mod claims;
mod clocks;
mod dispute;
mod draws;
mod fault;
mod frivolous;
mod honest;
mod parents;
mod round;
mod seals;
mod serving;
mod told;
mod undrawn;
mod verdicts;
mod work;
mod world;
mod wrong_work;
