//! A chain with this pallet and nothing else.

use frame_support::{construct_runtime, derive_impl};

construct_runtime!(
	pub enum Test {
		System: frame_system = 0,
		Rewards: crate = 1,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
}

impl crate::Config for Test {}
