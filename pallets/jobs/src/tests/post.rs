//! Posting a job, and every reason to refuse it.

use assay_protocol::{AuditPolicy, JobId, JobState, Ledger, Plan, Refusal, Terms};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};
use sp_runtime::{DispatchError, TokenError};

use crate::{
	mock::{play::*, *},
	Error, Event,
};

fn refused(plan: Plan, terms: Terms, error: Error<Test>) {
	let refusal = Jobs::check(&plan, &terms).unwrap_err();
	let told = DispatchError::from(Error::<Test>::from(refusal));
	let error = DispatchError::from(error);
	assert_eq!(told, error, "the runtime API gives the same reason");
	assert_noop!(
		Jobs::post_job(RuntimeOrigin::signed(OWNER), plan, terms),
		error
	);
}

#[test]
fn posting_moves_the_escrow_and_the_deposit_into_the_sub_account() {
	build_and_execute(|| {
		// GIVEN terms of 2 rounds with a budget of 15,000 each.
		// WHEN the job is posted.
		let job = post();
		// THEN 30,000 and the deposit left the owner, and the books tell of the escrow alone.
		assert_eq!(balance(OWNER), ENDOWMENT - ESCROW - DEPOSIT);
		assert_eq!(balance(Jobs::account_of(job)), ESCROW + DEPOSIT);
		assert_eq!(ledger(job), Ledger::open(ESCROW));
		// AND the plan was lowered once, for everybody.
		let record = record(job);
		assert_eq!(record.state, JobState::Open);
		assert_eq!(record.plan_id, assay_protocol::plan_id(&plan()));
		assert_eq!(record.facts, assay_protocol::check_plan(&plan()).unwrap());
		let plan_id = record.plan_id;
		let posted = Event::JobPosted {
			job,
			owner: OWNER,
			escrow: ESCROW,
			plan_id,
		};
		assert_eq!(events(), [posted]);
	});
}

#[test]
fn jobs_are_counted_and_have_accounts_of_their_own() {
	build_and_execute(|| {
		let (first, second) = (post(), post());
		assert_eq!((first, second), (JobId(0), JobId(1)));
		assert_ne!(Jobs::account_of(first), Jobs::account_of(second));
	});
}

#[test]
fn whoever_cannot_pay_escrow_deposit_and_stay_alive_cannot_post() {
	build_and_execute(|| {
		// GIVEN an owner with one unit less than escrow, deposit and existential deposit.
		Balances::set_balance(&OWNER, ESCROW + DEPOSIT + ED - 1);
		// THEN posting fails, and with one unit more it does not.
		let post = || Jobs::post_job(RuntimeOrigin::signed(OWNER), plan(), terms());
		assert_noop!(post(), TokenError::NotExpendable);
		Balances::set_balance(&OWNER, ESCROW + DEPOSIT + ED);
		assert_ok!(post());
	});
}

#[test]
fn a_plan_out_of_range_is_refused_for_its_reason() {
	build_and_execute(|| {
		let with = |change: fn(&mut Plan)| {
			let mut plan = plan();
			change(&mut plan);
			plan
		};
		let refuse = |change, error| refused(with(change), terms(), error);
		refuse(|plan| plan.step.batch = 17, Error::PlanNotLowered);
		refuse(|plan| plan.data.bytes = 1, Error::DataBytesOutOfRange);
		refuse(|plan| plan.steps = 0, Error::StepsOutOfRange);
		refuse(|plan| plan.stride = 0, Error::StrideOutOfRange);
		refuse(|plan| plan.stride = 5, Error::StrideOutOfRange);
		// 32 segments, one more than a trace has.
		refuse(
			|plan| (plan.steps, plan.stride) = (32, 1),
			Error::StrideOutOfRange,
		);
		refuse(|plan| plan.eval_rows = 15, Error::EvalRowsOutOfRange);
		refuse(|plan| plan.parent.bytes += 1, Error::ParentBytesWrong);
	});
}

#[test]
fn a_task_of_several_segments_is_a_job_like_any_other() {
	build_and_execute(|| {
		// GIVEN 4 steps of which every segment has 3 at most
		let mut plan = plan();
		plan.stride = 3;
		let job = crate::NextJob::<Test>::get();
		// WHEN it is posted and starts
		let owner = RuntimeOrigin::signed(OWNER);
		assert_ok!(Jobs::post_job(owner, plan, terms_of_segments(2)));
		join(job, PROVIDERS[0]);
		join(job, PROVIDERS[1]);
		// THEN every task is shown with its two segments
		assert!(Jobs::task_views(job).iter().all(|task| task.segments == 2));
	});
}

#[test]
fn terms_out_of_range_are_refused_for_their_reason() {
	build_and_execute(|| {
		let with = |change: fn(&mut Terms)| {
			let mut terms = terms();
			change(&mut terms);
			terms
		};
		let refuse = |change, error| refused(plan(), with(change), error);
		refuse(|terms| terms.price = 0, Error::PriceZero);
		// A tenth of 1,000 is the least stake.
		refuse(|terms| terms.task_stake = 99, Error::StakeBelowPenalty);
		refuse(|terms| terms.tasks = 0, Error::TasksOutOfRange);
		refuse(|terms| terms.rounds = 0, Error::RoundsOutOfRange);
		refuse(|terms| terms.providers = 0, Error::ProvidersOutOfRange);
		refuse(|terms| terms.committee = 0, Error::CommitteeOutOfRange);
		refuse(|terms| terms.quorum = 1, Error::QuorumOutOfRange);
		refuse(|terms| terms.windows.close = 1, Error::WindowOutOfRange);
		refuse(|terms| terms.shares.validation -= 1, Error::SharesSumWrong);
		refuse(|terms| terms.shares.data = 1, Error::NoDataset);
		refuse(
			|terms| {
				terms.shares.compute = 0;
				terms.shares.validation = 1_000_000;
			},
			Error::ComputeShareZero,
		);
		// Half of the budget, 3,000, cannot pay 9 verdicts at up to 1,250 each.
		refuse(
			|terms| {
				terms.shares.compute = 500_000;
				terms.shares.validation = 500_000;
			},
			Error::AuditBillAbovePool,
		);
		refuse(
			|terms| terms.audit_floor_ppm = 0,
			Error::AuditFloorOutOfRange,
		);
		refuse(
			|terms| terms.audit_floor_ppm = 1_000_001,
			Error::AuditFloorOutOfRange,
		);
		// Half of the price deters when two thirds of the draws count, and harm counts like the price.
		refuse(|terms| terms.task_stake = 499, Error::StakeDoesNotDeter);
		refuse(|terms| terms.harm = 1, Error::StakeDoesNotDeter);
		refuse(
			|terms| {
				terms.price = u128::MAX;
				terms.task_stake = u128::MAX;
			},
			Error::AmountTooLarge,
		);
	});
}

