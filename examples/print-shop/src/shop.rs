//! The one place that speaks to tympan: a profile, a price list, users, charges.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tympan::sources::ManualClock;
use tympan::{
    Bootstrap, Charge, Code, CreatePriceList, CreateProfile, Currency, Error, Filter, Handle, Kind,
    Measure, Options, PlanTerms, PriceListId, PriceTerms, ProfileId, SetBalance, TimeZoneName,
    Timestamp, Tympan, Usage, UserId, Verification, WalletKind, WalletName,
};

use crate::import::Importer;
use crate::jobs::Job;
use crate::report::{Left, Outcome};
use crate::user_list::UserList;

const PROFILE: &str = "Staff";
const PRICES: &str = "House prices";
const ALLOWANCE_MICROS: i64 = 5_000_000;
const PAGE_MICROS: i64 = 40_000;
const A3_QUEUE: &str = "colour-a3";
const A3_PAGE_MICROS: i64 = 150_000;

/// A shop with its database.
pub struct Shop {
    tympan: Tympan,
    handle: Handle,
    clock: Arc<ManualClock>,
    /// The users in the order of the list.
    users: Vec<UserId>,
}

impl Shop {
    /// Opens the database, or makes it.
    pub fn open(db: &Path) -> Result<Self, Error> {
        let clock = Arc::new(ManualClock::default());
        let address = format!("sqlite:{}", db.display());
        let tympan = Tympan::open(&address, Options::default().clock(clock.clone()))?;
        Ok(Self {
            handle: tympan.host(),
            tympan,
            clock,
            users: Vec::new(),
        })
    }

    /// Imports the users at a time, each under the key of the list's digest and the username, with
    /// a first allowance. What of a line could not be taken over is told, and the rest of it is.
    pub fn import(
        &mut self,
        list: &UserList<'_>,
        digest: &str,
        at: Option<DateTime<Utc>>,
        mut tell: impl FnMut(usize, &str),
    ) -> Result<(), Error> {
        self.set_clock(at);
        let profile = self.set_up()?;
        let importer = Importer::new(&self.handle, profile);
        for row in &list.users {
            let user = importer.import(row, |reason| tell(row.line, reason))?;
            self.users.push(user);
            if let Some(balance) = row.balance_micros {
                let own_funds = WalletName::OwnFunds(Currency::EUR);
                let key = format!("import {digest} {}", user.0);
                let imported = SetBalance::new(user, own_funds, balance, "import", key).may_owe();
                self.handle.run(imported)?;
            }
        }
        Ok(())
    }

    /// What is needed before the first user; found again on the next run.
    fn set_up(&self) -> Result<ProfileId, Error> {
        match self.handle.configuration() {
            Err(error) if error.code() == Code::UnknownTenant => {
                let administrator = "Print shop administrator";
                self.handle
                    .run(Bootstrap::new("Print shop", Currency::EUR, administrator))?;
            }
            answer => drop(answer?),
        }
        let profiles = self.handle.profiles(Filter::All)?;
        if let Some(profile) = profiles.into_iter().find(|profile| profile.name == PROFILE) {
            return Ok(profile.id);
        }
        let allowance = PlanTerms::monthly(
            Measure::Cost(Currency::EUR),
            ALLOWANCE_MICROS,
            TimeZoneName::parse("Europe/Berlin")?,
        );
        let profile = CreateProfile::new(PROFILE)
            .price_list(self.prices()?)
            .plan(allowance);
        Ok(self.handle.run(profile)?.id)
    }

    fn prices(&self) -> Result<PriceListId, Error> {
        let lists = self.handle.price_lists(Filter::All)?;
        if let Some(list) = lists.into_iter().find(|list| list.name == PRICES) {
            return Ok(list.id);
        }
        let page = |micros| PriceTerms::pages(micros, micros).two_sided(3, 4);
        let list = CreatePriceList::new(PRICES, Currency::EUR)
            .rule(page(PAGE_MICROS))
            .rule(page(A3_PAGE_MICROS).queue(A3_QUEUE));
        Ok(self.handle.run(list)?.id)
    }

