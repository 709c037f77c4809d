//! One step of a simulation.

use tympan_core::ids::{AccountId, UserId};

use crate::ask::Ask;
use crate::question::Question;

/// What is done next, to every store alike.
#[derive(Clone, Debug)]
pub enum Step {
    /// One command.
    Run {
        /// In which tenant.
        tenant: i64,
        /// By whom; none: by the host itself.
        actor: Option<UserId>,
        /// Which.
        ask: Ask,
    },
    /// Commands of one kind in one call.
    Batch {
        /// In which tenant.
        tenant: i64,
        /// By whom; none: by the host itself.
        actor: Option<UserId>,
        /// Which.
        asks: Vec<Ask>,
    },
    /// Asks whether a user may do something.
    May {
        /// In which tenant.
        tenant: i64,
        /// Who.
        user: UserId,
        /// What.
        permission: &'static str,
        /// Over which account.
        account: Option<AccountId>,
    },
    /// Asks something that changes nothing.
    Look {
        /// In which tenant.
        tenant: i64,
        /// Who asks; none: the host itself.
        actor: Option<UserId>,
        /// What.
        question: Question,
    },
    /// The clock shows this time, in milliseconds since 1970.
    Clock(i64),
    /// Every store is closed and opened again.
    Reopen,
    /// Every store is verified.
    Verify,
    /// The dumps of the stores are compared.
    Dump,
}
