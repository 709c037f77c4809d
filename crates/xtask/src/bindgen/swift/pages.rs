//! All rows of a list in pages, as a sequence.

use std::fmt::Write;

use crate::bindgen::model::{Method, Model, Type};
use crate::bindgen::names::camel;
use crate::bindgen::swift::arguments::{Argument, absent, arguments, options};
use crate::bindgen::swift::{Place, documents, types};

/// A method beside each that gives a page.
///
/// # Errors
/// What Swift cannot write.
pub fn pages(model: &Model, place: &Place) -> Result<String, String> {
    let borrowed = if place.borrows { "import Tympan\n" } else { "" };
    let mut code = format!(
        "import Foundation\n{borrowed}\nextension {} {{\n",
        model.handle.name
    );
    let mut lists = Vec::new();
    for method in model.handle.methods.values().filter(|method| method.pages) {
        lists.push(list(model, method)?);
    }
    code += &lists.join("\n");
    code += "}\n";
    Ok(code)
}

fn list(model: &Model, method: &Method) -> Result<String, String> {
    let row = row(model, method)?;
    let kept: Vec<Argument<'_>> = arguments(model, method)
        .into_iter()
        .filter(|argument| argument.name != "after")
        .collect();
    let (mut declared, mut given) = (Vec::new(), Vec::new());
    for argument in &kept {
        let default = match argument.optional {
            true => format!(" = {}", absent(argument.kind, "nil")?),
            false => String::new(),
        };
        let kind = types::swift(argument.kind);
        declared.push(format!("{}: {kind}{default}", types::name(argument.name)));
    }
    for argument in arguments(model, method) {
        let name = types::name(argument.name);
        given.push(format!("{}: {name}", camel(argument.name)));
    }
    let named: Vec<_> = options(model, method)
        .iter()
        .filter(|field| field.name != "after")
        .cloned()
        .collect();
    let text = documents::of_method(&method.docs, &named);
    let text = format!(
        "All rows of `{}`, asked for page by page while they are read.\n\n{text}",
        camel(&method.name)
    );
    let mut code = documents::swift(&text, 4);
    let _ = write!(
        code,
        "    public func {name}All({declared}) -> Rows<{row}> {{
        Rows {{ after in
            let page = try await self.{name}({given})
            return (page.rows, page.next)
        }}
    }}
",
        name = camel(&method.name),
        declared = declared.join(", "),
        given = given.join(", "),
    );
    Ok(code)
}

fn row(model: &Model, method: &Method) -> Result<String, String> {
    let Type::Record(page) = &method.gives else {
        return Err(format!("`{}` gives no page", method.name));
    };
    let fields = model
        .records
        .get(page)
        .map_or(&[][..], |record| &record.fields);
    match fields
        .iter()
        .find(|field| field.name == "rows")
        .map(|field| &field.kind)
    {
        Some(Type::List(row)) => Ok(types::swift(row)),
        _ => Err(format!("`{page}` has no rows")),
    }
}
