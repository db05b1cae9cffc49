//! Golden vectors for every language that speaks the protocol, in `testdata/`.
//!
//! A difference is a change of a stored format. `ASSAY_BLESS=1` writes the files anew.

use crate::samples::{classifier, context, plan, strict_terms, terms, with_step};
use assay_numerics::{CosineDecay, Decimal, Optimiser};
use assay_protocol::{
	assign::{assign_seed, Order},
	audit::{floor_bill, highest_floor_ppm, least_stake},
	draw::{closers, committee, draw_preimage, draw_seed, least_quorum, seats},
	money::{escrow, miss_penalty, pools, round_budget, split_fee},
	plan::plan_preimage,
	plan_id,
	reward::{
		fetched, providers_part, reward, score_ppm, uptime_ppm, verdict_fee, weighted_quality_ppm,
	},
	sampling::{is_drawn, segment},
	Audit, AuditPolicy, JobId, Loss, PlanFacts, Shares, Standing, TaskClaim, Verdict, VerdictClaim,
};
use serde_json::{json, Value};
use std::{env, fs, path::PathBuf};

/// Compares with the file, or writes it.
fn golden(name: &str, vectors: Vec<Value>) {
	let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
		.join("testdata")
		.join(name);
	let text = serde_json::to_string_pretty(&vectors).expect("plain JSON") + "\n";
	if env::var_os("ASSAY_BLESS").is_some() {
		fs::write(&path, &text).expect("the folder exists");
	}
	let stored = fs::read_to_string(&path).expect("the file is in the repository");
	assert!(
		stored == text,
		"{name} differs: a stored format has changed"
	);
}

fn amount(amount: u128) -> Value {
	json!(amount.to_string())
}

#[test]
fn plan_ids_are_pinned() {
	let mut long = plan();
	(long.steps, long.stride, long.eval_rows, long.seed) = (256, 256, 65_536, [255; 32]);
	// Every field that only some plans have.
	let mut decoder = with_step(assay_numerics::samples::gpt(16, 32, 2, 4));
	let Optimiser::AdamW(adam) = &mut decoder.step.optimiser;
	let floor = Decimal::new(1, -1);
	adam.decay = Some(CosineDecay { steps: 400, floor });
	adam.clip = Some(Decimal::new(1, 0));
	decoder.step.loss_scale = 8;
	golden(
		"plan.json",
		[plan(), long, decoder, with_step(classifier())]
			.iter()
			.map(|plan| {
				json!({
					"preimage": hex::encode(plan_preimage(plan)),
					"plan_id": hex::encode(plan_id(plan)),
				})
			})
			.collect(),
	);
}

#[test]
fn seals_are_pinned() {
	let task = TaskClaim {
		context: context(),
		parent: [7; 32],
		slot_root_in: [0; 32],
		trace_root: [8; 32],
		update_root: [9; 32],
		slot_root_out: [0; 32],
		loss: Loss(93_032_512),
		salt: [10; 32],
	};
	let context = context();
	let named = |mut fields: Value| {
		fields["genesis"] = json!(hex::encode(context.genesis));
		fields["job"] = json!(context.job.0);
		fields["round"] = json!(context.round);
		fields["slot"] = json!(context.slot);
		fields["attempt"] = json!(context.attempt);
		fields["account"] = json!(hex::encode(context.account));
		fields
	};
	let mut vectors = vec![named(json!({
		"thing": "task",
		"parent": hex::encode(task.parent),
		"slot_root_in": hex::encode(task.slot_root_in),
		"trace_root": hex::encode(task.trace_root),
		"update_root": hex::encode(task.update_root),
		"slot_root_out": hex::encode(task.slot_root_out),
		"loss": task.loss.0,
		"salt": hex::encode(task.salt),
		"preimage": hex::encode(task.preimage()),
		"seal": hex::encode(task.seal()),
	}))];
	for (name, verdict) in [
		("valid", Verdict::Valid),
		("invalid", Verdict::Invalid),
		("unfetched", Verdict::Unfetched),
	] {
		let claim = VerdictClaim {
			context,
			draw_index: 3,
			verdict,
			salt: [11; 32],
		};
		vectors.push(named(json!({
			"thing": "verdict",
			"draw_index": claim.draw_index,
			"verdict": name,
			"salt": hex::encode(claim.salt),
			"preimage": hex::encode(claim.preimage()),
			"seal": hex::encode(claim.seal()),
		})));
	}
	golden("seal.json", vectors);
}

