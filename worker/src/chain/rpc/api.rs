//! The runtime's interface, generated from `worker/metadata.scale`.
//!
//! The protocol's own types are used in place of generated copies, so that plan, seal and view mean
//! the same on both sides. `scripts/metadata.sh` writes the file from the built runtime.

#[subxt::subxt(
	runtime_metadata_path = "metadata.scale",
	substitute_type(
		path = "assay_protocol::ids::JobId",
		with = "::subxt::utils::Static<::assay_protocol::JobId>"
	),
	substitute_type(
		path = "assay_protocol::plan::Plan",
		with = "::subxt::utils::Static<::assay_protocol::Plan>"
	),
	substitute_type(
		path = "assay_protocol::terms::Terms",
		with = "::subxt::utils::Static<::assay_protocol::Terms>"
	),
	substitute_type(
		path = "assay_protocol::seal::TaskReveal",
		with = "::subxt::utils::Static<::assay_protocol::TaskReveal>"
	),
	substitute_type(
		path = "assay_protocol::seal::FailureReveal",
		with = "::subxt::utils::Static<::assay_protocol::FailureReveal>"
	),
	substitute_type(
		path = "assay_protocol::judgement::Verdict",
		with = "::subxt::utils::Static<::assay_protocol::Verdict>"
	),
	substitute_type(
		path = "assay_protocol::judgement::Unpaid",
		with = "::subxt::utils::Static<::assay_protocol::Unpaid>"
	),
	substitute_type(
		path = "assay_protocol::job::FailReason",
		with = "::subxt::utils::Static<::assay_protocol::FailReason>"
	),
	substitute_type(
		path = "assay_protocol::round::phase::Phase",
		with = "::subxt::utils::Static<::assay_protocol::Phase>"
	),
	substitute_type(
		path = "assay_protocol::ids::TaskKey",
		with = "::subxt::utils::Static<::assay_protocol::TaskKey>"
	),
	substitute_type(
		path = "assay_protocol::view::RoundView",
		with = "::subxt::utils::Static<::assay_protocol::RoundView>"
	),
	substitute_type(
		path = "assay_protocol::view::RoundRecord",
		with = "::subxt::utils::Static<::assay_protocol::RoundRecord>"
	),
	substitute_type(
		path = "assay_protocol::view::JobView<A>",
		with = "::subxt::utils::Static<::assay_protocol::JobView<crate::account::Account>>"
	),
	substitute_type(
		path = "assay_protocol::dispute::moves::Ask",
		with = "::subxt::utils::Static<::assay_protocol::dispute::Ask>"
	),
	substitute_type(
		path = "assay_protocol::dispute::moves::Answer",
		with = "::subxt::utils::Static<::assay_protocol::dispute::Answer>"
	),
	substitute_type(
		path = "assay_protocol::dispute::moves::Proof",
		with = "::subxt::utils::Static<::assay_protocol::dispute::Proof>"
	),
	substitute_type(
		path = "assay_protocol::view::DisputeView<A>",
		with = "::subxt::utils::Static<::assay_protocol::DisputeView<crate::account::Account>>"
	),
	substitute_type(
		path = "assay_protocol::dispute::closing::OpenedParam",
		with = "::subxt::utils::Static<::assay_protocol::dispute::OpenedParam>"
	),
	substitute_type(
		path = "assay_protocol::view::ConflictView<A>",
		with = "::subxt::utils::Static<::assay_protocol::ConflictView<crate::account::Account>>"
	),
	substitute_type(
		path = "assay_protocol::view::TaskView<A>",
		with = "::subxt::utils::Static<::assay_protocol::TaskView<crate::account::Account>>"
	),
	substitute_type(
		path = "assay_protocol::challenge::AcceptedTask<A>",
		with = "::subxt::utils::Static<::assay_protocol::AcceptedTask<crate::account::Account>>"
	),
	substitute_type(
		path = "assay_numerics::loss::Loss",
		with = "::subxt::utils::Static<::assay_numerics::Loss>"
	)
)]
pub(super) mod runtime {}

pub(super) use runtime::*;
