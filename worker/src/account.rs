//! Accounts as the worker names them.

use std::{fmt, str::FromStr};

use blake2::{Blake2b512, Digest};
use codec::{Decode, Encode};
use serde::{Serialize, Serializer};

/// The SS58 prefix of networks without a registered one.
const PREFIX: u8 = 42;
const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A public key that owns something on the chain. Prints as an SS58 address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Account(pub [u8; 32]);

/// Why a text is not an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address of this network: give an SS58 address with prefix 42, or 0x and 64 hexadecimal digits")]
pub struct AccountError(String);

impl fmt::Display for Account {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let mut bytes = vec![PREFIX];
		bytes.extend_from_slice(&self.0);
		let sum = checksum(&bytes);
		bytes.extend_from_slice(&sum);
		f.write_str(&to_base58(&bytes))
	}
}

impl fmt::Debug for Account {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

impl FromStr for Account {
	type Err = AccountError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let refused = || AccountError(text.to_owned());
		if let Some(digits) = text.strip_prefix("0x") {
			let mut bytes = [0; 32];
			hex::decode_to_slice(digits, &mut bytes).map_err(|_| refused())?;
			return Ok(Self(bytes));
		}
		let bytes = from_base58(text).ok_or_else(refused)?;
		let (body, sum) = bytes.split_at_checked(33).ok_or_else(refused)?;
		if body[0] != PREFIX || sum != checksum(body) {
			return Err(refused());
		}
		Ok(Self(body[1..].try_into().map_err(|_| refused())?))
	}
}

impl Serialize for Account {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

fn checksum(body: &[u8]) -> [u8; 2] {
	let hash = Blake2b512::new()
		.chain_update(b"SS58PRE")
		.chain_update(body)
		.finalize();
	[hash[0], hash[1]]
}

fn to_base58(bytes: &[u8]) -> String {
	let mut digits: Vec<u8> = Vec::new();
	for &byte in bytes {
		let mut carry = u32::from(byte);
		for digit in &mut digits {
			carry += u32::from(*digit) << 8;
			*digit = (carry % 58) as u8;
			carry /= 58;
		}
		while carry > 0 {
			digits.push((carry % 58) as u8);
			carry /= 58;
		}
	}
	let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
	let ones = std::iter::repeat_n('1', zeros);
	ones.chain(
		digits
			.iter()
			.rev()
			.map(|digit| char::from(DIGITS[usize::from(*digit)])),
	)
	.collect()
}

fn from_base58(text: &str) -> Option<Vec<u8>> {
	let mut bytes: Vec<u8> = Vec::new();
	for letter in text.bytes() {
		let mut carry = DIGITS.iter().position(|digit| *digit == letter)? as u32;
		for byte in &mut bytes {
			carry += u32::from(*byte) * 58;
			*byte = carry as u8;
			carry >>= 8;
		}
		while carry > 0 {
			bytes.push(carry as u8);
			carry >>= 8;
		}
	}
	bytes.extend(text.bytes().take_while(|letter| *letter == b'1').map(|_| 0));
	bytes.reverse();
	Some(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The well-known key of //Alice.
	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	const ALICE_KEY: &str = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

	#[test]
	fn an_account_prints_the_address_that_wallets_show() {
		// GIVEN the public key of //Alice
		let account: Account = ALICE_KEY.parse().unwrap();
		// WHEN it is printed
		// THEN it is the address every wallet shows, and reads back
		assert_eq!(account.to_string(), ALICE);
		assert_eq!(ALICE.parse(), Ok(account));
	}

	#[test]
	fn an_address_with_one_wrong_letter_is_refused() {
		// GIVEN an address whose last letter was mistyped
		let wrong = ALICE.replace("utQY", "utQZ");
		// WHEN it is read
		// THEN the message names it
		let error = wrong.parse::<Account>().unwrap_err();
		assert!(error.to_string().contains(&wrong));
	}
}
