//! What a host holds: the open store, and for each tenant and actor a handle.

use std::sync::Arc;

use tympan_core::command::{Actor, Command, Decide};
use tympan_core::commands::MAY;
use tympan_core::error::Error;
use tympan_core::ids::{AccountId, TenantId, UserId};
use tympan_store::Report;

use crate::engine::{Ended, Engine, Submission, Tenant};

/// An open store. Cheap to clone; the store is closed with the last clone and the last handle.
#[derive(Clone)]
pub struct Tympan {
    pub(crate) engine: Arc<Engine>,
    /// None of a store that is not a file.
    #[cfg(feature = "sqlite")]
    pub(crate) file: Option<Arc<crate::sqlite::DatabaseFile>>,
}

impl Tympan {
    /// The default tenant, with the host itself as actor.
    #[must_use]
    pub fn host(&self) -> Handle {
        self.tenant(TenantId::DEFAULT)
    }

    /// A tenant, with the host itself as actor.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> Handle {
        Handle {
            tenant: self.engine.tenants.tenant(tenant),
            engine: self.engine.clone(),
            actor: Actor::Host,
        }
    }

    /// How safely commits are kept, and why: `replicated`, `local-durable` or `not durable`, in the
    /// words of [`Keeping::as_str`](crate::Keeping::as_str). It is so now: on a server, settings
    /// and standbys change.
    ///
    /// # Errors
    /// Those of the store.
    pub fn doctor(&self) -> Result<Report, Error> {
        self.engine.store.doctor()
    }

    /// Takes no more commands; those that wait are still decided. Later ones are refused with
    /// `closed`; questions are answered as before. The file itself is closed when the last clone
    /// and the last handle are dropped.
    pub fn close(&self) {
        self.engine.close();
    }

    /// When the store is closed, to wait for where that matters.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.engine.ended()
    }
}

/// One tenant and one actor: everything that can be asked and done.
#[derive(Clone)]
pub struct Handle {
    pub(crate) engine: Arc<Engine>,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) actor: Actor,
}

impl Handle {
    /// The same tenant with a user as actor, whom the host has recognised: each command then
    /// checks what the user may do.
    #[must_use]
    pub fn as_user(&self, user: UserId) -> Self {
        Self {
            actor: Actor::User(user),
            ..self.clone()
        }
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant.id
    }

    /// Runs a command and waits until it is durable.
    ///
    /// # Errors
    /// What the command refuses; `busy` if its turn did not come before the deadline; those of
    /// the store.
    pub fn run<C: Command + 'static>(
        &self,
        command: C,
    ) -> Result<<C::Prepared as Decide>::Reply, Error> {
        self.engine.run(&self.tenant, self.actor, command)
    }

    /// Runs many commands and waits until all are durable: at most a thousand share a commit, and
    /// each thousand waits for its own turn, so that others have theirs in between. Each has its own
    /// answer, in the same order; a refusal refuses only its own command.
    pub fn run_all<C: Command + 'static>(
        &self,
        commands: Vec<C>,
    ) -> Vec<Result<<C::Prepared as Decide>::Reply, Error>> {
        self.engine.run_all(&self.tenant, self.actor, commands)
    }

    /// Queues a command; the future is ready when it is durable, and needs no particular runtime.
    pub fn submit<C: Command + 'static>(
        &self,
        command: C,
    ) -> Submission<<C::Prepared as Decide>::Reply> {
        self.engine.submit(&self.tenant, self.actor, command)
    }

    /// Whether a user may do something: in the whole tenant, or over an account. Unknown and
    /// inactive users may do nothing, and nobody may what no role permits. Never queues, and
    /// hardly ever asks the store: a change through the same [`Tympan`] counts at once, another
    /// process's within [`Options::freshness`](crate::Options::freshness).
    ///
    /// A permission that no role could ever have is an error: a name that is not written like one,
    /// or begins like tympan's own and is none of them (`job.chrage`). One of the host's own that
    /// no role has as yet is answered with no: which roles there are is data, and data must not
    /// turn a question into a fault. Name tympan's own by [`permissions`](crate::permissions).
    ///
    /// # Errors
    /// `unknown_tenant`; `unknown_permission`; `denied` to an actor without `user.read` who asks about another user;
    /// those of the store.
    pub fn may(
        &self,
        user: UserId,
        permission: &str,
        account: Option<AccountId>,
    ) -> Result<bool, Error> {
        if self.actor.user().is_some_and(|actor| actor != user) {
            self.permit(MAY, Some(user))?;
        }
        let (store, freshness) = (&*self.engine.store, self.engine.freshness);
        self.tenant.may(store, freshness, user, permission, account)
    }

    /// What [`Handle::may`] answers where it need not ask the store; none where it has to.
    #[must_use]
    pub fn known_to_may(
        &self,
        user: UserId,
        permission: &str,
        account: Option<AccountId>,
    ) -> Option<Result<bool, Error>> {
        if self.actor.user().is_some_and(|actor| actor != user) {
            return None;
        }
        let freshness = self.engine.freshness;
        self.tenant
            .known_to_may(freshness, user, permission, account)
    }
}
