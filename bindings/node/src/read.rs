//! Values from JavaScript. What cannot be taken without loss is refused, by the name of the
//! argument. Generated code reads records and enums with what is here.

use std::collections::BTreeMap;

use napi::bindgen_prelude::{
    BigInt, FromNapiValue, JsObjectValue, JsValue, Object, Uint8Array, Unknown,
};
use napi::{JsDate, JsString, ValueType};
use tympan_surface::{Error, Secret, Timestamp};

/// Why a value is not taken.
pub(crate) enum Fault {
    /// It is none of its type, or out of range.
    Wrong {
        range: bool,
        path: String,
        must: String,
    },
    /// The core refused it.
    Refused(Error),
    /// JavaScript threw while it was looked at.
    Thrown(napi::Error),
}

pub(crate) type Taken<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn type_error(must: impl Into<String>) -> Self {
        Self::wrong(false, must.into())
    }

    fn range_error(must: impl Into<String>) -> Self {
        Self::wrong(true, must.into())
    }

    fn wrong(range: bool, must: String) -> Self {
        let path = String::new();
        Self::Wrong { range, path, must }
    }

    /// Says in which argument, field or item the fault is.
    pub(crate) fn within(self, name: &str) -> Self {
        match self {
            Self::Wrong { range, path, must } => {
                let dot = match path.as_bytes().first() {
                    None | Some(b'[') => "",
                    Some(_) => ".",
                };
                let path = format!("{name}{dot}{path}");
                Self::Wrong { range, path, must }
            }
            other => other,
        }
    }
}

impl From<napi::Error> for Fault {
    fn from(error: napi::Error) -> Self {
        Self::Thrown(error)
    }
}

/// What can be taken from JavaScript.
pub(crate) trait Read: Sized {
    fn read(value: Unknown<'_>) -> Taken<Self>;
}

/// A parameter, by its name.
pub(crate) fn argument<T: Read>(name: &str, value: Unknown<'_>) -> Taken<T> {
    T::read(value).map_err(|fault| fault.within(name))
}

/// What may be left out, by its name.
pub(crate) fn or_default<T: Read + Default>(name: &str, value: Unknown<'_>) -> Taken<T> {
    Ok(argument::<Option<T>>(name, value)?.unwrap_or_default())
}

/// An object with fields.
pub(crate) struct Fields<'a>(Object<'a>);

impl<'a> Fields<'a> {
    pub(crate) fn of(value: Unknown<'a>) -> Taken<Self> {
        match value.get_type()? {
            ValueType::Object if !value.is_array()? => Ok(Self(Object::from_unknown(value)?)),
            _ => Err(Fault::type_error("an object")),
        }
    }

    pub(crate) fn required<T: Read>(&self, name: &str) -> Taken<T> {
        argument(name, self.value(name)?)
    }

    pub(crate) fn or_default<T: Read + Default>(&self, name: &str) -> Taken<T> {
        or_default(name, self.value(name)?)
    }

    fn value(&self, name: &str) -> Taken<Unknown<'a>> {
        Ok(self.0.get_named_property_unchecked(name)?)
    }
}

fn expect(value: &Unknown<'_>, kind: ValueType, must: &str) -> Taken<()> {
    match value.get_type()? == kind {
        true => Ok(()),
        false => Err(Fault::type_error(must)),
    }
}

impl Read for bool {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        expect(&value, ValueType::Boolean, "a boolean")?;
        Ok(Self::from_unknown(value)?)
    }
}

impl Read for i32 {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        expect(&value, ValueType::Number, "a number")?;
        let number = f64::from_unknown(value)?;
        let nearest = number as Self; // saturating, and 0 for NaN
        match f64::from(nearest) == number {
            true => Ok(nearest),
            false => Err(Fault::range_error("an integer from -2^31 to 2^31 - 1")),
        }
    }
}

impl Read for i64 {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        expect(&value, ValueType::BigInt, "a bigint")?;
        match BigInt::from_unknown(value)?.get_i64() {
            (number, true) => Ok(number),
            (_, false) => Err(Fault::range_error("from -2^63 to 2^63 - 1")),
        }
    }
}

impl Read for String {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        expect(&value, ValueType::String, "a string")?;
        let text = Self::from_unknown(value)?;
        // What is no Unicode has become this character; so has what was it before.
        if text.contains(char::REPLACEMENT_CHARACTER) {
            let units = JsString::from_unknown(value)?.into_utf16()?;
            if char::decode_utf16(units.as_slice().iter().copied()).any(|unit| unit.is_err()) {
                return Err(Fault::type_error(
                    "well-formed Unicode, without lone surrogates",
                ));
            }
        }
        Ok(text)
    }
}

impl Read for Secret {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        String::read(value).map(Self::from)
    }
}

impl Read for Vec<u8> {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        let bytes = value
            .is_typedarray()?
            .then(|| Uint8Array::from_unknown(value));
        match bytes {
            Some(Ok(bytes)) => Ok(bytes.to_vec()),
            _ => Err(Fault::type_error("a Uint8Array")),
        }
    }
}

impl Read for Timestamp {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        if !value.is_date()? {
            return Err(Fault::type_error("a Date"));
        }
        let millis = JsDate::from_unknown(value)?.value_of()?;
        let at = Self::from_millis(millis as i64);
        match at.millis() as f64 == millis {
            true => Ok(at),
            false => Err(Fault::range_error("a valid Date from 1970 to 9999")),
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        match value.get_type()? {
            ValueType::Undefined | ValueType::Null => Ok(None),
            _ => T::read(value).map(Some),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        if !value.is_array()? {
            return Err(Fault::type_error("an array"));
        }
        let array = Object::from_unknown(value)?;
        let item = |place: u32| {
            let item = array.get_element(place)?;
            argument(&format!("[{place}]"), item)
        };
        (0..array.get_array_length()?).map(item).collect()
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(value: Unknown<'_>) -> Taken<Self> {
        let Fields(object) = Fields::of(value)?;
        let entry = |name: String| {
            let value = object.get(&name)?.ok_or_else(|| missing(&name))?;
            Ok((name.clone(), argument(&name, value)?))
        };
        Object::keys(&object)?.into_iter().map(entry).collect()
    }
}

fn missing(name: &str) -> Fault {
    Fault::type_error("a value under a well-formed name").within(name)
}
