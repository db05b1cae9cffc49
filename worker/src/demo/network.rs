//! The local network: three nodes, three providers, three validator workers.

use std::{
	net::{Ipv4Addr, TcpListener},
	path::{Path, PathBuf},
};

use super::{supervisor::Job, DemoError, DemoSettings};

/// Node, author and judge: the accounts of the validators of the `local` preset.
pub(super) const VALIDATORS: [&str; 3] = ["Alice", "Bob", "Charlie"];
/// The accounts of the providers of the `local` preset.
pub(super) const PROVIDERS: [&str; 3] = ["Dave", "Eve", "Ferdie"];
/// Who pays.
pub(super) const SUBMITTER: &str = "One";

/// Secret of the first node's network key, public on purpose: the others must know its peer id.
const FIRST_NODE_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000001";
/// The peer id of that key.
const FIRST_PEER_ID: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
/// How much training gives way, so that nodes keep their slots on two cores.
const NICE: u8 = 10;
/// Where ports are looked for first.
const FIRST_RPC_PORT: u16 = 9944;
const FIRST_P2P_PORT: u16 = 30333;

/// Ports and directories of the network.
#[derive(Debug)]
pub(super) struct Network {
	base: PathBuf,
	rpc: [u16; 3],
	p2p: [u16; 3],
}

impl Network {
	/// Finds free ports.
	pub(super) fn plan(base: &Path) -> Result<Self, DemoError> {
		let mut taken = Vec::new();
		let mut free = |first| free_port(first, &mut taken);
		let rpc = [
			free(FIRST_RPC_PORT)?,
			free(FIRST_RPC_PORT)?,
			free(FIRST_RPC_PORT)?,
		];
		let p2p = [
			free(FIRST_P2P_PORT)?,
			free(FIRST_P2P_PORT)?,
			free(FIRST_P2P_PORT)?,
		];
		Ok(Self {
			base: base.to_owned(),
			rpc,
			p2p,
		})
	}

	/// The address of a node.
	pub(super) fn url(&self, node: usize) -> String {
		format!("ws://127.0.0.1:{}", self.rpc[node % 3])
	}

	/// The store that all workers share.
	pub(super) fn store(&self) -> PathBuf {
		self.base.join("store")
	}

	/// The three nodes.
	pub(super) fn nodes(&self, settings: &DemoSettings) -> Vec<Job> {
		VALIDATORS
			.iter()
			.enumerate()
			.map(|(index, name)| self.node(settings, index, name))
			.collect()
	}

	/// Providers and validator workers.
	pub(super) fn workers(&self, settings: &DemoSettings) -> Vec<Job> {
		let mut jobs = Vec::new();
		for (index, name) in PROVIDERS.iter().enumerate() {
			let mut job = self.worker(settings, index, "provider", name);
			if settings.cheat && index == 0 {
				job.args
					.extend(["--cheat".to_owned(), "wrong-gradient".to_owned()]);
				let tasks = settings.cheat_tasks.to_string();
				job.args.extend(["--cheat-tasks".to_owned(), tasks]);
			}
			jobs.push(job);
		}
		for (index, name) in VALIDATORS.iter().enumerate() {
			jobs.push(self.worker(settings, index, "validator", name));
		}
		jobs
	}

	fn node(&self, settings: &DemoSettings, index: usize, name: &str) -> Job {
		let path = self.base.join("nodes").join(name.to_lowercase());
		let p2p = self.p2p[index];
		let mut args: Vec<String> = vec![
			"--chain=local".into(),
			format!("--{}", name.to_lowercase()),
			format!("--base-path={}", path.display()),
			format!("--rpc-port={}", self.rpc[index]),
			format!("--listen-addr=/ip4/127.0.0.1/tcp/{p2p}"),
			"--no-telemetry".into(),
			"--no-prometheus".into(),
			"--no-mdns".into(),
			"--rpc-cors=all".into(),
			// So that the whole job can be explained and audited, however long it took.
			"--state-pruning=archive".into(),
			// Half a gigabyte each would be taken otherwise.
			format!("--trie-cache-size={}", 64 << 20),
		];
		if index == 0 {
			args.push(format!("--node-key={FIRST_NODE_KEY}"));
		} else {
			args.push("--unsafe-force-node-key-generation".into());
			let first = self.p2p[0];
			args.push(format!(
				"--bootnodes=/ip4/127.0.0.1/tcp/{first}/p2p/{FIRST_PEER_ID}"
			));
		}
		let program = settings.node_program.clone();
		Job {
			name: format!("node-{}", name.to_lowercase()),
			program,
			args,
			nice: 0,
		}
	}

	fn worker(&self, settings: &DemoSettings, index: usize, role: &str, name: &str) -> Job {
		let lower = name.to_lowercase();
		let dir = self.base.join("workers").join(format!("{role}-{lower}"));
		let args = vec![
			role.to_owned(),
			"run".into(),
			format!("--dev=//{name}"),
			format!("--node={}", self.url(index)),
			format!("--dir={}", dir.display()),
			format!("--store={}", self.store().display()),
			"--threads=1".into(),
		];
		let program = settings.assay_program.clone();
		Job {
			name: format!("{role}-{lower}"),
			program,
			args,
			nice: NICE,
		}
	}
}

fn free_port(first: u16, taken: &mut Vec<u16>) -> Result<u16, DemoError> {
	let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
	let port = (first..first.saturating_add(500))
		.find(|port| !taken.contains(port) && is_free(port))
		.ok_or(DemoError::NoPort(first))?;
	taken.push(port);
	Ok(port)
}
