//! Tests by topic. Errors are provoked where the rule that they protect is tested.

mod accepted;
mod aggregate;
mod clear;
mod commit;
mod conflict;
mod dispute;
mod draw;
mod failure;
mod journey;
mod model;
mod redraw;
mod reveal;
mod uptime;
mod verdict;
