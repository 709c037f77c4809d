//! Values that cross as one plain value, by a table: how JavaScript checks and writes them, and how
//! the addon reads and writes them.

use std::fmt::Write;

use super::Source;
use crate::bindgen::NOTICE;
use crate::bindgen::model::Type;

/// A type that crosses as one value.
struct Plain {
    rust: &'static str,
    /// The function that writes it in JavaScript.
    name: &'static str,
    /// What a value must be, and when it is: a `TypeError` otherwise.
    must: (&'static str, &'static str),
    /// What it must be then, and when it is; nothing more for most.
    fits: Option<Fits>,
    /// What is written in JavaScript, read in the addon, and put into an answer.
    written: &'static str,
    read: &'static str,
    put: &'static str,
}

struct Fits {
    /// Whether it is out of range otherwise, and no other type.
    range: bool,
    must: &'static str,
    when: &'static str,
}

/// What holds others.
const OTHERS: &str = r"
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

impl<T: Write> Write for Option<T> {
    fn write(self, to: &mut Writer<'_>) -> Crossed<()> {
        match (T::IS_PLAIN, self.is_some()) {
            (true, true) => {}
            (true, false) => to.put(Null)?,
            (false, is_there) => to.put(is_there)?,
        }
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
";

const PLAIN: &[Plain] = &[
    Plain {
        rust: "bool",
        name: "writeFlag",
        must: ("a boolean", "typeof value === 'boolean'"),
        fits: None,
        written: "value",
        read: "from.value()",
        put: "self",
    },
    Plain {
        rust: "i32",
        name: "writeCount",
        must: ("a number", "typeof value === 'number'"),
        fits: Some(Fits {
            range: true,
            must: "an integer from -2^31 to 2^31 - 1",
            when: "(value | 0) === value",
        }),
        written: "value",
        read: "from.value()",
        put: "self",
    },
    Plain {
        rust: "i64",
        name: "writeAmount",
        must: ("a bigint", "typeof value === 'bigint'"),
        fits: Some(Fits {
            range: true,
            must: "from -2^63 to 2^63 - 1",
            when: "BigInt.asIntN(64, value) === value",
        }),
        written: "value",
        read: "from.value::<BigInt>().map(|amount| amount.get_i64().0)",
        put: "i64n(self)",
    },
    Plain {
        rust: "String",
        name: "writeText",
        must: ("a string", "typeof value === 'string'"),
        fits: Some(Fits {
            range: false,
            must: "well-formed Unicode, without lone surrogates",
            when: "value.isWellFormed()",
        }),
        written: "value",
        read: "from.value()",
        put: "self",
    },
    Plain {
        rust: "Vec<u8>",
        name: "writeBytes",
        must: ("a Uint8Array", "types.isUint8Array(value)"),
        fits: None,
        written: "value",
        read: "from.value::<Uint8Array>().map(|bytes| bytes.to_vec())",
        put: "Uint8Array::new(self)",
    },
    Plain {
        rust: "Timestamp",
        name: "writeInstant",
        must: ("a Date", "types.isDate(value)"),
        fits: Some(Fits {
            range: true,
            must: "a valid Date from 1970 to 9999",
            when: "value.getTime() >= 0 && value.getTime() <= LAST",
        }),
        written: "value.getTime()",
        read: "from.value::<f64>().map(|millis| Self::from_millis(millis as i64))",
        put: "self.millis() as f64",
    },
];

/// The function that writes a plain value in JavaScript; none for what is not plain.
pub fn writer(kind: &Type) -> Option<&'static str> {
    let rust = match kind {
        Type::Bool => "bool",
        Type::Count => "i32",
        Type::Amount => "i64",
        Type::Text | Type::Secret | Type::Id(_) => "String",
        Type::Bytes => "Vec<u8>",
        Type::Timestamp => "Timestamp",
        _ => return None,
    };
    let plain = PLAIN.iter().find(|plain| plain.rust == rust);
    plain.map(|plain| plain.name)
}

/// The names of all such functions.
pub fn writers() -> String {
    let names: Vec<&str> = PLAIN.iter().map(|plain| plain.name).collect();
    names.join(", ")
}

/// `plain.cjs`.
pub fn script() -> String {
    let mut out = format!(
        "'use strict';
// {NOTICE}

const {{ types }} = require('node:util');

const {{ wrong }} = require('./runtime.cjs');

/** The last instant of the year 9999. */
const LAST = Date.UTC(10_000, 0) - 1;
"
    );
    for plain in PLAIN {
        let (must, when) = plain.must;
        let _ = write!(
            out,
            "\nfunction {}(to, value, name, at) {{\n  if (!({when})) throw wrong(false, '{must}', name, at);\n",
            plain.name
        );
        if let Some(Fits { range, must, when }) = &plain.fits {
            let _ = writeln!(
                out,
                "  if (!({when})) throw wrong({range}, '{must}', name, at);"
            );
        }
        let _ = write!(out, "  to.push({});\n}}\n", plain.written);
    }
    let _ = write!(out, "\nmodule.exports = {{ {} }};\n", writers());
    out
}

/// The same in the addon, with ids and secrets, which cross as text, and the one error.
pub fn glue(source: &Source<'_>) -> String {
    let mut out = String::from(
        "use std::collections::BTreeMap;
        use napi::bindgen_prelude::{BigInt, Null, Uint8Array, i64n};
        use tympan_surface::{Error, Secret, Timestamp};
        use crate::values::{Crossed, Read, Reader, Write, Writer};",
    );
    out.push_str(OTHERS);
    for plain in PLAIN {
        both(&mut out, plain.rust, plain.read, plain.put);
    }
    let text = "from.value::<String>().map(Self::from)";
    both(&mut out, "Secret", text, "self.expose()");
    for id in source.model.ids.keys() {
        let text = "from.value::<String>()?.parse()";
        both(
            &mut out,
            &format!("tympan_surface::{id}"),
            text,
            "self.to_string()",
        );
    }
    out.push_str(
        "impl Write for () {
            fn write(self, _: &mut Writer<'_>) -> Crossed<()> { Ok(()) }
        }
        impl Write for Error {
            fn write(self, to: &mut Writer<'_>) -> Crossed<()> {
                to.put(self.code().as_str())?;
                to.put(self.retry())?;
                to.put(self.message())?;
                self.details().clone().write(to)
            }
        }",
    );
    out
}

fn both(out: &mut String, rust: &str, read: &str, put: &str) {
    let _ = write!(
        out,
        "impl Read for {rust} {{
            fn read(from: &mut Reader<'_>) -> Crossed<Self> {{ {read} }}
        }}
        impl Write for {rust} {{
            const IS_PLAIN: bool = true;
            fn write(self, to: &mut Writer<'_>) -> Crossed<()> {{ to.put({put}) }}
        }}"
    );
}
