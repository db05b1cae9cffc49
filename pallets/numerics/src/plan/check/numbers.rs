//! Counts and decimals between their bounds.

use super::super::{Field, PlanError};
use crate::decimal::{Decimal, MAX_EXPONENT, MIN_EXPONENT};

pub(super) fn count(field: Field, value: u32, least: u32, most: u32) -> Result<u32, PlanError> {
	if value < least || value > most {
		return Err(PlanError::CountOutOfRange {
			field,
			value,
			least,
			most,
		});
	}
	Ok(value)
}

pub(super) fn whole_tiles(field: Field, value: u32) -> Result<u32, PlanError> {
	let multiple = crate::tile::SIDE as u32;
	if !value.is_multiple_of(multiple) {
		return Err(PlanError::NotWholeTiles {
			field,
			value,
			multiple,
		});
	}
	Ok(value)
}

fn float(field: Field, value: Decimal) -> Result<f32, PlanError> {
	value
		.to_f32()
		.map_err(|error| PlanError::ExponentOutOfRange {
			field,
			exponent: error.0,
			least: MIN_EXPONENT,
			most: MAX_EXPONENT,
		})
}

pub(super) fn between(
	field: Field,
	value: Decimal,
	least: Decimal,
	most: Decimal,
) -> Result<f32, PlanError> {
	let x = float(field, value)?;
	if x < float(field, least)? || x > float(field, most)? {
		return Err(PlanError::DecimalOutOfRange {
			field,
			value,
			least,
			most,
		});
	}
	Ok(x)
}

/// Greater than zero, also as a float, and at most `most`.
pub(super) fn positive(field: Field, value: Decimal, most: Decimal) -> Result<f32, PlanError> {
	if value.mantissa <= 0 {
		return Err(PlanError::DecimalNotPositive { field, value });
	}
	between(field, value, Decimal::new(0, 0), most)
}

/// A decay must leave something of the new gradient: 1 would divide by zero in the correction.
pub(super) fn decay(field: Field, value: Decimal) -> Result<f32, PlanError> {
	const ONE: Decimal = Decimal::new(1, 0);
	let x = between(field, value, Decimal::new(0, 0), ONE)?;
	if x >= 1.0 {
		return Err(PlanError::DecimalNotBelow {
			field,
			value,
			bound: ONE,
		});
	}
	Ok(x)
}
