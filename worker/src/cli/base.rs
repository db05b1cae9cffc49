//! Where the base of a plan's adapters comes from.

use std::{
	path::{Path, PathBuf},
	sync::Arc,
};

use assay_engine::Params;
use assay_protocol::Plan;
use clap::Args;

use crate::{
	artifacts::DirStore,
	base::{self, BaseError},
	model::{adapter_of, import::Source},
	roots::Hex32,
};

/// The frozen model of a plan with adapters.
#[derive(Debug, Clone, Args)]
pub(super) struct BaseArgs {
	/// The model that the plan's adapters belong to: its directory, or its root. Without it, the store
	/// is asked for the root in the plan.
	#[arg(long, value_name = "DIR_OR_ROOT")]
	base: Option<PathBuf>,
}

impl BaseArgs {
	/// Whether this is the directory of the base.
	pub(super) fn is(&self, dir: &Path) -> bool {
		let real = |path: &Path| path.canonicalize().ok();
		let base = self.base.as_deref().and_then(real);
		base.is_some() && base == real(dir)
	}

	/// The base of a plan, verified; nothing for a plan without adapters.
	pub(super) async fn find(
		&self,
		plan: &Plan,
		store: &DirStore,
	) -> Result<Option<Arc<Params>>, BaseError> {
		let Some(given) = &self.base else {
			return base::fetch(store, plan).await;
		};
		let adapter = adapter_of(&plan.step.model).ok_or(BaseError::NoAdapter)?;
		if given.is_dir() {
			let source = Source::open(given, context_of(plan))?;
			return base::load(Arc::new(source), plan).await.map(Some);
		}
		let text = given.display().to_string();
		let root: Hex32 = match text.parse() {
			Ok(root) => root,
			Err(_) => return Err(BaseError::Neither(text)),
		};
		base::check_root("--base", root.0, adapter.base)?;
		base::fetch(store, plan).await
	}
}

/// The positions that the plan's model has.
pub(super) fn context_of(plan: &Plan) -> Option<u64> {
	match &plan.step.model {
		assay_numerics::Model::Gpt(model) => Some(model.context.into()),
		_ => None,
	}
}
