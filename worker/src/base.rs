//! The frozen model that a plan's adapters belong to.
//!
//! A plan names it by its root. It is an artifact like a checkpoint, fetched and verified before work
//! is promised; whoever posts a job puts it into the store.

use std::{path::PathBuf, sync::Arc};

use assay_engine::{Engine, Params};
use assay_numerics::{Gpt, Model, Outline, Positions, Root};
use assay_protocol::Plan;
use serde_json::{Map, Value};

use crate::{
	artifacts::{fetch_base, Artifact, ArtifactError, Artifacts, CheckpointError},
	compute::{check_memory, off_thread, ComputeError},
	model::{
		adapter_of,
		import::{ImportError, Source},
	},
	plan_file::{base_of, GptFile, PositionsFile},
	roots::Hex32,
};

/// Why the base of a plan is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaseError {
	/// The store does not have it.
	#[error("the plan's base {base} cannot be fetched ({source}): put it into the store with `assay model import` or `assay job submit --base`")]
	Unavailable {
		/// Its root.
		base: Hex32,
		/// Why.
		source: Box<ArtifactError>,
	},
	/// What has the root is no model that the plan's adapters could belong to.
	#[error("the plan's base {base} does not fit its model ({reason}): take the model from the plan that `assay model import` writes")]
	Unfit {
		/// Its root.
		base: Hex32,
		/// What the store or the engine said.
		reason: String,
	},
	/// The model given has another root.
	#[error("{place}: has the root {found}, but the plan's adapters belong to {expected}: give the model that the plan was made for, or correct `base` in the plan")]
	OtherRoot {
		/// The directory, or what else was given.
		place: String,
		/// Its root.
		found: Hex32,
		/// The root in the plan.
		expected: Hex32,
	},
	/// The model given is described otherwise than in the plan.
	#[error("{path}: describes a model whose {field} is {found}, but the plan says {expected}: give the model that the plan was made for, or correct the plan")]
	OtherModel {
		/// The config.
		path: PathBuf,
		/// The field, as a plan file calls it.
		field: String,
		/// What the config says.
		found: String,
		/// What the plan says.
		expected: String,
	},
	/// A base for a plan that needs none.
	#[error("--base: the plan trains a whole model and no adapters: leave it out, or add `adapter` to the plan's model")]
	NoAdapter,
	/// A whole model where adapters belong.
	#[error("{0}: is a whole model and has no adapters to merge: give the directory of exported adapters")]
	NotAdapters(PathBuf),
	/// Neither a directory nor a root.
	#[error("--base {0}: is neither a directory nor a root: give a model's directory, or the root that `assay model import` printed")]
	Neither(String),
	/// The directory given holds no model that can be one.
	#[error(transparent)]
	Import(#[from] ImportError),
	/// It cannot be published.
	#[error(transparent)]
	Artifact(#[from] ArtifactError),
	/// The plan cannot be computed here.
	#[error(transparent)]
	Compute(#[from] ComputeError),
}

/// The base of a plan with adapters, from the store and verified; nothing for other plans.
///
/// # Errors
/// Too little memory, told before a byte is fetched, and a base that is not there or does not fit.
pub async fn fetch<A: Artifacts>(store: &A, plan: &Plan) -> Result<Option<Arc<Params>>, BaseError> {
	let Some(adapter) = adapter_of(&plan.step.model) else {
		return Ok(None);
	};
	let (root, base) = (adapter.base, Hex32(adapter.base));
	let engine = engine_for(plan).await?;
	match fetch_base(store, engine.program(), root).await {
		Ok(params) => Ok(Some(Arc::new(params))),
		Err(CheckpointError::Artifact(error @ ArtifactError::WrongLength { .. })) => {
			Err(BaseError::Unfit {
				base,
				reason: error.to_string(),
			})
		}
		Err(CheckpointError::Artifact(error)) => Err(BaseError::Unavailable {
			base,
			source: Box::new(error),
		}),
		Err(CheckpointError::Shape { reason, .. }) => Err(BaseError::Unfit { base, reason }),
	}
}

/// The base of a plan from a directory, compared with the plan before it is read into memory.
///
/// # Errors
/// A plan without adapters, a directory without a model, a model that is not the plan's, and too
/// little memory.
pub async fn load(source: Arc<Source>, plan: &Plan) -> Result<Arc<Params>, BaseError> {
	let expected = check_described(&source, plan)?;
	let engine = engine_for(plan).await?;
	off_thread(move || {
		let tensors = (0..source.tensors()).map(|place| source.tensor(place));
		let tensors = tensors.collect::<Result<Vec<_>, _>>()?;
		let params = Params::from_frozen(engine.program(), tensors);
		let params = params.map_err(|error| BaseError::Unfit {
			base: Hex32(expected),
			reason: error.to_string(),
		})?;
		let found = params.root();
		source.check_root(found)?;
		check_root(&source.config().display().to_string(), found, expected)?;
		Ok(Arc::new(params))
	})
	.await
}

/// Checks that a directory holds the base of a plan: the same model, and the root in the plan.
///
/// # Errors
/// As [`load`].
pub async fn check(source: &Arc<Source>, plan: &Plan) -> Result<(), BaseError> {
	let expected = check_described(source, plan)?;
	let reader = Arc::clone(source);
	let found = off_thread(move || reader.root()).await?;
	check_root(&source.config().display().to_string(), found, expected)
}

/// Compares a root that was given or found with the plan's.
pub(crate) fn check_root(place: &str, found: Root, expected: Root) -> Result<(), BaseError> {
	if found == expected {
		return Ok(());
	}
	Err(BaseError::OtherRoot {
		place: place.to_owned(),
		found: Hex32(found),
		expected: Hex32(expected),
	})
}

/// Compares everything that decides what the base computes, and returns the root that the plan has of
/// it. Whether one of its operands has two terms is for the plan to decide.
fn check_described(source: &Source, plan: &Plan) -> Result<Root, BaseError> {
	let Model::Gpt(planned) = &plan.step.model else {
		return Err(BaseError::NoAdapter);
	};
	let adapter = planned.adapter.as_ref().ok_or(BaseError::NoAdapter)?;
	let (found, expected) = (keys_of(source.model()), keys_of(planned));
	for (field, expected) in expected {
		let found = found.get(&field).cloned().unwrap_or_default();
		if found != expected {
			let short = |value: &Value| value.to_string().chars().take(60).collect();
			return Err(BaseError::OtherModel {
				path: source.config().to_owned(),
				found: short(&found),
				expected: short(&expected),
				field,
			});
		}
	}
	Ok(adapter.base)
}

/// What decides what a model computes, under the names of a plan file.
fn keys_of(model: &Gpt) -> Map<String, Value> {
	let mut file = GptFile::of(&Gpt {
		adapter: None,
		two_terms: false,
		..model.clone()
	});
	if let Positions::Rotary(turns) = &model.positions {
		// Libraries differ in the last bits of the turns of a base.
		if let Some(base) = base_of(turns) {
			file.positions = PositionsFile::Rotary {
				base: base.to_string(),
			};
		}
	}
	match serde_json::to_value(file) {
		Ok(Value::Object(keys)) => keys,
		_ => Map::new(),
	}
}

/// Publishes a model tensor by tensor, its list last, and returns its root.
///
/// # Errors
/// A directory that cannot be read, a number that no model has, and a store that does not take it.
pub async fn publish<A: Artifacts>(store: &A, source: &Arc<Source>) -> Result<Root, BaseError> {
	let mut list = Vec::with_capacity(32 * source.tensors());
	for place in 0..source.tensors() {
		let reader = Arc::clone(source);
		let tensor = off_thread(move || reader.tensor(place)).await?;
		list.extend_from_slice(&store.publish_bytes(tensor).await?);
	}
	Ok(store.publish_bytes(list).await?)
}

/// [`publish`] of a plan's base, unless the directory was changed since it was checked.
///
/// # Errors
/// As there, and [`BaseError::OtherRoot`].
pub async fn publish_as<A: Artifacts>(
	store: &A,
	source: &Arc<Source>,
	plan: &Plan,
) -> Result<(), BaseError> {
	let found = publish(store, source).await?;
	let expected = adapter_of(&plan.step.model).ok_or(BaseError::NoAdapter)?;
	check_root(&source.config().display().to_string(), found, expected.base)
}

/// Whether a plan's base is in the store, tensor by tensor; a plan without adapters needs none.
///
/// # Errors
/// [`BaseError::Unavailable`] and [`BaseError::Unfit`].
pub async fn check_stored<A: Artifacts>(store: &A, plan: &Plan) -> Result<(), BaseError> {
	let Some(adapter) = adapter_of(&plan.step.model) else {
		return Ok(());
	};
	let base = Hex32(adapter.base);
	let unfit = |reason: String| BaseError::Unfit { base, reason };
	let outline = Outline::new(&plan.step).map_err(|error| unfit(error.to_string()))?;
	let unavailable = |error| BaseError::Unavailable {
		base,
		source: Box::new(error),
	};
	let list = Artifact {
		root: adapter.base,
		len: 32 * u64::from(outline.frozen_count()),
	};
	let list = store.fetch(list).await.map_err(unavailable)?;
	for (place, root) in (0..).zip(list.as_chunks::<32>().0) {
		let layout = outline.layout(outline.frozen(place));
		let tensor = Artifact {
			root: *root,
			len: layout.map_or(0, |layout| layout.bytes()),
		};
		store.fetch(tensor).await.map_err(unavailable)?;
	}
	Ok(())
}

/// The plan's engine, if there is memory for it and its base.
async fn engine_for(plan: &Plan) -> Result<Engine, ComputeError> {
	let step = plan.step.clone();
	off_thread(move || {
		let engine = Engine::new(&step, 1)?;
		check_memory(engine.memory_needed())?;
		Ok(engine)
	})
	.await
}
