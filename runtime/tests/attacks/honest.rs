//! Honest work, checked by honest validators: nobody is ever slashed, and nothing is disputed.

use assay_protocol::JobState;
use assay_runtime::{Jobs, Runtime};

use crate::{
	books::Books,
	chain, round, told, work,
	world::{self, Rng},
};

/// Rounds of each job.
const ROUNDS: u32 = 2;

#[test]
fn honest_work_is_never_disputed_and_nobody_honest_is_slashed() {
	let wanted = world::number_of("ASSAY_HONEST_CHECKS", 300);
	let (mut checks, mut jobs) = (0, 0);
	while checks < wanted {
		let mut rng = Rng::of("honest", jobs);
		jobs += 1;
		world::begun(&mut rng).execute_with(|| {
			// GIVEN a job whose providers train as they should
			let job = round::start(ROUNDS);
			let books = Books::open(job);
			for at in 0..ROUNDS {
				round::train(job, None);
				let drawn = round::draw(job);
				assert_eq!(drawn.len(), work::TASKS as usize);
				// WHEN every seat of every task recomputes what it has drawn
				round::say(&drawn, |slot, _| {
					let party = work::honest(at, slot.task.slot);
					Some(round::honest_verdict(slot, party))
				});
				let recomputed = drawn.iter().filter(|slot| slot.segment.is_some());
				checks += recomputed
					.map(|slot| slot.committee.len() as u64)
					.sum::<u64>();
				// THEN all of them agree, and nothing is disputed
				for slot in &drawn {
					let key = round::key(&slot.task);
					assert!(told::is_accepted(key));
				}
				chain::next_block();
				round::close(job, at);
			}
			assert_eq!(pallet_disputes::Disputes::<Runtime>::iter_keys().count(), 0);
			// AND the job is complete, everybody is paid, and nobody has lost anything
			let state = Jobs::job_view(job).expect("it is there").state;
			assert_eq!(state, JobState::Completed);
			books.ensure_honest(&[]);
			assert_eq!(pallet_slashing::Offences::<Runtime>::iter_keys().count(), 0);
			chain::next_block();
		});
	}
	println!("honest: checks {checks}, jobs {jobs}, disputes 0, slashed 0");
}
