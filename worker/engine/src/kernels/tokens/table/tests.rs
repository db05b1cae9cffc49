use assay_numerics::{arith::RANGE_END, Layout, OpKind};

use super::{embed, gradient, position_gradient};
use crate::{
	kernels::reference::{compare, filled, matrix, random, Case, Kind},
	tensor::Tensor,
};

/// Ids of rows, some of them much more frequent than others.
fn ids(rows: u32, vocabulary: u32) -> Tensor {
	let layout = Layout::Matrix { rows, cols: 2 };
	filled(layout, |at| {
		let random = random(at as u64 + 77);
		let most = if random.is_multiple_of(3) {
			3
		} else {
			u64::from(vocabulary)
		};
		((random >> 20) % most.min(vocabulary.into())) as f32
	})
}

const SHAPES: [(u32, u32, u32, u32); 5] = [
	(16, 16, 2, 16),
	(64, 48, 77, 32),
	(576, 272, 256, 48),
	(96, 384, 1_000, 16),
	(320, 208, 300, 160),
];

#[test]
fn embedded_rows_are_the_specifications() {
	for kind in Kind::ALL {
		for (rows, width, vocabulary, context) in SHAPES {
			let ids = ids(rows, vocabulary);
			let table = matrix(kind, vocabulary, width);
			let positions = matrix(kind, context, width);
			let op = OpKind::EmbedTokens {
				context,
				vocabulary,
			};
			let shape = [rows, width];
			let case = Case::new(op, shape, &[&ids, &table]);
			compare(&case, |lane, _, out| {
				embed(lane, ids.matrix(), table.matrix(), None, out)
			});
			let case = Case::new(op, shape, &[&ids, &table, &positions]);
			compare(&case, |lane, _, out| {
				let positions = Some(positions.matrix());
				embed(lane, ids.matrix(), table.matrix(), positions, out)
			});
		}
	}
}

#[test]
fn gradients_of_tables_are_the_specifications() {
	for kind in Kind::ALL {
		for (rows, width, vocabulary, context) in SHAPES {
			let ids = ids(rows, vocabulary);
			let g = matrix(kind, rows, width);
			let base = matrix(kind, vocabulary, width);
			let op = OpKind::TableGrad { rows };
			let shape = [vocabulary, width];
			let both = (ids.matrix(), g.matrix());
			let case = Case::new(op, shape, &[&ids, &g]);
			compare(&case, |lane, watch, out| {
				gradient(lane, both, None, watch, out)
			});
			let case = Case::new(op, shape, &[&ids, &g, &base]);
			compare(&case, |lane, watch, out| {
				gradient(lane, both, Some(base.floats()), watch, out)
			});
			let batch = rows / context;
			let op = OpKind::PositionGrad { context, batch };
			let case = Case::new(op, [context, width], &[&g]);
			compare(&case, |lane, watch, out| {
				position_gradient(lane, g.floats(), watch, out)
			});
		}
	}
}

#[test]
fn partial_sums_out_of_range_are_reported_if_watched() {
	// GIVEN 512 rows of which the second half takes back what the first one adds to row 0 of a table,
	// or to the only tile of positions
	let rows = 512;
	let half = f32::from_bits(RANGE_END - 0x0100_0000);
	let layout = Layout::Matrix { rows, cols: 16 };
	let g = filled(layout, |at| if at < 256 * 16 { half } else { -half });
	let ids = filled(Layout::Matrix { rows, cols: 2 }, |_| 0.0);
	let op = OpKind::TableGrad { rows };
	let case = Case::new(op, [16, 16], &[&ids, &g]);
	// WHEN they are added THEN the fold refuses, and the kernel reports what it met if it watches
	assert!(case.error().is_some());
	compare(&case, |lane, watch, out| {
		let most = gradient(lane, (ids.matrix(), g.matrix()), None, watch, out);
		assert!(watch || most == 0);
		most
	});
	let op = OpKind::PositionGrad {
		context: 16,
		batch: 32,
	};
	let case = Case::new(op, [16, 16], &[&g]);
	assert!(case.error().is_some());
	compare(&case, |lane, watch, out| {
		let most = position_gradient(lane, g.floats(), watch, out);
		assert!(watch || most == 0);
		most
	});
}
