//! Adapters as the PEFT library keeps them, so that it puts them on a model by itself.

use assay_numerics::Adapter;
use serde_json::{json, Value};

use super::describe::number;

/// The file of the adapters.
pub(super) const TENSORS_FILE: &str = "adapter_model.safetensors";
/// The file that tells PEFT what they are. Our own record is in `config.json`, because PEFT refuses
/// keys that it does not know.
pub(super) const CONFIG_FILE: &str = "adapter_config.json";
/// What PEFT's own names of the layers begin with.
pub(super) const PREFIX: &str = "base_model.model.";

/// What PEFT reads: `alpha / rank` is the scale.
pub(super) fn config(adapter: &Adapter) -> Value {
	let alpha = number(adapter.scale) * f64::from(adapter.rank);
	let alpha = if alpha.fract() == 0.0 {
		json!(alpha as u64)
	} else {
		json!(alpha)
	};
	json!({
		"peft_type": "LORA",
		"task_type": "CAUSAL_LM",
		// A root is no name that others could look up.
		"base_model_name_or_path": null,
		"r": adapter.rank,
		"lora_alpha": alpha,
		"lora_dropout": 0.0,
		"bias": "none",
		"fan_in_fan_out": false,
		"inference_mode": true,
		"target_modules": ["q_proj", "v_proj"],
	})
}

#[cfg(test)]
mod tests {
	use assay_numerics::Decimal;

	use super::*;

	#[test]
	fn alpha_over_rank_is_the_scale() {
		for (mantissa, exponent, rank, alpha) in [
			(2, 0, 16, json!(32)),
			(15, -1, 16, json!(24)),
			(3, -1, 16, json!(4.8)),
		] {
			let adapter = Adapter {
				rank,
				scale: Decimal { mantissa, exponent },
				base: [0; 32],
			};
			assert_eq!(config(&adapter)["lora_alpha"], alpha);
		}
	}
}
