//! What is wrong with a plan file.

use std::{io, path::PathBuf};

use super::AmountError;
use crate::roots::Hex32;

/// Why a plan file is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFileError {
	/// The file cannot be read.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// Not JSON of this form.
	#[error("{path}: {reason}: `assay job example` prints a plan to start from")]
	Json {
		/// The file.
		path: PathBuf,
		/// Where and why.
		reason: String,
	},
	/// A number that is none.
	#[error("{field}: `{value}` is no decimal number of at most nine digits: write it like 0.001 or 1e-8")]
	Decimal {
		/// The field.
		field: &'static str,
		/// What it holds.
		value: String,
	},
	/// An amount that is none.
	#[error("{field}: {source}")]
	Amount {
		/// The field.
		field: &'static str,
		/// Why.
		source: AmountError,
	},
	/// A profile that this version does not have.
	#[error("profile: `{0}` is unknown: write exact-12.1")]
	Profile(String),
	/// More layers than a plan can name.
	#[error("hidden: {0} layers are too many: use at most 8")]
	Layers(usize),
	/// A count that no plan has room for.
	#[error("{field}: {value} is too large: use at most {most}")]
	TooLarge {
		/// The field.
		field: &'static str,
		/// What it holds.
		value: u64,
		/// The greatest that a plan has room for.
		most: u64,
	},
	/// The width of a head is left out and does not follow.
	#[error("heads: {heads} do not divide the width {width}: change one of them, or say how wide a `head` is")]
	Heads {
		/// What the file says.
		heads: u64,
		/// What they would have to divide.
		width: u64,
	},
	/// Frequencies of positions that mean nothing.
	#[error("base: `{0}` is out of range: use more than 1 and at most 1e12")]
	Base(String),
	/// More turns than a plan can name.
	#[error("turns: {0} are too many: use as many as a head has pairs of columns, at most 128")]
	Turns(usize),
	/// A number of the step is out of bounds.
	#[error("{0}: change that value in the plan file")]
	Step(String),
	/// The rules refuse it.
	#[error("the plan is refused: {0}: change that value in the plan file")]
	Refused(String),
	/// The engine cannot run it.
	#[error("the plan cannot be run: {0}: change the model or the batch")]
	Engine(String),
	/// The parent is not what the seed gives.
	#[error("parent: {given} is not the first checkpoint of this seed, which is {expected}: correct it or leave it out")]
	Parent {
		/// What the file says.
		given: Hex32,
		/// What the seed gives.
		expected: Hex32,
	},
	/// The data is another.
	#[error("data: the plan names the root {given}, but the data given has {found}: give the file the plan was made for, or correct the plan")]
	Data {
		/// What the file says.
		given: Hex32,
		/// What was found.
		found: Hex32,
	},
	/// Nothing says what the data is.
	#[error("data: neither the plan nor --data names it: add one of them")]
	NoData,
	/// A job needs terms.
	#[error(
		"terms: the plan file has none: add price, tasks, rounds and windows to post it as a job"
	)]
	NoTerms,
}
