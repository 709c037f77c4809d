//! Values on their way: a call and its answer are each a flat list of plain values, which the
//! modules in JavaScript write and read in the same order. They have checked what they write.
//! Plain values, ids, records, enums and what holds others are generated from what is here.

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

/// What JavaScript is given.
pub(crate) trait Write: Sized {
    /// Whether it is one value, and never null: then null says that it is not there.
    const IS_PLAIN: bool = false;
    fn write(self, to: &mut Writer<'_>) -> Crossed<()>;
}
