//! Providers and validators on a chain in memory: whole jobs, kills, cheats and losses.

mod adapters;
mod audit;
mod challenge;
mod conflicts;
mod disputes;
mod explain;
mod failures;
mod fake;
mod jobs;
mod kills;
mod network;
mod sampling;
mod segments;
mod submitter;
mod tidy;
