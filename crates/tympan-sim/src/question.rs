//! What the simulation can ask without changing anything.

use tympan::{Error, Handle, PageRequest, Period, UserList};
use tympan_core::ids::UserId;
use tympan_core::ledger::{Charge, Quote, Quoted, Standing, UntrackedUsage, WalletName};
use tympan_core::people::UserReference;

/// One question.
#[derive(Clone, Debug)]
pub enum Question {
    /// Who is it?
    LookUp(UserReference),
    /// Everything about a user, wallets as they stand now included.
    Details(UserReference),
    /// What would this job cost?
    Quote(Box<Charge>),
    /// A page of the list of users.
    Users(UserList, PageRequest),
    /// The newest lines of a wallet in a period.
    Statement(UserId, WalletName, Period, u32),
    /// The oldest audit events.
    Audit(u32),
    /// The oldest untracked usage that is open.
    Untracked(u32),
    /// Everything that is configured.
    Configuration,
}

/// An answer that the auditor can tell whether it is right.
#[derive(Debug)]
pub enum Heard {
    /// How a user's wallets stand.
    Standings(Vec<Standing>),
    /// What a job would cost.
    Quote(Box<Result<Quoted, Error>>),
    /// Untracked usage that is open.
    Untracked(Vec<UntrackedUsage>),
}

/// An answer as everybody can compare it.
#[derive(Debug)]
pub struct Said {
    /// All of it.
    pub text: String,
    /// Why there is none.
    pub error: Option<Error>,
}

impl Question {
    /// The answer, and what of it the auditor can tell.
    pub fn ask(&self, handle: &Handle) -> (Said, Option<Heard>) {
        fn text<T: std::fmt::Debug>(answer: &Result<T, Error>) -> Said {
            Said {
                text: format!("{answer:?}"),
                error: answer.as_ref().err().cloned(),
            }
        }
        match self {
            Self::LookUp(user) => (text(&handle.look_up(user.clone())), None),
            Self::Details(user) => {
                let answer = handle.user_details(user.clone());
                let said = text(&answer);
                let details = answer.ok().flatten();
                let wallets = details.and_then(|details| details.wallets);
                (said, wallets.map(Heard::Standings))
            }
            Self::Quote(charge) => {
                let answer = handle.quote(&Quote::from(&**charge));
                (text(&answer), Some(Heard::Quote(Box::new(answer))))
            }
            Self::Users(list, page) => (text(&handle.users(list, page)), None),
            Self::Statement(user, wallet, period, limit) => {
                let page = PageRequest::of(*limit);
                let found = handle.statement(*user, *wallet, *period, &page);
                (text(&found), None)
            }
            Self::Audit(limit) => {
                let page = PageRequest::of(*limit);
                (text(&handle.audit_events(&page)), None)
            }
            Self::Untracked(limit) => {
                let found = handle.open_untracked(&PageRequest::of(*limit));
                let said = text(&found);
                (said, found.ok().map(|page| Heard::Untracked(page.rows)))
            }
            Self::Configuration => {
                // Without what a process keeps beside it.
                let stored = handle.configuration().map(|config| {
                    let people = (&config.roles, &config.permissions, &config.groups);
                    let prices = (&config.price_lists, &config.price_rules);
                    let rest = (&config.profiles, &config.plans, &config.accounts);
                    format!("{:?} {people:?} {prices:?} {rest:?}", config.tenant)
                });
                (text(&stored), None)
            }
        }
    }
}
