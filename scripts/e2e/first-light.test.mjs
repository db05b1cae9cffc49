// The whole way of a job: `assay demo` with a network of its own and a small share of the main job.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { assay, assayJson, program } from "./lib/assay.mjs";

const [ROUNDS, TASKS, SEATS, STEPS] = [2, 3, 3, 16];
/** What a task of the main job has. */
const MAIN_STEPS = 112;
/** Six minutes: the run itself takes about one, a node that is killed in it another. */
const RUN_MILLIS = 6 * 60 * 1_000;
const ASY = 1_000_000_000_000n;

const scripts = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");

// Leaving by `exit` stops what runs.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

let dir;
let corpus;

/** Runs the demo to its end; `onLine` sees each line that it prints. Returns its report. */
async function demo(name, flags, onLine = () => {}) {
	const base = join(dir, name);
	const json = join(dir, `${name}.json`);
	const sizes = ["--rounds", ROUNDS, "--tasks", TASKS, "--steps", STEPS].map(String);
	const args = ["demo", "--data", corpus, "--base", base, "--json", json, ...sizes, ...flags];
	const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
	// It stops its own processes when it is told to end.
	const stop = () => child.kill("SIGTERM");
	const timer = setTimeout(stop, RUN_MILLIS);
	process.once("exit", stop);
	const lines = [];
	const read = (stream) => {
		let rest = "";
		stream.setEncoding("utf8").on("data", (text) => {
			const parts = (rest + text).split(/[\r\n]+/);
			rest = parts.pop();
			for (const line of parts) {
				lines.push(line);
				onLine(line, base);
			}
		});
	};
	read(child.stdout);
	read(child.stderr);
	const status = await new Promise((resolve, reject) => {
		child.on("error", reject).on("close", resolve);
	});
	clearTimeout(timer);
	process.off("exit", stop);
	assert.equal(status, 0, `assay demo ended with ${status}:\n${lines.slice(-30).join("\n")}`);
	return JSON.parse(await readFile(json, "utf8"));
}

/** Trains the main job's plan, of so many steps a task, on this machine alone. */
async function trainAlone(steps, rounds) {
	const plan = join(dir, `plan-${steps}.json`);
	const example = await assay(["job", "example"]);
	await writeFile(plan, JSON.stringify({ ...JSON.parse(example.stdout), steps }));
	const sizes = ["--rounds", rounds, "--tasks", TASKS, "--threads", 2].map(String);
	return assayJson(["train", "--local", plan, "--data", corpus, ...sizes]);
}

/** Pays out, in the name of an account without any part in the job, what it owes so far. */
async function claimForAll(base) {
	const { nodes } = JSON.parse(await readFile(join(base, "network.json"), "utf8"));
	return assayJson(["job", "claim", "0", "--dev=//Two", `--node=${nodes[0]}`]);
}

/** Everything that holds for each run, whatever happens in it. */
function completedInFull(report) {
	assert.equal(report.state, "completed");
	assert.equal(report.rounds, ROUNDS);
	assert.equal(report.tasks_accepted, ROUNDS * TASKS);
	const { loss_first, loss_last } = report;
	assert.ok(loss_last <= 0.75 * loss_first, `${loss_last} of ${loss_first}`);
	const { compute, data, validation } = report.paid;
	const parts = [compute, data, validation, report.refunded, report.fees].map(BigInt);
	const sum = parts.reduce((left, right) => left + right, 0n);
	assert.equal(sum, BigInt(report.escrow), "escrow = paid + refunded + fees");
	const megabytes = Object.values(report.peak_mb).reduce((left, right) => left + right, 0);
	assert.ok(megabytes < 6_000, `${megabytes} MB`);
}

