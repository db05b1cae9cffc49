//! Random calls against a plain model of one round.
