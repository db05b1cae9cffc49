//! Disputes: two sides that have other roots for the same work, and how the chain finds out who is
//! right.
//!
//! No vote decides. A validator whose opened verdict is `Invalid` becomes the CHALLENGER of the
//! attempt's PROVIDER, and by turns they narrow down where their computations part: a segment, a step,
//! an op, a tile, one step of a fold. There the runtime computes itself, with
//! [`referee`](assay_numerics::referee), and compares one hash.
//!
//! ```text
//! challenger                                provider
//! Segment: the first border that differs ─▶ States: parameters and moments after each step of it
//! Step: the first that differs           ─▶ Outputs: the list of its ops' outputs
//! Child, Child, …: the first op          ─▶ Layer, Layer, …: nodes of the list's tree, then roots
//! Child, Child, …: the first tile        ─▶ Layer, Layer, …: nodes of that output's tree
//!                                           Fold: the accumulators of that tile, if there are several
//! Child, … or Finish                     ─▶ Layer, …
//! prove: the tiles that the step reads
//! ```
//! If all outputs are right and the state that is made of them is not, the challenger asks for the
//! state's own list ([`Ask::State`]) and proves that an entry of it is not the op's output.
//!
//! A claim that training ends is disputed in the same way, up to the place that it names: its last step
//! has no state behind it, and the list of its outputs and the accumulators of its fold are looked at up
//! to that place only. A challenger that agrees with all of them says so ([`Ask::Ending`]), and the place
//! itself is judged: whoever claims is wrong if there is a tile, and right if there is none.
//!
//! # Why the challenger commits to nothing
//! It names the FIRST op that differs. All before it is the provider's as well as its own, so its own
//! tensors open the provider's roots, and of what is wrong only the chaining value of one chunk is
//! needed, which the descent shows. Whoever names a right place loses: the runtime finds that the tile
//! is right.
//!
//! # Properties
//! - P18: sides take turns; what is not awaited is refused, and nothing changes then.
//! - P19: a node that is shown belongs to the root that was committed, so what is reached is committed.
//! - P20: an honest provider that answers in time is never found wrong, whatever it is asked.
//! - P21: wrong work is found wrong, or its provider falls silent, if the challenger asks as above.
//! - P26: a true claim that training ends is never found wrong, whatever is asked; a false one always is,
//!   or its provider falls silent.
//! - P22: a side's clock runs on its turns only, and not in blocks that were full.

mod clock;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
mod closing;
mod ending;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
mod moves;
mod rules;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
mod stage;

pub use clock::{Clock, Lateness, Now};
pub use closing::{
	Added, Addends, ClosingCase, ClosingRuling, ClosingStage, ClosingTree, OpenedParam, Sum,
	Updates, MAX_ADDENDS,
};
pub use moves::{Answer, Ask, Layer, Proof, States};
pub use rules::{Case, DisputeError, Ruling};
pub use stage::{
	Path, Place, Search, ShownLayer, Side, Stage, StateRoots, StepClaim, Tree, MAX_PATH,
};
