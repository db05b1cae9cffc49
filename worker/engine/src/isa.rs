//! Which instruction set the kernels use.
//!
//! Every kernel is one portable body. On x86-64 the same body is compiled again for wider registers,
//! and the widest one that the machine has is chosen at run time; only contractions have a kernel of
//! their own for each instruction set. The bits never depend on the choice.

#[cfg(target_arch = "x86_64")]
mod amx;

use std::fmt;

use crate::error::EngineError;

/// Name of the environment variable that forces an instruction set.
pub const ISA_VARIABLE: &str = "ASSAY_ISA";

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
	/// The baseline of the target that the engine was compiled for. That is SSE2 on x86-64, and plain
	/// loops elsewhere.
	Portable,
	/// AArch64 with its vector registers, which every such machine has.
	Neon,
	/// x86-64 with AVX2.
	Avx2,
	/// x86-64 with AVX-512 F, BW, VL, DQ and VNNI.
	Avx512,
	/// The same with AMX for 8-bit integers, on Linux.
	Amx,
}

impl Isa {
	/// Those of all targets; the ones of a target from narrow to wide.
	pub const ALL: [Isa; 5] = [Isa::Portable, Isa::Neon, Isa::Avx2, Isa::Avx512, Isa::Amx];

	/// Whether this machine can run it.
	pub fn is_available(self) -> bool {
		match self {
			Isa::Portable => true,
			Isa::Neon => cfg!(target_arch = "aarch64"),
			#[cfg(target_arch = "x86_64")]
			Isa::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
			#[cfg(target_arch = "x86_64")]
			Isa::Avx512 => {
				std::arch::is_x86_feature_detected!("avx512f")
					&& std::arch::is_x86_feature_detected!("avx512bw")
					&& std::arch::is_x86_feature_detected!("avx512vl")
					&& std::arch::is_x86_feature_detected!("avx512dq")
					&& std::arch::is_x86_feature_detected!("avx512vnni")
			}
			#[cfg(target_arch = "x86_64")]
			Isa::Amx => Isa::Avx512.is_available() && amx::is_available(),
			#[cfg(not(target_arch = "x86_64"))]
			Isa::Avx2 | Isa::Avx512 | Isa::Amx => false,
		}
	}

	/// The widest one that this machine has.
	pub fn widest() -> Self {
		Isa::ALL
			.into_iter()
			.rev()
			.find(|isa| isa.is_available())
			.unwrap_or(Isa::Portable)
	}

	/// What [`ISA_VARIABLE`] asks for, or the widest one if it is not set.
	pub fn from_env() -> Result<Self, EngineError> {
		match std::env::var_os(ISA_VARIABLE) {
			None => Ok(Isa::widest()),
			Some(value) => Isa::from_name(&value.to_string_lossy())?.checked(),
		}
	}

	/// The instruction set of this name, whether the machine has it or not.
	pub fn from_name(name: &str) -> Result<Self, EngineError> {
		Isa::ALL
			.into_iter()
			.find(|isa| isa.name() == name)
			.ok_or_else(|| EngineError::UnknownIsa {
				name: name.to_owned(),
			})
	}

	/// As [`ISA_VARIABLE`] spells it.
	pub fn name(self) -> &'static str {
		match self {
			Isa::Portable => "portable",
			Isa::Neon => "neon",
			Isa::Avx2 => "avx2",
			Isa::Avx512 => "avx512",
			Isa::Amx => "amx",
		}
	}

	/// Refuses an instruction set that this machine lacks. The kernels rely on this check.
	pub(crate) fn checked(self) -> Result<Self, EngineError> {
		if self.is_available() {
			Ok(self)
		} else {
			Err(EngineError::IsaNotAvailable { isa: self })
		}
	}
}

impl fmt::Display for Isa {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(self.name())
	}
}

/// Defines a function that takes an [`Isa`] first and runs a portable body compiled for it.
///
/// The body must be `#[inline(always)]`, or it would be compiled for the baseline only.
macro_rules! multiversion {
	($(#[$meta:meta])* $vis:vis fn $name:ident = $body:ident(
		$($arg:ident: $ty:ty),* $(,)?
	) $(-> $ret:ty)?;) => {
		$(#[$meta])*
		$vis fn $name(isa: $crate::isa::Isa, $($arg: $ty),*) $(-> $ret)? {
			#[cfg(target_arch = "x86_64")]
			{
				#[target_feature(enable = "avx2")]
				fn avx2($($arg: $ty),*) $(-> $ret)? {
					$body($($arg),*)
				}
				#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
				fn avx512($($arg: $ty),*) $(-> $ret)? {
					$body($($arg),*)
				}
				match isa {
					// SAFETY: the engine refuses an instruction set that the machine lacks; AMX
					// comes with AVX-512.
					$crate::isa::Isa::Avx512 | $crate::isa::Isa::Amx => {
						return unsafe { avx512($($arg),*) }
					}
					// SAFETY: as above.
					$crate::isa::Isa::Avx2 => return unsafe { avx2($($arg),*) },
					$crate::isa::Isa::Portable | $crate::isa::Isa::Neon => {},
				}
			}
			#[cfg(not(target_arch = "x86_64"))]
			let _ = isa;
			$body($($arg),*)
		}
	};
}
pub(crate) use multiversion;
