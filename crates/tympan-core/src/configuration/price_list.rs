//! Making and editing price lists.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Draft, Saved, change, create, reads};
use crate::configuration::named::Named;
use crate::configuration::price_terms::{PriceTerms, checked, revise};
use crate::error::Error;
use crate::ids::{PriceListId, TenantId};
use crate::ledger::Rounding;
use crate::measure::Currency;
use crate::permissions::Requirement;
use crate::records::PriceList;
use crate::refusals::Refusals;
use crate::text;
use crate::time::Timestamp;
use crate::view::{ReadSet, View};

/// Makes a price list. Its prices are in force from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePriceList {
    /// Its name, unique among price lists.
    pub name: String,
    /// The currency of its prices; never changes.
    pub currency: Currency,
    /// How the cost of a job is rounded.
    pub rounding: Rounding,
    /// Its lines: at most one for each queue and paper, and one for all others.
    pub rules: Vec<PriceTerms>,
}

impl CreatePriceList {
    /// A price list with no line yet, that rounds to the micro.
    pub fn new(name: impl Into<String>, currency: Currency) -> Self {
        Self {
            name: name.into(),
            currency,
            rounding: Rounding::MICRO,
            rules: Vec::new(),
        }
    }

    /// The same with one more line.
    #[must_use]
    pub fn rule(mut self, terms: PriceTerms) -> Self {
        self.rules.push(terms);
        self
    }
}

/// Edits a price list as a whole: all of it, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditPriceList {
    /// The price list.
    pub price_list: PriceListId,
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i64>,
    /// Another name.
    pub name: Option<String>,
    /// Another way in which the cost of a job is rounded, at once.
    pub rounding: Option<Rounding>,
    /// All its lines from then on.
    pub rules: Option<Vec<PriceTerms>>,
    /// From when on the lines are in force; none, or an instant in the past: now. Not before the
    /// newest revision.
    pub effective_from: Option<Timestamp>,
}

impl EditPriceList {
    /// An edit that changes nothing yet, against whatever version the price list has.
    #[must_use]
    pub fn new(price_list: PriceListId) -> Self {
        Self {
            price_list,
            expected_version: None,
            name: None,
            rounding: None,
            rules: None,
            effective_from: None,
        }
    }
}

/// A price list to make, with its texts normalised and its lines checked.
#[derive(Debug)]
pub struct PreparedCreatePriceList {
    name: String,
    currency: Currency,
    rounding: Rounding,
    rules: Vec<PriceTerms>,
}

impl Command for CreatePriceList {
    type Prepared = PreparedCreatePriceList;
    const NAME: &'static str = "create_price_list";
    const REQUIRES: Requirement = PriceList::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedCreatePriceList, Error> {
        let mut refusals = Refusals::default();
        let name = refusals.prepared(text::required("name", &self.name, text::MAX_NAME));
        let rules = refusals.prepared(checked(&self.rules));
        let (name, rules) = refusals.all(name.zip(rules))?;
        Ok(PreparedCreatePriceList {
            name,
            currency: self.currency,
            rounding: self.rounding,
            rules,
        })
    }
}

impl Decide for PreparedCreatePriceList {
    type Reply = Saved<PriceListId>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        let action = CreatePriceList::NAME;
        create::<PriceList>(view, context, action, &self.name, |draft, context, id| {
            revise(draft, context, id, &self.rules, None)?;
            Ok(PriceList {
                tenant: context.tenant,
                id,
                name: self.name.clone(),
                version: 1,
                retired: false,
                currency: self.currency,
                rounding: self.rounding,
                created_at: context.now,
            })
        })
    }
}

/// An edit with its texts normalised and its lines checked.
#[derive(Debug)]
pub struct PreparedEditPriceList {
    price_list: PriceListId,
    expected_version: Option<i64>,
    name: Option<String>,
    rounding: Option<Rounding>,
    rules: Option<Vec<PriceTerms>>,
    effective_from: Option<Timestamp>,
}

impl Command for EditPriceList {
    type Prepared = PreparedEditPriceList;
    const NAME: &'static str = "edit_price_list";
    const REQUIRES: Requirement = PriceList::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedEditPriceList, Error> {
        let mut refusals = Refusals::default();
        let name = text::given("name", self.name.as_deref(), text::MAX_NAME);
        let prepared = PreparedEditPriceList {
            price_list: self.price_list,
            expected_version: self.expected_version,
            name: refusals.or_default(name),
            rounding: self.rounding,
            rules: refusals.or_default(self.rules.as_deref().map(checked).transpose()),
            effective_from: self.effective_from,
        };
        refusals.finish().map(|()| prepared)
    }
}

impl Decide for PreparedEditPriceList {
    type Reply = Saved<PriceListId>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        let (id, expected) = (self.price_list, self.expected_version);
        let action = EditPriceList::NAME;
        change::<PriceList>(view, context, action, id, expected, |draft, context| {
            if let Some(rules) = &self.rules {
                revise(draft, context, id, rules, self.effective_from)?;
            }
            if let Some(rounding) = self.rounding {
                reround(draft, id, rounding);
            }
            if let Some(name) = &self.name {
                draft.rename::<PriceList>(id, name)?;
            }
            Ok(())
        })
    }
}

fn reround(draft: &mut Draft<'_>, id: PriceListId, rounding: Rounding) {
    let Some(list) = draft.after.price_lists.get_mut(&id) else {
        return;
    };
    let before = std::mem::replace(&mut list.rounding, rounding);
    if before != rounding {
        let (before, after) = (before.to_string(), rounding.to_string());
        draft.note("rounding".to_owned(), Some(before), Some(after));
    }
}
