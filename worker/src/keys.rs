//! The worker key: a file of its own, never in arguments or logs.

use std::{
	fmt,
	fs::{self, OpenOptions},
	io::{self, Write},
	os::unix::fs::{OpenOptionsExt, PermissionsExt},
	path::{Path, PathBuf},
	str::FromStr,
};

use subxt_signer::{sr25519::Keypair, SecretUri};

use crate::account::Account;

/// The name of the key file in a worker's directory.
pub const KEY_FILE: &str = "worker.key";

/// The prefix of what a worker signs to agree to act for a stash.
const WORKER_PREFIX: &[u8] = b"assay/worker/v1";

/// An sr25519 key that signs for a worker. Never printed.
#[derive(Clone)]
pub struct WorkerKey {
	pair: Keypair,
	is_dev: bool,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
	/// The directory has no key.
	#[error("{0}: no key there: make one with `assay keys generate --dir {dir}`", dir = parent(.0))]
	Missing(PathBuf),
	/// A key is there already.
	#[error("{0}: a key exists and is never overwritten: move it away or choose another --dir")]
	Exists(PathBuf),
	/// Not 64 hexadecimal digits.
	#[error("{path}: not a key ({found}): it must hold 0x and 64 hexadecimal digits; restore your copy or generate a new key")]
	Malformed {
		/// The file.
		path: PathBuf,
		/// What is wrong, without the content.
		found: String,
	},
	/// Others can read it.
	#[error("{path}: others can read it (mode {mode:04o}): run `chmod 600 {path}`", path = .path.display())]
	Open {
		/// The file.
		path: PathBuf,
		/// Its permission bits.
		mode: u32,
	},
	/// Not the name of a development account.
	#[error("--dev {0}: not a development account: write //Alice, //Bob, //Charlie, //Dave, //Eve, //Ferdie, //One or //Two")]
	NotDev(String),
	/// Development accounts have public keys.
	#[error("--dev {account} is only for local networks, and the node's chain is `{chain_type}`: use --dir with a key of your own")]
	DevOnLiveNetwork {
		/// The account.
		account: String,
		/// What the chain calls itself.
		chain_type: String,
	},
	/// The file cannot be read or written.
	#[error("{path}: {source}")]
	Io {
		/// The file.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// The system gives no randomness.
	#[error("no randomness from the system: {0}")]
	NoRandomness(String),
}

impl fmt::Debug for WorkerKey {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_tuple("WorkerKey").field(&self.account()).finish()
	}
}

impl WorkerKey {
	/// Makes a key and writes it into `dir`, readable by its owner alone.
	pub fn generate(dir: &Path) -> Result<Self, KeyError> {
		let path = dir.join(KEY_FILE);
		let io = |source| KeyError::Io {
			path: path.clone(),
			source,
		};
		fs::create_dir_all(dir).map_err(io)?;
		let seed = random_bytes()?;
		let mut file = match OpenOptions::new()
			.write(true)
			.create_new(true)
			.mode(0o600)
			.open(&path)
		{
			Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
				return Err(KeyError::Exists(path));
			}
			opened => opened.map_err(io)?,
		};
		writeln!(file, "0x{}", hex::encode(seed))
			.and_then(|()| file.sync_all())
			.map_err(io)?;
		Self::from_seed(seed, &path)
	}

	/// Reads the key in `dir`.
	pub fn load(dir: &Path) -> Result<Self, KeyError> {
		let path = dir.join(KEY_FILE);
		let metadata = match fs::metadata(&path) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => {
				return Err(KeyError::Missing(path));
			}
			read => read.map_err(|source| KeyError::Io {
				path: path.clone(),
				source,
			})?,
		};
		let mode = metadata.permissions().mode() & 0o777;
		if mode & 0o077 != 0 {
			return Err(KeyError::Open { path, mode });
		}
		let malformed = |found: String| KeyError::Malformed {
			path: path.clone(),
			found,
		};
		let bytes = fs::read(&path).map_err(|source| KeyError::Io {
			path: path.clone(),
			source,
		})?;
		let text = std::str::from_utf8(&bytes)
			.map_err(|_| malformed("not text".into()))?
			.trim();
		let digits = text.strip_prefix("0x").unwrap_or(text);
		let mut seed = [0; 32];
		hex::decode_to_slice(digits, &mut seed).map_err(|error| match error {
			hex::FromHexError::InvalidHexCharacter { index, .. } => {
				malformed(format!("character {} is no hexadecimal digit", index + 1))
			}
			_ => malformed(format!("{} digits", digits.len())),
		})?;
		Self::from_seed(seed, &path)
	}

	/// One of the well-known accounts of local networks, such as `//Alice`.
	pub fn dev(name: &str) -> Result<Self, KeyError> {
		let known = [
			"Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "One", "Two",
		];
		let not_dev = || KeyError::NotDev(name.to_owned());
		if !name
			.strip_prefix("//")
			.is_some_and(|name| known.contains(&name))
		{
			return Err(not_dev());
		}
		let uri = SecretUri::from_str(name).map_err(|_| not_dev())?;
		Ok(Self {
			pair: Keypair::from_uri(&uri).map_err(|_| not_dev())?,
			is_dev: true,
		})
	}

	/// The public key.
	pub fn account(&self) -> Account {
		Account(self.pair.public_key().0)
	}

	/// Whether anybody can derive this key.
	pub fn is_dev(&self) -> bool {
		self.is_dev
	}

	/// Signs that this key agrees to act for `stash` on the chain of `genesis`.
	pub fn prove_worker(&self, genesis: &[u8; 32], stash: Account) -> [u8; 64] {
		let message =
			assay_protocol::hash::blake2_256(&[WORKER_PREFIX, genesis, &stash.0].concat());
		self.pair.sign(&message).0
	}

	/// The key pair, for signing transactions.
	pub(crate) fn pair(&self) -> &Keypair {
		&self.pair
	}

	fn from_seed(seed: [u8; 32], path: &Path) -> Result<Self, KeyError> {
		let pair = Keypair::from_secret_key(seed).map_err(|_| KeyError::Malformed {
			path: path.to_owned(),
			found: "no sr25519 seed".into(),
		})?;
		Ok(Self {
			pair,
			is_dev: false,
		})
	}
}

