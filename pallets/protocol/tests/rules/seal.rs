//! P10: a seal binds everything it names.

use crate::samples::context;
use assay_numerics::state_root;
use assay_protocol::{
	hash::blake2_256, JobId, Loss, SealContext, TaskClaim, TaskReveal, Verdict, VerdictClaim, Work,
	ZERO_ROOT,
};

type Account = [u8; 32];

fn reveal() -> TaskReveal {
	let (update_root, moments_root, slot_root) = ([11; 32], [12; 32], [13; 32]);
	let first = state_root([7; 32], ZERO_ROOT, [8; 32]);
	let last = state_root(update_root, moments_root, slot_root);
	TaskReveal {
		trace: vec![first, [10; 32], last]
			.try_into()
			.expect("three borders"),
		update_root,
		moments_root,
		slot_root,
		loss: Loss(5 << 24),
		salt: [14; 32],
	}
}

fn claim() -> TaskClaim<Account> {
	TaskClaim::of(context(), [7; 32], [8; 32], &reveal())
}

fn verdict() -> VerdictClaim<Account> {
	VerdictClaim {
		context: context(),
		draw_index: 1,
		verdict: Verdict::Valid,
		salt: [9; 32],
	}
}

fn spoilt_contexts() -> Vec<SealContext<Account>> {
	let spoils: [fn(&mut SealContext<Account>); 6] = [
		|context| context.genesis[0] ^= 1,
		|context| context.job = JobId(context.job.0 + 1),
		|context| context.round += 1,
		|context| context.slot += 1,
		|context| context.attempt += 1,
		|context| context.account[31] ^= 1,
	];
	spoils
		.iter()
		.map(|spoil| {
			let mut context = context();
			spoil(&mut context);
			context
		})
		.collect()
}

#[test]
fn p10_every_field_of_a_task_changes_its_seal() {
	let seal = claim().seal();
	for context in spoilt_contexts() {
		assert_ne!(TaskClaim { context, ..claim() }.seal(), seal);
	}
	let spoils: [fn(&mut TaskClaim<Account>); 7] = [
		|claim| claim.parent[0] ^= 1,
		|claim| claim.slot_root_in[0] ^= 1,
		|claim| claim.trace_root[0] ^= 1,
		|claim| claim.update_root[0] ^= 1,
		|claim| claim.slot_root_out[0] ^= 1,
		|claim| claim.loss = Loss(claim.loss.0 + 1),
		|claim| claim.salt[0] ^= 1,
	];
	for spoil in spoils {
		let mut other = claim();
		spoil(&mut other);
		assert_ne!(other.seal(), seal);
	}
}

#[test]
fn p10_every_field_of_a_verdict_changes_its_seal() {
	let seal = verdict().seal();
	for context in spoilt_contexts() {
		assert_ne!(
			VerdictClaim {
				context,
				..verdict()
			}
			.seal(),
			seal
		);
	}
	assert_ne!(
		VerdictClaim {
			draw_index: 2,
			..verdict()
		}
		.seal(),
		seal
	);
	assert_ne!(
		VerdictClaim {
			salt: [10; 32],
			..verdict()
		}
		.seal(),
		seal
	);
	for other in [Verdict::Invalid, Verdict::Unfetched] {
		assert_ne!(
			VerdictClaim {
				verdict: other,
				..verdict()
			}
			.seal(),
			seal
		);
	}
}

#[test]
fn a_seal_hashes_its_prefix_and_then_its_fields_in_order() {
	let preimage = claim().preimage();

	assert!(preimage.starts_with(b"assay/task/v1"));
	// 13 of prefix, 32 + 8 + 4 + 4 + 1 + 32 of context, 5 roots, loss and salt.
	assert_eq!(preimage.len(), 13 + 81 + 5 * 32 + 8 + 32);
	assert_eq!(claim().seal(), blake2_256(&preimage));

	let preimage = verdict().preimage();
	assert!(preimage.starts_with(b"assay/verdict/v1"));
	assert_eq!(preimage.len(), 16 + 81 + 4 + 1 + 32);
	assert_eq!(verdict().seal(), blake2_256(&preimage));
}

#[test]
fn a_trace_must_begin_at_the_parent_and_the_slot_and_end_at_what_is_revealed() {
	let reveal = reveal();
	assert!(reveal.trace_agrees(2, &[7; 32], &[8; 32]));

	// Other segments, another parent, another slot state, and everything that is revealed.
	assert!(!reveal.trace_agrees(1, &[7; 32], &[8; 32]));
	assert!(!reveal.trace_agrees(3, &[7; 32], &[8; 32]));
	assert!(!reveal.trace_agrees(2, &[0; 32], &[8; 32]));
	assert!(!reveal.trace_agrees(2, &[7; 32], &[0; 32]));
	let spoils: [fn(&mut TaskReveal); 6] = [
		|reveal| reveal.trace[0][0] ^= 1,
		|reveal| reveal.trace[2][0] ^= 1,
		|reveal| {
			reveal.trace.pop();
		},
		|reveal| reveal.update_root[0] ^= 1,
		|reveal| reveal.moments_root[0] ^= 1,
		|reveal| reveal.slot_root[0] ^= 1,
	];
	for spoil in spoils {
		let mut other = reveal.clone();
		spoil(&mut other);
		assert!(!other.trace_agrees(2, &[7; 32], &[8; 32]));
	}
	// What lies between is bound by the root, which the seal has.
	let mut other = reveal.clone();
	other.trace[1][0] ^= 1;
	assert!(other.trace_agrees(2, &[7; 32], &[8; 32]));
	assert_ne!(other.trace_root(), reveal.trace_root());
}

#[test]
fn what_is_revealed_is_what_later_rounds_see() {
	assert_eq!(
		reveal().work(),
		Work {
			update: [11; 32],
			trace_root: reveal().trace_root(),
			slot_root: [13; 32],
			loss: Loss(5 << 24)
		}
	);
}

#[test]
fn the_hash_is_blake2b_of_32_bytes() {
	assert_eq!(
		hex::encode(blake2_256(b"")),
		"0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
	);
	assert_eq!(
		hex::encode(blake2_256(b"abc")),
		"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
	);
}
