//! The program as users run it.

mod bad_input;
mod data;
mod run;
mod train;
