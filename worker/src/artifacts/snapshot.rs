//! States between segments as artifacts.
//!
//! The root of a state is that of a list of three roots: parameters, moments and what the slot carries.
//! A state lies in the store as one file under that root: the list, the lists of the tensors' roots, the
//! tensors. So a border of a trace leads to every byte of its state, and each part is verified by what
//! comes before it. One file, because a task leaves a state for each of its segments, and a file system
//! takes ten times as long for as many bytes in small files.

use std::io;

use assay_engine::{Border, Moments, Params, Snapshot};
use assay_numerics::{hash::list_root, program::Program, state_root, Root, TensorId, ZERO_ROOT};

use super::{checkpoint::unfit, Artifact, ArtifactError, Artifacts, CheckpointError};
use crate::roots::Hex32;

/// Bytes of a state's list of roots.
const LIST_BYTES: usize = 96;

/// Why a state is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
	/// It is missing, or has a shape that is not the model's.
	#[error(transparent)]
	Checkpoint(#[from] CheckpointError),
	/// The slot carries something, which no slot does in this version.
	#[error("state {root} carries {slot} from round to round, where nothing belongs: train the task from its parent instead")]
	SlotState {
		/// The state.
		root: Hex32,
		/// What it says the slot carries.
		slot: Hex32,
	},
	/// Something of it does not have the root that the rest says.
	#[error("state {root} is damaged: {part} has the root {found}, not {expected}: train the task from its parent instead")]
	Damaged {
		/// The state.
		root: Hex32,
		/// What of it.
		part: &'static str,
		/// The root of what is there.
		found: Hex32,
		/// The root of what belongs there.
		expected: Hex32,
	},
}

impl From<ArtifactError> for SnapshotError {
	fn from(error: ArtifactError) -> Self {
		Self::Checkpoint(error.into())
	}
}

/// Publishes the state at a border from where it lies in memory. Returns its root. Blocks.
pub fn publish_border<A: Artifacts>(store: &A, border: &Border<'_>) -> Result<Root, ArtifactError> {
	publish(store, border.lists(), &|file| {
		border
			.tensors()
			.try_for_each(|bytes| file.write_all(&bytes))
	})
}

/// The same of a copy of a state.
#[cfg(test)]
pub(crate) fn publish_snapshot<A: Artifacts>(
	store: &A,
	snapshot: &Snapshot,
) -> Result<Root, ArtifactError> {
	let params = snapshot.params.roots();
	let moments = snapshot.moments.as_ref().expect("a state after a step");
	publish(store, [&params, &moments.roots()], &|file| {
		let mut tensors = snapshot.params.tensors().chain(moments.tensors());
		tensors.try_for_each(|bytes| file.write_all(bytes))
	})
}

fn publish<A: Artifacts>(
	store: &A,
	[params, moments]: [&[Root]; 2],
	tensors: &dyn Fn(&mut dyn io::Write) -> io::Result<()>,
) -> Result<Root, ArtifactError> {
	let roots = [list_root(params), list_root(moments), ZERO_ROOT];
	let root = state_root(roots[0], roots[1], roots[2]);
	store.publish_with(root, &|file| {
		let lists = roots.iter().chain(params).chain(moments);
		file.write_all(&lists.copied().collect::<Vec<_>>().concat())?;
		tensors(file)
	})?;
	Ok(root)
}

/// Fetches the state that a task has after `step` steps, at least one, by its root. Every byte is
/// verified.
///
/// # Errors
/// [`SnapshotError`] if it is missing, is damaged, or is sound and no state of this model.
pub async fn fetch_snapshot<A: Artifacts>(
	store: &A,
	program: &Program,
	step: u32,
	root: Root,
) -> Result<Snapshot, SnapshotError> {
	let lengths = |ids: &[TensorId]| -> Vec<usize> {
		let infos = ids.iter().filter_map(|id| program.tensor(*id));
		// A tensor that does not fit into memory was refused with its plan.
		let bytes = infos.map(|info| usize::try_from(info.layout.bytes()).unwrap_or(usize::MAX));
		bytes.collect()
	};
	let lengths = [lengths(program.params()), lengths(program.moments())];
	let lists = lengths.iter().map(|of| of.len().saturating_mul(32));
	let tensors = lengths.iter().flatten().copied();
	let len = lists.chain(tensors).fold(LIST_BYTES, usize::saturating_add);
	let len = len as u64;
	let read = move |file: &mut dyn io::Read| parts(root, file, lengths);
	let [params, moments] = store.fetch_with(Artifact { root, len }, read).await??;
	let [of_params, of_moments] = [params.0, moments.0];
	let params = Params::from_tensors(program, &params.1).map_err(unfit(of_params))?;
	let moments = Moments::from_tensors(program, moments.1).map_err(unfit(of_moments))?;
	Ok(Snapshot {
		step,
		params,
		moments: Some(moments),
	})
}

/// A list of tensors, and its root.
type Tensors = (Root, Vec<Vec<u8>>);

/// The two lists of tensors in a file that has the length of both, each part verified as it is read.
fn parts(
	root: Root,
	file: &mut dyn io::Read,
	[of_params, of_moments]: [Vec<usize>; 2],
) -> io::Result<Result<[Tensors; 2], SnapshotError>> {
	let mut part = |part, len: usize, expected: Root| {
		let mut bytes = vec![0; len];
		file.read_exact(&mut bytes)?;
		Ok::<_, io::Error>(match *blake3::hash(&bytes).as_bytes() {
			found if found == expected => Ok(bytes),
			found => Err(SnapshotError::Damaged {
				root: Hex32(root),
				part,
				found: Hex32(found),
				expected: Hex32(expected),
			}),
		})
	};
	let read = (|| {
		let roots = roots_in(&part("its list", LIST_BYTES, root)??);
		let [params, moments, slot] = [roots[0], roots[1], roots[2]];
		if slot != ZERO_ROOT {
			let (root, slot) = (Hex32(root), Hex32(slot));
			return Err(SnapshotError::SlotState { root, slot }.into());
		}
		let list = 32 * of_params.len();
		let params_list = roots_in(&part("its list of parameters", list, params)??);
		let list = 32 * of_moments.len();
		let moments_list = roots_in(&part("its list of moments", list, moments)??);
		let mut tensors = |name, roots: Vec<Root>, lengths: Vec<usize>| {
			let each = roots.into_iter().zip(lengths);
			each.map(|(root, len)| Ok(part(name, len, root)??))
				.collect::<Result<Vec<_>, Fault>>()
		};
		let name = "a tensor of its parameters";
		let params = (params, tensors(name, params_list, of_params)?);
		let name = "a tensor of its moments";
		let moments = (moments, tensors(name, moments_list, of_moments)?);
		Ok([params, moments])
	})();
	match read {
		Ok(parts) => Ok(Ok(parts)),
		Err(Fault::State(error)) => Ok(Err(error)),
		Err(Fault::Disk(error)) => Err(error),
	}
}

/// Why reading ends: the state is wrong, or the disk fails.
enum Fault {
	State(SnapshotError),
	Disk(io::Error),
}

impl From<SnapshotError> for Fault {
	fn from(error: SnapshotError) -> Self {
		Self::State(error)
	}
}

impl From<io::Error> for Fault {
	fn from(error: io::Error) -> Self {
		Self::Disk(error)
	}
}

fn roots_in(list: &[u8]) -> Vec<Root> {
	let (roots, _) = list.as_chunks::<32>();
	roots.to_vec()
}

#[cfg(test)]
mod tests;
