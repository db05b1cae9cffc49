//! Amounts as an explanation writes them.

use std::ops::AddAssign;

use assay_protocol::Balance;
use serde::{Serialize, Serializer};

/// A number too large for JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Balance);

impl Serialize for Amount {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

impl AddAssign<Balance> for Amount {
	/// Saturates: no chain has so much, and a node that says so is told apart by the books.
	fn add_assign(&mut self, amount: Balance) {
		self.0 = self.0.saturating_add(amount);
	}
}