#[test]
fn draws_and_committees_are_pinned() {
	let outputs: Vec<([u8; 32], [u8; 32])> = (0u8..3)
		.map(|block| ([block; 32], [block + 100; 32]))
		.collect();
	let stakes: Vec<([u8; 32], u128)> = (1u8..=20)
		.map(|account| ([account; 32], u128::from(account) << 100))
		.collect();
	let pairs = |list: &[([u8; 32], Value)]| -> Vec<Value> {
		list.iter()
			.map(|(account, value)| json!([hex::encode(account), value]))
			.collect()
	};
	let listed_outputs: Vec<_> = outputs
		.iter()
		.map(|(account, output)| (*account, json!(hex::encode(output))))
		.collect();
	let listed_stakes: Vec<_> = stakes
		.iter()
		.map(|(account, stake)| (*account, amount(*stake)))
		.collect();
	let mut vectors = Vec::new();
	for (round, index, slot, attempt, seats) in
		[(0, 0, 0, 0, 3), (5, 2, 1_023, 2, 15), (4_095, 9, 7, 1, 1)]
	{
		let seed = draw_seed(JobId(42), round, index, &outputs);
		let members = |list: &[[u8; 32]]| list.iter().map(hex::encode).collect::<Vec<_>>();
		vectors.push(json!({
			"job": 42,
			"round": round,
			"draw_index": index,
			"outputs": pairs(&listed_outputs),
			"preimage": hex::encode(draw_preimage(JobId(42), round, index, &outputs)),
			"seed": hex::encode(seed),
			"stakes": pairs(&listed_stakes),
			"slot": slot,
			"attempt": attempt,
			"seats": seats,
			"excluded": hex::encode([20; 32]),
			"committee": members(&committee(&seed, slot, attempt, &stakes, seats, &[20; 32])),
			"closers": members(&closers(&seed, attempt, &stakes, seats)),
		}));
	}
	golden("draw.json", vectors);
}

#[test]
fn seats_and_quorums_are_pinned() {
	let mut vectors = Vec::new();
	for committee in [1, 2, 3, 4, 5, 9, 10, 15] {
		for redraws in 0..=3 {
			let seats = seats(committee, redraws);
			vectors.push(json!({
				"committee": committee,
				"redraws": redraws,
				"seats": seats,
				"least_quorum": least_quorum(seats),
			}));
		}
	}
	golden("seats.json", vectors);
}

#[test]
fn orders_of_members_are_pinned() {
	let vectors = [(0, 1), (1, 3), (2, 4), (3, 17)].map(|(round, members)| {
		let seed = assign_seed(&[3; 32], JobId(42), round);
		json!({
			"plan_seed": hex::encode([3; 32]),
			"job": 42,
			"round": round,
			"members": members,
			"seed": hex::encode(seed),
			"order": Order::new(&seed, members).candidates(0, 0).collect::<Vec<_>>(),
		})
	});
	golden("order.json", vectors.to_vec());
}

#[test]
fn amounts_are_pinned() {
	let mut vectors = Vec::new();
	for (price, tasks, rounds, compute) in [
		(1, 1, 1, 1_000_000),
		(1_000_000_000_000, 3, 4, 200_000),
		(999_999_999_999_999_999, 1_024, 4_096, 333_333),
		(7, 13, 5, 1),
	] {
		let mut terms = terms();
		(terms.price, terms.tasks, terms.rounds) = (price, tasks, rounds);
		terms.shares = Shares {
			compute,
			data: 0,
			validation: 1_000_000 - compute,
		};
		let pools = pools(&terms).expect("in range");
		let (net, fee) = split_fee(price);
		vectors.push(json!({
			"price": amount(price),
			"tasks": tasks,
			"rounds": rounds,
			"compute_ppm": compute,
			"data_ppm": 0,
			"validation_ppm": 1_000_000 - compute,
			"round_budget": amount(round_budget(&terms).expect("in range")),
			"escrow": amount(escrow(&terms).expect("in range")),
			"pool_compute": amount(pools.compute),
			"pool_validation": amount(pools.validation),
			"net": amount(net),
			"fee": amount(fee),
			"miss_penalty": amount(miss_penalty(price)),
		}));
	}
	golden("money.json", vectors);
}

