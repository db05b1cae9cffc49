//! What a config says of a model, so that other programs can use its tensors.

use assay_numerics::{ByteMlp, Classifier, Decimal, FeedForward, Gpt, Model, Norm, Positions};
use serde_json::{json, Map, Value};

use crate::plan_file::{base_of, GptFile};

/// The keys of a model's config, without our record.
pub(super) fn describe(model: &Model) -> Map<String, Value> {
	let value = match model {
		Model::ByteMlp(model) => byte_mlp(model),
		Model::Classifier(model) => classifier(model),
		Model::Gpt(model) => match llama_base(model) {
			Some(base) => llama(model, base),
			None => decoder(model),
		},
	};
	let Value::Object(mut keys) = value else {
		return Map::new();
	};
	keys.insert("torch_dtype".into(), "float32".into());
	keys
}

fn byte_mlp(model: &ByteMlp) -> Value {
	json!({
		"model_type": "byte_mlp",
		"vocab_size": 256,
		"context_length": model.context,
		"embedding_size": model.embedding,
		"hidden_sizes": model.hidden.as_slice(),
		"hidden_act": "relu",
		// Rows of dense weights are inputs.
		"weight_layout": "in_out",
	})
}

fn classifier(model: &Classifier) -> Value {
	json!({
		"model_type": "assay_classifier",
		"input_size": model.inputs,
		"hidden_sizes": model.hidden.as_slice(),
		"hidden_act": "relu",
		"num_labels": model.classes,
		"weight_layout": "in_out",
	})
}

/// The base of the positions, if the model is exactly what transformers' `LlamaForCausalLM` computes.
fn llama_base(model: &Gpt) -> Option<f64> {
	let alike = model.norm == Norm::Rms
		&& model.mlp == FeedForward::Gated
		&& !model.biases
		&& model.adapter.is_none();
	match &model.positions {
		Positions::Rotary(turns) if alike => base_of(turns),
		_ => None,
	}
}

/// What transformers' `LlamaForCausalLM` reads.
fn llama(model: &Gpt, base: f64) -> Value {
	json!({
		"architectures": ["LlamaForCausalLM"],
		"model_type": "llama",
		"vocab_size": model.vocabulary,
		"max_position_embeddings": model.context,
		"hidden_size": model.width,
		"intermediate_size": model.feed_forward,
		"num_hidden_layers": model.layers,
		"num_attention_heads": model.heads,
		"num_key_value_heads": model.kv_heads,
		"head_dim": model.head,
		"hidden_act": "silu",
		"rms_norm_eps": number(model.norm_epsilon),
		"rope_theta": base,
		"tie_word_embeddings": model.tied,
	})
}

/// Every field, under the names of a plan file.
fn decoder(model: &Gpt) -> Value {
	let mut value = serde_json::to_value(GptFile::of(model)).unwrap_or_default();
	value["model_type"] = "assay_gpt".into();
	// Rows of linear weights are outputs.
	value["weight_layout"] = "out_in".into();
	value
}

/// The number nearest to a decimal.
pub(super) fn number(decimal: Decimal) -> f64 {
	let text = format!("{}e{}", decimal.mantissa, decimal.exponent);
	text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
	use assay_numerics::samples;

	use super::*;

	fn gpt(change: impl FnOnce(&mut Gpt)) -> Map<String, Value> {
		let mut model = samples::gpt(32, 48, 2, 1).model;
		if let Model::Gpt(model) = &mut model {
			change(model);
		}
		describe(&model)
	}

	#[test]
	fn a_decoder_like_llama_has_exactly_the_keys_that_transformers_reads() {
		// GIVEN a decoder like Llama WHEN it is described
		let keys = gpt(|model| model.kv_heads = 1);
		// THEN every key of transformers' model is there, and no other
		let expected = json!({
			"architectures": ["LlamaForCausalLM"],
			"model_type": "llama",
			"vocab_size": 256,
			"max_position_embeddings": 32,
			"hidden_size": 48,
			"intermediate_size": 80,
			"num_hidden_layers": 2,
			"num_attention_heads": 3,
			"num_key_value_heads": 1,
			"head_dim": 16,
			"hidden_act": "silu",
			"rms_norm_eps": 1e-5,
			"rope_theta": 10_000.0,
			"tie_word_embeddings": false,
			"torch_dtype": "float32",
		});
		assert_eq!(Value::Object(keys), expected);
	}

	#[test]
	fn a_decoder_that_differs_from_llama_has_a_type_of_its_own_and_every_field() {
		let differences: [fn(&mut Gpt); 5] = [
			|model| model.norm = Norm::Layer,
			|model| model.mlp = FeedForward::Plain,
			|model| model.biases = true,
			|model| model.positions = Positions::Learned,
			|model| model.positions = Positions::Rotary(vec![5; 8].try_into().unwrap()),
		];
		for difference in differences {
			// GIVEN a decoder with one difference WHEN it is described
			let keys = gpt(difference);
			// THEN nobody takes it for a Llama, and nothing is left out
			assert_eq!(keys["model_type"], "assay_gpt");
			for key in [
				"vocabulary",
				"context",
				"norm",
				"positions",
				"mlp",
				"tied",
				"head",
			] {
				assert!(keys.contains_key(key), "{key}");
			}
		}
	}
}
