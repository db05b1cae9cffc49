//! Rotary positions.

use super::*;
use crate::{functions::sine_cosine, ops::rotate::angle};

proptest! {
	#![proptest_config(ProptestConfig::with_cases(100))]

	#[test]
	fn pairs_of_a_head_are_turned_by_their_angle_at_each_position(
		noise in noises(),
		(sequences, context, heads, head) in (1_usize..=2, 1_usize..=4, 1_usize..=3, 1_usize..=16),
		inverse in any::<bool>(),
		turns in prop::collection::vec(any::<u64>(), 128),
	) {
		let (context, head) = (16 * context, 16 * head);
		let x = noise.rows(1, sequences * context, heads * head);
		let half = head / 2;
		let wanted = rows(sequences * context, heads * head, |i, j| {
			let (first, inside) = (j / head * head, j % head);
			let pair = inside % half;
			let (s, c) = sine_cosine(turns[pair].wrapping_mul((i % context) as u64));
			let (low, high) = (x[i][first + pair], x[i][first + pair + half]);
			match (inside < half, inverse) {
				(true, false) => low * c - high * s,
				(false, false) => high * c + low * s,
				(true, true) => low * c + high * s,
				(false, true) => high * c - low * s,
			}
		});
		let kind = OpKind::Rotate { context: context as u32, head: head as u32, inverse };
		let env = env().with_turns(&turns[..half]);
		agrees(kind, &env, &[matrix(&x)], &wanted)?;
	}

	#[test]
	fn turning_back_undoes_a_turn(turns in prop::collection::vec(any::<u64>(), 16)) {
		let (context, head) = (32, 32);
		let x = rows(64, 32, |i, j| (i as f32 - 20.0) * 0.25 + j as f32);
		let env = env().with_turns(&turns);
		let turned = |x: &Rows, inverse| {
			let mut memory = Memory::new();
			memory.set(TensorId(1), tiles(&matrix(x)));
			let op = op(OpKind::Rotate { context, head, inverse }, [64, 32], 1);
			folded(&op, &env, &memory).unwrap()
		};
		let back = turned(&turned(&x, false), true);
		for (x, back) in x.iter().flatten().zip(back.iter().flatten()) {
			prop_assert!((x - back).abs() < 1e-4, "{x} became {back}");
		}
	}

	#[test]
	fn positions_whole_turns_apart_have_the_same_angle(
		turn in any::<u64>(),
		position in 0_u32..4_096,
		power in 0_u32..64,
	) {
		// A turn of 2^-power of a whole one comes round after 2^power positions.
		let turns = [turn, 1 << (63 - power) << 1];
		let exact = sine_cosine(turn.wrapping_mul(position.into()));
		prop_assert_eq!(angle(&turns, position, 0), Some(exact));
		if power < 20 {
			let later = position + (1 << power);
			prop_assert_eq!(angle(&turns, position, 1), angle(&turns, later, 1));
		}
		prop_assert_eq!(angle(&turns, position, 2), None);
	}
}

#[test]
fn the_first_position_is_not_turned() {
	assert_eq!(angle(&[u64::MAX], 0, 0), Some((0.0, 1.0)));
}
