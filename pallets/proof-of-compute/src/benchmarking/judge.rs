//! What the judge of a disputed step does, each part at its worst.

use alloc::{boxed::Box, vec, vec::Vec};
use core::array;

use assay_numerics::{
	hash::{
		opening::{MAX_LIST_HEIGHT, ROOTS},
		Opening, OpeningError,
	},
	lower,
	ops::{self, MAX_DEPS},
	program::{DATA, MAX_TENSORS},
	samples,
	tile::{BYTES, SIDE},
	train_items, AdamW, Adapter, At, Classifier, Decimal, Env, FeedForward, Gpt, Model, Norm, Op,
	OpKind, Optimiser, Outline, Positions, Program, Root, StepError, StepPlan, Tile, TileRef,
};
use assay_protocol::limits::{MAX_DATA_BYTES, MAX_SIBLINGS};
use frame_support::BoundedVec;

/// Kinds of ops: their numbers in records are 1 to this.
pub(super) const KINDS: u32 = 49;
/// The kind whose step takes longest: a product of matrices.
pub(super) const HEAVIEST: u32 = 3;
/// Tiles that are opened: those that a step reads, and the accumulator before it.
pub(super) const OPENINGS: u32 = MAX_DEPS as u32 + 1;

/// A step of an op with everything that it reads.
pub(super) enum Trial {
	Fold(Box<Fold>),
	/// The list of the state's roots, which reads roots instead of tiles.
	List(Box<Program>),
}

pub(super) struct Fold {
	outline: Outline,
	op: Op,
	at: At,
	index: Vec<Tile>,
	acc: Tile,
	tiles: Vec<Tile>,
}

impl Trial {
	/// The step of this kind of op that reads most tiles; of products, one of two terms.
	pub(super) fn of(kind: u32) -> Self {
		let lists = samples::byte_mlp(8, 16, &[16; 8], 16);
		let program = lower(&lists).unwrap();
		if u32::from(program.ops().last().unwrap().kind.code()) == kind {
			return Trial::List(Box::new(program));
		}
		let outlines = plans().into_iter().map(|plan| Outline::new(&plan).unwrap());
		let steps = outlines.flat_map(|outline| steps(outline, kind));
		// The first one of those that read as many.
		let heaviest = steps.reduce(|best, next| match next.cost() > best.cost() {
			true => next,
			false => best,
		});
		Trial::Fold(Box::new(heaviest.unwrap().filled()))
	}

	/// What the judge computes: which tiles the step reads, the step, and the output tile.
	pub(super) fn run(&self) -> Result<Tile, StepError> {
		match self {
			Trial::Fold(fold) => {
				let (op, env) = (&fold.op, fold.env());
				let deps = ops::deps(op, &env, fold.at, &fold.index)?;
				debug_assert_eq!(deps.len(), fold.tiles.len());
				let acc = ops::step(op, &env, fold.at, fold.acc, &fold.tiles)?;
				ops::finish(op, acc)
			}
			Trial::List(program) => ops::state_list_tile(program, 0, |_| Some([7; 32])),
		}
	}
}

impl Fold {
	fn env(&self) -> Env<'_> {
		env(&self.outline)
	}

	fn deps(&self) -> Vec<TileRef> {
		ops::deps(&self.op, &self.env(), self.at, &self.index).unwrap()
	}

	fn cost(&self) -> (u32, usize) {
		let terms = match self.op.kind {
			OpKind::MatMul { terms, .. } => terms,
			_ => 1,
		};
		(terms, self.deps().len())
	}

	/// With the contents of all tiles.
	fn filled(mut self) -> Self {
		let ids = self.op.input(0);
		let names_rows = matches!(
			self.op.kind,
			OpKind::Embed { .. }
				| OpKind::EmbedTokens { .. }
				| OpKind::LossRows { .. }
				| OpKind::LogitGrad { .. }
				| OpKind::EmbedGrad { .. }
				| OpKind::TableGrad { .. }
		);
		let tile = |place: usize, dep: &TileRef| match dep.tensor {
			DATA => Tile::ZERO,
			tensor if names_rows && Some(tensor) == ids => self.ids(),
			_ => values(place),
		};
		self.tiles = (0..)
			.zip(self.deps())
			.map(|(i, dep)| tile(i, &dep))
			.collect();
		if self.at.step > 0 {
			self.acc = values(self.tiles.len());
		}
		self
	}

	/// Ids that name as many tiles as there can be, or, in gradients of tables, rows of the output
	/// tile only.
	fn ids(&self) -> Tile {
		match self.op.kind {
			OpKind::EmbedGrad { .. } | OpKind::TableGrad { .. } => {
				let [_, cols] = self.op.shape;
				let first = self.at.tile / cols.div_ceil(SIDE as u32) * SIDE as u32;
				Tile(array::from_fn(|i| (first + (i / SIDE) as u32) as f32))
			}
			_ => spread_ids(),
		}
	}
}

