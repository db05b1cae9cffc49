//! `assay model eval`.

use std::{path::PathBuf, sync::Arc};

use assay_engine::Score;
use serde_json::json;

use crate::{
	candle,
	cli::{
		args::{OutputArgs, StoreArgs},
		base::BaseArgs,
		output::print,
		CliError,
	},
	compute::Workload,
	data::{self, DataFile},
	model::{self, TENSORS_FILE},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Eval {
	/// The directory of the model.
	model: PathBuf,
	/// The data that the loss was recorded on. Without it, it comes from the store.
	#[arg(long, value_name = "FILE")]
	data: Option<PathBuf>,
	/// Threads of the engine. The bits do not depend on it.
	#[arg(long, value_name = "COUNT", default_value_t = 1)]
	threads: usize,
	/// Let candle read the files and measure the model, too, in floating point.
	#[arg(long, requires = "data")]
	candle: bool,
	#[command(flatten)]
	base: BaseArgs,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Eval {
	pub(in crate::cli) async fn run(self) -> Result<(), CliError> {
		let (record, plan, params) = model::read(&self.model)?;
		model::check_tokenizer(&self.model, &record)?;
		let files = self
			.data
			.iter()
			.map(|path| DataFile::read(path))
			.collect::<Result<Vec<_>, _>>()?;
		let store = self.store.open();
		let bytes = data::find(&files, &store, plan.data).await?;
		let base = self.base.find(&plan, &store).await?;
		let by_candle = match &self.data {
			Some(data) if self.candle => {
				if model::adapter_of(&plan.step.model).is_some() {
					return Err(CliError::NoAdaptersInCandle);
				}
				for file in &files {
					file.expect(plan.data)?;
				}
				let tensors = [self.model.join(TENSORS_FILE)];
				Some(candle::evaluate(&plan, data, &tensors)?)
			}
			_ => None,
		};
		let workload = Workload::prepare_with(plan, bytes, base, self.threads).await?;
		let Score { loss, accuracy } = workload.score(Arc::new(params)).await?;
		model::check_loss(&record, loss)?;
		let mut value = json!({
			"checkpoint": record.checkpoint,
			"loss": loss.to_nats(),
			"loss_fixed": loss.0,
			"accuracy": accuracy.share(),
			"correct": accuracy.correct,
			"rows": accuracy.rows,
			"matches": true,
		});
		if let Some(by_candle) = by_candle {
			value["candle_loss"] = json!(by_candle);
		}
		print(self.output.json, &value, || {
			let beside = by_candle.map(|found| {
				let difference = found - loss.to_nats();
				format!("\ncandle: loss {found:.6}, {difference:+.6} of rounding")
			});
			format!(
				"loss {:.6} ({} x 2^-24): the recorded one, exactly; accuracy {:.4}, {} of {}{}",
				loss.to_nats(),
				loss.0,
				accuracy.share(),
				accuracy.correct,
				accuracy.rows,
				beside.unwrap_or_default(),
			)
		});
		Ok(())
	}
}
