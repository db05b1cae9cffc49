#!/usr/bin/env node
// What verification costs: processor seconds of the validators' workers, of the providers beside
// training, and of the nodes above idle, over those of training alone.
//
//   node scripts/overhead.mjs [ROUNDS [PLAN]]
//
// Runs the main job, or another plan with its terms, with so many rounds (30 if no number is given) on a local network of three nodes,
// after scripts/quickstart.sh has built and packed everything, and prints the table of
// docs/performance.md: the first ten rounds, in which providers are new, and those behind them. Takes
// about a minute a round. Linux only: it reads /proc.
//
// - training: `assay train --local` on one thread, two rounds less one, so that its start drops out;
// - providers: what their workers used, less that: hashing, sealing, publishing, watching the chain;
// - validators: all that their workers used: fetching, recomputing, aggregating, evaluating;
// - nodes: what they used, less what nodes of an idle network use in the same time.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const NEW_ROUNDS = 10;
const IDLE_SECONDS = 60;
const self = fileURLToPath(import.meta.url);
const here = dirname(self);
const ticks = Number(execFileSync("getconf", ["CLK_TCK"]).toString());

/** The fields of /proc/PID/stat behind the name, which may contain anything; none if it has ended. */
function statOf(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "utf8");
		const [open, close] = [text.indexOf("("), text.lastIndexOf(")")];
		return { name: text.slice(open + 1, close), fields: text.slice(close + 2).split(" ") };
	} catch {
		return null;
	}
}

/** Processor seconds of a process so far. */
function cpuOf(pid) {
	const fields = statOf(pid)?.fields;
	return fields ? (Number(fields[11]) + Number(fields[12])) / ticks : Number.NaN;
}

/** Runs inside of local-network.sh: what its nodes use in a second. */
async function idle() {
	const nodes = readdirSync("/proc").filter((pid) => {
		const stat = /^\d+$/.test(pid) && statOf(pid);
		return stat && stat.name === "assay-node" && Number(stat.fields[1]) === process.ppid;
	});
	const sum = () => nodes.reduce((all, pid) => all + cpuOf(pid), 0);
	const before = sum();
	await sleep(IDLE_SECONDS * 1_000);
	console.log(JSON.stringify({ nodes: nodes.length, idle: (sum() - before) / IDLE_SECONDS }));
}

/** What every process has used, by the part that it plays. */
function look(base) {
	const { pids } = JSON.parse(readFileSync(join(base, "network.json"), "utf8"));
	const sums = { provider: 0, validator: 0, node: 0 };
	for (const [name, pid] of Object.entries(pids)) sums[name.split("-")[0]] += cpuOf(pid);
	return { at: performance.now() / 1_000, ...sums };
}

/** Processor seconds of training so many rounds alone. */
function train(assay, plan, corpus, count) {
	const words = [assay, "train", "--local", plan, "--data", corpus, "--tasks", "3"];
	const quoted = [...words, "--rounds", count, "--threads", "1"].map((word) => `'${word}'`);
	const script = `TIMEFORMAT='%U %S'; { time ${quoted.join(" ")} > /dev/null 2>&1; } 2>&1`;
	const printed = execFileSync("bash", ["-c", script]).toString().trim();
	return printed.split(" ").reduce((sum, part) => sum + Number(part), 0);
}

/** Runs the job and tells what was used up to the end of each round. */
async function runJob(assay, plan, corpus, base, rounds) {
	const args = ["demo", "--base", base, "--data", corpus, "--rounds", String(rounds)];
	args.push("--plan", plan);
	const demo = spawn(assay, args, { stdio: ["ignore", "ignore", "pipe"] });
	const looks = [];
	let rest = "";
	demo.stderr.setEncoding("utf8").on("data", (text) => {
		const parts = (rest + text).split(/[\r\n]+/);
		rest = parts.pop();
		for (const line of parts) {
			if (/job \d+ is posted/.test(line)) looks[0] ??= look(base);
			const closed = /round (\d+) closed/.exec(line);
			if (closed) looks[Number(closed[1]) + 1] ??= look(base);
		}
	});
	const status = await new Promise((resolve) => demo.on("close", resolve));
	if (status !== 0) throw new Error(`assay demo ended with ${status}: see ${base}/logs`);
	return looks;
}

/** The shares of training of one part of the job. */
function part(looks, from, to, training, idleRate) {
	const [first, last] = [looks[from], looks[to]];
	const used = (name) => last[name] - first[name];
	const whole = training * (to - from);
	const rows = {
		providers: used("provider") - whole,
		validators: used("validator"),
		nodes: used("node") - idleRate * (last.at - first.at),
	};
	const share = (seconds) => `${((100 * seconds) / whole).toFixed(1)} %`;
	const sum = Object.values(rows).reduce((all, seconds) => all + seconds, 0);
	const cells = [...Object.values(rows).map(share), share(sum)];
	return `| ${from}..${to - 1} | ${whole.toFixed(1)} s | ${cells.join(" | ")} |`;
}

async function main() {
	const rounds = Number(process.argv[2] ?? 30);
	if (!Number.isInteger(rounds) || rounds < 1) throw new Error("usage: overhead.mjs [ROUNDS [PLAN]]");
	const print = `. "${here}/lib.sh"; . "${here}/env.sh"; echo "$ASSAY_BIN"`;
	const assay = join(execFileSync("bash", ["-c", print]).toString().trim(), "assay");
	const corpus = join(here, "../.local/corpus.bin");
	for (const file of [assay, corpus]) {
		if (!existsSync(file)) throw new Error(`${file} is missing: run scripts/quickstart.sh first`);
	}
	const dir = mkdtempSync(join(tmpdir(), "assay-overhead-"));
	try {
		const network = join(here, "local-network.sh");
		const told = execFileSync(network, [process.execPath, self, "--idle"]).toString().trim();
		const { idle: idleRate } = JSON.parse(told.split("\n").at(-1));
		const plan = process.argv[3] ?? join(dir, "plan.json");
		if (!process.argv[3]) writeFileSync(plan, execFileSync(assay, ["job", "example"]));
		// Before and behind, as a machine changes its pace.
		const alone = () => train(assay, plan, corpus, 2) - train(assay, plan, corpus, 1);
		const before = alone();
		const looks = await runJob(assay, plan, corpus, join(dir, "demo"), rounds);
		const training = (before + alone()) / 2;
		console.log(JSON.stringify({ idleRate, training, looks }));
		console.log("| rounds | training | providers | validators | nodes | together |");
		console.log("| --- | --- | --- | --- | --- | --- |");
		const young = Math.min(NEW_ROUNDS, rounds);
		console.log(part(looks, 0, young, training, idleRate));
		if (rounds > young) console.log(part(looks, young, rounds, training, idleRate));
	} catch (error) {
		// The logs of a network that failed are worth more than the space.
		console.error(`logs are kept in ${dir}`);
		throw error;
	}
	rmSync(dir, { recursive: true, force: true });
}

await (process.argv[2] === "--idle" ? idle() : main());
