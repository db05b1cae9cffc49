//! Disputes between two workers, by the protocol's own rules and without a chain: every kind of wrong
//! work is found wrong, and honest work never.

mod attacks;
mod play;
