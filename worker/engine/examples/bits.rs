//! Prints hashes of everything that training small plans yields: they are the same on every machine.
//!
//! `cargo run -p assay-engine --example bits -- [steps threads] [--flush | --flush-before]` prints one
//! line for each plan: its name, the steps, the BLAKE3 of the state's roots before the first step and
//! after every one, and that of the losses. `ASSAY_ISA` forces an instruction set; `-- --sets` lists
//! those of this machine. `scripts/bits.sh` compares them.
//!
//! With `--flush` the calling thread flushes subnormals as soon as the engines are made, as a library
//! built with fast-math makes it: the lines stay the same. With `--flush-before` it does so earlier,
//! and the engine refuses.

use std::{error::Error, sync::Arc};

use assay_engine::{Engine, Isa, Params, TaskInput};
use assay_numerics::{
	AdamW, Adapter, ByteMlp, Classifier, CosineDecay, Decimal, FeedForward, Gpt, Model, Norm,
	Optimiser, Positions, Profile, StepPlan,
};

/// The engine of a plan and what it is trained on.
struct Case {
	name: &'static str,
	engine: Engine,
	data: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
	let (flags, numbers): (Vec<String>, Vec<String>) = std::env::args()
		.skip(1)
		.partition(|text| text.starts_with("--"));
	let number = |at: usize, otherwise: u32| -> Result<u32, std::num::ParseIntError> {
		numbers.get(at).map_or(Ok(otherwise), |text| text.parse())
	};
	let (steps, threads) = (number(0, 20)?, number(1, 1)? as usize);
	let flag = |name: &str| flags.iter().any(|flag| flag == name);
	if flag("--sets") {
		let sets = Isa::ALL.into_iter().filter(|isa| isa.is_available());
		sets.for_each(|isa| println!("{isa}"));
		return Ok(());
	}
	if flag("--flush-before") {
		flush()?;
	}
	let cases = cases(threads)?;
	if flag("--flush") {
		flush()?;
	}
	for case in cases {
		let (trace, losses) = train(&case, steps)?;
		println!("{:<12} {steps} {trace} {losses}", case.name);
	}
	Ok(())
}

/// The hashes of the trace and of the losses.
fn train(case: &Case, steps: u32) -> Result<(blake3::Hash, blake3::Hash), Box<dyn Error>> {
	let parent = case.engine.init(&[1; 32]);
	let task = TaskInput {
		parent: &parent,
		data: &case.data,
		seed: [2; 32],
		round: 1,
		slot: 2,
		steps,
		stride: 1,
		part: None,
		fault: None,
	};
	let output = case.engine.train(&task, &mut |_| ())?;
	let losses: Vec<u8> = output
		.losses
		.iter()
		.flat_map(|loss| loss.0.to_le_bytes())
		.collect();
	Ok((
		blake3::hash(output.trace.as_flattened()),
		blake3::hash(&losses),
	))
}

/// Every kind of model. Passes of the byte model and the attention of the second decoder are long
/// enough to be shared between threads.
fn cases(threads: usize) -> Result<Vec<Case>, Box<dyn Error>> {
	let case = |name, plan: &StepPlan, data| -> Result<Case, Box<dyn Error>> {
		Ok(Case {
			name,
			engine: Engine::new(plan, threads)?,
			data,
		})
	};
	let base_plan = plan(Model::Gpt(newer()), 1);
	let base: Arc<Params> = Arc::new(Engine::new(&base_plan, threads)?.init(&[3; 32]));
	let adapter = Gpt {
		adapter: Some(Adapter {
			rank: 16,
			scale: Decimal::new(2, 0),
			base: base.root(),
		}),
		..newer()
	};
	let mut adapters = case("adapters", &plan(Model::Gpt(adapter), 1), words(newer()))?;
	adapters.engine = adapters.engine.with_base(base)?;
	Ok(vec![
		case("bytes", &plan(Model::ByteMlp(bytes()), 128), text(20_000))?,
		case("decoder", &clipped(base_plan), words(newer()))?,
		case("older", &plan(Model::Gpt(older()), 2), words(older()))?,
		adapters,
		case(
			"classifier",
			&plan(Model::Classifier(classes()), 48),
			records(),
		)?,
	])
}

fn plan(model: Model, batch: u32) -> StepPlan {
	StepPlan {
		model,
		optimiser: Optimiser::AdamW(AdamW {
			learning_rate: Decimal::new(2, -3),
			beta1: Decimal::new(9, -1),
			beta2: Decimal::new(99, -2),
			epsilon: Decimal::new(1, -8),
			weight_decay: Decimal::new(1, -2),
			warmup: 4,
			decay: None,
			clip: None,
		}),
		batch,
		loss_scale: 0,
		profile: Profile::Exact12V1,
	}
}

