//! Conflicts about the next checkpoint, played by both sides: P40, P41, P42, P43.

mod play;
mod rules;
mod size;
