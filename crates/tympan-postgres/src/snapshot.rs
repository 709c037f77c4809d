//! Everything as of one instant, for as long as it is looked at.

use std::cell::RefCell;
use std::time::Instant;

use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::row::{Cell, Table};
use tympan_core::view::{ReadSet, View};
use tympan_store::Snapshot;

use crate::found::State;
use crate::list;
use crate::load::{self, Beside, Failure, sound};
use crate::pool::Lent;
use crate::statements::Lock;
use crate::steps::Step;
use crate::store::{BEGIN_READ, PostgresStore};

/// One long transaction that reads, on a connection that is lent for as long. If the connection
/// breaks, the instant is gone with it.
#[derive(Debug)]
pub(crate) struct PostgresSnapshot<'a> {
    store: &'a PostgresStore,
    link: RefCell<Lent<'a>>,
}

impl<'a> PostgresSnapshot<'a> {
    pub(crate) fn take(store: &'a PostgresStore, until: Instant) -> Result<Self, Failure> {
        let mut link = store.pool.lend(until)?;
        // The instant is that of the first statement behind BEGIN.
        let mut steps = link.begin_transaction(BEGIN_READ);
        steps.push(Step::plain("SELECT 1"));
        sound(link.run(&steps, until))?;
        let link = RefCell::new(link);
        Ok(Self { store, link })
    }
}

impl Snapshot for PostgresSnapshot<'_> {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        let beside = Beside {
            lock: Lock::None,
            begin: None,
            state: &mut State::default(),
            loaded: &mut |_, _| {},
        };
        let until = self.store.options.deadline();
        Ok(load::load(
            &mut self.link.borrow_mut(),
            set,
            view,
            beside,
            until,
        )?)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        let mut link = self.link.borrow_mut();
        let until = self.store.options.deadline();
        let mut ask = |step| {
            let answer = sound(link.run(&[step], until))?.pop();
            Ok(answer.unwrap_or_default())
        };
        list::scan(&mut ask, table, tenant, after, limit)
    }
}
