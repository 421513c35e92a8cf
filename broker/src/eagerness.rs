//! Tells a client that asks again as soon as it is answered, for which it pays to wait awake.
//!
//! Shard-local, one per connection. A CPU that sleeps takes longer to wake than such a client takes to ask. A client that
//! takes its time costs one wait awake, at the answer after which it began to.

use std::cell::Cell;
use std::time::Instant;

use corelane_engine::io::{AWAKE_MAX, Ring};

/// How soon a connection's next request comes.
#[derive(Debug, Default)]
pub struct Eagerness {
    /// When nothing was left to answer.
    answered: Cell<Option<Instant>>,
    is_eager: Cell<bool>,
}

impl Eagerness {
    /// The last request has been answered; waits awake for the next one where the one before came soon.
    pub fn answered(&self) {
        self.answered.set(Some(Instant::now()));
        if self.is_eager.get() {
            Ring::current().stay_awake();
        }
    }

    /// Something has come from the client.
    pub fn asked(&self) {
        if let Some(answered) = self.answered.take() {
            self.is_eager.set(answered.elapsed() < AWAKE_MAX);
        }
    }

    /// The client has asked again before it was answered: it does not wait for answers.
    pub fn pipelined(&self) {
        self.answered.set(None);
        self.is_eager.set(false);
    }

    /// Whether the last request came soon after the answer before it.
    pub fn is_eager(&self) -> bool {
        self.is_eager.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_client_is_as_eager_as_it_was_last_time() {
        let eagerness = Eagerness::default();
        assert!(!eagerness.is_eager());
        eagerness.answered.set(Some(Instant::now()));
        eagerness.asked();
        assert!(eagerness.is_eager());
        // More of the same request.
        eagerness.asked();
        assert!(eagerness.is_eager());
        eagerness
            .answered
            .set(Instant::now().checked_sub(Duration::from_secs(1)));
        eagerness.asked();
        assert!(!eagerness.is_eager());
    }
}