#[test]
fn rewards_are_pinned() {
	use assay_protocol::reward::Contribution;
	let mut vectors = Vec::new();
	for (compute, quality_ppm, data, rarity_ppm, validation, uptime_ppm) in [
		(0, 0, 0, 0, 0, 0),
		(
			1_000_000_000_000,
			1_000_000,
			0,
			0,
			3_000_000_000_000,
			1_250_000,
		),
		(
			999_999_999_999,
			876_543,
			123_456_789,
			2_718_281,
			55_555,
			607_142,
		),
		(u128::MAX, 999_999, 1, 1, 1, 1),
		(3, 333_333, 3, 4_000_001, 3, 4_000_000),
	] {
		let of = Contribution {
			compute,
			quality_ppm,
			data,
			rarity_ppm,
			validation,
			uptime_ppm,
		};
		let paid = reward(&of).expect("in range");
		vectors.push(json!({
			"formula": "reward",
			"compute": amount(compute),
			"quality_ppm": quality_ppm,
			"data": amount(data),
			"rarity_ppm": rarity_ppm,
			"validation": amount(validation),
			"uptime_ppm": uptime_ppm,
			"paid": {
				"compute": amount(paid.compute),
				"data": amount(paid.data),
				"validation": amount(paid.validation),
			},
		}));
	}
	for (weight, gain, median) in [
		(0, 1, 2),
		(200_000, 1, 2),
		(200_000, 1, 3),
		(200_000, -1, 3),
		(100_000, 5, 0),
	] {
		let score = score_ppm(gain, median);
		vectors.push(json!({
			"formula": "quality",
			"weight_ppm": weight,
			"gain": gain.to_string(),
			"median": median.to_string(),
			"score_ppm": score,
			"quality_ppm": weighted_quality_ppm(weight, score),
		}));
	}
	for (price, recomputed, task, drawn, answered) in [
		(1_000_000_000_000u128, 1u128, 1u128, 0, 0),
		(1_000_000_000_000, 3_333, 10_000, 7, 6),
		(u128::MAX >> 1, 1 << 100, 3 << 100, 8, 8),
		(10, 1, 3, 3, 0),
	] {
		let uptime = uptime_ppm(drawn, answered);
		vectors.push(json!({
			"formula": "verdict fee",
			"price": amount(price),
			"recomputed": amount(recomputed),
			"task": amount(task),
			"drawn": drawn,
			"answered": answered,
			"uptime_ppm": uptime,
			"fee": amount(verdict_fee(price, recomputed, task, uptime)),
		}));
	}
	for (fee, rate_ppm, floor_ppm) in [
		(1_000_000_000_000u128, 1_000_000, 50_000),
		(1_000_000_000_000, 142_857, 50_000),
		(1_000_000_000_000, 50_000, 50_000),
		(u128::MAX, 999_999, 1),
		(10, 3, 1),
		(7, 1, 2),
	] {
		vectors.push(json!({
			"formula": "provider's part",
			"fee": amount(fee),
			"rate_ppm": rate_ppm,
			"floor_ppm": floor_ppm,
			"part": amount(providers_part(fee, rate_ppm, floor_ppm)),
		}));
	}
	golden("reward.json", vectors);
}

#[test]
fn rates_and_drawn_segments_are_pinned() {
	let mut vectors = Vec::new();
	for (proven, rounds, value, floor_ppm) in [
		(0, 0, 1, 50_000),
		(1_000_000_000_000, 0, 1_000_000_000_000, 50_000),
		(3_000_000_000_000, 0, 1_000_000_000_000, 50_000),
		(3_000_000_000_000, 10, 1_000_000_000_000, 50_000),
		(90_000_000_000_000, 0, 1_000_000_000_000, 50_000),
		(u128::MAX, 4_000, 1, 0),
		(u128::MAX, 4_227, 1, 0),
	] {
		let standing = Standing::default().proved(proven).decayed(rounds);
		vectors.push(json!({
			"formula": "rate",
			"proven": amount(proven),
			"rounds": rounds,
			"decayed": amount(standing.proven),
			"value": amount(value),
			"floor_ppm": floor_ppm,
			"rate_ppm": standing.rate_ppm(value, floor_ppm),
		}));
	}
	for (byte, slot, attempt) in [(0, 0, 0), (1, 0, 0), (1, 7, 0), (1, 7, 2), (255, 511, 1)] {
		let seed = [byte; 32];
		// The least rate that draws it: what it draws is its random number plus one.
		let least = (0..=1_000_000).find(|rate| is_drawn(&seed, slot, attempt, *rate));
		vectors.push(json!({
			"formula": "sample",
			"seed": hex::encode(seed),
			"slot": slot,
			"attempt": attempt,
			"least_rate_ppm": least,
			"segment_of_7": segment(&seed, slot, attempt, 7),
			"segment_of_256": segment(&seed, slot, attempt, 256),
		}));
	}
	golden("sampling.json", vectors);
}

