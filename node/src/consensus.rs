//! BABE authors blocks, GRANDPA finalises them.

use std::{sync::Arc, time::Duration};

use assay_runtime::opaque::Block;
use sc_consensus_babe::{BabeLink, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::{LinkHalf, SharedVoterState};
use sc_network::{service::traits::NetworkService, NotificationService, ProtocolName};
use sc_network_sync::SyncingService;
use sc_service::{config::Role, error::Error as ServiceError, Configuration, TaskManager};
use sc_telemetry::TelemetryHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::inherents::InherentDataProvider as SlotInherent;
use sp_keystore::KeystorePtr;
use sp_timestamp::InherentDataProvider as TimestampInherent;
use substrate_prometheus_endpoint::Registry;

use crate::service::{FullBackend, FullClient, Pool, SelectChain};

/// A justification is kept at least every so many blocks: what light clients and warp sync start
/// from.
const JUSTIFICATION_PERIOD: u32 = 512;

type GrandpaImport =
	sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, SelectChain>;
type CreateInherents = Arc<
	dyn sp_inherents::CreateInherentDataProviders<
		Block,
		(),
		InherentDataProviders = (SlotInherent, TimestampInherent),
	>,
>;
type BabeImport = sc_consensus_babe::BabeBlockImport<
	Block,
	FullClient,
	GrandpaImport,
	CreateInherents,
	SelectChain,
>;

/// What ties the import of blocks to authoring and voting.
pub(crate) struct Links {
	/// Imports a block through BABE's and GRANDPA's checks.
	pub(crate) block_import: BabeImport,
	/// Epochs and slots.
	pub(crate) babe: BabeLink<Block>,
	/// Answers questions about epochs.
	pub(crate) babe_worker: BabeWorkerHandle<Block>,
	/// Authority sets and finality.
	pub(crate) grandpa: LinkHalf<Block, FullClient, SelectChain>,
}

/// The slot follows from the wall clock, in authoring and in checking alike.
fn inherents_at(
	slot_duration: sp_consensus_babe::SlotDuration,
) -> (SlotInherent, TimestampInherent) {
	let timestamp = TimestampInherent::from_system_time();
	(
		SlotInherent::from_timestamp_and_slot_duration(*timestamp, slot_duration),
		timestamp,
	)
}

/// Blocks pass BABE's verifier, then BABE's import, which wraps GRANDPA's.
pub(crate) fn import_queue(
	config: &Configuration,
	client: Arc<FullClient>,
	select_chain: SelectChain,
	transaction_pool: &Arc<Pool>,
	task_manager: &TaskManager,
	telemetry: Option<TelemetryHandle>,
) -> Result<(sc_consensus::DefaultImportQueue<Block>, Links), ServiceError> {
	let (grandpa_import, grandpa) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry.clone(),
	)?;
	let configuration = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = configuration.slot_duration();
	let create_inherents: CreateInherents =
		Arc::new(move |_, ()| async move { Ok(inherents_at(slot_duration)) });
	let (block_import, babe) = sc_consensus_babe::block_import(
		configuration,
		grandpa_import.clone(),
		client.clone(),
		create_inherents,
		select_chain,
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	)?;
	let (queue, babe_worker) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe.clone(),
			block_import: block_import.clone(),
			justification_import: Some(Box::new(grandpa_import)),
			client,
			slot_duration,
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			telemetry,
		})?;
	Ok((
		queue,
		Links {
			block_import,
			babe,
			babe_worker,
			grandpa,
		},
	))
}

/// What authoring needs.
pub(crate) struct Authoring {
	pub(crate) client: Arc<FullClient>,
	pub(crate) select_chain: SelectChain,
	pub(crate) transaction_pool: Arc<Pool>,
	pub(crate) block_import: BabeImport,
	pub(crate) babe: BabeLink<Block>,
	pub(crate) keystore: KeystorePtr,
	pub(crate) sync: Arc<SyncingService<Block>>,
	pub(crate) force_authoring: bool,
	pub(crate) registry: Option<Registry>,
	pub(crate) telemetry: Option<TelemetryHandle>,
}

/// Starts authoring. It is essential: the node stops when it fails.
pub(crate) fn start_authoring(
	task_manager: &TaskManager,
	parts: Authoring,
) -> Result<(), ServiceError> {
	let slot_duration = parts.babe.config().slot_duration();
	let proposer = sc_basic_authorship::ProposerFactory::new(
		task_manager.spawn_handle(),
		parts.client.clone(),
		parts.transaction_pool,
		parts.registry.as_ref(),
		parts.telemetry.clone(),
	);
	let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
		keystore: parts.keystore,
		client: parts.client,
		select_chain: parts.select_chain,
		env: proposer,
		block_import: parts.block_import,
		sync_oracle: parts.sync.clone(),
		justification_sync_link: parts.sync,
		create_inherent_data_providers: move |_, ()| async move { Ok(inherents_at(slot_duration)) },
		force_authoring: parts.force_authoring,
		backoff_authoring_blocks: Some(
			sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging::default(),
		),
		babe_link: parts.babe,
		// Half of the slot is left for sending the block and importing it.
		block_proposal_slot_portion: SlotProportion::new(0.5),
		max_block_proposal_slot_portion: None,
		telemetry: parts.telemetry,
	})?;
	task_manager.spawn_essential_handle().spawn_blocking(
		"babe-proposer",
		Some("block-authoring"),
		babe,
	);
	Ok(())
}

/// What voting on finality needs.
pub(crate) struct Finality {
	pub(crate) role: Role,
	pub(crate) keystore: Option<KeystorePtr>,
	pub(crate) node_name: String,
	pub(crate) link: LinkHalf<Block, FullClient, SelectChain>,
	pub(crate) protocol: ProtocolName,
	pub(crate) notifications: Box<dyn NotificationService>,
	pub(crate) network: Arc<dyn NetworkService>,
	pub(crate) sync: Arc<SyncingService<Block>>,
	pub(crate) transaction_pool: Arc<Pool>,
	pub(crate) registry: Option<Registry>,
	pub(crate) telemetry: Option<TelemetryHandle>,
}

/// Starts the GRANDPA voter, on full nodes as well: it follows and serves votes without casting any.
pub(crate) fn start_finality(
	task_manager: &TaskManager,
	parts: Finality,
) -> Result<(), ServiceError> {
	let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
		config: sc_consensus_grandpa::Config {
			gossip_duration: Duration::from_millis(333),
			justification_generation_period: JUSTIFICATION_PERIOD,
			observer_enabled: false,
			local_role: parts.role,
			name: Some(parts.node_name),
			keystore: parts.keystore,
			telemetry: parts.telemetry.clone(),
			protocol_name: parts.protocol,
		},
		link: parts.link,
		network: parts.network,
		sync: parts.sync,
		notification_service: parts.notifications,
		voting_rule: sc_consensus_grandpa::VotingRulesBuilder::default().build(),
		prometheus_registry: parts.registry,
		shared_voter_state: SharedVoterState::empty(),
		telemetry: parts.telemetry,
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(parts.transaction_pool),
	})?;
	task_manager
		.spawn_essential_handle()
		.spawn_blocking("grandpa-voter", None, voter);
	Ok(())
}
