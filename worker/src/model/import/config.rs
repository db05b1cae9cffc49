//! What a config says of a model: that of a model of the Llama family, or the record of our own.

use std::{fs, path::Path};

use serde_json::{json, Map, Value};

use super::ImportError;
use crate::{
	model::Config,
	plan_file::{GptFile, MlpFile, ModelFile, NormFile, PositionsFile},
	roots::Hex32,
};

/// The window of Mistral where its config does not say any: that of its first version.
const MISTRAL_WINDOW: u64 = 4_096;
/// Why a kind of model is not one of ours.
const FAMILY: &str =
	"import a model of type llama, or mistral, which this version computes exactly";

/// The model that a config describes, with this context or its own, and the root that a record of
/// ours has of it.
pub(super) fn read(
	path: &Path,
	context: Option<u64>,
) -> Result<(GptFile, Option<Hex32>), ImportError> {
	let text = fs::read_to_string(path).map_err(|source| ImportError::Io {
		path: path.to_owned(),
		source,
	})?;
	let keys: Map<String, Value> =
		serde_json::from_str(&text).map_err(|error| wrong(path, error.to_string()))?;
	let (file, recorded) = if keys.contains_key("assay") {
		let config: Config =
			serde_json::from_str(&text).map_err(|error| wrong(path, error.to_string()))?;
		let (file, root) = of_record(path, config)?;
		(file, Some(root))
	} else {
		(of_llama(&Keys { path, keys: &keys }, context)?, None)
	};
	let most = file.context;
	match context {
		Some(context) if context > most => Err(ImportError::Context {
			path: path.to_owned(),
			context,
			most,
		}),
		_ => Ok((
			GptFile {
				context: context.unwrap_or(most),
				..file
			},
			recorded,
		)),
	}
}

fn wrong(path: &Path, reason: String) -> ImportError {
	ImportError::Config {
		path: path.to_owned(),
		reason,
	}
}

/// The model of an export of ours: exactly that of its plan.
fn of_record(path: &Path, config: Config) -> Result<(GptFile, Hex32), ImportError> {
	config
		.check_described()
		.map_err(|reason| wrong(path, reason))?;
	let unsupported = |found: &str, wanted| ImportError::Unsupported {
		path: path.to_owned(),
		key: "assay.plan.model".into(),
		found: found.into(),
		wanted,
	};
	match config.assay.plan.model {
		ModelFile::Gpt(file) if file.adapter.is_some() => Err(unsupported(
			"adapters",
			"give the model that they belong to",
		)),
		ModelFile::Gpt(file) => Ok((file, config.assay.checkpoint)),
		_ => Err(unsupported(
			"no decoder",
			"adapters belong to decoders: give one of them",
		)),
	}
}

/// What transformers' `LlamaForCausalLM` or `MistralForCausalLM` computes with these keys.
fn of_llama(keys: &Keys<'_>, context: Option<u64>) -> Result<GptFile, ImportError> {
	let kind = keys.get("model_type").and_then(Value::as_str).unwrap_or("");
	let is_mistral = match kind {
		"llama" => false,
		"mistral" => true,
		_ => return Err(keys.unsupported("model_type", FAMILY)),
	};
	keys.only("hidden_act", json!("silu"), "gates are SiLU in a plan")?;
	keys.only(
		"quantization_config",
		Value::Null,
		"save the model in F32, F16 or BF16 first",
	)?;
	let part = keys.get("partial_rotary_factor");
	if part.is_some_and(|part| part.as_f64() != Some(1.0)) {
		return Err(keys.unsupported(
			"partial_rotary_factor",
			"every column of a head is turned in a plan",
		));
	}
	let biases = keys.flag("attention_bias")?;
	if keys.flag("mlp_bias")? != biases {
		return Err(keys.unsupported(
			"mlp_bias",
			"in a plan all linear layers of a block have biases, or none: it has to be as attention_bias",
		));
	}
	let heads = keys.required("num_attention_heads")?;
	let most = keys.required("max_position_embeddings")?;
	if is_mistral {
		keys.required("num_key_value_heads")?;
		let window = match keys.keys.get("sliding_window") {
			Some(Value::Null) => u64::MAX,
			None => MISTRAL_WINDOW,
			Some(_) => keys.required("sliding_window")?,
		};
		if window < context.unwrap_or(most) {
			return Err(keys.unsupported(
				"sliding_window",
				"attention has no window in a plan: choose --context so that the window covers it",
			));
		}
	}
	Ok(GptFile {
		vocabulary: keys.required("vocab_size")?,
		context: most,
		width: keys.required("hidden_size")?,
		layers: keys.required("num_hidden_layers")?,
		heads,
		kv_heads: Some(keys.count("num_key_value_heads")?.unwrap_or(heads)),
		head: keys.count("head_dim")?,
		feed_forward: Some(keys.required("intermediate_size")?),
		norm: NormFile::Rms,
		norm_epsilon: keys.epsilon()?,
		positions: PositionsFile::Rotary {
			base: keys.rope_base()?,
		},
		mlp: MlpFile::Gated,
		// Trained models of this family have outliers there.
		two_terms: true,
		biases,
		tied: keys.flag("tie_word_embeddings")?,
		adapter: None,
	})
}

