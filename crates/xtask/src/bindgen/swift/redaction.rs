//! What `print` and `dump` show of values that hold secrets: everything else.

use crate::bindgen::model::{Enum, Field, Model, Record, Type, Variant};
use crate::bindgen::names::camel;
use crate::bindgen::swift::enums::is_nameless;
use crate::bindgen::swift::{Place, types};

/// A mirror for each record and enum with a secret field.
pub fn redaction(model: &Model, place: &Place) -> String {
    let mut code = String::from(if place.borrows {
        "import Tympan\n\n"
    } else {
        ""
    });
    let records = model.records.values().filter(|record| !record.options);
    for record in records.filter(|record| record.fields.iter().any(is_secret)) {
        code += &of_record(record);
    }
    for words in model.enums.values() {
        let mut fields = words.variants.iter().flat_map(|variant| &variant.fields);
        if fields.any(is_secret) {
            code += &of_enum(words);
        }
    }
    code.trim_end().to_owned() + "\n"
}

fn is_secret(field: &Field) -> bool {
    matches!(field.kind.innermost(), Type::Secret)
}

fn of_record(record: &Record) -> String {
    let fields: Vec<String> = record
        .fields
        .iter()
        .map(|field| format!("\"{}\": {}", camel(&field.name), shown(field)))
        .collect();
    let (name, fields) = (&record.name, fields.join(", "));
    format!(
        "extension {name}: CustomReflectable {{
    public var customMirror: Mirror {{
        Mirror(self, children: [{fields}], displayStyle: .struct)
    }}
}}

"
    )
}

fn of_enum(words: &Enum) -> String {
    let arms: String = words.variants.iter().map(of_variant).collect();
    format!(
        "extension {}: CustomReflectable {{
    public var customMirror: Mirror {{
        switch self {{
{arms}        }}
    }}
}}

",
        words.name
    )
}

fn of_variant(variant: &Variant) -> String {
    let name = camel(&variant.name);
    let bound: Vec<String> = variant
        .fields
        .iter()
        .map(|field| {
            if is_secret(field) {
                "_".to_owned()
            } else {
                types::name(&field.name)
            }
        })
        .collect();
    let let_ = if bound.iter().any(|name| name != "_") {
        "let "
    } else {
        ""
    };
    let pattern = if bound.is_empty() {
        String::new()
    } else {
        format!("({})", bound.join(", "))
    };
    let values: Vec<String> = variant
        .fields
        .iter()
        .map(|field| labelled(variant, field))
        .collect();
    let children = match values.as_slice() {
        [] => String::from("[:]"),
        [only] if is_nameless(variant) => format!("[\"{name}\": {only}]"),
        // There are no tuples of one.
        [only] => format!("[\"{name}\": [{only}] as KeyValuePairs]"),
        several => format!("[\"{name}\": ({})]", several.join(", ")),
    };
    format!(
        "        case {let_}.{name}{pattern}:\n            Mirror(self, children: {children}, displayStyle: .enum)\n"
    )
}

fn labelled(variant: &Variant, field: &Field) -> String {
    match (is_nameless(variant), variant.fields.len()) {
        (true, _) => shown(field),
        (false, 1) => format!("\"{}\": {}", camel(&field.name), shown(field)),
        (false, _) => format!("{}: {}", camel(&field.name), shown(field)),
    }
}

fn shown(field: &Field) -> String {
    match &field.kind {
        _ if is_secret(field) => "Hidden()".to_owned(),
        // Swift warns of an optional that becomes anything.
        Type::Option(_) => format!("{} as Any", types::name(&field.name)),
        _ => types::name(&field.name),
    }
}
