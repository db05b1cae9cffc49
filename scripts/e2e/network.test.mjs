// The network itself: consensus and money. Tests of one file run at the same time, each with
// accounts of its own; none of these belongs to a validator, who would earn fees meanwhile.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { account, addresses, connect, eventOf, freeBalance, send, until } from "./lib/network.mjs";
import { ASY } from "./lib/sample.mjs";

describe("three validators", { concurrency: true }, () => {
	let apis;
	before(async () => {
		apis = await Promise.all(addresses().map((_, index) => connect(index)));
	});
	after(() => Promise.all(apis.map((api) => api.disconnect())));

	const finalised = async (api) => {
		const block = await api.rpc.chain.getFinalizedHead();
		return (await api.rpc.chain.getHeader(block)).number.toNumber();
	};

	it("finalise the same blocks, and go on doing so", async () => {
		// GIVEN what the first node has finalised
		const begin = await finalised(apis[0]);
		// WHEN three more blocks are final on every node
		for (const api of apis) {
			await until(
				120,
				`finalising block ${begin + 3}`,
				async () => (await finalised(api)) >= begin + 3,
			);
		}
		// THEN they agree on each
		for (let number = begin; number <= begin + 3; number += 1) {
			const hashes = await Promise.all(apis.map((api) => api.rpc.chain.getBlockHash(number)));
			assert.equal(new Set(hashes.map(String)).size, 1, `block ${number}: ${hashes}`);
		}
	});

	it("include a transfer that every node then sees as final", async () => {
		// GIVEN a new account
		const [from, to] = [account("//One"), account(`//transfer/${Date.now()}`)];
		const before = await freeBalance(apis[0], from.address);
		// WHEN //One sends it one ASY through the first node
		const { block, events, fee, refused } = await send(
			apis[0],
			apis[0].tx.balances.transferKeepAlive(to.address, ASY),
			from,
		);
		// THEN it arrives, and costs its sender the amount and the fee
		assert.equal(refused, null);
		assert.equal(eventOf(apis[0].events.balances.Transfer, events).amount.toBigInt(), ASY);
		const at = await apis[0].at(block);
		assert.equal((await at.query.system.account(to.address)).data.free.toBigInt(), ASY);
		assert.equal(
			(await at.query.system.account(from.address)).data.free.toBigInt(),
			before - ASY - fee,
		);
		// AND so on the other nodes
		for (const api of apis.slice(1)) {
			await until(60, "the transfer on another node", async () => {
				return (await freeBalance(api, to.address)) === ASY;
			});
		}
	});

	it("refuse a transfer of more than there is, and take nothing but its fee", async () => {
		// GIVEN an account
		const [from, to] = [account("//Two"), account("//Alice")];
		const before = await freeBalance(apis[0], from.address);
		// WHEN it sends twice what it has
		const { fee, refused } = await send(
			apis[0],
			apis[0].tx.balances.transferKeepAlive(to.address, 2n * before),
			from,
		);
		// THEN the chain says why, and keeps only the fee
		assert.equal(refused, "Token.FundsUnavailable");
		assert.equal(await freeBalance(apis[0], from.address), before - fee);
	});
});