/// The keys of a config. One that is null counts as one that is not there, as transformers does.
struct Keys<'a> {
	path: &'a Path,
	keys: &'a Map<String, Value>,
}

impl Keys<'_> {
	fn get(&self, key: &str) -> Option<&Value> {
		self.keys.get(key).filter(|value| !value.is_null())
	}

	fn unsupported(&self, key: &str, wanted: &'static str) -> ImportError {
		let found = match self.keys.get(key) {
			Some(value) => short(value),
			None => "not there".into(),
		};
		ImportError::Unsupported {
			path: self.path.to_owned(),
			key: key.into(),
			found,
			wanted,
		}
	}

	/// Refuses a key that says anything else than this.
	fn only(&self, key: &str, value: Value, wanted: &'static str) -> Result<(), ImportError> {
		match self.get(key) {
			Some(found) if *found != value => Err(self.unsupported(key, wanted)),
			_ => Ok(()),
		}
	}

	fn count(&self, key: &str) -> Result<Option<u64>, ImportError> {
		match self.get(key) {
			None => Ok(None),
			Some(value) => value
				.as_u64()
				.map(Some)
				.ok_or_else(|| self.unsupported(key, "write a whole number")),
		}
	}

	fn required(&self, key: &str) -> Result<u64, ImportError> {
		self.count(key)?
			.ok_or_else(|| self.unsupported(key, "write the number that the model has"))
	}

	fn flag(&self, key: &str) -> Result<bool, ImportError> {
		match self.get(key) {
			None => Ok(false),
			Some(value) => value
				.as_bool()
				.ok_or_else(|| self.unsupported(key, "write true or false")),
		}
	}

	/// What is added to the mean square, by the shortest decimal that is the same float of 32 bits: as
	/// such it is computed with, and some configs write it with more digits than it has.
	fn epsilon(&self) -> Result<String, ImportError> {
		let key = "rms_norm_eps";
		match self.get(key).map(|value| (value, value.as_f64())) {
			None => Ok("1e-6".into()),
			Some((_, Some(value))) => Ok(format!("{:e}", value as f32)),
			Some((_, None)) => Err(self.unsupported(key, "write a number")),
		}
	}

	/// The base of the rotary positions, which newer configs have in a group of its own.
	fn rope_base(&self) -> Result<String, ImportError> {
		const PLAIN: &str =
			"positions are turned without scaling in a plan: choose a model without it";
		let mut base = self.get("rope_theta");
		for key in ["rope_parameters", "rope_scaling"] {
			let Some(group) = self.get(key) else { continue };
			let kind = group.get("rope_type").or_else(|| group.get("type"));
			if kind != Some(&json!("default")) {
				return Err(self.unsupported(key, PLAIN));
			}
			base = group.get("rope_theta").or(base);
		}
		match base {
			None => Ok("10000".into()),
			Some(Value::Number(number)) => Ok(number.to_string()),
			Some(_) => Err(self.unsupported("rope_theta", "write a number")),
		}
	}
}

/// The beginning of a value.
fn short(value: &Value) -> String {
	let text = value.to_string();
	match text.char_indices().nth(60) {
		Some((end, _)) => format!("{}…", &text[..end]),
		None => text,
	}
}
