// A submitter's way through polkadot-js: a job is posted, watched and cancelled with plain values.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { account, connect, eventOf, freeBalance, send } from "./lib/network.mjs";
import { ESCROW, sampleDecoder, samplePlan, sampleTerms } from "./lib/sample.mjs";

// No worker takes part in these tests, so a job stays open until it is cancelled. They run at the
// same time, each with accounts of its own.
describe("a submitter with polkadot-js", { concurrency: true }, () => {
	let api;
	before(async () => {
		api = await connect();
	});
	after(() => api.disconnect());

	const post = async (owner) => {
		const sent = await send(api, api.tx.jobs.postJob(samplePlan(), sampleTerms()), owner);
		assert.equal(sent.refused, null);
		return { ...sent, posted: eventOf(api.events.jobs.JobPosted, sent.events) };
	};
	const view = async (job) => (await api.call.jobsApi.job(job)).unwrap();

	it("asks what a job would cost before it posts it", async () => {
		// GIVEN a plan and terms
		// WHEN the chain is asked
		const answer = await api.call.jobsApi.check(samplePlan(), sampleTerms());
		// THEN it names the deposit, and takes none
		assert.ok(answer.isOk, answer.toString());
		assert.equal(answer.asOk.escrow.toBigInt(), ESCROW);
	});

	it("posts a job, watches it and takes it back without losing more than fees", async () => {
		// GIVEN a submitter
		const owner = account("//One");
		const before = await freeBalance(api, owner.address);
		const deposit = api.consts.jobs.jobDeposit.toBigInt();

		// WHEN it posts a job
		const { posted, fee } = await post(owner);
		// THEN the escrow is deposited
		assert.equal(posted.owner.toString(), owner.address);
		assert.equal(posted.escrow.toBigInt(), ESCROW);
		assert.equal(await freeBalance(api, owner.address), before - fee - ESCROW - deposit);
		// AND the job can be watched, with every value as it was sent
		const open = await view(posted.job);
		assert.equal(open.state.type, "Open");
		assert.equal(open.planId.toHex(), posted.planId.toHex());
		assert.equal(open.plan.step.model.asByteMlp.context.toNumber(), 8);
		assert.deepEqual(open.plan.step.model.asByteMlp.hidden.map(Number), [32, 32]);
		assert.equal(open.plan.step.optimiser.asAdamW.learningRate.exponent.toNumber(), -3);
		assert.equal(open.plan.steps.toNumber(), 32);
		assert.equal(open.terms.windows.open.toNumber(), 1_000);
		assert.equal(open.ledger.held.toBigInt(), ESCROW);
		const jobs = await api.call.jobsApi.openJobs();
		assert.ok(
			jobs.some((job) => job.eq(posted.job)),
			`job ${posted.job} is not in ${jobs}`,
		);

		// WHEN it cancels
		const cancelled = await send(api, api.tx.jobs.cancelJob(posted.job), owner);
		// THEN everything is refunded, to the unit
		assert.equal(cancelled.refused, null);
		eventOf(api.events.jobs.JobCancelled, cancelled.events);
		assert.equal(eventOf(api.events.jobs.Refunded, cancelled.events).amount.toBigInt(), ESCROW);
		const ledger = await api.call.jobsApi.ledger(posted.job);
		assert.equal(ledger.refunded.toBigInt(), ledger.escrow.toBigInt());
		for (const field of [
			"paidCompute",
			"paidData",
			"paidValidation",
			"fees",
			"held",
			"slashed",
		]) {
			assert.equal(ledger[field].toBigInt(), 0n, field);
		}

		// WHEN what remains of the job is removed
		const pruned = await send(api, api.tx.jobs.pruneJob(posted.job), owner);
		// THEN the deposit for its storage is back too
		assert.equal(pruned.refused, null);
		const fees = fee + cancelled.fee + pruned.fee;
		assert.equal(await freeBalance(api, owner.address), before - fees);
		assert.ok((await api.call.jobsApi.job(posted.job)).isNone);
	});

	it("posts a decoder with every field that a plan can have", async () => {
		// GIVEN a decoder with rotary positions, decay, a limit of the norm and a loss scale
		const owner = account("//Ferdie//stash");
		const plan = sampleDecoder();
		// WHEN it is checked and posted
		const answer = await api.call.jobsApi.check(plan, sampleTerms());
		assert.ok(answer.isOk, answer.toString());
		const sent = await send(api, api.tx.jobs.postJob(plan, sampleTerms()), owner);
		// THEN the chain has every value as it was sent, turns to the last bit
		assert.equal(sent.refused, null);
		const { job } = eventOf(api.events.jobs.JobPosted, sent.events);
		const { step } = (await view(job)).plan;
		const model = step.model.asGpt;
		const turns = plan.step.model.Gpt.positions.Rotary;
		assert.deepEqual(model.positions.asRotary.map(String), turns);
		assert.equal(model.kvHeads.toNumber(), 2);
		assert.equal(model.mlp.type, "Gated");
		assert.ok(model.adapter.isNone);
		assert.equal(step.optimiser.asAdamW.decay.unwrap().steps.toNumber(), 96);
		assert.equal(step.optimiser.asAdamW.clip.unwrap().mantissa.toNumber(), 1);
		assert.equal(step.lossScale.toNumber(), 8);
		assert.equal((await send(api, api.tx.jobs.cancelJob(job), owner)).refused, null);
	});

	it("keeps its job when somebody else cancels it", async () => {
		// GIVEN a job
		const [owner, other] = [account("//Alice//stash"), account("//Bob//stash")];
		const { posted } = await post(owner);
		// WHEN another account cancels it
		const { refused } = await send(api, api.tx.jobs.cancelJob(posted.job), other);
		// THEN it is refused and the job is still open
		assert.equal(refused, "jobs.NotOwner");
		assert.equal((await view(posted.job)).state.type, "Open");
		assert.equal((await send(api, api.tx.jobs.cancelJob(posted.job), owner)).refused, null);
	});

	it("cannot be joined by an account that works for nobody", async () => {
		// GIVEN a job
		const [owner, other] = [account("//Charlie//stash"), account("//Dave//stash")];
		const { posted } = await post(owner);
		// WHEN an account without bond and stash joins
		const { refused } = await send(api, api.tx.jobs.joinJob(posted.job, 0), other);
		// THEN it is refused
		assert.equal(refused, "jobs.NotWorker");
		assert.equal((await view(posted.job)).members.toNumber(), 0);
		assert.equal((await send(api, api.tx.jobs.cancelJob(posted.job), owner)).refused, null);
	});
});