fn env(outline: &Outline) -> Env<'_> {
	let items = MAX_DATA_BYTES / u64::from(outline.item_bytes());
	Env::new([1; 32], 2, 3, 4, 256, train_items(items)).with_turns(outline.turns())
}

/// Steps of all ops of this kind: in the middle of the output, at its end and at its start. Which
/// tiles of the data are read is left to chance, so more of those are looked at.
fn steps(outline: Outline, kind: u32) -> Vec<Fold> {
	let ops = (0..outline.op_count()).filter_map(|index| outline.op(index));
	let mut found = Vec::new();
	for op in ops.filter(|op| u32::from(op.kind.code()) == kind) {
		let tiles = ops::tiles(&op);
		let places: Vec<u32> = match op.input(0) {
			Some(DATA) => (0..tiles.min(64)).collect(),
			_ => vec![tiles / 2, tiles - 1, 0],
		};
		for tile in places {
			let last = ops::steps(&op, tile).saturating_sub(1);
			for step in [0, last / 2, last] {
				let at = At { tile, step };
				let Ok(index) = ops::index_deps(&op, at) else {
					continue;
				};
				found.push(Fold {
					outline: outline.clone(),
					index: vec![spread_ids(); index.len()],
					acc: ops::start(&op),
					tiles: Vec::new(),
					op,
					at,
				});
			}
		}
	}
	found
}

/// Plans that have every kind between them, wide enough for whole steps.
fn plans() -> [StepPlan; 5] {
	let wide = |edit: fn(&mut Gpt)| {
		let mut plan = samples::gpt(512, 256, 1, 16);
		if let Model::Gpt(model) = &mut plan.model {
			model.two_terms = true;
			model.biases = true;
			model.norm = Norm::Layer;
			model.heads = 2;
			model.kv_heads = 1;
			model.head = 256;
			model.positions = Positions::Rotary(BoundedVec::truncate_from(vec![1 << 40; 128]));
			edit(model);
		}
		let Optimiser::AdamW(AdamW { clip, .. }) = &mut plan.optimiser;
		*clip = Some(Decimal::new(1, 0));
		plan
	};
	let words = wide(|model| model.vocabulary = 70_000);
	let bytes = wide(|model| {
		model.positions = Positions::Learned;
		model.mlp = FeedForward::Plain;
		model.tied = true;
	});
	let adapted = wide(|model| {
		model.adapter = Some(Adapter {
			rank: 16,
			scale: Decimal::new(2, 0),
			base: [7; 32],
		});
	});
	let windows = samples::byte_mlp(64, 64, &[256, 256], 256);
	let records = StepPlan {
		model: Model::Classifier(Classifier {
			inputs: 1_008,
			hidden: BoundedVec::truncate_from(vec![256]),
			classes: 256,
		}),
		..windows.clone()
	};
	[words, bytes, adapted, windows, records]
}

/// For each row an id in another tile of the table.
fn spread_ids() -> Tile {
	Tile(array::from_fn(|i| (i / SIDE * SIDE) as f32))
}

