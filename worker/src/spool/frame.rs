//! Frames of the log: length, checksum, payload.

/// Bytes of the length and the checksum.
const HEADER: usize = 4 + 8;

/// The frame of a payload.
pub(super) fn write(payload: &[u8]) -> Vec<u8> {
	let length = u32::try_from(payload.len()).expect("records are a few hundred bytes; qed");
	let mut frame = Vec::with_capacity(HEADER + payload.len());
	frame.extend_from_slice(&length.to_le_bytes());
	frame.extend_from_slice(&checksum(payload));
	frame.extend_from_slice(payload);
	frame
}

/// Payloads, each with the offset of its frame.
pub(super) type Payloads<'a> = Vec<(u64, &'a [u8])>;

/// All payloads, and how many bytes they take. What follows is the torn tail.
///
/// # Errors
/// The offset of a frame that is damaged and not the last: a crash cannot have done that.
pub(super) fn read_all(bytes: &[u8]) -> Result<(Payloads<'_>, u64), u64> {
	let mut payloads = Vec::new();
	let mut at = 0;
	while at < bytes.len() {
		let rest = &bytes[at..];
		// Space that was reserved and never written.
		if rest.iter().all(|byte| *byte == 0) {
			break;
		}
		let Some((header, body)) = rest.split_at_checked(HEADER) else {
			break;
		};
		let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
		let Some(payload) = body.get(..length) else {
			break;
		};
		if header[4..] != checksum(payload) {
			if body.len() == length {
				break;
			}
			return Err(at as u64);
		}
		payloads.push((at as u64, payload));
		at += HEADER + length;
	}
	Ok((payloads, at as u64))
}

fn checksum(payload: &[u8]) -> [u8; 8] {
	let hash = blake3::hash(payload);
	let mut sum = [0; 8];
	sum.copy_from_slice(&hash.as_bytes()[..8]);
	sum
}
