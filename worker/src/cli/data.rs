//! `assay data`.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{args::OutputArgs, output::print, CliError};
use crate::{
	data::{pack, Source},
	roots::Hex32,
};

/// Prepare data.
#[derive(Debug, Subcommand)]
pub(super) enum Data {
	/// Concatenate files, sorted by path, and print the root that a plan names.
	Pack {
		/// A directory, or a single file.
		#[arg(value_name = "PATH", conflicts_with = "list")]
		path: Option<PathBuf>,
		/// A file with one crate per line, `name version`: their sources are packed.
		#[arg(long, value_name = "FILE")]
		list: Option<PathBuf>,
		/// Where crates are unpacked. Without it, where cargo does it.
		#[arg(long, value_name = "DIR", requires = "list")]
		registry: Vec<PathBuf>,
		/// Take files of this extension only. May be given several times.
		#[arg(long = "kind", value_name = "EXTENSION")]
		kinds: Vec<String>,
		/// Where to write the bytes. Without it, only the root is printed.
		#[arg(long, value_name = "FILE")]
		out: Option<PathBuf>,
		/// Fail unless the bytes have this root.
		#[arg(long, value_name = "ROOT")]
		expect: Option<String>,
		#[command(flatten)]
		output: OutputArgs,
	},
}

impl Data {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let Self::Pack {
			path,
			list,
			registry,
			kinds,
			out,
			expect,
			output,
		} = self;
		let expected = expect.map(|root| root.parse::<Hex32>()).transpose()?;
		let source = match (path, list) {
			(Some(path), _) => Source::Path(path),
			(None, Some(list)) => Source::Crates {
				list,
				registries: registry,
			},
			(None, None) => return Err(CliError::NothingToPack),
		};
		let packed = pack(&source, &kinds)?;
		let root = Hex32(*blake3::hash(&packed.bytes).as_bytes());
		if let Some(expected) = expected.filter(|expected| *expected != root) {
			return Err(CliError::UnexpectedRoot {
				found: root,
				expected,
			});
		}
		if let Some(out) = &out {
			let io = |source| CliError::Io {
				path: out.clone(),
				source,
			};
			if let Some(folder) = out.parent() {
				fs::create_dir_all(folder).map_err(io)?;
			}
			fs::write(out, &packed.bytes).map_err(io)?;
		}
		let bytes = packed.bytes.len();
		let value = json!({ "root": root, "bytes": bytes, "files": packed.files, "out": out });
		print(output.json, &value, || {
			format!("{root} {bytes} bytes of {} files", packed.files)
		});
		Ok(())
	}
}