#[test]
fn least_stakes_are_pinned() {
	let asy = 1_000_000_000_000;
	let mut vectors = Vec::new();
	for (floor_ppm, adversary_ppm, committee, drawn_steps, steps, burned_ppm, gain) in [
		(50_000, 0, 1, 1, 1, 1_000_000, asy),
		(50_000, 333_333, 3, 1, 1, 1_000_000, asy),
		(50_000, 333_333, 3, 1, 1, 500_000, asy),
		(50_000, 333_333, 9, 1, 1, 500_000, asy),
		(50_000, 333_333, 9, 16, 256, 500_000, asy),
		(1_000_000, 0, 15, 256, 256, 1_000_000, asy),
		(1, 999_999, 15, 1, u32::MAX, 1, 1),
		(50_000, 1_000_000, 9, 1, 1, 1_000_000, asy),
		(50_000, 333_333, 9, 1, 1, 1_000_000, u128::MAX),
	] {
		let audit = Audit {
			floor_ppm,
			adversary_ppm,
			committee,
			drawn_steps,
			steps,
			burned_ppm,
		};
		vectors.push(json!({
			"formula": "least stake",
			"floor_ppm": floor_ppm,
			"adversary_ppm": adversary_ppm,
			"committee": committee,
			"drawn_steps": drawn_steps,
			"steps": steps,
			"burned_ppm": burned_ppm,
			"gain": amount(gain),
			"least_stake": audit.least_stake(gain).map(amount),
		}));
	}
	golden("deterrence.json", vectors);
}

#[test]
fn bills_and_stakes_of_terms_are_pinned() {
	let policy = AuditPolicy::STRICT;
	let mut vectors = Vec::new();
	for (price, harm, tasks, committee, floor_ppm, segments, step_flops) in [
		(1_000_000_000_000, 0, 3, 3, 100_000, 4, 1_000),
		(1_000_000_000_000, 1_000_000_000_000, 1, 3, 50_000, 4, 1_000),
		(1_000_000_000_000, 0, 64, 9, 25_000, 31, 12_345_678_901_234),
		(999_999_999_999_999_999, 7, 512, 15, 1_000_000, 16, 333),
		(7, 0, 13, 5, 1, 1, 1),
		(1, u128::MAX, 1, 1, 1_000_000, 2, u128::from(u64::MAX)),
	] {
		let mut terms = strict_terms();
		(terms.price, terms.harm) = (price, harm);
		(terms.tasks, terms.committee, terms.audit_floor_ppm) = (tasks, committee, floor_ppm);
		let facts = PlanFacts {
			task_flops: step_flops * u128::from(segments),
			segment_flops: step_flops,
			segments,
			checkpoint_bytes: 4_096,
		};
		vectors.push(json!({
			"price": amount(price),
			"harm": amount(harm),
			"tasks": tasks,
			"committee": committee,
			"floor_ppm": floor_ppm,
			"segments": segments,
			"task_flops": amount(facts.task_flops),
			"segment_flops": amount(facts.segment_flops),
			"adversary_ppm": policy.adversary_ppm,
			"burned_ppm": policy.burned_ppm,
			"max_flops_ppm": policy.max_flops_ppm,
			"fetched": amount(fetched(&facts)),
			"floor_bill": amount(floor_bill(&terms, &facts).expect("in range")),
			"highest_floor_ppm": highest_floor_ppm(committee, &facts, &policy),
			"least_stake": least_stake(&terms, &facts, &policy).map(amount),
		}));
	}
	golden("audit.json", vectors);
}
