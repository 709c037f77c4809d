//! How a record becomes a row: described once here, so that every SQL store is generic over it.

use std::borrow::Cow;

use smol_str::SmolStr;

use crate::error::{Code, Error};

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A whole number; booleans are 0 and 1, times are milliseconds since 1970.
    Integer(i64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
}

impl Cell<'_> {
    /// The same value with everything owned.
    #[must_use]
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(number) => Cell::Integer(number),
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::Bytes(bytes) => Cell::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// A whole number of 64 bits.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: CellKind,
    /// Whether it may be empty.
    pub nullable: bool,
}

/// One table: its columns, the first `key` of which are the primary key.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in order.
    pub columns: &'static [Column],
    /// How many columns, from the first on, are the primary key.
    pub key: usize,
}

impl Table {
    /// The column that says whose a row is: of the tenants themselves it is their id.
    #[must_use]
    pub fn tenant_column(&self) -> &'static str {
        let mut names = self.columns.iter().map(|column| column.name);
        names.find(|name| *name == "tenant").unwrap_or("id")
    }
}

/// A value that fits into one column.
pub trait Field: Sized {
    /// What the column holds.
    const KIND: CellKind;
    /// Whether the column may be empty.
    const NULLABLE: bool = false;
    /// The value as a cell.
    fn cell(&self) -> Cell<'_>;
    /// The value that a cell holds; `None` if it cannot be one.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

/// A record that is one row of a table.
pub trait Row: Sized {
    /// Where it lies.
    const TABLE: &'static Table;
    /// Its cells in the order of the columns.
    fn cells(&self) -> Vec<Cell<'_>>;
    /// The record that the cells hold.
    ///
    /// # Errors
    /// `store_corrupt` if a cell is missing or holds what tympan never writes.
    fn from_cells<'a>(next: &mut dyn FnMut() -> Option<Cell<'a>>) -> Result<Self, Error>;
}

/// The error for a cell that cannot be read.
#[must_use]
pub fn corrupt(table: &str, column: &str) -> Error {
    Error::new(
        Code::StoreCorrupt,
        format!("column `{column}` of table `{table}` cannot be read"),
    )
}

impl Field for i64 {
    const KIND: CellKind = CellKind::Integer;
    fn cell(&self) -> Cell<'_> {
        Cell::Integer(*self)
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Integer(number) => Some(number),
            _ => None,
        }
    }
}

impl Field for i32 {
    const KIND: CellKind = CellKind::Integer;
    fn cell(&self) -> Cell<'_> {
        Cell::Integer(i64::from(*self))
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        i64::from_cell(cell).and_then(|number| number.try_into().ok())
    }
}

impl Field for bool {
    const KIND: CellKind = CellKind::Integer;
    fn cell(&self) -> Cell<'_> {
        Cell::Integer(i64::from(*self))
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Integer(0) => Some(false),
            Cell::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl Field for String {
    const KIND: CellKind = CellKind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(self))
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }
}

impl Field for SmolStr {
    const KIND: CellKind = CellKind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(self))
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.into()),
            _ => None,
        }
    }
}

impl Field for Vec<u8> {
    const KIND: CellKind = CellKind::Bytes;
    fn cell(&self) -> Cell<'_> {
        Cell::Bytes(Cow::Borrowed(self))
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => Some(bytes.into_owned()),
            _ => None,
        }
    }
}

impl<const N: usize> Field for [u8; N] {
    const KIND: CellKind = CellKind::Bytes;
    fn cell(&self) -> Cell<'_> {
        Cell::Bytes(Cow::Borrowed(self))
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => bytes.as_ref().try_into().ok(),
            _ => None,
        }
    }
}

impl<F: Field> Field for Option<F> {
    const KIND: CellKind = F::KIND;
    const NULLABLE: bool = true;
    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, Field::cell)
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => F::from_cell(cell).map(Some),
        }
    }
}

macro_rules! id_fields {
    ($($name:ident),*) => {$(
        impl Field for crate::ids::$name {
            const KIND: CellKind = CellKind::Integer;
            fn cell(&self) -> Cell<'_> {
                Cell::Integer(self.0)
            }
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                i64::from_cell(cell).map(Self)
            }
        }
    )*};
}

id_fields!(
    TenantId,
    UserId,
    IdentityId,
    RoleId,
    RoleRowId,
    ProfileId,
    PlanId,
    PriceListId,
    GroupId,
    AccountId,
    HoldId,
    EntryId,
    AuditId
);

/// Declares a record and how it lies in its table, from one list of fields.
macro_rules! record {
    (
        $(#[$doc:meta])*
        pub struct $name:ident in $table:literal, key $key:literal {
            $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::row::Row for $name {
            const TABLE: &'static $crate::row::Table = &$crate::row::Table {
                name: $table,
                columns: &[$($crate::row::Column {
                    name: stringify!($field),
                    kind: <$type as $crate::row::Field>::KIND,
                    nullable: <$type as $crate::row::Field>::NULLABLE,
                },)*],
                key: $key,
            };

            fn cells(&self) -> Vec<$crate::row::Cell<'_>> {
                vec![$($crate::row::Field::cell(&self.$field),)*]
            }

            fn from_cells<'a>(
                next: &mut dyn FnMut() -> Option<$crate::row::Cell<'a>>,
            ) -> Result<Self, $crate::error::Error> {
                Ok(Self {
                    $($field: next()
                        .and_then(<$type as $crate::row::Field>::from_cell)
                        .ok_or_else(|| $crate::row::corrupt($table, stringify!($field)))?,)*
                })
            }
        }
    };
}

/// Declares an enum whose values are words in the database, in JSON and in other languages.
macro_rules! words {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$value_doc])* #[serde(rename = $word)] $value,)*
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$value,)*];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word,)* }
            }

            /// What a word stands for.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$value),)* _ => None }
            }
        }

        impl $crate::row::Field for $name {
            const KIND: $crate::row::CellKind = $crate::row::CellKind::Text;
            fn cell(&self) -> $crate::row::Cell<'_> {
                $crate::row::Cell::Text(std::borrow::Cow::Borrowed(self.as_str()))
            }
            fn from_cell(cell: $crate::row::Cell<'_>) -> Option<Self> {
                match cell {
                    $crate::row::Cell::Text(text) => Self::from_text(&text),
                    _ => None,
                }
            }
        }
    };
}

/// Makes types that are written as a text and parsed from it fields of records and of JSON.
macro_rules! by_text {
    ($($name:ident),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl $crate::row::Field for $name {
            const KIND: $crate::row::CellKind = $crate::row::CellKind::Text;
            fn cell(&self) -> $crate::row::Cell<'_> {
                $crate::row::Cell::Text(std::borrow::Cow::Owned(self.to_string()))
            }
            fn from_cell(cell: $crate::row::Cell<'_>) -> Option<Self> {
                match cell {
                    $crate::row::Cell::Text(text) => Self::parse(&text).ok(),
                    _ => None,
                }
            }
        }
    )*};
}

pub(crate) use {by_text, record, words};
