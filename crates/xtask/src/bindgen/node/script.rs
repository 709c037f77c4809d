//! The modules in JavaScript: error classes, the class, and what its methods use.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::glue::function_name;
use super::{Source, plain, values};
use crate::bindgen::NOTICE;
use crate::bindgen::model::{Answers, Method, Type};
use crate::bindgen::names::{camel, pascal};

/// `index.cjs`: the library.
pub fn library(source: &Source<'_>) -> String {
    let name = &source.model.handle.name;
    let errors = "const { refused, ...errors } = require('./errors.cjs');\n";
    let mut out = module(source, ".", errors);
    out.push_str(MAY);
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
    let errors = "const { refused } = require('../errors.cjs');\n";
    let mut out = module(source, "..", errors);
    let _ = write!(out, "\nmodule.exports = {{ {name} }};\n");
    out
}

/// Everything about one definition: its class, and the functions that write and read its types.
fn module(source: &Source<'_>, home: &str, errors: &str) -> String {
    let mut out = format!("'use strict';\n// {NOTICE}\n\n");
    let model = source.model;
    let fields = model.records.values().flat_map(|record| &record.fields);
    let variants = model.enums.values().flat_map(|words| &words.variants);
    let mut fields = fields.chain(variants.flat_map(|variant| &variant.fields));
    let hides = fields.any(|field| *field.kind.innermost() == Type::Secret);
    if hides {
        out.push_str("const { inspect } = require('node:util');\n\n");
    }
    let shared = "{ native, bind, writeOption, writeList, writeMap, objectAt, wrong }";
    let _ = writeln!(out, "const {shared} = require('{home}/runtime.cjs');");
    let _ = writeln!(
        out,
        "const {{ {} }} = require('{home}/plain.cjs');",
        plain::writers()
    );
    out.push_str(errors);
    out.push_str(
        "
const { binding, answer, promise } = bind(readError);

/** Who knows it may make handles. */
const own = Symbol('own');
",
    );
    out.push_str(&class(source));
    if model.handle.methods.values().any(|method| method.pages) {
        out.push_str(ROWS);
    }
    out.push_str(&values::helpers(source));
    if hides {
        out.push_str(HIDE);
    }
    out.push_str(&values::functions(source));
    out
}

const ROWS: &str = "
/** All rows of a list, page after page. */
async function* rows(page, options) {
  let after;
  do {
    const { rows, next } = await page(after === undefined ? options : { ...options, after });
    yield* rows;
    after = next;
  } while (after !== null);
}
";

const HIDE: &str = "
/** Keeps fields of a record out of what `util.inspect` and so `console.log` show. */
function hide(record, names) {
  const shown = (_depth, options) => {
    const rest = { ...record };
    for (const name of names) if (rest[name] !== null) rest[name] = '(hidden)';
    return inspect(rest, options);
  };
  return Object.defineProperty(record, inspect.custom, { value: shown, configurable: true, writable: true });
}
";

const MAY: &str = "
/** The sets of each snapshot that was asked before. */
const sets = new WeakMap();

function may(snapshot, permission, account) {
  let held = sets.get(snapshot);
  if (held === undefined) {
    const over = Object.entries(snapshot.overAccounts);
    held = {
      everywhere: new Set(snapshot.everywhere),
      over: new Map(over.map(([name, permissions]) => [name, new Set(permissions)])),
    };
    sets.set(snapshot, held);
  }
  return held.everywhere.has(permission) || held.over.get(account)?.has(permission) === true;
}
";

/// What methods use by these names, and what no name may be in JavaScript.
const TAKEN: &[&str] = &[
    "answer",
    "arguments",
    "await",
    "binding",
    "case",
    "catch",
    "class",
    "const",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "for",
    "from",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "native",
    "new",
    "null",
    "options",
    "own",
    "promise",
    "return",
    "rows",
    "static",
    "super",
    "switch",
    "task",
    "this",
    "throw",
    "to",
    "true",
    "try",
    "typeof",
    "undefined",
    "values",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Refuses parameters that would hide what methods use.
///
/// # Errors
/// The first such name.
pub fn check_names(source: &Source<'_>) -> Result<(), String> {
    let methods = source.model.handle.methods.values();
    let names = methods.flat_map(|method| &method.parameters);
    let mut names = names.map(|parameter| camel(&parameter.name));
    match names.find(|name| TAKEN.contains(&name.as_str())) {
        Some(name) => Err(format!("no parameter can be called `{name}` in JavaScript")),
        None => Ok(()),
    }
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
  define(Symbol.asyncDispose, function () {
    return this.close();
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
    let (prefix, native) = match method.takes_handle {
        true => ("", format!("this.#native.{name}")),
        false => (
            "static ",
            format!("native.{}", function_name(handle, &method.name)),
        ),
    };
    let optional = method.options.as_ref().map(|_| "options".to_owned());
    let given: Vec<String> = names.iter().cloned().chain(optional).collect();
    let given = given.join(", ");
    let (taken, read) = (values::taken(method), values::given(&method.gives));
    if method.answers != Answers::Call {
        return format!(
            "\n  {prefix}{name}({given}) {{\n    {native}(binding, {taken});\n    return answer({read});\n  }}\n"
        );
    }
    let promised = [names.as_slice(), &["options".to_owned()]]
        .concat()
        .join(", ");
    let mut out = format!(
        "
  {prefix}{name}({promised}) {{
    return promise(options, {read}, (task) => {native}(binding, task, {taken}));
  }}

  {prefix}{name}Sync({given}) {{
    {native}(binding, undefined, {taken});
    return answer({read});
  }}
"
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
