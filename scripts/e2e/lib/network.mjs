// Connections to the nodes that scripts/local-network.sh runs, and what every test does with them.

import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";

const CONNECT_SECONDS = 30;
/** Inclusion takes a few blocks of 3 s, finality two more; a loaded machine misses slots. */
const FINAL_SECONDS = 120;

/** The WebSocket addresses of the nodes. */
export function addresses() {
	const nodes = process.env.ASSAY_NODES;
	if (!nodes) {
		throw new Error("ASSAY_NODES is not set: run these tests with scripts/e2e/run.sh");
	}
	return nodes.split(",");
}

/** Connects to the node of this index with nothing but its address: no custom types. */
export async function connect(index = 0) {
	const address = addresses()[index];
	const provider = new WsProvider(address, 1_000);
	const api = new ApiPromise({ provider, noInitWarn: true });
	await within(CONNECT_SECONDS, `connecting to ${address}`, api.isReadyOrError);
	return api;
}

/** The key pair of a development account, such as //Alice. */
export function account(uri) {
	return new Keyring({ type: "sr25519" }).addFromUri(uri);
}

/** The outcome of a promise, or an error when it takes too long. */
export async function within(seconds, what, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(
			() => reject(new Error(`${what} took more than ${seconds} s`)),
			seconds * 1_000,
		);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** Asks until the answer is one, and returns it. */
export async function until(seconds, what, ask) {
	const deadline = Date.now() + seconds * 1_000;
	for (;;) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() > deadline) throw new Error(`${what} did not happen in ${seconds} s`);
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
}

/**
 * Signs and sends a transaction and waits until its block is final.
 *
 * Returns the block's hash, the transaction's events and the fee that was paid. A call that the
 * chain refuses is no failure here: `refused` has its reason as `Pallet.Error`, null otherwise.
 */
export async function send(api, tx, signer) {
	const sent = new Promise((resolve, reject) => {
		let unsubscribe;
		const finish = (settle, value) => {
			unsubscribe?.();
			settle(value);
		};
		tx.signAndSend(signer, ({ status, events, dispatchError, internalError }) => {
			if (internalError) {
				finish(reject, internalError);
			} else if (status.isFinalized) {
				finish(resolve, {
					block: status.asFinalized.toHex(),
					events: events.map(({ event }) => event),
					refused: dispatchError ? nameOf(api, dispatchError) : null,
				});
			} else if (status.isDropped || status.isInvalid || status.isUsurped) {
				finish(reject, new Error(`the transaction is ${status.type}`));
			}
		}).then((stop) => (unsubscribe = stop), reject);
	});
	const { method, section } = tx.method;
	const result = await within(FINAL_SECONDS, `finalising ${section}.${method}`, sent);
	const paid = result.events.find((event) =>
		api.events.transactionPayment.TransactionFeePaid.is(event),
	);
	return { ...result, fee: paid ? paid.data.actualFee.toBigInt() : 0n };
}

/** The fields of the one event of this kind, as values of the chain's types. */
export function eventOf(kind, events) {
	const found = events.filter((event) => kind.is(event));
	if (found.length !== 1)
		throw new Error(`${kind.meta.name} happened ${found.length} times, not once`);
	return found[0].data;
}

/** What an account could spend, in the smallest unit. */
export async function freeBalance(api, address) {
	return (await api.query.system.account(address)).data.free.toBigInt();
}

function nameOf(api, error) {
	if (!error.isModule) return error.isToken ? `Token.${error.asToken.type}` : error.toString();
	const { section, name } = api.registry.findMetaError(error.asModule);
	return `${section}.${name}`;
}