/// 32 bytes that nobody can guess.
pub fn random_bytes() -> Result<[u8; 32], KeyError> {
	let mut bytes = [0; 32];
	getrandom::fill(&mut bytes).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
	Ok(bytes)
}

fn parent(path: &Path) -> String {
	path.parent().unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_key_is_readable_by_its_owner_alone_and_reads_back() {
		// GIVEN an empty directory
		let dir = tempfile::tempdir().unwrap();
		// WHEN a key is generated
		let made = WorkerKey::generate(dir.path()).unwrap();
		// THEN its file has mode 0600 and holds the same key
		let mode = fs::metadata(dir.path().join(KEY_FILE))
			.unwrap()
			.permissions()
			.mode();
		assert_eq!(mode & 0o777, 0o600);
		assert_eq!(
			WorkerKey::load(dir.path()).unwrap().account(),
			made.account()
		);
	}

	#[test]
	fn a_key_is_never_overwritten() {
		// GIVEN a key
		let dir = tempfile::tempdir().unwrap();
		let made = WorkerKey::generate(dir.path()).unwrap();
		// WHEN another is generated there
		let error = WorkerKey::generate(dir.path()).unwrap_err();
		// THEN it is refused and the first one is still there
		assert!(matches!(error, KeyError::Exists(_)));
		assert_eq!(
			WorkerKey::load(dir.path()).unwrap().account(),
			made.account()
		);
	}

	#[test]
	fn a_key_that_others_can_read_is_refused() {
		// GIVEN a key whose file was copied with the usual mode
		let dir = tempfile::tempdir().unwrap();
		WorkerKey::generate(dir.path()).unwrap();
		let path = dir.path().join(KEY_FILE);
		fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
		// WHEN it is loaded
		let error = WorkerKey::load(dir.path()).unwrap_err();
		// THEN the message names file, mode and cure
		assert!(matches!(error, KeyError::Open { mode: 0o644, .. }));
		assert!(error.to_string().contains("chmod 600"));
	}

	#[test]
	fn a_malformed_key_is_refused_without_showing_it() {
		// GIVEN a key file with one letter that is no digit
		let dir = tempfile::tempdir().unwrap();
		WorkerKey::generate(dir.path()).unwrap();
		let path = dir.path().join(KEY_FILE);
		let secret = format!("{}z{}", "1".repeat(9), "2".repeat(54));
		fs::write(&path, &secret).unwrap();
		// WHEN it is loaded
		let message = WorkerKey::load(dir.path()).unwrap_err().to_string();
		// THEN the message names the file and the place, and not the secret
		assert!(message.contains("worker.key"));
		assert!(message.contains("character 10"));
		assert!(!message.contains(&secret));
	}

	#[test]
	fn only_well_known_names_are_development_accounts() {
		// GIVEN the name of //Dave and a secret phrase
		// WHEN both are given as --dev
		// THEN the name is an account and the phrase is refused
		assert!(WorkerKey::dev("//Dave").unwrap().is_dev());
		assert!(matches!(
			WorkerKey::dev("bottom drive obey"),
			Err(KeyError::NotDev(_))
		));
	}
}