/// Values from 0.5 to 1.5, of which no two neighbours are alike.
fn values(place: usize) -> Tile {
	Tile(array::from_fn(|i| {
		0.5 + ((place * 7_919 + i * 104_729) % 1_021) as f32 / 1_021.0
	}))
}

/// Openings of tiles of the longest data, each with the opening of its tensor's root in the longest
/// list.
pub(super) struct Openings(Vec<Opened>);

struct Opened {
	/// The root of the list.
	list: Root,
	/// The roots that lie in the chunk of the list.
	roots: [u8; BYTES],
	list_siblings: Vec<Root>,
	tile: [u8; BYTES],
	siblings: Vec<Root>,
}

impl Openings {
	/// So many. Nobody has the data: the roots are those that made-up siblings lead to.
	pub(super) fn new(count: u32) -> Self {
		let opened = |seed: u32| {
			let siblings = |count: u32| vec![[seed as u8; 32]; count as usize];
			let mut opened = Opened {
				list: [0; 32],
				roots: [0; BYTES],
				list_siblings: siblings(MAX_LIST_HEIGHT),
				tile: values(seed as usize).to_bytes(),
				siblings: siblings(MAX_SIBLINGS),
			};
			let root = opened.tile_opening().root(MAX_DATA_BYTES, tile_of(seed));
			let roots = opened.roots.as_chunks_mut::<32>().0;
			roots[(place_of(seed) % ROOTS) as usize] = root.unwrap();
			let chunk = u64::from(place_of(seed) / ROOTS);
			let list = opened
				.list_opening()
				.root(u64::from(MAX_TENSORS) * 32, chunk);
			opened.list = list.unwrap();
			opened
		};
		Openings((0..count).map(opened).collect())
	}

	/// Opens the tensors' roots, then the tiles.
	pub(super) fn verify(&self) -> Result<(), OpeningError> {
		for (seed, opened) in (0..).zip(&self.0) {
			let list = opened.list_opening();
			let root = list.listed(&opened.list, MAX_TENSORS, place_of(seed))?;
			let tile = tile_of(seed) as u32;
			opened.tile_opening().tile(&root, MAX_DATA_BYTES, tile)?;
		}
		Ok(())
	}
}

impl Opened {
	fn tile_opening(&self) -> Opening<'_> {
		Opening {
			chunk: &self.tile,
			siblings: &self.siblings,
		}
	}

	fn list_opening(&self) -> Opening<'_> {
		Opening {
			chunk: &self.roots,
			siblings: &self.list_siblings,
		}
	}
}

/// Where the tile with this number lies in its tensor.
fn tile_of(seed: u32) -> u64 {
	u64::from(seed) * 1_000_003
}

/// Where the tensor with this number lies in the list.
fn place_of(seed: u32) -> u32 {
	seed * 1_009
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_kind_of_op_has_a_step_that_can_be_run() {
		let mut most = 0;
		for kind in 1..=KINDS {
			// GIVEN the heaviest step of a kind WHEN it is run THEN there is an output tile
			let trial = Trial::of(kind);
			assert!(trial.run().is_ok(), "kind {kind}: {:?}", trial.run());
			if let Trial::Fold(fold) = trial {
				most = most.max(fold.tiles.len());
			}
		}
		// A table's gradient reads as many tiles as a step can.
		assert_eq!(most, MAX_DEPS);
	}

	#[test]
	fn there_is_no_kind_past_the_last() {
		for plan in plans() {
			let outline = Outline::new(&plan).unwrap();
			let ops = (0..outline.op_count()).filter_map(|index| outline.op(index));
			assert!(ops.into_iter().all(|op| u32::from(op.kind.code()) <= KINDS));
		}
	}

	#[test]
	fn openings_of_the_longest_data_have_siblings_on_every_level() {
		let openings = Openings::new(OPENINGS);
		assert_eq!(openings.verify(), Ok(()));
		for opened in &openings.0 {
			assert_eq!(opened.siblings.len(), 30);
			assert_eq!(opened.list_siblings.len(), 11);
		}
	}
}
