// Running the `assay` program.

import { spawn } from "node:child_process";
import { join } from "node:path";

/** Where it was built. */
export const program = join(process.env.ASSAY_BIN ?? "", "assay");

/** More than any command needs that does not wait for a whole job. */
const MOST_MILLIS = 90_000;

/** Runs a command in a directory. Returns its status and what it printed. */
export function assay(args, cwd) {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, {
			cwd,
			stdio: ["ignore", "pipe", "pipe"],
			timeout: MOST_MILLIS,
		});
		const printed = { stdout: "", stderr: "" };
		for (const name of ["stdout", "stderr"]) {
			child[name].setEncoding("utf8").on("data", (text) => (printed[name] += text));
		}
		child.on("error", reject).on("close", (status) => resolve({ status, ...printed }));
	});
}

/** Runs a command that must succeed. Returns the JSON object that it printed. */
export async function assayJson(args, cwd) {
	const { status, stdout, stderr } = await assay([...args, "--json"], cwd);
	if (status !== 0) throw new Error(`assay ${args.join(" ")} ended with ${status}: ${stderr}`);
	return JSON.parse(stdout);
}
