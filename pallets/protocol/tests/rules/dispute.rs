//! Disputes, played by both sides over small plans.

mod clock;
mod ending;
mod honest;
mod play;
mod shown;
mod size;
mod turns;
mod wrong;
