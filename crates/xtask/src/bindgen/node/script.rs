//! The modules in JavaScript: error classes, the functions that make records, the class.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::glue::function_name;
use super::{Made, Source};
use crate::bindgen::NOTICE;
use crate::bindgen::model::{Answers, Field, Method, Type};
use crate::bindgen::names::{camel, pascal, snake};

/// `index.cjs`: the library.
pub fn library(source: &Source<'_>) -> String {
    let name = &source.model.handle.name;
    let mut out = head("./runtime.cjs", "{ native, bind, hide, rows, may }");
    out.push_str("const { refused, ...errors } = require('./errors.cjs');\n");
    out.push_str(&binding(source));
    out.push_str(&class(source));
    let _ = write!(out, "\nmodule.exports = {{ {name}, may, ...errors }};\n");
    out
}

/// `errors.cjs`: the classes of errors, and the function that makes one.
pub fn errors(source: &Source<'_>) -> String {
    let classes: String = error_classes(source)
        .iter()
        .map(|class| format!("  {class},\n"))
        .collect();
    format!(
        "'use strict';\n// {NOTICE}\n{}\nmodule.exports = {{\n  refused,\n  TympanError,\n{classes}}};\n",
        error_code(source)
    )
}

/// `index.js`: the same for `import`. The class of an error is the same in both.
pub fn exports(source: &Source<'_>) -> String {
    let classes: String = error_classes(source)
        .iter()
        .map(|class| format!("  {class},\n"))
        .collect();
    let name = &source.model.handle.name;
    format!(
        "// {NOTICE}\nimport library from './index.cjs';\n\nexport const {{\n  {name},\n  TympanError,\n{classes}  may,\n}} = library;\n"
    )
}

/// The probe, for tests only.
pub fn probe(source: &Source<'_>) -> String {
    let name = &source.model.handle.name;
    let mut out = head("../runtime.cjs", "{ native, bind, hide, rows }");
    out.push_str("const { refused } = require('../errors.cjs');\n");
    out.push_str(&binding(source));
    out.push_str(&class(source));
    let _ = write!(out, "\nmodule.exports = {{ {name} }};\n");
    out
}

fn head(runtime: &str, names: &str) -> String {
    format!("'use strict';\n// {NOTICE}\n\nconst {names} = require('{runtime}');\n")
}

/// `RefusedError`, of every kind.
pub fn error_classes(source: &Source<'_>) -> Vec<String> {
    let kinds = source.model.kinds.iter();
    kinds.map(|kind| error_class(&kind.kind)).collect()
}

pub fn error_class(kind: &str) -> String {
    format!("{}Error", pascal(kind))
}

fn error_code(source: &Source<'_>) -> String {
    let mut out = "
class TympanError extends Error {
  constructor(code, kind, retry, message, details) {
    super(message);
    this.code = code;
    this.kind = kind;
    this.retry = retry;
    this.details = details;
  }
}
"
    .to_owned();
    for class in error_classes(source) {
        let _ = writeln!(out, "class {class} extends TympanError {{}}");
    }
    out.push_str("\nconst kinds = {\n  __proto__: null,\n");
    for kind in &source.model.kinds {
        let _ = writeln!(out, "  {}: {},", kind.kind, error_class(&kind.kind));
    }
    out.push_str("};\n\nfor (const kind of [TympanError, ...Object.values(kinds)]) {\n  Object.defineProperty(kind.prototype, 'name', { value: kind.name, configurable: true, writable: true });\n}\n");
    out.push_str("\nconst kindOf = {\n  __proto__: null,\n");
    let mut codes: BTreeMap<&str, &str> = BTreeMap::new();
    for code in &source.model.codes {
        codes.insert(&code.code, &code.kind);
    }
    for (code, kind) in codes {
        let _ = writeln!(out, "  {code}: '{kind}',");
    }
    out.push_str(
        "};

function refused(code, retry, message, details) {
  const kind = kindOf[code] ?? 'internal';
  return new kinds[kind](code, kind, retry, message, details);
}
",
    );
    out
}