#[test]
fn checks_that_cost_more_than_the_runtime_allows_are_refused() {
	build_and_execute(|| {
		// GIVEN checks of whole tasks by three seats, at up to five quarters of the price each
		let lenient = Policy::get();
		// WHEN checks may repeat one unit less than three times the work THEN it is too much
		Policy::set(AuditPolicy {
			max_flops_ppm: 2_999_999,
			..lenient
		});
		refused(plan(), terms(), Error::AuditRepeatsTooMuch);
		// WHEN a newcomer's check may cost one unit less than 3,750 THEN it is too much
		Policy::set(AuditPolicy {
			max_flops_ppm: 3_000_000,
			max_check_ppm: 3_749_999,
			..lenient
		});
		refused(plan(), terms(), Error::CheckAbovePrice);
		// AND at the bounds both are accepted
		Policy::set(AuditPolicy {
			max_flops_ppm: 3_000_000,
			max_check_ppm: 3_750_000,
			..lenient
		});
		assert!(Jobs::check(&plan(), &terms()).is_ok());
	});
}

#[test]
fn the_runtime_can_take_fewer_tasks_and_members_than_the_protocol() {
	build_and_execute(|| {
		// GIVEN a runtime with at most 2 tasks, then at most 1 member.
		MaxTasks::set(2);
		refused(plan(), terms(), Error::TasksOutOfRange);
		MaxTasks::set(3);
		MaxMembers::set(1);
		refused(plan(), terms(), Error::ProvidersOutOfRange);
		MaxMembers::set(3);
		assert!(Jobs::check(&plan(), &terms()).is_ok());
	});
}

#[test]
fn data_that_a_model_cannot_read_are_refused() {
	build_and_execute(|| {
		// GIVEN a decoder of tokens of two bytes, with examples of 1,025 tokens.
		let mut step = assay_numerics::samples::gpt(1_024, 32, 1, 1);
		if let assay_numerics::Model::Gpt(model) = &mut step.model {
			model.vocabulary = 1_000;
		}
		let bytes = |bytes| {
			let mut plan = Plan {
				step: step.clone(),
				eval_rows: 16,
				..plan()
			};
			plan.data.bytes = bytes;
			plan
		};
		// WHEN the data end inside of a token, or their last sixteenth is shorter than an example
		// THEN the job is refused.
		refused(bytes((1 << 20) + 1), terms(), Error::DataNotWholeItems);
		refused(bytes(16 * 2_048), terms(), Error::DataHoldsNoExample);
	});
}

#[test]
fn plans_that_no_worker_can_hold_or_begin_are_refused() {
	build_and_execute(|| {
		// GIVEN decoders with a tensor, with parameters, with a frozen model that no worker can hold
		let step = |change: &dyn Fn(&mut assay_numerics::Gpt), batch| {
			let mut step = assay_numerics::samples::gpt(4_096, 32, 1, batch);
			if let assay_numerics::Model::Gpt(model) = &mut step.model {
				change(model);
			}
			let mut plan = Plan {
				eval_rows: 16,
				..plan()
			};
			plan.parent.bytes = assay_numerics::lower(&step).unwrap().checkpoint_bytes();
			plan.step = step;
			plan
		};
		let wide = step(&|model| model.vocabulary = 262_144, 2);
		let enlarge = |model: &mut assay_numerics::Gpt| {
			(model.layers, model.width, model.feed_forward) = (256, 4_096, 16_384);
		};
		let adapt = |model: &mut assay_numerics::Gpt| {
			model.adapter = Some(assay_numerics::Adapter {
				rank: 16,
				scale: assay_numerics::Decimal::new(1, 0),
				base: [7; 32],
			});
		};
		let large = step(&enlarge, 1);
		let adapted = step(
			&|model| {
				enlarge(model);
				adapt(model);
			},
			1,
		);
		// WHEN they are posted THEN each is refused with its own error.
		refused(wide, terms(), Error::StepTooLarge);
		refused(large, terms(), Error::CheckpointTooLarge);
		refused(adapted, terms(), Error::BaseTooLarge);
		// AND adapters of a model that a worker can hold are a job like any other.
		let small = step(&adapt, 1);
		assert_ok!(Jobs::post_job(RuntimeOrigin::signed(OWNER), small, terms()));
	});
}

#[test]
fn a_plan_that_is_too_long_has_its_own_error() {
	// No plan of this version is as long as the bound, so only the translation can be tested.
	let refusal = Refusal::PlanTooLong {
		bytes: 4_097,
		most: 4_096,
	};
	let told = DispatchError::from(Error::<Test>::from(refusal));
	assert_eq!(told, Error::<Test>::PlanTooLong.into());
}
