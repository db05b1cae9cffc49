//! Disputes between two workers, by the protocol's own rules and without a chain: every kind of wrong
//! work is found wrong, and honest work never.

mod attacks;
mod beyond;
mod claims;
mod play;
// A provider that goes on where there is nothing, as the protocol's own tests have it.
#[path = "../../../pallets/protocol/tests/rules/dispute/play.rs"]
#[expect(dead_code, reason = "not all of it is played here")]
mod reference;
