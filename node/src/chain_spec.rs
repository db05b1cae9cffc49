//! The chain specifications that are built in: the runtime's genesis presets.

use assay_runtime::WASM_BINARY;
use sc_service::{ChainType, Properties};

/// A chain specification without extensions.
pub(crate) type ChainSpec = sc_service::GenericChainSpec;

/// One validator, //Alice.
pub(crate) fn development() -> Result<ChainSpec, String> {
	preset(
		"Assay Development",
		"assay_dev",
		ChainType::Development,
		sp_genesis_builder::DEV_RUNTIME_PRESET,
	)
}

/// Three validators, //Alice, //Bob and //Charlie.
pub(crate) fn local() -> Result<ChainSpec, String> {
	preset(
		"Assay Local",
		"assay_local",
		ChainType::Local,
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET,
	)
}

fn preset(name: &str, id: &str, kind: ChainType, preset: &str) -> Result<ChainSpec, String> {
	let wasm = WASM_BINARY.ok_or(
		"this node was built without the runtime's wasm: build it without SKIP_WASM_BUILD",
	)?;
	Ok(ChainSpec::builder(wasm, None)
		.with_name(name)
		.with_id(id)
		.with_chain_type(kind)
		.with_properties(properties())
		.with_protocol_id("asy")
		.with_genesis_config_preset_name(preset)
		.build())
}

fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "ASY".into());
	properties.insert("tokenDecimals".into(), 12.into());
	properties.insert("ss58Format".into(), 42.into());
	properties
}
