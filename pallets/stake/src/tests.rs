//! Behaviour of the stake pallet, by topic.

mod bonds;
mod config;
mod model;
mod offences;
mod pledges;
mod sessions;
mod tasks;
mod workers;
