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
					decay: null,
					clip: null,
				},
			},
			batch: 16,
			lossScale: 0,
			profile: "Exact12V1",
		},
		data: { root: randomRoot(), bytes: 4 * 1024 * 1024 },
		steps: 32,
		stride: 4,
		parent: { root: randomRoot(), bytes: CHECKPOINT_BYTES },
		seed: randomRoot(),
		evalRows: 1_024,
	};
}

/** Turns of a head of 16 columns in parts of 2^-64 of a whole turn: too large for a number of JavaScript. */
const TURNS = [
	"2935890503282001408",
	"928410095122917248",
	"293589050328200128",
	"92841009512291728",
	"29358905032820016",
	"9284100951229172",
	"2935890503282001",
	"928410095122917",
];

/**
 * Bytes of the sample decoder's parameters, in tiles of 1,024 bytes. A block: two norms 1 each, four
 * products 32x32 = 4 each, three 32x48 = 6 each, 36 in all. Besides: embedding and head 256x32 = 32
 * each, the last norm 1.
 */
export const DECODER_BYTES = (2 * 36 + 32 + 32 + 1) * 1_024;

/** A decoder of two blocks with every field that a plan can have, trained 32 steps a task. */
export function sampleDecoder() {
	const decimal = (mantissa, exponent) => ({ mantissa, exponent });
	const plan = samplePlan();
	plan.step.model = {
		Gpt: {
			vocabulary: 256,
			context: 16,
			width: 32,
			layers: 2,
			heads: 2,
			kvHeads: 2,
			head: 16,
			feedForward: 48,
			norm: "Rms",
			normEpsilon: decimal(1, -5),
			positions: { Rotary: TURNS },
			mlp: "Gated",
			twoTerms: false,
			biases: false,
			tied: false,
			adapter: null,
		},
	};
	plan.step.optimiser.AdamW.decay = { steps: 96, floor: decimal(1, -1) };
	plan.step.optimiser.AdamW.clip = decimal(1, 0);
	plan.step.batch = 4;
	plan.step.lossScale = 8;
	plan.parent.bytes = DECODER_BYTES;
	return plan;
}

/**
 * Three tasks in each of four rounds, of which a fifth is drawn at least and an eighth of each
 * recomputed. Verdicts of a round can cost 1.41 prices, and two are there for them. A stake of 123
 * prices deters.
 */
export function sampleTerms() {
	return {
		price: ASY,
		taskStake: 125n * ASY,
		tasks: 3,
		rounds: 4,
		providers: 3,
		committee: 3,
		quorum: 2,
		auditFloorPpm: 200_000,
		harm: 0n,
		windows: { open: 1_000, train: 100, reveal: 20, assay: 100, unseal: 20, close: 100, challenge: 20 },
		shares: { compute: 600_000, data: 0, validation: 400_000 },
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
		stride: 2,
		seed: randomRoot(),
		eval_rows: 256,
		terms: {
			price: "1 ASY",
			tasks: 3,
			rounds: 2,
			providers: 3,
			committee: 3,
			quorum: 2,
			windows: { open: 1_000, train: 50, reveal: 20, assay: 50, unseal: 20, close: 20, challenge: 20 },
			shares: { compute: 600_000, data: 0, validation: 400_000 },
		},
	};
}

/** What posting the sample plan deposits: ceil(price * tasks * 1,000,000 / 600,000) for each of the rounds. */
export const ESCROW = 4n * ((ASY * 3n * 1_000_000n) / 600_000n);

function randomRoot() {
	return `0x${randomBytes(32).toString("hex")}`;
}
