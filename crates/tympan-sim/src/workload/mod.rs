//! What a seed makes of itself: one step after the other, from chance and from what the answers so
//! far have made known.

mod clock;
mod configuration;
mod hostile;
mod ledger;
mod look;
mod people;
mod untracked;
mod usage;

use std::collections::BTreeMap;

use tympan_core::configuration::Bootstrap;
use tympan_core::ids::{AccountId, UserId};
use tympan_core::ledger::IdempotencyKey;
use tympan_core::measure::Currency;
use tympan_core::permissions::OWN;

use crate::ask::{Answer, Ask};
use crate::calendar::Calendar;
use crate::chance::Chance;
use crate::step::Step;
use crate::world::World;

/// When every simulation begins: 2026-09-01T12:00Z.
pub const START_MS: i64 = 1_788_264_000_000;

/// The tenants: most happens in the first.
const TENANTS: [i64; 2] = [1, 77];

/// How the commands of a step are mixed, in so many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// Everything.
    Everything,
    /// Mostly holds and the clock.
    Holds,
    /// Mostly users, identities and roles.
    People,
}

/// Draws steps.
pub struct Workload {
    pub(crate) chance: Chance,
    pub(crate) worlds: BTreeMap<i64, World>,
    pub(crate) tenant: i64,
    pub(crate) now: i64,
    pub(crate) keys: u64,
    pub(crate) names: u64,
    pub(crate) calendar: Calendar,
    begun: usize,
    mix: Mix,
    /// Which of several clients draws it, if there are several.
    client: Option<usize>,
}

/// Steps that every simulation begins with.
pub(crate) const BEGINNING: usize = 20;