    /// Charges a job at its `decided_at` and under its `key`.
    pub fn charge(&self, list: &UserList<'_>, job: &Job<'_>) -> Result<Outcome, Error> {
        let Some(user) = list.find(job.user).and_then(|index| self.users.get(index)) else {
            return Ok(Outcome::UnknownUser);
        };
        self.set_clock(Some(job.decided_at));
        let usage = Usage::pages(job.pages).two_sided(job.two_sided);
        match self
            .handle
            .run(Charge::new(*user, job.key(), usage).queue(job.printer))
        {
            Ok(receipt) => Ok(Outcome::Printed {
                cost_micros: receipt.cost_micros.unwrap_or_default(),
            }),
            Err(error) if error.kind() == Kind::Refused => Ok(Outcome::Refused {
                reason: in_words(error.code()),
            }),
            Err(error) if matches!(error.kind(), Kind::Invalid | Kind::Conflict) => {
                Ok(Outcome::LeftOut {
                    reason: error.to_string(),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// What is left to a user of the list at a time, resets that are due included.
    pub fn left(&self, index: usize, at: Option<DateTime<Utc>>) -> Result<Left, Error> {
        self.set_clock(at);
        let user = self
            .users
            .get(index)
            .ok_or_else(|| Error::of(Code::UnknownUser))?;
        let details = self.handle.user_details(*user)?;
        let details = details.ok_or_else(|| Error::of(Code::UnknownUser))?;
        let sum = |kind| {
            let of_kind = |wallet: &&tympan::Standing| wallet.kind == kind;
            let wallets = details.wallets.iter().flatten().filter(of_kind);
            wallets.map(|wallet| wallet.balance).sum()
        };
        Ok(Left {
            allowance_micros: sum(WalletKind::Allowance),
            own_funds_micros: sum(WalletKind::OwnFunds),
        })
    }

    /// Recomputes the whole ledger.
    pub fn verify(&self) -> Result<Verification, Error> {
        self.tympan.verify()
    }

    /// An empty log has no time: its users are imported and shown in 1970.
    fn set_clock(&self, at: Option<DateTime<Utc>>) {
        let millis = at.map_or(0, |at| at.timestamp_millis());
        self.clock.set(Timestamp::from_millis(millis));
    }
}

/// Why a job was refused, for people who do not read codes.
fn in_words(code: Code) -> String {
    match code {
        Code::AllowanceExhausted => "neither allowance nor own funds cover the job".into(),
        Code::UserInactive => "the user is inactive".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Replay;

    fn line(user: &str, id: u32, second: u32, kind: &str) -> String {
        format!("lp {user} {id} [01/Sep/2026:10:00:{second:02} +0000] {kind} - h n A4 -\n")
    }

    #[test]
    fn what_cannot_be_charged_is_left_out_and_the_rest_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let list = UserList::read("ann\t1.00\tY\n");
        let charge = |log: &str| {
            let replay = Replay::read(log);
            let mut shop = Shop::open(&folder.path().join("shop.db")).unwrap();
            let nothing_told = |_: usize, reason: &str| panic!("{reason}");
            shop.import(&list, "digest", replay.starts_at, nothing_told)
                .unwrap();
            let jobs = replay.jobs.iter();
            jobs.map(|job| match shop.charge(&list, job).unwrap() {
                Outcome::Printed { .. } => "printed".to_owned(),
                Outcome::LeftOut { reason } => reason,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(charge(&line("ann", 1, 0, "total 2")), ["printed"]);
        // The same job with other pages, a job of more pages than there can be, and another job.
        let log = line("ann", 1, 0, "total 3")
            + &line("ann", 2, 1, "1 600000000")
            + &line("ann", 2, 2, "2 600000000")
            + &line("ann", 3, 3, "total 1");
        let outcomes = charge(&log);
        assert!(outcomes[0].starts_with("key_reused: "), "{outcomes:?}");
        assert!(outcomes[1].starts_with("invalid_usage: "), "{outcomes:?}");
        assert_eq!(outcomes[2..], ["printed"]);
    }
}
