//! Calls with arguments of the right types, from the metadata alone.

use assay_runtime::{units::ASY, AccountId, Runtime, RuntimeCall};
use codec::{Compact, Decode, Encode};
use frame_metadata::{v14::RuntimeMetadataV14, RuntimeMetadata};
use scale_info::{form::PortableForm, PortableRegistry, Type, TypeDef, TypeDefPrimitive};

/// Deeper values are as short as they can be, so that calls in calls end.
const DEEP: u32 = 10;

/// A call of the runtime, as the metadata names it.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
	/// Pallet and call.
	pub(crate) name: (String, String),
	index: [u8; 2],
	fields: Vec<u32>,
}

/// Makes calls. The same seed makes the same ones.
pub(crate) struct Maker {
	metadata: RuntimeMetadataV14,
	accounts: Vec<AccountId>,
	state: u64,
}

impl Maker {
	pub(crate) fn new(accounts: Vec<AccountId>, seed: u64) -> Self {
		let RuntimeMetadata::V14(metadata) = Runtime::metadata().1 else {
			panic!("the stable metadata is version 14")
		};
		Self {
			metadata,
			accounts,
			state: seed,
		}
	}

	/// Every call of every pallet.
	pub(crate) fn variants(&self) -> Vec<Variant> {
		let mut all = Vec::new();
		for pallet in &self.metadata.pallets {
			let Some(calls) = &pallet.calls else { continue };
			let TypeDef::Variant(calls) = &self.type_of(calls.ty.id).type_def else {
				panic!("the calls of a pallet are an enum")
			};
			all.extend(calls.variants.iter().map(|call| Variant {
				name: (pallet.name.clone(), call.name.clone()),
				index: [pallet.index, call.index],
				fields: call.fields.iter().map(|field| field.ty.id).collect(),
			}));
		}
		all
	}

	/// A call with arguments by chance; none if they break a bound that the types do not show.
	pub(crate) fn call(&mut self, variant: &Variant) -> Option<RuntimeCall> {
		let mut bytes = variant.index.to_vec();
		for field in &variant.fields {
			self.value(*field, 0, &mut bytes);
		}
		RuntimeCall::decode(&mut &bytes[..]).ok()
	}

	fn types(&self) -> &PortableRegistry {
		&self.metadata.types
	}

	fn type_of(&self, id: u32) -> &Type<PortableForm> {
		self.types().resolve(id).expect("the metadata is complete")
	}

	/// The next number below `end`.
	fn below(&mut self, end: usize) -> usize {
		// SplitMix64.
		self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mut word = self.state;
		word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		((word ^ (word >> 31)) % end as u64) as usize
	}

	/// A number that calls may be about: a place, an amount, or anything.
	fn number(&mut self) -> u128 {
		match self.below(8) {
			0..=4 => self.below(4) as u128,
			5 => (self.below(2_000) as u128) * ASY,
			6 => u128::MAX,
			_ => (self.below(usize::MAX) as u128) << 64 | self.below(usize::MAX) as u128,
		}
	}

	fn value(&mut self, id: u32, depth: u32, out: &mut Vec<u8>) {
		let is_deep = depth > DEEP;
		let ty = self.type_of(id).clone();
		let name = ty.path.segments.last().map(String::as_str);
		match name {
			Some("AccountId32") if self.below(8) > 0 => {
				let place = self.below(self.accounts.len());
				return self.accounts[place].encode_to(out);
			}
			// Three jobs, of which two exist.
			Some("JobId") => return (self.below(3) as u64).encode_to(out),
			_ => {}
		}
		match ty.type_def {
			TypeDef::Composite(composite) => {
				for field in composite.fields {
					self.value(field.ty.id, depth + 1, out);
				}
			}
			TypeDef::Variant(variants) => {
				let variants = variants.variants;
				// An enum without variants has no values: the call does not decode then.
				if variants.is_empty() {
					return;
				}
				let shortest = variants.iter().min_by_key(|variant| variant.fields.len());
				let variant = match shortest.filter(|_| is_deep) {
					Some(shortest) => shortest.clone(),
					None => variants[self.below(variants.len())].clone(),
				};
				out.push(variant.index);
				for field in variant.fields {
					self.value(field.ty.id, depth + 1, out);
				}
			}
			TypeDef::Sequence(sequence) => {
				let length = if is_deep { 0 } else { self.below(4) };
				Compact(length as u32).encode_to(out);
				for _ in 0..length {
					self.value(sequence.type_param.id, depth + 1, out);
				}
			}
			TypeDef::Array(array) => {
				for _ in 0..array.len {
					self.value(array.type_param.id, depth + 1, out);
				}
			}
			TypeDef::Tuple(tuple) => {
				for field in tuple.fields {
					self.value(field.id, depth + 1, out);
				}
			}
			TypeDef::Primitive(primitive) => self.primitive(&primitive, out),
			TypeDef::Compact(compact) => {
				let most = self.most_of(compact.type_param.id);
				Compact(self.number().min(most)).encode_to(out);
			}
			// Of no bits.
			TypeDef::BitSequence(_) => out.push(0),
		}
	}

	fn primitive(&mut self, primitive: &TypeDefPrimitive, out: &mut Vec<u8>) {
		let number = self.number();
		let bytes = match primitive {
			TypeDefPrimitive::Bool => return out.push((number & 1) as u8),
			// Of no letters.
			TypeDefPrimitive::Str => return out.push(0),
			TypeDefPrimitive::U8 | TypeDefPrimitive::I8 => 1,
			TypeDefPrimitive::U16 | TypeDefPrimitive::I16 => 2,
			TypeDefPrimitive::U32 | TypeDefPrimitive::I32 | TypeDefPrimitive::Char => 4,
			TypeDefPrimitive::U64 | TypeDefPrimitive::I64 => 8,
			_ => 16,
		};
		out.extend_from_slice(&number.to_le_bytes()[..bytes]);
	}

	/// The largest number of a type that is written in compact form.
	fn most_of(&self, id: u32) -> u128 {
		match &self.type_of(id).type_def {
			TypeDef::Primitive(TypeDefPrimitive::U8) => u8::MAX.into(),
			TypeDef::Primitive(TypeDefPrimitive::U16) => u16::MAX.into(),
			TypeDef::Primitive(TypeDefPrimitive::U32) => u32::MAX.into(),
			TypeDef::Primitive(TypeDefPrimitive::U64) => u64::MAX.into(),
			TypeDef::Composite(composite) => match &composite.fields[..] {
				[only] => self.most_of(only.ty.id),
				_ => 0,
			},
			_ => u128::MAX,
		}
	}
}
