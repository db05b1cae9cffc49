//! One piece of heavy work beside the loop.

use std::future::Future;

use tokio::task::JoinHandle;

/// At most one running piece of work, known by its key.
#[derive(Debug)]
pub struct Background<K, T> {
	running: Option<(K, JoinHandle<T>)>,
	done: Option<(K, T)>,
}

impl<K, T> Default for Background<K, T> {
	fn default() -> Self {
		Self {
			running: None,
			done: None,
		}
	}
}

impl<K: Clone + PartialEq, T: Send + 'static> Background<K, T> {
	/// Whether nothing runs and no result waits.
	pub fn is_idle(&self) -> bool {
		self.running.is_none() && self.done.is_none()
	}

	/// Whether this is what runs or waits.
	pub fn is_on(&self, key: &K) -> bool {
		let running = self.running.as_ref().is_some_and(|(on, _)| on == key);
		running || self.done.as_ref().is_some_and(|(on, _)| on == key)
	}

	/// Starts work. Only when idle.
	pub fn start(&mut self, key: K, work: impl Future<Output = T> + Send + 'static) {
		debug_assert!(self.is_idle(), "one at a time");
		self.running = Some((key, tokio::spawn(work)));
	}

	/// Waits until the running work has ended. Never returns when nothing runs.
	pub async fn ended(&mut self) {
		let Some((key, handle)) = self.running.as_mut() else {
			return std::future::pending().await;
		};
		let result = handle.await;
		let key = key.clone();
		self.running = None;
		match result {
			Ok(value) => self.done = Some((key, value)),
			Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
			// Cancelled with the runtime: nobody waits any more.
			Err(_) => {}
		}
	}

	/// The result, if the work has ended.
	pub async fn take(&mut self) -> Option<(K, T)> {
		if self
			.running
			.as_ref()
			.is_some_and(|(_, handle)| handle.is_finished())
		{
			self.ended().await;
		}
		self.done.take()
	}
}

impl<K, T> Drop for Background<K, T> {
	fn drop(&mut self) {
		if let Some((_, handle)) = &self.running {
			handle.abort();
		}
	}
}
