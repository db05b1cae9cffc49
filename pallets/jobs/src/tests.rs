//! The pallet through its calls, its events and the facts that proof-of-compute tells.

mod advance;
mod challenge;
mod claim;
mod conservation;
mod end;
mod fact;
mod failure;
mod join;
mod outlook;
mod post;
mod prune;
mod round;
mod sampling;
mod view;
