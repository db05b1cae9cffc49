//! Builds the parts of a node and starts them.

use std::sync::Arc;

use assay_runtime::{apis::RuntimeApi, opaque::Block};
use futures::FutureExt;
use sc_client_api::{Backend, BlockBackend};
use sc_service::{error::Error as ServiceError, Configuration, TaskManager, WarpSyncConfig};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_runtime::traits::Block as BlockT;

use crate::consensus::{self, Authoring, Finality, Links};

/// No host functions beside the SDK's: benchmarks, light clients and tools run our runtime as it is.
type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
/// Executes and stores blocks.
pub(crate) type FullClient = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub(crate) type FullBackend = sc_service::TFullBackend<Block>;
/// The longest chain among those that GRANDPA has not excluded.
pub(crate) type SelectChain = sc_consensus::LongestChain<FullBackend, Block>;
/// The transactions that wait.
pub(crate) type Pool = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;

type Partial = sc_service::PartialComponents<
	FullClient,
	FullBackend,
	SelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	Pool,
	(Links, Option<Telemetry>),
>;

/// The parts that offline commands need as well: client, database, import queue.
pub(crate) fn new_partial(config: &Configuration) -> Result<Partial, ServiceError> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = sc_service::new_wasm_executor::<sp_io::SubstrateHostFunctions>(&config.executor);
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			Vec::new(),
		)?;
	let client = Arc::new(client);
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager
			.spawn_handle()
			.spawn("telemetry", None, worker.run());
		telemetry
	});

	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (import_queue, links) = consensus::import_queue(
		config,
		client.clone(),
		select_chain.clone(),
		&transaction_pool,
		&task_manager,
		telemetry.as_ref().map(Telemetry::handle),
	)?;

	Ok(sc_service::PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (links, telemetry),
	})
}

/// Starts a full node; with `--validator` it also authors and votes.
pub(crate) fn new_full<N: sc_network::NetworkBackend<Block, <Block as BlockT>::Hash>>(
	config: Configuration,
) -> Result<TaskManager, ServiceError> {
	let sc_service::PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (links, mut telemetry),
	} = new_partial(&config)?;
	let Links {
		block_import,
		babe,
		babe_worker,
		grandpa,
	} = links;
	let registry = config.prometheus_registry().cloned();

	let mut net_config = sc_network::config::FullNetworkConfiguration::<
		Block,
		<Block as BlockT>::Hash,
		N,
	>::new(&config.network, registry.clone());
	let metrics = N::register_notification_metrics(registry.as_ref());
	let genesis = client
		.block_hash(0)?
		.ok_or_else(|| ServiceError::Other("the database holds no genesis block".into()))?;
	let grandpa_protocol =
		sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
	let (grandpa_protocol_config, grandpa_notifications) =
		sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
			grandpa_protocol.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
	net_config.add_notification_protocol(grandpa_protocol_config);
	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa.shared_authority_set().clone(),
		Vec::new(),
	));

	let (network, system_rpc_tx, tx_handler_controller, sync_service, _) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if config.offchain_worker.enabled {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			is_validator: config.role.is_authority(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(
				transaction_pool.clone(),
			)),
			network_provider: Arc::new(network.clone()),
			enable_http_requests: false,
			custom_extensions: |_| Vec::new(),
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			workers
				.run(client.clone(), task_manager.spawn_handle())
				.boxed(),
		);
	}

	let role = config.role;
	let force_authoring = config.force_authoring;
	let node_name = config.network.node_name.clone();
	let grandpa_enabled = !config.disable_grandpa;

	let rpc_builder = {
		let client = client.clone();
		let pool = transaction_pool.clone();
		Box::new(move |_| crate::rpc::extensions(client.clone(), pool.clone()).map_err(Into::into))
	};
	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		network: Arc::new(network.clone()),
		client: client.clone(),
		keystore: keystore_container.keystore(),
		task_manager: &mut task_manager,
		transaction_pool: transaction_pool.clone(),
		rpc_builder,
		backend,
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	// Answers requests about epochs; the queue must be kept although only RPC extensions ask.
	task_manager.keep_alive(babe_worker);
	let telemetry = telemetry.as_ref().map(Telemetry::handle);
	if role.is_authority() {
		consensus::start_authoring(
			&task_manager,
			Authoring {
				client,
				select_chain,
				transaction_pool: transaction_pool.clone(),
				block_import,
				babe,
				keystore: keystore_container.keystore(),
				sync: sync_service.clone(),
				force_authoring,
				registry: registry.clone(),
				telemetry: telemetry.clone(),
			},
		)?;
	}
	if grandpa_enabled {
		consensus::start_finality(
			&task_manager,
			Finality {
				role,
				// Without keys to vote with, the voter only follows.
				keystore: role.is_authority().then(|| keystore_container.keystore()),
				node_name,
				link: grandpa,
				protocol: grandpa_protocol,
				notifications: grandpa_notifications,
				network,
				sync: sync_service,
				transaction_pool,
				registry,
				telemetry,
			},
		)?;
	}
	Ok(task_manager)
}
