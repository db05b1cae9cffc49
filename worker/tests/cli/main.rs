//! The program as users run it.

mod adapters;
mod bad_input;
mod data;
mod imports;
mod llama;
mod models;
mod plans;
mod run;
mod simulate;
mod tokens;
mod train;
