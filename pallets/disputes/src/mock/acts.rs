//! What the sides and the chain do.

use super::*;

/// That a validator has found another trace than `provider`'s.
pub(crate) fn dissent_of(who: u64, trace: Trace) -> Dissent<u64> {
	Dissent {
		task: TASK,
		provider: PROVIDER,
		parent: setup().plan.parent.root,
		trace,
		validator: who,
		assenters: Seated::truncate_from(ASSENTERS.to_vec()),
		failure: None,
	}
}

pub(crate) fn dissent(who: u64, provider: &Party<'_>) -> DispatchResult {
	Disputes::dissent(Dissent {
		failure: provider.claim,
		..dissent_of(who, provider.trace())
	})
}

/// Makes the next move of the side whose turn it is, if it has one.
pub(crate) fn step(provider: &Party<'_>, challenger: &Party<'_>) -> DispatchResult {
	let (case, dispute) = Disputes::open_dispute(TASK)?;
	let outline = provider.setup.outline();
	let subject = case.subject(TASK, outline);
	if let Some(answer) = provider.answer(&subject, &dispute.stage) {
		return Disputes::answer(signed(PROVIDER), TASK, answer);
	}
	match challenger.ask(&subject, &dispute.stage).unwrap() {
		Move::Ask(ask) => Disputes::ask(signed(dispute.challenger), TASK, ask),
		Move::Prove(proof) => Disputes::prove(signed(dispute.challenger), TASK, proof),
	}
}

/// Plays until the dispute is over or has another challenger, a block a move, and tells its moves.
pub(crate) fn play_out(provider: &Party<'_>, challenger: &Party<'_>) -> u32 {
	let mut moves = 0;
	let first = Disputes::open_dispute(TASK).unwrap().1.challenger;
	while let Ok((_, dispute)) = Disputes::open_dispute(TASK) {
		if dispute.challenger != first || dispute.has_lost {
			break;
		}
		step(provider, challenger).unwrap();
		Disputes::do_try_state().unwrap();
		next_blocks(1);
		moves += 1;
	}
	moves
}

/// Makes moves until it is the provider's turn or the challenger's, at least so many.
pub(crate) fn moves(count: u32) {
	for _ in 0..count {
		step(wrong(), honest()).unwrap();
	}
}

pub(crate) fn next_blocks(count: BlockNumber) {
	System::set_block_number(System::block_number() + count);
}

/// What a block has room for.
pub(crate) fn most() -> Weight {
	let weights: BlockWeights = <Test as frame_system::Config>::BlockWeights::get();
	weights.max_block
}

/// A full block passes.
pub(crate) fn full_block() {
	System::set_block_consumed_resources(most(), 0);
	Disputes::on_finalize(System::block_number());
	System::set_block_consumed_resources(Default::default(), 0);
	next_blocks(1);
}

/// The bond of a validator, as far as it is not pledged or lost.
pub(crate) fn bond(who: u64) -> Balance {
	let role = assay_traits::Role::Validator;
	pallet_stake::BondOf::<Test>::get(who, role).map_or(0, |bond| bond.amount)
}

pub(crate) fn free(who: u64) -> Balance {
	Balances::free_balance(who)
}

/// All the money there is.
pub(crate) fn issued() -> Balance {
	Balances::total_issuance()
}

/// The events of the pallet so far, which are then forgotten.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::read_events_for_pallet();
	System::reset_events();
	events
}
