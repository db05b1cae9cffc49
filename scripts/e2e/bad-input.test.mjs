// What a submitter gets wrong: each is refused by a typed error, and costs the fee only.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { account, connect, freeBalance, send } from "./lib/network.mjs";
import { ASY, CHECKPOINT_BYTES, sampleDecoder, samplePlan, sampleTerms } from "./lib/sample.mjs";

const CASES = [
	[
		"a width that is no multiple of 16",
		"PlanNotLowered",
		(plan) => (plan.step.model.ByteMlp.embedding = 20),
	],
	[
		"a model without hidden layers",
		"PlanNotLowered",
		(plan) => (plan.step.model.ByteMlp.hidden = []),
	],
	[
		"a learning rate of zero",
		"PlanNotLowered",
		(plan) => (plan.step.optimiser.AdamW.learningRate.mantissa = 0),
	],
	[
		"heads that their keys and values do not divide",
		"PlanNotLowered",
		(plan) => {
			Object.assign(plan, sampleDecoder());
			plan.step.model.Gpt.kvHeads = 3;
		},
	],
	[
		"data that end inside of a token",
		"DataNotWholeItems",
		(plan) => {
			Object.assign(plan, sampleDecoder());
			plan.step.model.Gpt.vocabulary = 257;
			plan.data.bytes += 1;
		},
	],
	[
		"data whose last sixteenth holds no example",
		"DataHoldsNoExample",
		(plan) => {
			Object.assign(plan, sampleDecoder(), { evalRows: 16 });
			plan.step.model.Gpt.context = 4_096;
			plan.step.batch = 1;
			plan.data.bytes = 65_536;
		},
	],
	["more held-out rows than can be measured", "EvalRowsOutOfRange", (plan) => (plan.evalRows = 65_537)],
	["a stride longer than the task", "StrideOutOfRange", (plan) => (plan.stride = 33)],
	["more segments than a trace has", "StrideOutOfRange", (plan) => (plan.stride = 1)],
	["too many steps", "StepsOutOfRange", (plan) => (plan.steps = plan.stride = 257)],
	["data too short to train on", "DataBytesOutOfRange", (plan) => (plan.data.bytes = 100)],
	[
		"a checkpoint of another model",
		"ParentBytesWrong",
		(plan) => (plan.parent.bytes = CHECKPOINT_BYTES + 1_024),
	],
	["a share for data that nobody owns", "NoDataset", (_, terms) => (terms.shares.data = 1)],
	[
		"shares that are not a million",
		"SharesSumWrong",
		(_, terms) => (terms.shares.validation = 399_999),
	],
	["a price of zero", "PriceZero", (_, terms) => (terms.price = 0)],
	["a stake below the penalty", "StakeBelowPenalty", (_, terms) => (terms.taskStake = 1)],
	["a quorum that is no majority", "QuorumOutOfRange", (_, terms) => (terms.quorum = 1)],
	[
		"a window without time to answer",
		"WindowOutOfRange",
		(_, terms) => (terms.windows.reveal = 0),
	],
	[
		"verdicts that cost more than their pool",
		"AuditBillAbovePool",
		(_, terms) => {
			terms.shares = { compute: 900_000, data: 0, validation: 100_000 };
		},
	],
	["tasks that are never drawn", "AuditFloorOutOfRange", (_, terms) => (terms.auditFloorPpm = 0)],
	[
		"checks of more than 8 % of the work",
		"AuditRepeatsTooMuch",
		(_, terms) => {
			terms.auditFloorPpm = 213_334;
		},
	],
	[
		"checks that cost a newcomer more than its task pays",
		"CheckAbovePrice",
		(plan, terms) => {
			plan.stride = 32;
			terms.auditFloorPpm = 20_000;
			terms.shares = { compute: 400_000, data: 0, validation: 600_000 };
		},
	],
	[
		"a stake that does not deter",
		"StakeDoesNotDeter",
		(_, terms) => (terms.taskStake = 122n * ASY),
	],
	["harm that the stake does not deter from", "StakeDoesNotDeter", (_, terms) => (terms.harm = ASY)],
];

describe("a job is refused for", { concurrency: true }, () => {
	let api;
	before(async () => {
		api = await connect();
	});
	after(() => api.disconnect());

	for (const [what, reason, spoil] of CASES) {
		it(what, async () => {
			// GIVEN a good job, spoilt
			const [plan, terms] = [samplePlan(), sampleTerms()];
			spoil(plan, terms);
			// WHEN the chain is asked
			const answer = await api.call.jobsApi.check(plan, terms);
			// THEN it names the reason
			assert.ok(answer.isErr, answer.toString());
			assert.equal(answer.asErr.type, reason);
		});
	}

	it("a wrong value, by name and with its bound, before anything is paid", async () => {
		// GIVEN a checkpoint of the wrong size
		const [plan, terms] = [samplePlan(), sampleTerms()];
		plan.parent.bytes = 1_024;
		// WHEN the chain is asked
		const answer = await api.call.jobsApi.check(plan, terms);
		// THEN the refusal has the value and what was expected
		assert.equal(answer.asErr.asParentBytesWrong.bytes.toNumber(), 1_024);
		assert.equal(answer.asErr.asParentBytesWrong.expected.toNumber(), CHECKPOINT_BYTES);
	});

	it("the same reason when it is posted, which costs the fee and makes no job", async () => {
		// GIVEN a spoilt plan and the next job's id
		const owner = account("//One");
		const plan = samplePlan();
		plan.stride = 33;
		const [before, next] = [
			await freeBalance(api, owner.address),
			await api.call.jobsApi.nextJob(),
		];
		// WHEN it is posted
		const { fee, refused } = await send(api, api.tx.jobs.postJob(plan, sampleTerms()), owner);
		// THEN it is refused, nothing but the fee is gone, and no id is used
		assert.equal(refused, "jobs.StrideOutOfRange");
		assert.equal(await freeBalance(api, owner.address), before - fee);
		assert.ok((await api.call.jobsApi.nextJob()).eq(next));
	});

	it("an escrow that its owner does not have", async () => {
		// GIVEN terms whose escrow, 20 prices, is twice what the account has
		const owner = account("//Two");
		const terms = sampleTerms();
		const before = await freeBalance(api, owner.address);
		terms.price = before / 10n;
		terms.taskStake = 125n * terms.price;
		// WHEN it is posted
		const { fee, refused } = await send(api, api.tx.jobs.postJob(samplePlan(), terms), owner);
		// THEN it is refused and nothing but the fee is gone
		assert.equal(refused, "Token.FundsUnavailable");
		assert.equal(await freeBalance(api, owner.address), before - fee);
	});

	it("an id that does not exist", async () => {
		// GIVEN an id that no job has
		const unknown = (await api.call.jobsApi.nextJob()).toBigInt() + 1_000n;
		// WHEN it is looked at and cancelled
		const seen = await api.call.jobsApi.job(unknown);
		const { refused } = await send(
			api,
			api.tx.jobs.cancelJob(unknown),
			account("//Alice//stash"),
		);
		// THEN there is nothing to see, and nothing to cancel
		assert.ok(seen.isNone);
		assert.equal(refused, "jobs.UnknownJob");
	});
});
