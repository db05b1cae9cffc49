//! What clients read from the metadata.

use assay_runtime::Runtime;
use frame_metadata::RuntimeMetadata;
use scale_info::{form::PortableForm, Field, TypeDef};

/// Fields that polkadot-js gives a trailing underscore, because its own classes have them.
const FIELDS: [&str; 7] = [
	"entries", "hash", "keys", "new", "registry", "size", "toJSON",
];
/// Variants whose `is…` and `as…` collide with methods of polkadot-js.
const VARIANTS: [&str; 3] = ["None", "Basic", "Empty"];

#[test]
fn no_name_of_ours_collides_with_polkadot_js() {
	// GIVEN the types that our crates put into the metadata
	let RuntimeMetadata::V14(metadata) = Runtime::metadata().1 else {
		panic!("the stable metadata is version 14")
	};
	let ours = |path: &[String]| {
		path.first().is_some_and(|krate| {
			krate.starts_with("assay_")
				|| [
					"pallet_beacon",
					"pallet_disputes",
					"pallet_jobs",
					"pallet_proof_of_compute",
					"pallet_rewards",
					"pallet_slashing",
					"pallet_stake",
				]
				.contains(&krate.as_str())
		})
	};
	// WHEN their names are compared with those that polkadot-js cannot show as they are
	let mut collisions = Vec::new();
	let mut seen = 0;
	for entry in &metadata.types.types {
		let path = &entry.ty.path;
		if !ours(&path.segments) {
			continue;
		}
		seen += 1;
		let mut fields = |fields: &[Field<PortableForm>]| {
			for name in fields.iter().filter_map(|field| field.name.as_ref()) {
				if FIELDS.contains(&name.as_str()) {
					collisions.push(format!("{path}: field {name}"));
				}
			}
		};
		match &entry.ty.type_def {
			TypeDef::Composite(composite) => fields(&composite.fields),
			TypeDef::Variant(variant) => {
				for variant in &variant.variants {
					fields(&variant.fields);
				}
				collisions.extend(
					variant
						.variants
						.iter()
						.filter(|variant| VARIANTS.contains(&variant.name.as_str()))
						.map(|variant| format!("{path}: variant {}", variant.name)),
				);
			}
			_ => {}
		}
	}
	// THEN there is none
	assert!(seen > 20, "only {seen} of our types are in the metadata");
	assert!(collisions.is_empty(), "{collisions:#?}");
}
