//! Small models in the directories that others keep them in.

use std::{collections::BTreeMap, fs, path::Path};

use safetensors::{serialize, tensor::TensorView, Dtype};
use serde_json::{json, Value};

/// Name, shape and numbers.
pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A config of two blocks, 32 wide, with two heads that share a key and value head.
pub(crate) fn config() -> Value {
	json!({
		"architectures": ["LlamaForCausalLM"],
		"model_type": "llama",
		"vocab_size": 256,
		"max_position_embeddings": 64,
		"hidden_size": 32,
		"intermediate_size": 48,
		"num_hidden_layers": 2,
		"num_attention_heads": 2,
		"num_key_value_heads": 1,
		"hidden_act": "silu",
		"rms_norm_eps": 1e-5,
		"rope_theta": 500_000.0,
		"rope_scaling": null,
		"attention_bias": false,
		"tie_word_embeddings": false,
		"torch_dtype": "bfloat16",
		"transformers_version": "4.46.0",
		"use_cache": true,
	})
}

/// Its tensors. Every number is exact in 16 bits of either kind.
pub(crate) fn tensors() -> Tensors {
	let mut shapes = vec![
		("model.embed_tokens.weight".to_owned(), vec![256, 32]),
		("model.norm.weight".to_owned(), vec![32]),
		("lm_head.weight".to_owned(), vec![256, 32]),
	];
	for layer in 0..2 {
		let name = |part: &str| format!("model.layers.{layer}.{part}.weight");
		shapes.extend([
			(name("input_layernorm"), vec![32]),
			(name("self_attn.q_proj"), vec![32, 32]),
			(name("self_attn.k_proj"), vec![16, 32]),
			(name("self_attn.v_proj"), vec![16, 32]),
			(name("self_attn.o_proj"), vec![32, 32]),
			(name("post_attention_layernorm"), vec![32]),
			(name("mlp.gate_proj"), vec![48, 32]),
			(name("mlp.up_proj"), vec![48, 32]),
			(name("mlp.down_proj"), vec![32, 48]),
		]);
	}
	let mut seed = 1_u32;
	let mut number = || {
		seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		f32::from((seed >> 25) as i8 - 64) / 256.0
	};
	shapes
		.into_iter()
		.map(|(name, shape)| {
			let count = shape.iter().product();
			let numbers = (0..count).map(|_| number()).collect();
			(name, (shape, numbers))
		})
		.collect()
}

/// The bytes of numbers in a kind that has them exactly.
fn bytes(numbers: &[f32], dtype: Dtype) -> Vec<u8> {
	let half = |x: &f32| {
		// No number here is below the least exponent of a half or above the greatest.
		let bits = x.to_bits();
		let magnitude = (bits & 0x7FFF_FFFF).saturating_sub(112 << 23) >> 13;
		((bits >> 16 & 0x8000) | magnitude) as u16
	};
	match dtype {
		Dtype::F32 => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
		Dtype::BF16 => numbers
			.iter()
			.flat_map(|x| ((x.to_bits() >> 16) as u16).to_le_bytes())
			.collect(),
		Dtype::F16 => numbers.iter().flat_map(|x| half(x).to_le_bytes()).collect(),
		_ => numbers
			.iter()
			.flat_map(|x| (*x as i64).to_le_bytes())
			.collect(),
	}
}

/// A file of safetensors.
pub(crate) fn file<'a>(
	tensors: impl IntoIterator<Item = (&'a String, &'a (Vec<usize>, Vec<f32>))>,
	dtype: Dtype,
) -> Vec<u8> {
	let plain: Vec<_> = tensors
		.into_iter()
		.map(|(name, (shape, numbers))| (name, shape.clone(), bytes(numbers, dtype)))
		.collect();
	let views = plain
		.iter()
		.map(|(name, shape, bytes)| (name, TensorView::new(dtype, shape.clone(), bytes).unwrap()));
	serialize(views, None).unwrap()
}

/// Writes a directory with one file.
pub(crate) fn write(dir: &Path, config: &Value, tensors: &Tensors, dtype: Dtype) {
	fs::create_dir_all(dir).unwrap();
	fs::write(dir.join("config.json"), config.to_string()).unwrap();
	fs::write(dir.join("model.safetensors"), file(tensors, dtype)).unwrap();
}

/// Writes a directory with two files, of two kinds of numbers, and their index.
pub(crate) fn write_in_two(dir: &Path, config: &Value, tensors: &Tensors) {
	fs::create_dir_all(dir).unwrap();
	fs::write(dir.join("config.json"), config.to_string()).unwrap();
	let mut map = BTreeMap::new();
	for (part, dtype) in [(0, Dtype::F16), (1, Dtype::BF16)] {
		let own: Vec<_> = tensors
			.iter()
			.enumerate()
			.filter(|(place, _)| place % 2 == part)
			.map(|(_, tensor)| tensor)
			.collect();
		let name = format!("model-0000{}-of-00002.safetensors", part + 1);
		fs::write(dir.join(&name), file(own.iter().copied(), dtype)).unwrap();
		map.extend(
			own.iter()
				.map(|(tensor, _)| ((*tensor).clone(), name.clone())),
		);
	}
	let index = json!({ "metadata": { "total_size": 1 }, "weight_map": map });
	fs::write(dir.join("model.safetensors.index.json"), index.to_string()).unwrap();
}
