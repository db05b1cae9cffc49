//! Tiles by their instructions, which the compiler has no functions for yet.

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
pub(super) struct Configuration {
	palette: u8,
	start: u8,
	reserved: [u8; 14],
	bytes: [u16; 16],
	rows: [u8; 16],
}

/// All eight tiles have 16 rows of 64 bytes.
pub(super) const CONFIGURATION: Configuration = Configuration {
	palette: 1,
	start: 0,
	reserved: [0; 14],
	bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
	rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// From one row of a tile to the next.
pub(super) const STRIDE: usize = 64;

/// Starts sums.
macro_rules! zero {
	($tile:literal) => {
		std::arch::asm!(
			concat!("tilezero tmm", $tile),
			options(nomem, nostack, preserves_flags)
		)
	};
}

/// Loads a tile from 256 integers.
macro_rules! load {
	($tile:literal, $from:expr) => {
		std::arch::asm!(
			concat!("tileloadd tmm", $tile, ", [{from} + {stride}]"),
			from = in(reg) { let from: &[i32; TILE] = $from; from.as_ptr() },
			stride = in(reg) STRIDE,
			options(readonly, nostack, preserves_flags),
		)
	};
}

/// Stores a tile to 256 integers.
macro_rules! store {
	($tile:literal, $to:expr) => {
		std::arch::asm!(
			concat!("tilestored [{to} + {stride}], tmm", $tile),
			to = in(reg) { let to: &mut [i32; TILE] = $to; to.as_mut_ptr() },
			stride = in(reg) STRIDE,
			options(nostack, preserves_flags),
		)
	};
}

/// Adds the products of 8-bit integers: of each row on the left with each column on the right.
macro_rules! dot {
	($sum:literal, $left:literal, $right:literal) => {
		std::arch::asm!(
			concat!("tdpbssd tmm", $sum, ", tmm", $left, ", tmm", $right),
			options(nomem, nostack, preserves_flags),
		)
	};
}

pub(super) use {dot, load, store, zero};
