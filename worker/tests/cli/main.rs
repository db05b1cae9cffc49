//! The program as users run it.

mod bad_input;
mod data;
mod models;
mod plans;
mod run;
mod train;
