//! `assay bench`.

use super::{args::OutputArgs, output::print, CliError};
use crate::bench::{self, BenchError, Comparison, LaneReport, Setting, SIZES};

/// Measure how fast this machine trains.
#[derive(Debug, clap::Args)]
pub(super) struct Bench {
	/// Compare with candle, with its default settings and with its best ones, for every size. Needs the
	/// program `assay-candle` beside this one: `cargo build -p assay-native`.
	#[arg(long)]
	compare: bool,
	/// Plan size: 1M, 10M or 50M parameters, about. May be given several times with `--compare`.
	#[arg(long, value_name = "SIZE")]
	size: Vec<String>,
	/// Steps on the clock. Without it, as many as a size can do in some seconds.
	#[arg(long, value_name = "COUNT")]
	steps: Option<u32>,
	/// Turns of every lane.
	#[arg(long, value_name = "COUNT", default_value_t = 3)]
	turns: u32,
	/// Threads. Without it, as many as the machine has.
	#[arg(long, value_name = "COUNT")]
	threads: Option<usize>,
	#[command(flatten)]
	output: OutputArgs,
}

/// Steps that take some seconds.
fn usual_steps(size: &str) -> u32 {
	match size {
		"1M" => 40,
		"10M" => 8,
		_ => 3,
	}
}

impl Bench {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let threads = match self.threads {
			Some(threads) => threads,
			None => std::thread::available_parallelism().map_or(1, usize::from),
		};
		let setting = |size: &str| Setting {
			size: size.to_owned(),
			steps: self.steps.unwrap_or_else(|| usual_steps(size)),
			threads,
		};
		if self.compare {
			let sizes: Vec<&str> = match self.size.as_slice() {
				[] => SIZES.to_vec(),
				sizes => sizes.iter().map(String::as_str).collect(),
			};
			let mut found = Vec::new();
			for size in sizes {
				found.push(self.compare_size(&setting(size))?);
			}
			print(self.output.json, &found, || table(&found));
			return Ok(());
		}
		let sizes: Vec<&str> = match self.size.as_slice() {
			[] => vec!["1M"],
			sizes => sizes.iter().map(String::as_str).collect(),
		};
		for size in sizes {
			let report = bench::measure(&setting(size))?;
			print(self.output.json, &report, || line(size, &report));
		}
		Ok(())
	}

	fn compare_size(&self, setting: &Setting) -> Result<Comparison, BenchError> {
		let json = self.output.json;
		bench::compare(setting, self.turns, |report| {
			if !json {
				println!("{}", line(&setting.size, report));
			}
		})
	}
}

fn memory(megabytes: Option<u64>) -> String {
	megabytes.map_or_else(|| "?".into(), |megabytes| megabytes.to_string())
}

fn line(size: &str, report: &LaneReport) -> String {
	let mut line = format!(
		"{size:>4} {:<12} {:>9.0} tokens/s {:>9.1} ms a step {:>6} MB",
		report.lane,
		report.tokens_per_second,
		report.step_ms,
		memory(report.peak_mb)
	);
	if let (Some(shares), Some(isa)) = (report.shares, &report.isa) {
		line += &format!(
			"  {isa}: products {:.0} %, attention {:.0} %, other {:.0} %, hashing every step {:.1} %",
			100.0 * shares.products,
			100.0 * shares.attention,
			100.0 * shares.other,
			100.0 * shares.hashing
		);
	}
	line
}

fn table(found: &[Comparison]) -> String {
	let mut lines = vec![format!(
		"\n{:>4} {:>12} {:>14} {:>14} {:>14} {:>8} {:>8} {:>10} {:>10} {:>8}",
		"size",
		"parameters",
		"exact tok/s",
		"candle tok/s",
		"candle best",
		"ratio",
		"to best",
		"exact MB",
		"candle MB",
		"hashing"
	)];
	for row in found {
		lines.push(format!(
			"{:>4} {:>12} {:>14.0} {:>14.0} {:>14.0} {:>7.2}x {:>7.2}x {:>10} {:>10} {:>6.1} %",
			row.size,
			row.params,
			row.exact_tok_s,
			row.candle_tok_s,
			row.candle_best_tok_s,
			row.exact_tok_s / row.candle_tok_s,
			row.exact_tok_s / row.candle_best_tok_s,
			memory(row.exact_peak_mb),
			memory(row.candle_peak_mb),
			100.0 * row.hashing_share
		));
	}
	lines.join("\n")
}
