//! Price lists: what turns usage into cost.

use crate::definition::{Against, Listed, PriceListId, Uses};
use crate::{Call, Timestamp, Tympan};

/// What turns usage into cost.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceList {
    /// Its id.
    pub id: PriceListId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i32,
    /// Whether it takes no new profiles.
    pub retired: bool,
    /// The currency of its prices, as ISO 4217 writes it: `EUR`.
    pub currency: String,
    /// How the cost of a job is rounded.
    pub rounding: Rounding,
    /// The lines of every revision, in order of revision, then place.
    pub lines: Vec<PriceLineRevision>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A line of a price list, and since when it is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceLineRevision {
    /// 1, 2, 3 …
    pub revision: i32,
    /// From when on the revision is in force.
    pub effective_from: Timestamp,
    /// The line.
    pub line: PriceLine,
}

/// What jobs cost that go to one queue, or are on one paper, or both. The more exact line goes first:
/// that for a job's queue and its paper, then that for its queue, then that for its paper, then that
/// for all others. The parts of a job are added exactly, and their sum is rounded once. Prices are
/// micros of the currency's major unit (40,000 are 4 cents), and not negative.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceLine {
    /// The queue; none: every queue that no other line names.
    pub queue: Option<String>,
    /// The paper, as jobs name it; none: every paper that no other line names.
    pub media: Option<String>,
    /// Micros for a page in one colour.
    pub mono_page_micros: i64,
    /// Micros for a page in colour.
    pub colour_page_micros: i64,
    /// Micros for a piece of paper; none: nothing.
    pub sheet_micros: Option<i64>,
    /// Micros for a printed square metre; none: nothing.
    pub area_micros: Option<i64>,
    /// Micros for the job itself; none: nothing.
    pub job_micros: Option<i64>,
    /// What part of the page price the pages of a two-sided job cost; none: all of it.
    pub two_sided: Option<Fraction>,
}

/// A part of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Fraction {
    /// So many; not negative.
    pub numerator: i32,
    /// Of so many parts; positive.
    pub denominator: i32,
}

/// To which multiples the cost of a job is rounded, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Rounding {
    /// The multiples, in micros, 1 to 1,000,000,000: 10,000 are a cent.
    pub unit_micros: i64,
    /// Where an amount between two multiples goes.
    pub mode: RoundingMode,
}

/// Where an amount between two multiples goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RoundingMode {
    /// To the nearest; from the middle up.
    HalfUp,
    /// To the nearest; from the middle to the even multiple, so that errors even out.
    HalfEven,
    /// Up, whatever is beyond a multiple.
    Up,
}

/// What else a new price list is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePriceList {
    /// How the cost of a job is rounded; none: to the nearest micro, from the middle up.
    pub rounding: Option<Rounding>,
}

/// What an edit changes of a price list; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditPriceList {
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i32>,
    /// Another name.
    pub name: Option<String>,
    /// Another way in which the cost of a job is rounded, at once.
    pub rounding: Option<Rounding>,
    /// All its lines from then on.
    pub lines: Option<Vec<PriceLine>>,
    /// From when on the lines are in force; none, or an instant in the past: now. Not before the
    /// newest revision.
    pub effective_from: Option<Timestamp>,
}

impl Tympan {
    /// Makes a price list. Its name is unique among price lists, its currency never changes, and
    /// its lines are in force from now on: at most one for each queue and paper, and one without
    /// either for all others.
    ///
    /// # Errors
    /// `denied`, `unknown_currency`, `negative_amount`, `invalid_value`, `name_taken`, `empty_text`,
    /// `text_too_long`, `control_character`, `too_many`.
    pub fn create_price_list(
        &self,
        name: String,
        currency: String,
        lines: Vec<PriceLine>,
        options: CreatePriceList,
    ) -> Call<PriceListId> {
        self.create_checked(options.command(name, &currency, lines))
    }

    /// Edits a price list as a whole: all of it, or nothing. The version of it from then on.
    ///
    /// # Errors
    /// Those of [`Tympan::create_price_list`]; `unknown_price_list`, `stale_version`.
    pub fn edit_price_list(&self, price_list: PriceListId, options: EditPriceList) -> Call<i32> {
        self.edit_checked(options.command(price_list))
    }

    /// Gives a price list another name, unique among price lists. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_price_list`, `stale_version`, `name_taken`, `empty_text`, `text_too_long`,
    /// `control_character`.
    pub fn rename_price_list(
        &self,
        price_list: PriceListId,
        name: String,
        options: Against,
    ) -> Call<i32> {
        self.rename(price_list, name, options)
    }

    /// Keeps the profiles of a price list and takes no new ones. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_price_list`, `stale_version`.
    pub fn retire_price_list(&self, price_list: PriceListId, options: Against) -> Call<i32> {
        self.retire(price_list, options)
    }

    /// Undoes [`Tympan::retire_price_list`]. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_price_list`, `stale_version`.
    pub fn unretire_price_list(&self, price_list: PriceListId, options: Against) -> Call<i32> {
        self.unretire(price_list, options)
    }

    /// Deletes a price list that nothing uses.
    ///
    /// # Errors
    /// `denied`, `unknown_price_list`, `stale_version`, `in_use`.
    pub fn delete_price_list(&self, price_list: PriceListId, options: Against) -> Call<()> {
        self.delete(price_list, options)
    }

    /// Price lists, sorted by name.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn price_lists(&self, options: Listed) -> Call<Vec<PriceList>> {
        self.ask_all(move |handle| handle.price_lists(options.filter()))
    }

    /// A price list; none if there is none with this id.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn price_list(&self, price_list: PriceListId) -> Call<Option<PriceList>> {
        self.ask_for(move |handle| handle.price_list(price_list))
    }

    /// How many profiles name a price list.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn price_list_uses(&self, price_list: PriceListId) -> Call<Uses> {
        self.ask(move |handle| handle.price_list_uses(price_list))
    }
}