fn binding(source: &Source<'_>) -> String {
    let makers: String = source
        .makers()
        .iter()
        .map(|made| format!("  {},\n", maker(made, source)))
        .collect();
    format!(
        "\nconst {{ binding, promise }} = bind(refused, [\n{makers}]);\n\n/** Who knows it may make handles. */\nconst own = Symbol('own');\n"
    )
}

fn maker(made: &Made<'_>, source: &Source<'_>) -> String {
    match made {
        Made::Handle => format!("(native) => new {}(own, native)", source.model.handle.name),
        Made::Record(record) => object(&record.fields, None),
        Made::Variant(_, variant) => object(&variant.fields, Some(&snake(&variant.name))),
    }
}

/// The function that makes an object of its fields, and does not show its secrets.
fn object(fields: &[Field], variant: Option<&str>) -> String {
    let names: Vec<String> = fields.iter().map(|field| camel(&field.name)).collect();
    let parameters = names.join(", ");
    let tag = variant.map(|name| format!("type: '{name}'"));
    let members: Vec<String> = tag.into_iter().chain(names.iter().cloned()).collect();
    let object = format!("{{ {} }}", members.join(", ")).replace("{  }", "{}");
    let secrets: Vec<String> = fields
        .iter()
        .filter(|field| *field.kind.innermost() == Type::Secret)
        .map(|field| format!("'{}'", camel(&field.name)))
        .collect();
    match secrets.is_empty() {
        true => format!("({parameters}) => ({object})"),
        false => format!("({parameters}) => hide({object}, [{}])", secrets.join(", ")),
    }
}

fn class(source: &Source<'_>) -> String {
    let handle = &source.model.handle;
    let name = &handle.name;
    let methods: String = handle
        .methods
        .values()
        .map(|method| members(method, name))
        .collect();
    let dispose = match handle.methods.contains_key("close") {
        true => DISPOSE,
        false => "",
    };
    let install = match handle.methods.contains_key("close") {
        true => format!("\ndisposable({name}.prototype);\n"),
        false => String::new(),
    };
    format!(
        "
class {name} {{
  #native;

  constructor(key, native) {{
    if (key !== own) throw new TypeError('a {name} is not made with `new`');
    this.#native = native;
  }}
{methods}}}
{dispose}{install}"
    )
}

/// Older versions of Node have no such symbols.
const DISPOSE: &str = "
/** Closes the handle at the end of a block, where this version of Node knows how. */
function disposable(prototype) {
  const define = (symbol, value) =>
    symbol && Object.defineProperty(prototype, symbol, { value, configurable: true, writable: true });
  define(Symbol.dispose, function () {
    this.close();
  });
  define(Symbol.asyncDispose, async function () {
    this.close();
  });
}
";

fn members(method: &Method, handle: &str) -> String {
    let name = camel(&method.name);
    let names: Vec<String> = method
        .parameters
        .iter()
        .map(|parameter| camel(&parameter.name))
        .collect();
    let (prefix, native, mut before) = match method.takes_handle {
        true => ("", format!("this.#native.{name}"), Vec::new()),
        false => (
            "static ",
            format!("native.{}", function_name(handle, &method.name)),
            vec!["binding".to_owned()],
        ),
    };
    let optional = method.options.as_ref().map(|_| "options".to_owned());
    let given: Vec<String> = names.iter().cloned().chain(optional).collect();
    let call = |first: &[String]| [first, &given].concat().join(", ");
    if method.answers != Answers::Call {
        return format!(
            "\n  {prefix}{name}({}) {{\n    return {native}({});\n  }}\n",
            given.join(", "),
            call(&before)
        );
    }
    let promised = [names.as_slice(), &["options".to_owned()]]
        .concat()
        .join(", ");
    before.push("task".to_owned());
    let begun = call(&before);
    before.pop();
    before.push("undefined".to_owned());
    let mut out = format!(
        "
  {prefix}{name}({promised}) {{
    return promise(options, (task) => {native}({begun}));
  }}

  {prefix}{name}Sync({}) {{
    return {native}({});
  }}
",
        given.join(", "),
        call(&before)
    );
    if method.pages {
        let page = [names.as_slice(), &["page".to_owned()]].concat().join(", ");
        let _ = write!(
            out,
            "\n  {name}All({promised}) {{\n    return rows((page) => this.{name}({page}), options);\n  }}\n"
        );
    }
    out
}
