//! Values on their way: a call and its answer are each a flat list of plain values, which the
//! modules in JavaScript write and read in the same order. They have checked what they write.
//! Plain values, ids, records and enums are generated from what is here.

use std::collections::BTreeMap;

use napi::bindgen_prelude::{Env, FromNapiValue, JsObjectValue, JsValue, Object, ToNapiValue};
use napi::sys::napi_value;
use tympan_surface::{Code, Error};

pub(crate) type Crossed<T> = Result<T, Error>;

/// What a call takes, in order.
pub(crate) struct Reader<'a> {
    pub(crate) values: Object<'a>,
    pub(crate) next: u32,
}

impl Reader<'_> {
    pub(crate) fn value<T: FromNapiValue>(&mut self) -> Crossed<T> {
        let place = self.next;
        self.next += 1;
        self.values.get_element(place).map_err(broken)
    }
}

/// What a call gives, in order.
pub(crate) struct Writer<'a> {
    pub(crate) env: &'a Env,
    pub(crate) values: Vec<napi_value>,
}

impl Writer<'_> {
    pub(crate) fn put(&mut self, value: impl ToNapiValue) -> Crossed<()> {
        let value = value.into_unknown(self.env).map_err(broken)?;
        self.values.push(value.raw());
        Ok(())
    }
}

/// The addon and its modules do not agree.
fn broken(error: napi::Error) -> Error {
    Error::new(Code::Internal, error.reason.clone())
}

/// What is taken from JavaScript.
pub(crate) trait Read: Sized {
    fn read(from: &mut Reader<'_>) -> Crossed<Self>;
}

impl<T: Read> Read for Option<T> {
    fn read(from: &mut Reader<'_>) -> Crossed<Self> {
        let is_there: bool = from.value()?;
        is_there.then(|| T::read(from)).transpose()
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(from: &mut Reader<'_>) -> Crossed<Self> {
        let count: u32 = from.value()?;
        (0..count).map(|_| T::read(from)).collect()
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(from: &mut Reader<'_>) -> Crossed<Self> {
        let count: u32 = from.value()?;
        let entry = |_| Ok((from.value()?, T::read(from)?));
        (0..count).map(entry).collect()
    }
}

/// What JavaScript is given.
pub(crate) trait Write {
    fn write(self, to: &mut Writer<'_>) -> Crossed<()>;
}

impl<T: Write> Write for Option<T> {
    fn write(self, to: &mut Writer<'_>) -> Crossed<()> {
        to.put(self.is_some())?;
        self.map_or(Ok(()), |value| value.write(to))
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(self, to: &mut Writer<'_>) -> Crossed<()> {
        to.put(self.len() as f64)?;
        self.into_iter().try_for_each(|value| value.write(to))
    }
}

impl<T: Write> Write for BTreeMap<String, T> {
    fn write(self, to: &mut Writer<'_>) -> Crossed<()> {
        to.put(self.len() as f64)?;
        self.into_iter().try_for_each(|(name, value)| {
            to.put(name)?;
            value.write(to)
        })
    }
}
