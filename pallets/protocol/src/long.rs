//! Products of many factors, to be compared and nothing else.

use core::cmp::Ordering;

const LIMBS: usize = 8;
const LIMB: u32 = 64;
const LOW_LIMB: u128 = (1 << LIMB) - 1;

/// An unsigned integer of 512 bits.
///
/// Every operation tells when its result leaves the range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Long {
	/// The least significant first.
	limbs: [u64; LIMBS],
}

impl Long {
	pub(crate) const ONE: Self = Self {
		limbs: [1, 0, 0, 0, 0, 0, 0, 0],
	};

	pub(crate) fn times(self, factor: u128) -> Option<Self> {
		let low = self.times_limb(low_limb(factor))?;
		match low_limb(factor >> LIMB) {
			0 => Some(low),
			high => low.plus(self.times_limb(high)?.shifted()?),
		}
	}

	pub(crate) fn power(self, factor: u128, exponent: u32) -> Option<Self> {
		(0..exponent).try_fold(self, |product, _| product.times(factor))
	}

	pub(crate) fn minus(self, other: Self) -> Option<Self> {
		let mut limbs = self.limbs;
		let mut borrow = false;
		for (limb, less) in limbs.iter_mut().zip(other.limbs) {
			let (rest, first) = limb.overflowing_sub(less);
			let (rest, second) = rest.overflowing_sub(u64::from(borrow));
			(*limb, borrow) = (rest, first || second);
		}
		(!borrow).then_some(Self { limbs })
	}

	fn plus(self, other: Self) -> Option<Self> {
		let mut limbs = self.limbs;
		let mut carry = false;
		for (limb, more) in limbs.iter_mut().zip(other.limbs) {
			let (sum, first) = limb.overflowing_add(more);
			let (sum, second) = sum.overflowing_add(u64::from(carry));
			(*limb, carry) = (sum, first || second);
		}
		(!carry).then_some(Self { limbs })
	}

	fn times_limb(self, factor: u64) -> Option<Self> {
		let mut limbs = self.limbs;
		let mut carry = 0u64;
		for limb in &mut limbs {
			// (2^64 - 1)^2 + 2^64 - 1 is below 2^128.
			let product = u128::from(*limb)
				.wrapping_mul(u128::from(factor))
				.wrapping_add(u128::from(carry));
			*limb = low_limb(product);
			carry = low_limb(product >> LIMB);
		}
		(carry == 0).then_some(Self { limbs })
	}

	/// Times 2^64.
	fn shifted(self) -> Option<Self> {
		let mut limbs = self.limbs;
		limbs.rotate_right(1);
		let [first, ..] = &mut limbs;
		let lost = core::mem::take(first);
		(lost == 0).then_some(Self { limbs })
	}
}

impl Ord for Long {
	fn cmp(&self, other: &Self) -> Ordering {
		self.limbs.iter().rev().cmp(other.limbs.iter().rev())
	}
}

impl PartialOrd for Long {
	fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
		Some(self.cmp(other))
	}
}

fn low_limb(number: u128) -> u64 {
	// In range after the mask.
	u64::try_from(number & LOW_LIMB).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
	use super::Long;

	const MAX: u128 = u128::MAX;

	fn of(factors: &[u128]) -> Option<Long> {
		factors
			.iter()
			.try_fold(Long::ONE, |product, factor| product.times(*factor))
	}

	#[test]
	fn products_do_not_depend_on_the_order_of_their_factors() {
		// GIVEN factors of every width, 500 bits together
		let factors = [MAX, MAX - 58, 1 << 127, (1 << 64) + 1, 1 << 51];
		let mut reversed = factors;
		reversed.reverse();
		// WHEN they are multiplied in two orders
		// THEN the products are equal
		assert!(of(&factors).is_some());
		assert_eq!(of(&factors), of(&reversed));
	}

	#[test]
	fn a_product_minus_one_of_its_parts_is_the_other_part() {
		// GIVEN x * (y + 1) and x * y, of which borrows go through all limbs
		for x in [1, MAX, 1 << 127] {
			for y in [0, 1, (1 << 64) - 1, 1 << 64, MAX - 1] {
				let (more, less) = (of(&[MAX, x, y + 1]), of(&[MAX, x, y]));
				// WHEN one is taken from the other
				let rest = more.and_then(|more| more.minus(less?));
				// THEN x is left, times what both have
				assert_eq!(rest, of(&[MAX, x]));
				assert!(more > less);
			}
		}
	}

	#[test]
	fn the_most_significant_limb_decides_a_comparison() {
		// 2^448 is more than (2^64 - 1)^6 and every number of fewer limbs.
		let high = of(&[1 << 112; 4]);
		assert!(high > of(&[(1 << 64) - 1; 6]));
		assert!(of(&[2]) > Some(Long::ONE));
		assert_eq!(of(&[0]).cmp(&of(&[0, 7])), core::cmp::Ordering::Equal);
	}

	#[test]
	fn what_leaves_the_range_is_nothing() {
		// 2^512 and more, by a limb, by a shift and by a sum.
		assert_eq!(of(&[1 << 127, 1 << 127, 1 << 127, 1 << 127, 16]), None);
		assert_eq!(of(&[1 << 112, 1 << 112, 1 << 112, 1 << 112, 1 << 64]), None);
		assert_eq!(of(&[MAX, MAX, MAX, MAX, MAX]), None);
		assert_eq!(Long::ONE.power(1_000_000, 26), None);
		assert!(Long::ONE.power(1_000_000, 25).is_some());
		assert_eq!(of(&[0]).and_then(|none| none.minus(Long::ONE)), None);
	}
}