describe("a job from posting to the last payout", () => {
	let honest;
	before(async () => {
		dir = await mkdtemp(join(tmpdir(), "assay-e2e-"));
		corpus = join(dir, "corpus.bin");
		const root = (await readFile(join(scripts, "corpus.root"), "utf8")).trim();
		const list = join(scripts, "corpus.txt");
		const args = ["data", "pack", "--list", list, "--kind", "rs"];
		await assayJson([...args, "--expect", root, "--out", corpus]);
	});
	after(() => rm(dir, { recursive: true, force: true }));

	it("is trained, verified and paid, and its model gives the recorded loss", async () => {
		// GIVEN honest providers, and somebody who claims for all of them after the first round
		let claimed;
		const onLine = (line, base) => {
			if (/round 0 closed/.test(line)) claimed ??= claimForAll(base);
			// Its failure is seen below.
			claimed?.catch(() => {});
		};
		// WHEN the job runs
		honest = await demo("honest", [], onLine);
		// THEN everything is accepted and nobody is punished
		completedInFull(honest);
		assert.equal(honest.tasks_rejected, 0);
		assert.equal(honest.verdicts, ROUNDS * TASKS * SEATS);
		assert.equal(BigInt(honest.slashed), 0n);
		// AND the claim paid part of what was earned, and nothing of it was paid again
		const early = BigInt((await claimed).total);
		const { compute, validation } = honest.paid;
		assert.ok(early > 0n && early < BigInt(compute) + BigInt(validation), `${early}`);
		// AND measuring the model again fails unless it gives the same bits
		const model = join(dir, "honest", "model");
		const evaluated = await assayJson(["model", "eval", model, "--data", corpus]);
		assert.equal(evaluated.loss, honest.loss_last);
	});

	it("has the checkpoint and the losses of a training without a chain", async () => {
		// GIVEN the run before
		// WHEN the same plan is trained on one machine
		const alone = await trainAlone(STEPS, ROUNDS);
		// THEN every bit is the same
		assert.equal(alone.checkpoint, honest.checkpoint);
		assert.deepEqual(
			[alone.loss_first, alone.loss_last],
			[honest.loss_first, honest.loss_last],
		);
	});

	// The network's job is too short for this. It has the bits of a training without a chain, so one
	// of those tells the same about a longer one.
	it("learns more than how frequent each byte is", async () => {
		// GIVEN the main job's plan with all its steps
		// WHEN the first of its four rounds is trained
		const { loss_first, loss_last } = await trainAlone(MAIN_STEPS, 1);
		// THEN the loss is below three quarters of what it was, and of the bytes' entropy
		assert.ok(loss_last <= 0.75 * loss_first, `${loss_last} of ${loss_first}`);
		const entropy = honest.unigram_entropy;
		assert.ok(loss_last <= 0.75 * entropy, `${loss_last} of ${entropy}`);
	});

	it("finds a wrong gradient, punishes it, and ends with the same checkpoint", async () => {
		// GIVEN one provider that negates a gradient in one task
		// WHEN the job runs
		const report = await demo("cheat", ["--cheat", "wrong-gradient"]);
		// THEN the task is rejected, costs its stake and is redone by another provider
		completedInFull(report);
		assert.equal(report.tasks_rejected, 1);
		// A stake of some 115 times the price of 2 ASY: less would not deter.
		const slashed = BigInt(report.slashed);
		assert.ok(slashed > 225n * ASY && slashed < 260n * ASY, report.slashed);
		// AND the model is the honest one
		assert.equal(report.checkpoint, honest.checkpoint);
	});

	it("survives the kill of a provider, of a validator's worker and of a node", async () => {
		// GIVEN what to kill, and the line at which it happens
		const kills = [
			[/round 0 slot \d+: Eve trains/, "provider-eve"],
			[/round 0 slot \d+: .* reveals/, "validator-bob"],
			[/round 0 closed/, "node-charlie"],
		];
		const killed = [];
		const onLine = async (line, base) => {
			const index = kills.findIndex(([pattern]) => pattern.test(line));
			if (index < 0) return;
			const [[, name]] = kills.splice(index, 1);
			const { pids } = JSON.parse(await readFile(join(base, "network.json"), "utf8"));
			process.kill(pids[name], "SIGKILL");
			killed.push(name);
		};
		// WHEN the job runs
		const report = await demo("kills", [], onLine);
		// THEN all were killed, and the job ends as if nothing had happened
		assert.deepEqual(killed.sort(), ["node-charlie", "provider-eve", "validator-bob"]);
		completedInFull(report);
		assert.equal(report.checkpoint, honest.checkpoint);
		// AND nobody was punished for it, or paid twice for the same task
		assert.equal(report.tasks_rejected, 0);
		assert.equal(BigInt(report.slashed), 0n);
		assert.ok(BigInt(report.paid.compute) <= BigInt(ROUNDS * TASKS) * 2n * ASY);
	});
});
