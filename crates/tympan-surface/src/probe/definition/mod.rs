//! The probe: a definition that only passes values through, so that every type and every way to
//! answer is tried in every language before a host meets it. Built for tests only.

use std::collections::BTreeMap;

use crate::definition::UserId;
use crate::probing::Probe;
use crate::{Call, Error, Secret, Timestamp};

/// One field of every type.
#[derive(Clone, Debug, PartialEq)]
pub struct Everything {
    /// Yes or no.
    pub flag: bool,
    /// A count.
    pub count: i32,
    /// An amount.
    pub amount: i64,
    /// Text.
    pub text: String,
    /// Text that is not shown.
    pub secret: Secret,
    /// Bytes.
    pub bytes: Vec<u8>,
    /// An instant.
    pub at: Timestamp,
    /// An id.
    pub user: UserId,
    /// A word.
    pub colour: Colour,
    /// One of several shapes.
    pub shape: Shape,
    /// None or something.
    pub maybe: Option<i64>,
    /// A list.
    pub list: Vec<String>,
    /// Values by text.
    pub map: BTreeMap<String, i64>,
    /// Records within.
    pub children: Vec<Child>,
}

/// A record within another.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its name.
    pub name: String,
    /// Another one.
    pub nick_name: Option<String>,
}

/// Words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colour {
    /// One word.
    Mono,
    /// Two words.
    FullColour,
}

/// Shapes with fields of their own.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// No field.
    Nothing,
    /// One field.
    Named {
        /// The name.
        name: String,
    },
    /// Several.
    Sized {
        /// How large.
        size: i64,
        /// Whose.
        owner: Option<UserId>,
    },
}

/// Named options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EchoOptions {
    /// A flag, which is off by itself.
    pub loud: bool,
    /// What may be left out.
    pub times: Option<i32>,
    /// A list, which is empty by itself.
    pub words: Vec<String>,
    /// A cursor.
    pub after: Option<String>,
}

/// A page of words.
#[derive(Clone, Debug, PartialEq)]
pub struct WordPage {
    /// The words.
    pub rows: Vec<Child>,
    /// The cursor for the next page.
    pub next: Option<String>,
}

impl Probe {
    /// A new probe.
    pub fn start(name: String) -> Call<Probe> {
        Self::started(name)
    }

    /// Its name, at once.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Passes everything through.
    pub fn everything(&self, everything: Everything) -> Call<Everything> {
        self.given(everything)
    }

    /// Passes a count through.
    pub fn count(&self, count: i32) -> Call<i32> {
        self.given(count)
    }

    /// Passes an amount through, or nothing.
    pub fn amount(&self, amount: Option<i64>) -> Call<Option<i64>> {
        self.given(amount)
    }

    /// Passes text through.
    pub fn text(&self, text: String) -> Call<String> {
        self.given(text)
    }

    /// Passes bytes through.
    pub fn bytes(&self, bytes: Vec<u8>) -> Call<Vec<u8>> {
        self.given(bytes)
    }

    /// Passes an instant through.
    pub fn instant(&self, at: Timestamp) -> Call<Timestamp> {
        self.given(at)
    }

    /// Passes a shape through.
    pub fn shape(&self, shape: Shape) -> Call<Shape> {
        self.given(shape)
    }

    /// The options as text.
    pub fn options(&self, first: String, options: EchoOptions) -> Call<String> {
        self.given(options.told(&first))
    }

    /// Three pages of one word each.
    pub fn words(&self, options: EchoOptions) -> Call<WordPage> {
        self.given(options.page())
    }

    /// Refuses with a code, and its details.
    ///
    /// # Errors
    /// The one with that code; `invalid_value` if there is none.
    pub fn refuse(&self, code: String, details: BTreeMap<String, String>) -> Call<()> {
        self.refused(&code, &details)
    }

    /// Refuses at once.
    ///
    /// # Errors
    /// `closed`.
    pub fn refuse_at_once(&self) -> Result<(), Error> {
        Self::closed()
    }

    /// Panics, which must not be seen as more than an error.
    ///
    /// # Errors
    /// `internal`.
    pub fn panics(&self) -> Call<()> {
        self.panicking()
    }

    /// Panics at the border itself, outside of any call.
    ///
    /// # Errors
    /// `internal`.
    pub fn panics_at_once(&self) -> Result<(), Error> {
        Self::panicking_at_once()
    }

    /// Waits, on the store's side, until [`Probe::release`] is called. How many wait after it.
    pub fn hold(&self) -> Call<i32> {
        self.holding()
    }

    /// How many calls wait in [`Probe::hold`] now.
    pub fn held(&self) -> i32 {
        self.count_held()
    }

    /// Lets all go that wait.
    pub fn release(&self) {
        self.release_all();
    }
}