/// The same with a limit of the gradient's norm, a loss scale and a falling learning rate.
fn clipped(mut plan: StepPlan) -> StepPlan {
	let Optimiser::AdamW(adam) = &mut plan.optimiser;
	adam.clip = Some(Decimal::new(5, -1));
	adam.decay = Some(CosineDecay {
		steps: 500,
		floor: Decimal::new(1, -1),
	});
	plan.loss_scale = 9;
	plan
}

fn bytes() -> ByteMlp {
	ByteMlp {
		context: 8,
		embedding: 16,
		hidden: vec![256, 32].try_into().expect("at most eight layers"),
	}
}

fn classes() -> Classifier {
	Classifier {
		inputs: 32,
		hidden: vec![48, 16].try_into().expect("at most eight layers"),
		classes: 7,
	}
}

/// A decoder with a vocabulary that does not fill its tiles and whose heads share keys and values.
fn newer() -> Gpt {
	// The turns of frequencies that fall by factors of four: integers, because powers of floats differ
	// between machines.
	let turns: Vec<u64> = (0..8)
		.map(|pair| 2_935_890_503_282_001_226 >> (2 * pair))
		.collect();
	Gpt {
		vocabulary: 301,
		context: 16,
		width: 32,
		layers: 2,
		heads: 2,
		kv_heads: 1,
		head: 16,
		feed_forward: 48,
		norm: Norm::Rms,
		norm_epsilon: Decimal::new(1, -5),
		positions: Positions::Rotary(turns.try_into().expect("a head has at most 128 pairs")),
		mlp: FeedForward::Gated,
		two_terms: true,
		biases: false,
		tied: false,
		adapter: None,
	}
}

/// A decoder in the manner of older models.
fn older() -> Gpt {
	Gpt {
		vocabulary: 61,
		context: 64,
		layers: 1,
		kv_heads: 2,
		norm: Norm::Layer,
		positions: Positions::Learned,
		mlp: FeedForward::Plain,
		two_terms: false,
		biases: true,
		tied: true,
		..newer()
	}
}

/// Bytes of which each has four successors, so that there is something to learn.
fn text(bytes: usize) -> Vec<u8> {
	let (mut state, mut last) = (1_u32, 0_u8);
	let mut next = || {
		state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		last = last.wrapping_mul(5).wrapping_add((state >> 30) as u8 + 97);
		last
	};
	(0..bytes).map(|_| next()).collect()
}

/// The same as tokens of a decoder.
fn words(model: Gpt) -> Vec<u8> {
	let text = text(20_000);
	if model.vocabulary <= 256 {
		let bytes = text.iter().map(|byte| byte % model.vocabulary as u8);
		return bytes.collect();
	}
	let tokens = text.iter().zip(0_u16..).map(|(byte, at)| {
		let token = u16::from(*byte) + at % 2 * 45;
		token.to_le_bytes()
	});
	tokens.flatten().collect()
}

/// Records of 32 bytes and a label that one of them tells.
fn records() -> Vec<u8> {
	let mut data = vec![0; 33 * 500];
	blake3::Hasher::new().finalize_xof().fill(&mut data);
	for record in data.chunks_exact_mut(33) {
		record[32] = record[5] / 37;
	}
	data
}

/// Makes the calling thread flush subnormals, and sees that it does.
fn flush() -> Result<(), &'static str> {
	set_flushing();
	let least = std::hint::black_box(f32::MIN_POSITIVE);
	if least * 0.5 == 0.0 {
		Ok(())
	} else {
		Err("subnormals cannot be flushed on this target")
	}
}

/// Flush to zero (bit 15) and denormals are zeros (bit 6) of MXCSR.
#[cfg(target_arch = "x86_64")]
fn set_flushing() {
	let mut mxcsr = 0_u32;
	// SAFETY: both work on the four bytes of a variable, and set no reserved bit.
	unsafe {
		std::arch::asm!("stmxcsr [{}]", in(reg) &mut mxcsr, options(nostack));
		mxcsr |= 1 << 15 | 1 << 6;
		std::arch::asm!("ldmxcsr [{}]", in(reg) &mxcsr, options(nostack));
	}
}

/// Flush to zero (bit 24) of FPCR, which counts for operands and results.
#[cfg(target_arch = "aarch64")]
fn set_flushing() {
	// SAFETY: sets one bit of a control register.
	unsafe {
		let mut fpcr: u64;
		std::arch::asm!("mrs {}, fpcr", out(reg) fpcr, options(nomem, nostack));
		fpcr |= 1 << 24;
		std::arch::asm!("msr fpcr, {}", in(reg) fpcr, options(nomem, nostack));
	}
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn set_flushing() {}
