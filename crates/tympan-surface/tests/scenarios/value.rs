//! Values between JSON and the surface. A scenario is data that somebody wrote for this test: what
//! is wrong in it ends the test with a sentence.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use tympan_surface::{Call, Error, Secret, Timestamp, Tympan};

/// What a call gave.
pub enum Outcome {
    /// A value.
    Value(Value),
    /// Another handle.
    Handle(Tympan),
}

/// What is made of JSON.
pub trait FromValue: Sized {
    /// The value.
    fn from_value(value: &Value) -> Self;
    /// The value of what was left out, if it may be.
    fn absent() -> Option<Self>;
}

/// What is told as JSON.
pub trait ToValue {
    /// The JSON.
    fn to_value(&self) -> Value;
}

/// A field of an object.
pub fn field<T: FromValue>(value: &Value, name: &str) -> T {
    match value.get(name) {
        Some(value) if !value.is_null() => T::from_value(value),
        _ => T::absent().unwrap_or_else(|| panic!("`{name}` is missing in {value}")),
    }
}

/// An object.
pub fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// The answer of a call: waited for on this thread.
pub fn finished<T>(call: Call<T>) -> Result<T, Error> {
    call.wait()
}

macro_rules! plain {
    ($($kind:ty: $value:ident => $read:expr, $this:ident => $told:expr, $absent:expr;)*) => {$(
        impl FromValue for $kind {
            fn from_value($value: &Value) -> Self {
                $read.unwrap_or_else(|| panic!("{} is no {}", $value, stringify!($kind)))
            }
            fn absent() -> Option<Self> {
                $absent
            }
        }
        impl ToValue for $kind {
            fn to_value(&self) -> Value {
                let $this = self;
                $told
            }
        }
    )*};
}

plain! {
    bool: value => value.as_bool(), this => Value::from(*this), Some(false);
    i32: value => value.as_i64().and_then(|number| number.try_into().ok()), this => Value::from(*this), None;
    i64: value => value.as_i64(), this => Value::from(*this), None;
    String: value => value.as_str().map(str::to_owned), this => Value::from(this.as_str()), None;
    Secret: value => value.as_str().map(Secret::from), this => Value::from(this.expose()), None;
    Timestamp: value => value.as_str().and_then(instant), this => Value::from(told(*this)), None;
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl FromValue for tympan_surface::$id {
            fn from_value(value: &Value) -> Self {
                let text = value.as_str().unwrap_or_else(|| panic!("{value} is no id"));
                text.parse().unwrap_or_else(|_| panic!("`{text}` is no {}", stringify!($id)))
            }
            fn absent() -> Option<Self> {
                None
            }
        }
        impl ToValue for tympan_surface::$id {
            fn to_value(&self) -> Value {
                Value::from(self.to_string())
            }
        }
    )*};
}

ids! {
    TenantId UserId IdentityId RoleId RoleRowId ProfileId PlanId PriceListId GroupId AccountId HoldId EntryId UntrackedId AuditId
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Self {
        Some(T::from_value(value))
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Self {
        let list = value
            .as_array()
            .unwrap_or_else(|| panic!("{value} is no list"));
        list.iter().map(T::from_value).collect()
    }
    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value {
        Value::Array(self.iter().map(ToValue::to_value).collect())
    }
}

impl<T: ToValue> ToValue for BTreeMap<String, T> {
    fn to_value(&self) -> Value {
        let fields = self
            .iter()
            .map(|(name, value)| (name.clone(), value.to_value()));
        Value::Object(fields.collect())
    }
}

impl ToValue for Error {
    fn to_value(&self) -> Value {
        let details = self.details().iter();
        let details = details.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        object([
            ("code", Value::from(self.code().as_str())),
            ("details", Value::Object(details.collect())),
        ])
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?;
    Some(Timestamp::from_millis(instant.timestamp_millis()))
}

fn told(at: Timestamp) -> String {
    let instant: DateTime<Utc> = DateTime::from_timestamp_millis(at.millis())
        .unwrap_or_else(|| panic!("an instant beyond all calendars"));
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}
