// A job as a submitter would fill it in, in plain values. A test spoils a copy in its own way.

import { randomBytes } from "node:crypto";

/** One ASY in its smallest unit. */
export const ASY = 1_000_000_000_000n;

/**
 * Bytes of the sample model's parameters, in tiles of 1,024 bytes: embedding 256x16 = 16, dense
 * 128x32 = 16, its bias 1, dense 32x32 = 4, bias 1, dense 32x256 = 32, bias 1.
 */
export const CHECKPOINT_BYTES = (16 + 16 + 1 + 4 + 1 + 32 + 1) * 1_024;

/** A byte model of two hidden layers, trained 32 steps a task. */
export function samplePlan() {
	const decimal = (mantissa, exponent) => ({ mantissa, exponent });
	return {
		step: {
			model: { ByteMlp: { context: 8, embedding: 16, hidden: [32, 32] } },
			optimiser: {
				AdamW: {
					learningRate: decimal(1, -3),
					beta1: decimal(9, -1),
					beta2: decimal(999, -3),
					epsilon: decimal(1, -8),
					weightDecay: decimal(1, -2),
					warmup: 16,
				},
			},
			batch: 16,
			profile: "Exact12V1",
		},
		data: { root: randomRoot(), bytes: 4 * 1024 * 1024 },
		steps: 32,
		stride: 32,
		parent: { root: randomRoot(), bytes: CHECKPOINT_BYTES },
		seed: randomRoot(),
		evalRows: 1_024,
	};
}

/**
 * Three tasks in each of four rounds. Three verdicts at the highest uptime bonus cost 3.75 prices
 * a task; 800,000 / 200,000 = 4 prices a task are there for them.
 */
export function sampleTerms() {
	return {
		price: ASY,
		taskStake: 10n * ASY,
		tasks: 3,
		rounds: 4,
		providers: 3,
		committee: 3,
		quorum: 2,
		windows: { open: 1_000, train: 100, reveal: 20, assay: 100, unseal: 20, close: 100 },
		shares: { compute: 200_000, data: 0, validation: 800_000 },
	};
}

/** A small job as a plan file of `assay`, with a seed of its own and without data. */
export function samplePlanFile() {
	return {
		model: { byte_mlp: { context: 4, embedding: 16, hidden: [32, 16] } },
		optimiser: {
			adam_w: {
				learning_rate: "0.01",
				beta1: "0.9",
				beta2: "0.99",
				epsilon: "1e-8",
				weight_decay: "0.01",
				warmup: 4,
			},
		},
		batch: 32,
		profile: "exact-12.1",
		steps: 16,
		seed: randomRoot(),
		eval_rows: 256,
		terms: {
			price: "1 ASY",
			task_stake: "1 ASY",
			tasks: 3,
			rounds: 2,
			providers: 3,
			committee: 3,
			quorum: 2,
			windows: { open: 1_000, train: 50, reveal: 20, assay: 50, unseal: 20, close: 20 },
			shares: { compute: 200_000, data: 0, validation: 800_000 },
		},
	};
}

/** What posting the sample plan deposits: ceil(price * tasks * 1,000,000 / 200,000) for each of the rounds. */
export const ESCROW = 4n * ((ASY * 3n * 1_000_000n) / 200_000n);

function randomRoot() {
	return `0x${randomBytes(32).toString("hex")}`;
}
