//! What the system says of memory. Linux tells; elsewhere nobody knows.

use std::fs;

/// The most memory that a process has held (`VmHWM`), in units of 2^10 bytes.
pub(crate) fn peak_kib(process: u32) -> Option<u64> {
	field(&format!("/proc/{process}/status"), "VmHWM:")
}

/// The memory that can be had without swapping (`MemAvailable`), in units of 2^10 bytes.
pub(crate) fn free_kib() -> Option<u64> {
	field("/proc/meminfo", "MemAvailable:")
}

/// The number in a line such as `VmHWM:   123 kB`.
fn field(path: &str, name: &str) -> Option<u64> {
	let text = fs::read_to_string(path).ok()?;
	let line = text.lines().find_map(|line| line.strip_prefix(name))?;
	line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
	use super::*;

	#[test]
	fn this_process_has_a_peak_and_no_process_has_none() {
		assert!(peak_kib(std::process::id()).is_some_and(|peak| peak > 0));
		assert_eq!(peak_kib(u32::MAX), None);
		assert!(free_kib().is_some_and(|free| free > 0));
	}
}
