//! The handle: an open store that all handles of it share, one tenant and one actor.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use tympan::sources::{ManualClock, SystemRandom};
use tympan::{Actor, Code, Error, Handle, KeyRing, TenantId, Timestamp, UserId};

use crate::bell::Bell;
use crate::convert::Opening;
use crate::definition::{Copied, OpenOptions};
use crate::generation::Generation;
use crate::opened::Opened;
use crate::pool::Pool;
use crate::{Call, Secret};

/// An open store, one tenant and one actor: everything that can be asked and done. Handles that
/// were made from one another share the store, and closing one closes all.
#[derive(Clone)]
pub struct Tympan {
    shared: Arc<Shared>,
    tenant: TenantId,
    actor: Actor,
}

/// What all handles of one open store share.
struct Shared {
    /// None before it was opened, and once it was closed.
    store: RwLock<Option<Arc<Opened>>>,
    /// The clock of a store that was opened with one.
    clock: Option<Arc<ManualClock>>,
    is_in_memory: bool,
    pool: Pool,
    bell: Bell,
    opened_in: Generation,
}

impl Tympan {
    pub(crate) fn open_call(address: String, options: OpenOptions) -> Call<Self> {
        let opening = Opening::new(options);
        let opened = Self::unopened(opening.clock(), address.starts_with("memory:"));
        let tympan = opened.clone();
        Call::question(opened, Self::current, move |()| {
            tympan.put(opening.open(&address)?);
            Ok(tympan)
        })
    }

    /// A call that needs no open store.
    pub(crate) fn without_a_store<T: Send + 'static>(
        ask: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Call<T> {
        let nothing = Self::unopened(None, false);
        Call::question(nothing, Self::current, move |()| ask())
    }

    /// A handle whose store is not open yet.
    pub(crate) fn unopened(clock: Option<Arc<ManualClock>>, is_in_memory: bool) -> Self {
        Self {
            shared: Arc::new(Shared {
                store: RwLock::default(),
                clock,
                is_in_memory,
                pool: Pool::default(),
                bell: Bell::default(),
                opened_in: Generation::current(),
            }),
            tenant: TenantId::DEFAULT,
            actor: Actor::Host,
        }
    }

    pub(crate) fn drawn_keys() -> Result<Secret, Error> {
        let ring = KeyRing::generate(&mut SystemRandom::default());
        let ring = ring.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        Ok(Secret::from(ring.to_text().expose()))
    }

    pub(crate) fn copied_to(&self, address: String, options: OpenOptions) -> Call<Copied> {
        let copy = self.ask_store(move |store| {
            let other = Opening::new(options).open(&address)?;
            store.copy_to(&other, &mut |_| {}).map(Copied::from)
        });
        // The other store need not be in memory.
        copy.watched()
    }

    pub(crate) fn acting_as(&self, user: UserId) -> Result<Self, Error> {
        self.opened()?;
        Ok(Self {
            actor: Actor::User(user),
            ..self.clone()
        })
    }

    pub(crate) fn of_tenant(&self, tenant: TenantId) -> Result<Self, Error> {
        self.opened_to_host()?;
        Ok(Self {
            tenant,
            ..self.clone()
        })
    }

    pub(crate) fn set_manual_clock(&self, now: Timestamp) -> Result<(), Error> {
        self.opened()?;
        let Some(clock) = &self.shared.clock else {
            let message = "the store was opened without a clock that can be set";
            return Err(Error::new(Code::InvalidValue, message).with("field", "clock"));
        };
        clock.set(now);
        Ok(())
    }

    /// Behind a fork there is nothing to close, and nothing to refuse.
    pub(crate) fn closed(&self) -> Call<()> {
        match self.current() {
            Ok(()) => Call::closing(self.clone()),
            Err(_) => Call::question(Self::unopened(None, true), Self::current, Ok),
        }
    }

    /// Takes the store out: every handle of it is closed.
    pub(crate) fn take(&self) -> Option<Arc<Opened>> {
        match self.shared.opened_in.is_over() {
            true => None,
            false => self.shared.write().take(),
        }
    }

    /// Puts the store in that was opened.
    pub(crate) fn put(&self, store: tympan::Tympan) {
        *self.shared.write() = Some(Opened::new(store));
    }

    /// # Errors
    /// `closed` behind a fork.
    pub(crate) fn current(&self) -> Result<(), Error> {
        self.shared.opened_in.check()
    }

    /// The engine's handle, which keeps the store open as long as it is held.
    ///
    /// # Errors
    /// `closed`.
    pub(crate) fn handle(&self) -> Result<Handle, Error> {
        self.handle_of(&*self.opened()?)
    }

    /// The engine's handle of a store that is open.
    ///
    /// # Errors
    /// `closed`.
    pub(crate) fn handle_of(&self, opened: &Opened) -> Result<Handle, Error> {
        let store = opened.store().ok_or_else(|| Error::of(Code::Closed))?;
        let handle = store.tenant(self.tenant);
        Ok(match self.actor {
            Actor::Host => handle,
            Actor::User(user) => handle.as_user(user),
        })
    }

    /// The open store, of which a user sees nothing.
    ///
    /// # Errors
    /// `closed`; `denied` to a user.
    pub(crate) fn host_store(&self) -> Result<tympan::Tympan, Error> {
        let opened = self.opened_to_host()?;
        opened
            .store()
            .cloned()
            .ok_or_else(|| Error::of(Code::Closed))
    }

    fn opened_to_host(&self) -> Result<Arc<Opened>, Error> {
        let opened = self.opened()?;
        match self.actor {
            Actor::Host => Ok(opened),
            Actor::User(_) => Err(Error::new(Code::Denied, "only the host itself may do this")),
        }
    }

    /// What keeps the store open, and closes it off this thread when it is let go of last.
    ///
    /// # Errors
    /// `closed`.
    pub(crate) fn opened(&self) -> Result<Arc<Opened>, Error> {
        self.current()?;
        let store = self.shared.store.read();
        let store = store.unwrap_or_else(PoisonError::into_inner);
        store.clone().ok_or_else(|| Error::of(Code::Closed))
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.shared.bell
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.shared.is_in_memory
    }
}

impl std::fmt::Debug for Tympan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Tympan")
            .field("tenant", &self.tenant)
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn write(&self) -> RwLockWriteGuard<'_, Option<Arc<Opened>>> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.opened_in.is_over() {
            // Whatever closing does, it would do to the other process too.
            let store = self.store.get_mut();
            std::mem::forget(store.unwrap_or_else(PoisonError::into_inner).take());
            self.pool.forget();
            self.bell.forget();
        }
    }
}
