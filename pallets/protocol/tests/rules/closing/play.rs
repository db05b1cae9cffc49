//! Both sides of a conflict about the next checkpoint, over tensors in memory.
//!
//! pallet-disputes and the runtime's attacks play their conflicts with the same file.

use assay_numerics::{
	aggregate_tile,
	hash::{list_root, opening::ROOTS, Node, Tree},
	referee::{Opened, OpenedRoot, OpenedTile},
	Outline, Root, Tile,
};
use assay_protocol::dispute::{
	Addends, ClosingCase, ClosingStage, ClosingTree, Layer, OpenedParam, Sum, MAX_ADDENDS,
};

/// A checkpoint: the tiles of every tensor, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint(pub(crate) Vec<Vec<Tile>>);

impl Checkpoint {
	/// One of a model, whose elements follow from a number.
	pub(crate) fn of(outline: &Outline, number: u32) -> Self {
		let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(1);
		let mut next = || {
			state ^= state << 13;
			state ^= state >> 17;
			state ^= state << 5;
			(state % 4_001) as f32 / 1_000.0 - 2.0
		};
		let tensors = (0..outline.param_count()).map(|place| {
			let layout = outline.layout(outline.param(place)).unwrap();
			let tiles =
				(0..layout.tiles()).map(|tile| layout.masked(tile, Tile::ZERO.map(|_| next())));
			tiles.collect()
		});
		Checkpoint(tensors.collect())
	}

	/// The mean of updates, as honest closers compute it.
	pub(crate) fn next(parent: &Checkpoint, updates: &[Checkpoint]) -> Self {
		let tensors = parent.0.iter().enumerate().map(|(place, tiles)| {
			let tiles = tiles.iter().enumerate().map(|(at, tile)| {
				let updates: Vec<_> = updates.iter().map(|update| &update.0[place][at]).collect();
				aggregate_tile(tile, &updates).unwrap()
			});
			tiles.collect()
		});
		Checkpoint(tensors.collect())
	}

	/// The same with one bit of a tile changed.
	pub(crate) fn with_wrong_tile(&self, place: usize, tile: usize) -> Self {
		let mut wrong = self.clone();
		let element = &mut wrong.0[place][tile].0[0];
		*element = f32::from_bits(element.to_bits() ^ 1 << 12);
		wrong
	}

	pub(crate) fn roots(&self) -> Vec<Root> {
		self.0.iter().map(|tiles| tree(tiles).root()).collect()
	}

	pub(crate) fn root(&self) -> Root {
		list_root(&self.roots())
	}

	/// What is below a node of one of its trees, or the roots in a chunk of its list.
	pub(crate) fn layer(&self, tree: ClosingTree, node: &Node) -> Layer {
		Layer::truncate_from(match tree {
			ClosingTree::List if node.is_leaf() => {
				let first = node.first_root() as usize;
				let roots = self.roots();
				let end = roots.len().min(first + ROOTS as usize);
				roots[first..end].to_vec()
			}
			_ => self.tree(tree).layer(node).unwrap(),
		})
	}

	/// The first of the shown nodes that it has otherwise.
	pub(crate) fn differs(&self, tree: ClosingTree, node: &Node, shown: &Layer) -> Option<u32> {
		let own = self.layer(tree, node);
		let mut pairs = own.iter().zip(shown);
		pairs
			.position(|(own, shown)| own != shown)
			.map(|at| at as u32)
	}

	/// A tile, opened in its root.
	pub(crate) fn open(&self, place: u32, tile: u32) -> OpenedParam {
		let roots = self.roots();
		let bytes = roots.as_flattened();
		let list = Tree::new(bytes);
		let root: OpenedRoot = opened(&list, bytes, place / ROOTS);
		let tiles = &self.0[place as usize];
		let bytes: Vec<_> = tiles.iter().map(Tile::to_bytes).collect();
		let tile: OpenedTile = opened(&self::tree(tiles), bytes.as_flattened(), tile);
		OpenedParam { root, tile }
	}

	fn tree(&self, tree: ClosingTree) -> Tree {
		match tree {
			ClosingTree::List => Tree::new(self.roots().as_flattened()),
			ClosingTree::Tensor { param } => self::tree(&self.0[param as usize]),
		}
	}
}

fn tree(tiles: &[Tile]) -> Tree {
	Tree::of_chunks(tiles.iter().map(Tile::to_bytes))
}

fn opened<const N: u32>(tree: &Tree, bytes: &[u8], chunk: u32) -> Opened<N> {
	let at = bytes.chunks(1_024).nth(chunk as usize).unwrap();
	Opened {
		chunk: at.to_vec().try_into().unwrap(),
		siblings: tree.siblings(chunk.into()).unwrap().try_into().unwrap(),
	}
}

/// A parent, its accepted updates and what follows from them.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
	pub(crate) parent: Checkpoint,
	pub(crate) updates: Vec<Checkpoint>,
	pub(crate) right: Checkpoint,
	pub(crate) parent_root: Root,
	pub(crate) update_roots: Vec<Root>,
}

impl Scene {
	pub(crate) fn new(outline: &Outline, updates: u32) -> Self {
		let parent = Checkpoint::of(outline, 1);
		let updates: Vec<_> = (0..updates)
			.map(|number| Checkpoint::of(outline, 2 + number))
			.collect();
		Scene {
			right: Checkpoint::next(&parent, &updates),
			parent_root: parent.root(),
			update_roots: updates.iter().map(Checkpoint::root).collect(),
			parent,
			updates,
		}
	}

	pub(crate) fn case<'a>(&'a self, outline: &'a Outline, claimed: &'a Root) -> ClosingCase<'a> {
		ClosingCase {
			outline,
			parent: &self.parent_root,
			updates: &self.update_roots,
			claimed,
		}
	}

	/// The tiles that a sum waits for: the parent's, and up to 32 updates'.
	pub(crate) fn addends(&self, sum: &Sum) -> (Option<OpenedParam>, Addends) {
		let open = |of: &Checkpoint| of.open(sum.param, sum.tile);
		let parent = sum.parent.is_none().then(|| open(&self.parent));
		let rest = self.updates.iter().skip(sum.added as usize);
		let updates = rest.take(MAX_ADDENDS as usize).map(open);
		(parent, Addends::truncate_from(updates.collect()))
	}
}

/// What whoever has the turn does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
	Show(Layer),
	Choose(u32),
	Add(Option<OpenedParam>, Addends),
}

/// The move of a side: the claimant shows its checkpoint, the challenger goes where its own is another
/// one, and adds up what is there.
pub(crate) fn step(
	scene: &Scene,
	stage: &ClosingStage,
	claimed: &Checkpoint,
	challenger: &Checkpoint,
) -> Step {
	match stage {
		ClosingStage::Asked { tree, node } => Step::Show(claimed.layer(*tree, node)),
		ClosingStage::Shown { tree, node, layer } => {
			Step::Choose(challenger.differs(*tree, node, layer).unwrap_or(0))
		}
		ClosingStage::Sum(sum) => {
			let (parent, updates) = scene.addends(sum);
			Step::Add(parent, updates)
		}
	}
}
