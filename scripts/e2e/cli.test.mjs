// The `assay` program against running nodes: what users get wrong is one line that says what to do
// and changes nothing; what they ask for twice happens once.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { assay, assayJson } from "./lib/assay.mjs";
import { account, addresses, connect } from "./lib/network.mjs";
import { ASY, samplePlanFile } from "./lib/sample.mjs";

/** No job has it. */
const UNKNOWN = "987654321";

let api;
let dir;
let node;
/** The address of the key in the directory `fresh`, which owns nothing. */
let fresh;

/** A plan file of its own in the directory. */
async function writePlan(name, change = () => {}) {
	const plan = samplePlanFile();
	change(plan);
	await writeFile(join(dir, name), JSON.stringify(plan));
}

/** All that the chain knows about an account: nonce, free and held money. */
async function stateOf(address) {
	return (await api.query.system.account(address)).toHex();
}

before(async () => {
	api = await connect();
	node = `--node=${addresses()[0]}`;
	dir = await mkdtemp(join(tmpdir(), "assay-cli-"));
	await writeFile(join(dir, "data"), "the cat sat on the mat and the dog ran. ".repeat(800));
	({ account: fresh } = await assayJson(["keys", "generate", "--dir", "fresh"], dir));
	for (const [name, mode] of [
		["malformed", 0o600],
		["open", 0o644],
	]) {
		await mkdir(join(dir, name));
		await writeFile(join(dir, name, "worker.key"), "a secret", { mode });
	}
});
after(async () => {
	await api?.disconnect();
	await rm(dir, { recursive: true, force: true });
});

const TWO = account("//Two").address;
const DAVE = account("//Dave").address;
const submit = ["job", "submit", "dear.json", "--data", "data"];

// What is wrong, the command, whose money must not move, and what the line must say.
const CASES = [
	[
		"an escrow above what the account has",
		[...submit, "--dev=//Two"],
		() => TWO,
		["2400000 ASY", TWO, "lower price"],
	],
	[
		"an escrow of an account that has nothing",
		[...submit, "--dir=fresh"],
		() => fresh,
		["2400000 ASY", "0 ASY", "send it more ASY"],
	],
	[
		"providing with a key that acts for nobody",
		["provider", "run", "--dir=fresh"],
		() => fresh,
		["assay stake bond", "assay keys register"],
	],
	[
		"validating with a bond as a provider only",
		["validator", "run", "--dev=//Dave"],
		() => DAVE,
		[DAVE, "assay stake bond --role validator"],
	],
	[
		"working on a job that does not exist",
		["provider", "run", "--dev=//Dave", "--dir=dave", "--job", UNKNOWN],
		() => DAVE,
		[UNKNOWN, "assay job list"],
	],
	["showing a job that does not exist", ["job", "show", UNKNOWN], null, [UNKNOWN, "assay job list"]],
	["watching one", ["job", "watch", UNKNOWN], null, [UNKNOWN, "assay job list"]],
	[
		"cancelling one",
		["job", "cancel", UNKNOWN, "--dev=//Two"],
		() => TWO,
		[UNKNOWN, "assay job list"],
	],
	[
		"claiming from one",
		["job", "claim", UNKNOWN, "--dev=//Two"],
		() => TWO,
		[UNKNOWN, "assay job list"],
	],
	[
		"a key file with something else in it",
		["provider", "run", "--dir=malformed"],
		null,
		["malformed/worker.key", "64 hexadecimal digits"],
	],
	[
		"a key file that others can read",
		["job", "cancel", "0", "--dir=open"],
		null,
		["open/worker.key", "chmod 600"],
	],
	[
		"a directory without a key",
		["validator", "run", "--dir=nowhere"],
		null,
		["nowhere", "assay keys generate"],
	],
];

describe("`assay` refuses in one line, and changes nothing, when it is asked for", {
	concurrency: true,
}, () => {
	before(() =>
		// 240,000 ASY x 3 tasks / 60 % = 1,200,000 ASY a round; a development account has 1,000,000.
		writePlan("dear.json", (plan) => {
			plan.terms.price = "240000 ASY";
		}),
	);

	for (const [what, args, who, words] of CASES) {
		it(what, async () => {
			// GIVEN what the chain knows of the account
			const address = who?.();
			const state = address && (await stateOf(address));
			// WHEN the command runs
			const { status, stdout, stderr } = await assay([...args, node], dir);
			// THEN it fails with one line that names what is wrong and what to do
			assert.equal(status, 1, stdout + stderr);
			assert.equal(stdout, "");
			assert.match(stderr, /^error: [^\n]+\n$/);
			for (const word of words) {
				assert.ok(stderr.includes(word), `no \`${word}\` in: ${stderr}`);
			}
			assert.doesNotMatch(stderr, /panick|backtrace|secret/i);
			// AND no transaction was sent
			if (address) assert.equal(await stateOf(address), state);
		});
	}
});

describe("a submitter with `assay`", () => {
	it("posts a plan once however often it tries, a second time on purpose, and takes it back", async () => {
		// GIVEN a plan that was posted
		await writePlan("plan.json");
		const flags = ["--data", "data", "--dev=//One", node];
		const submit = ["job", "submit", "plan.json", ...flags];
		const first = await assayJson(submit, dir);
		assert.equal(first.adopted, false);
		assert.equal(BigInt(first.escrow), 10n * ASY);
		// WHEN it is posted once more, as after an error
		const [one, next] = [account("//One").address, await api.call.jobsApi.nextJob()];
		const state = await stateOf(one);
		const retry = await assayJson(submit, dir);
		// THEN it is the same job, and nothing was sent
		assert.deepEqual([retry.job_id, retry.adopted], [first.job_id, true]);
		assert.equal(await stateOf(one), state);
		assert.ok((await api.call.jobsApi.nextJob()).eq(next));

		// WHEN a second one is wanted
		const second = await assayJson([...submit, "--again"], dir);
		// THEN there is one
		assert.equal(second.job_id, first.job_id + 1);

		// WHEN a job that owes nothing is claimed from
		const id = String(first.job_id);
		const claim = await assay(["job", "claim", id, "--dev=//Two", node], dir);
		// THEN the line says so
		assert.equal(claim.status, 1);
		assert.match(claim.stderr, /^error: job \d+ owes them nothing now[^\n]+\n$/);

		// WHEN the first is cancelled
		await assayJson(["job", "cancel", id, "--dev=//One", node], dir);
		// THEN its escrow is back, and the second is left alone
		const shown = await assayJson(["job", "show", id, node], dir);
		assert.equal(shown.refunded, first.escrow);
		const { jobs } = await assayJson(["job", "list", node], dir);
		const listed = jobs.map((job) => job.job_id);
		assert.ok(!listed.includes(first.job_id) && listed.includes(second.job_id), `${listed}`);
	});
});
