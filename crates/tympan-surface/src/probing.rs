//! What the probe does.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::probe::{Child, EchoOptions, WordPage};
use crate::{Call, Code, Error, Tympan};

/// A handle that only passes values through.
#[derive(Clone, Debug)]
pub struct Probe {
    pub(crate) name: String,
    /// Never opened: calls only want one to run on.
    tympan: Tympan,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    held: Mutex<Held>,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct Held {
    waiting: i32,
    /// How often the gate was opened.
    opened: u64,
}

impl Probe {
    pub(crate) fn started(name: String) -> Call<Self> {
        let tympan = Tympan::unopened(None, false);
        let probe = Self {
            name,
            tympan,
            gate: Arc::default(),
        };
        probe.clone().call(move || Ok(probe))
    }

    pub(crate) fn given<T: Send + 'static>(&self, value: T) -> Call<T> {
        self.call(move || Ok(value))
    }

    pub(crate) fn refused(&self, code: &str, details: &BTreeMap<String, String>) -> Call<()> {
        let error = Error::of(Code::from_text(code).unwrap_or(Code::InvalidValue));
        let error = details
            .iter()
            .fold(error, |error, (name, value)| error.with(name, value));
        self.call(move || Err(error))
    }

    pub(crate) fn closed() -> Result<(), Error> {
        Err(Error::of(Code::Closed))
    }

    pub(crate) fn panicking(&self) -> Call<()> {
        #[expect(clippy::panic, reason = "a planted fault: the borders must catch it")]
        self.call(|| panic!("a planted fault"))
    }

    #[expect(clippy::panic, reason = "a planted fault: the borders must catch it")]
    pub(crate) fn panicking_at_once() -> Result<(), Error> {
        panic!("a planted fault")
    }

    pub(crate) fn holding(&self) -> Call<i32> {
        let gate = self.gate.clone();
        self.call(move || Ok(gate.wait()))
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Call<T> {
        Call::question(self.tympan.clone(), |_| Ok(()), move |()| work())
    }

    pub(crate) fn count_held(&self) -> i32 {
        self.gate.lock().waiting
    }

    pub(crate) fn release_all(&self) {
        self.gate.lock().opened += 1;
        self.gate.opened.notify_all();
    }
}

impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self) -> i32 {
        let mut held = self.lock();
        held.waiting += 1;
        let before = held.opened;
        let mut held = self
            .opened
            .wait_while(held, |held| held.opened == before)
            .unwrap_or_else(PoisonError::into_inner);
        held.waiting -= 1;
        held.waiting
    }
}

impl EchoOptions {
    pub(crate) fn told(&self, first: &str) -> String {
        let times = self
            .times
            .map_or_else(|| "none".to_owned(), |times| times.to_string());
        format!(
            "{first} loud={} times={times} words={}",
            self.loud,
            self.words.join(",")
        )
    }

    #[expect(clippy::panic, reason = "a planted fault: the borders must catch it")]
    pub(crate) fn page(&self) -> WordPage {
        let after = self.after.as_deref();
        if after == Some("fault") {
            panic!("a planted fault");
        }
        let place: usize = after.and_then(|after| after.parse().ok()).unwrap_or(0);
        let word = ["one", "two", "three"].get(place);
        let rows = word.map(|word| Child {
            name: (*word).to_owned(),
            nick_name: None,
        });
        WordPage {
            rows: rows.into_iter().collect(),
            next: (place < 2).then(|| (place + 1).to_string()),
        }
    }
}