impl Workload {
    /// The workload of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mix = match chance.below(4) {
            0 => Mix::Holds,
            1 => Mix::People,
            _ => Mix::Everything,
        };
        Self {
            chance,
            worlds: TENANTS.iter().map(|id| (*id, World::default())).collect(),
            tenant: TENANTS[0],
            now: START_MS,
            keys: 0,
            names: 0,
            calendar: Calendar::default(),
            begun: 0,
            mix,
            client: None,
        }
    }

    /// What one of several clients goes on with: chance of its own, and everything that is known so
    /// far. Its keys and names are its own too, and it names users by their ids: a username may be
    /// another's by the time that a command is repeated.
    pub(crate) fn of_client(&self, seed: u64, client: usize) -> Self {
        Self {
            chance: Chance::of_client(seed, client),
            worlds: self.worlds.clone(),
            calendar: Calendar::default(),
            client: Some(client),
            ..*self
        }
    }

    /// A command with a key, by whom it may be: for more than one client to send.
    pub(crate) fn keyed(&mut self) -> Step {
        self.choose_tenant();
        let ask = self.ledger();
        let ask = match ask.key() {
            Some(_) => ask,
            None => self.charge().into(),
        };
        self.run(ask)
    }

    /// Takes note of an answer.
    pub fn learn(&mut self, tenant: i64, ask: &Ask, answer: &Answer) {
        self.worlds.entry(tenant).or_default().learn(ask, answer);
    }

    /// The next step.
    pub fn step(&mut self) -> Step {
        if let Some(ask) = self.beginning() {
            return self.run_as(None, ask);
        }
        self.choose_tenant();
        let weights: [u64; 8] = match self.mix {
            Mix::Everything => [600, 110, 60, 40, 90, 6, 40, 10],
            Mix::Holds => [600, 30, 20, 40, 200, 6, 60, 4],
            Mix::People => [150, 500, 60, 60, 40, 6, 40, 40],
        };
        match self.chance.weighted(&weights) {
            0 => {
                let ask = self.ledger();
                self.run(ask)
            }
            1 => {
                let ask = self.people();
                self.run(ask)
            }
            2 => {
                let ask = self.configuration();
                self.run(ask)
            }
            3 => self.batch(),
            4 => self.clock(),
            5 => Step::Reopen,
            6 => self.look(),
            _ => self.may(),
        }
    }

    fn choose_tenant(&mut self) {
        self.tenant = if self.chance.one_in(8) {
            TENANTS[1]
        } else {
            TENANTS[0]
        };
    }

    /// What every simulation begins with, so that there is something to charge.
    fn beginning(&mut self) -> Option<Ask> {
        let place = self.begun;
        self.begun += 1;
        self.tenant = match place {
            0..=13 => TENANTS[0],
            14..BEGINNING => TENANTS[1],
            _ => return None,
        };
        Some(match place {
            0 | 14 => Bootstrap::new("Shop", Currency::EUR, "Root")
                .username("root")
                .into(),
            1 | 15 => self.create_price_list().into(),
            2 | 3 | 16 => self.create_profile().into(),
            4 | 5 => self.create_role().into(),
            6 => self.create_group().into(),
            7 => self.create_account().into(),
            8 => self.edit_group().into(),
            _ => self.create_user().into(),
        })
    }

    fn run(&mut self, ask: Ask) -> Step {
        let actor = self.actor();
        self.run_as(actor, ask)
    }

    fn run_as(&self, actor: Option<UserId>, ask: Ask) -> Step {
        Step::Run {
            tenant: self.tenant,
            actor,
            ask,
        }
    }

    /// The host mostly, else the first administrator, anybody, or nobody.
    fn actor(&mut self) -> Option<UserId> {
        match self.chance.below(100) {
            0..70 => None,
            70..80 => self.world().users.first().copied(),
            _ => Some(self.user_id()),
        }
    }

    fn batch(&mut self) -> Step {
        let actor = self.actor();
        let count = match self.chance.below(40) {
            // More than one commit takes.
            0 => 1_050,
            1..5 => 60,
            _ => self.chance.between(2, 12),
        };
        let kind = self.chance.below(8);
        let mut asks = Vec::new();
        while asks.len() < usize::try_from(count).unwrap_or(2) {
            asks.push(match kind {
                0..4 => self.charge().into(),
                4 => self.settle().into(),
                5 => self.adjust().into(),
                6 => self.edit_user().into(),
                _ => self.authorise().into(),
            });
            // Editing users is slow, and a thousand times the same.
            if kind == 6 && asks.len() >= 20 {
                break;
            }
        }
        Step::Batch {
            tenant: self.tenant,
            actor,
            asks,
        }
    }

    fn may(&mut self) -> Step {
        let user = self.user_id();
        let permission = self.chance.pick_or(OWN, "press.start");
        let account = if self.chance.one_in(3) {
            Some(self.account_id())
        } else {
            None
        };
        Step::May {
            tenant: self.tenant,
            user,
            permission,
            account,
        }
    }

    pub(crate) fn world(&self) -> &World {
        // Every tenant has its world from the beginning on.
        static NOTHING: std::sync::LazyLock<World> = std::sync::LazyLock::new(World::default);
        self.worlds.get(&self.tenant).unwrap_or(&NOTHING)
    }

    /// The world that ids are taken from: now and then the other tenant's, whose ids mean nothing.
    pub(crate) fn looked_up<T: Copy>(
        &mut self,
        list: impl Fn(&World) -> &[T],
        unknown: impl Fn(i64) -> T,
    ) -> T {
        let (chance, worlds) = (&mut self.chance, &self.worlds);
        if chance.one_in(50) {
            let number = match chance.below(4) {
                0 => i64::MAX,
                1 => i64::MIN,
                2 => 0,
                _ => chance.between(1, i64::MAX),
            };
            return unknown(number);
        }
        let other = chance.one_in(60);
        let world = worlds
            .iter()
            .find(|(id, _)| (**id == self.tenant) != other)
            .map(|(_, world)| world);
        let ids = world.map(list).unwrap_or_default();
        chance.pick(ids).copied().unwrap_or_else(|| unknown(1))
    }

    pub(crate) fn user_id(&mut self) -> UserId {
        // Most happens to few, so that they run dry.
        if self.chance.one_in(2) {
            let few = self.world().users.len().min(4);
            let place = self.chance.below(few as u64);
            let users = &self.world().users;
            if let Some(user) = usize::try_from(place).ok().and_then(|at| users.get(at)) {
                return *user;
            }
        }
        self.looked_up(|world| &world.users, UserId)
    }

    pub(crate) fn account_id(&mut self) -> AccountId {
        self.looked_up(|world| &world.accounts, AccountId)
    }

    /// A name that was not used before.
    pub(crate) fn name(&mut self, word: &str) -> String {
        self.names += 1;
        match self.client {
            Some(client) => format!("{word} {}-{client}", self.names),
            None => format!("{word} {}", self.names),
        }
    }

    /// A key that was not used before.
    pub(crate) fn key(&mut self) -> IdempotencyKey {
        self.keys += 1;
        IdempotencyKey::from(match self.client {
            Some(client) => format!("job-{}-{client}", self.keys),
            None => format!("job-{}", self.keys),
        })
    }

    /// Whether users are named by their ids only.
    pub(crate) fn names_by_id(&self) -> bool {
        self.client.is_some()
    }
}
