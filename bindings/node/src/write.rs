//! Values for JavaScript. Generated code writes records and enums with what is here.

use std::collections::BTreeMap;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, JsValue, Null, Result, ToNapiValue, Uint8Array, Unknown};
use tympan_surface::{Error, Secret, Timestamp};

use crate::binding::{Arguments, Environment, MAP, REFUSED};

/// Where values are written.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) env: &'a Env,
    pub(crate) environment: &'a Rc<Environment>,
}

impl<'a> Writer<'a> {
    /// Has JavaScript make an object: it does so faster than one property at a time.
    pub(crate) fn make(self, maker: usize, values: &[Unknown<'a>]) -> Result<Unknown<'a>> {
        let maker = self.environment.maker(maker)?.borrow_back(self.env)?;
        maker.call(Arguments(values.iter().map(JsValue::raw).collect()))
    }
}

/// What JavaScript can be given.
pub(crate) trait Write {
    fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>>;
}

macro_rules! plain {
    ($($kind:ty: |$value:ident, $env:ident| $written:expr;)*) => {$(
        impl Write for $kind {
            fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>> {
                let ($value, $env) = (self, writer.env);
                $written.into_unknown($env)
            }
        }
    )*};
}

plain! {
    (): |_value, _env| ();
    bool: |value, _env| value;
    i32: |value, _env| value;
    i64: |value, _env| napi::bindgen_prelude::i64n(value);
    &str: |value, _env| value;
    String: |value, _env| value;
    Secret: |value, _env| value.expose();
    Vec<u8>: |value, _env| Uint8Array::new(value);
    Timestamp: |value, env| env.create_date(millis(value))?;
}

/// All of 1970 to 9999 is exact.
fn millis(at: Timestamp) -> f64 {
    at.millis() as f64
}

impl<T: Write> Write for Option<T> {
    fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>> {
        match self {
            Some(value) => value.write(writer),
            None => Null.into_unknown(writer.env),
        }
    }
}

impl<T: Write> Write for Vec<T> {
    fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>> {
        let written = self.into_iter().map(|value| value.write(writer));
        written
            .collect::<Result<Vec<_>>>()?
            .into_unknown(writer.env)
    }
}

impl<T: Write> Write for BTreeMap<String, T> {
    fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>> {
        let mut pairs = Vec::with_capacity(self.len() * 2);
        for (name, value) in self {
            pairs.push(name.write(writer)?);
            pairs.push(value.write(writer)?);
        }
        writer.make(MAP, &[pairs.into_unknown(writer.env)?])
    }
}

impl Write for Error {
    fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>> {
        let values = [
            self.code().as_str().write(writer)?,
            self.retry().write(writer)?,
            self.message().write(writer)?,
            self.details().clone().write(writer)?,
        ];
        writer.make(REFUSED, &values)
    }
}
