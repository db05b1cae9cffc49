//! Frames of the log: length, checksum, payload.

/// Bytes of the length and the checksum.
const HEADER: usize = 4 + 8;

/// Bytes of a payload at the most: records are a few hundred.
const MAX_PAYLOAD: usize = 1 << 12;

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
			// A crash leaves one frame unfinished and nothing behind it. With a sound frame behind
			// it, it is the length that is damaged.
			if (1..rest.len()).any(|skip| is_sound(&rest[skip..])) {
				return Err(at as u64);
			}
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

/// Whether a sound frame begins here.
fn is_sound(bytes: &[u8]) -> bool {
	let Some((header, body)) = bytes.split_at_checked(HEADER) else {
		return false;
	};
	let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
	(1..=MAX_PAYLOAD).contains(&length)
		&& body
			.get(..length)
			.is_some_and(|payload| header[4..] == checksum(payload))
}

fn checksum(payload: &[u8]) -> [u8; 8] {
	let hash = blake3::hash(payload);
	let mut sum = [0; 8];
	sum.copy_from_slice(&hash.as_bytes()[..8]);
	sum
}
