//! How fast candle trains.
//!
//! candle and the allocator take their settings from the environment when a process starts, so this
//! starts itself once more.

use std::{error::Error, process::Command};

use assay_native::bench::{environment, measure};

use crate::plan;

/// Bytes that are trained on.
const DATA: usize = 1 << 20;

/// What is to be measured.
struct Request {
	settings: String,
	steps: u32,
	threads: usize,
}

impl Request {
	fn new(
		settings: &str,
		mut arguments: impl Iterator<Item = String>,
	) -> Result<Self, Box<dyn Error>> {
		let mut text = |name: &str| arguments.next().ok_or(format!("{name} is missing"));
		let number = |name: &str, text: String| {
			let number = text.parse::<u32>();
			number.map_err(|error| format!("{name} is {text}: {error}"))
		};
		let steps = number("STEPS", text("STEPS")?)?;
		let threads = number("THREADS", text("THREADS")?)? as usize;
		Ok(Request {
			settings: settings.to_owned(),
			steps,
			threads,
		})
	}

	/// This program once more, with other settings.
	fn again(&self) -> Result<Command, Box<dyn Error>> {
		let mut command = Command::new(std::env::current_exe()?);
		command.args([
			"inherited",
			&self.steps.to_string(),
			&self.threads.to_string(),
		]);
		for (name, value) in environment(self.threads) {
			match (self.settings.as_str(), name) {
				// How many threads is no matter of settings.
				("best", _) | (_, "RAYON_NUM_THREADS") => command.env(name, value),
				_ => command.env_remove(name),
			};
		}
		Ok(command)
	}

	fn measure(&self) -> Result<String, Box<dyn Error>> {
		let mut data = vec![0; DATA];
		blake3::Hasher::new().finalize_xof().fill(&mut data);
		let found = measure(&plan()?, &data, self.steps, self.threads)?;
		Ok(serde_json::to_string(&found)?)
	}
}

/// Prints what was measured, here or in a process with the right settings.
pub(crate) fn run(
	settings: &str,
	arguments: impl Iterator<Item = String>,
) -> Result<bool, Box<dyn Error>> {
	let request = Request::new(settings, arguments)?;
	match settings {
		"inherited" => {
			println!("{}", request.measure()?);
			Ok(true)
		}
		"default" | "best" => Ok(request.again()?.status()?.success()),
		other => Err(format!("SETTINGS is {other}: default, best and inherited are known").into()),
	}
}
