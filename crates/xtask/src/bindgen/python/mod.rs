//! What Python needs: the glue in Rust, its stub, and the modules of the package that are not
//! compiled.

mod aio;
mod docs;
mod enums;
mod errors;
mod methods;
mod package;
mod plain;
mod records;
mod stub;
mod types;

use std::fmt::Write;

use crate::bindgen::model::Model;
use crate::bindgen::{Files, NOTICE};

/// A definition, and where what is made of it goes.
pub struct Target<'m> {
    /// What the definition says.
    pub model: &'m Model,
    /// Its types in Rust, as a path.
    pub surface: &'static str,
    /// The handle, as a path.
    pub handle: &'static str,
    /// The package that its classes say they are of.
    pub package: &'static str,
    /// The folder of the glue.
    pub glue: &'static str,
    /// The folder of the package.
    pub folder: &'static str,
    /// Whether it is only for tests: its ids are those of the other one.
    pub is_probe: bool,
}

/// All files of the package that are made, and those of the tests' probe.
///
/// # Errors
/// If what was written is no Rust, or a name means something else to Python.
pub fn files(model: &Model, probe: &Model) -> Result<Files, String> {
    let tympan = Target {
        model,
        surface: "tympan_surface",
        handle: "tympan_surface::Tympan",
        package: "tympan",
        glue: "bindings/python/src/generated",
        folder: "bindings/python/python/tympan",
        is_probe: false,
    };
    let probe = Target {
        model: probe,
        surface: "tympan_surface::probe",
        handle: "tympan_surface::Probe",
        package: "probe",
        glue: "bindings/python/src/generated/probe",
        folder: "bindings/python/tests/probe",
        is_probe: true,
    };
    let mut files = Files::new();
    for target in [&tympan, &probe] {
        types::check_names(target.model)?;
        glue(target, &mut files)?;
        package(target, &mut files);
    }
    Ok(files)
}

fn glue(target: &Target<'_>, files: &mut Files) -> Result<(), String> {
    let surface = target.surface;
    let uses = format!(
        "use pyo3::prelude::*;
         use {surface} as surface;
         use crate::convert::*;\n"
    );
    let hashing = format!("{uses} use crate::generated::plain::{{hashed, plain}};\n");
    let mut parts = vec![
        ("mod", register(target)),
        ("records", hashing.clone() + &records::all(target)),
        (
            "enums",
            format!(
                "{hashing} use pyo3::sync::PyOnceLock; use pyo3::types::PyType;\n{}",
                enums::all(target)
            ),
        ),
        (
            "handle",
            format!(
                "{uses} use crate::answer::*; use crate::rows::Rows;\n{}",
                methods::all(target)
            ),
        ),
    ];
    if !target.is_probe {
        parts.push(("plain", uses + &plain::all(target)));
    }
    for (name, code) in parts {
        let path = format!("{}/{name}.rs", target.glue);
        let parsed = syn::parse_file(&code).map_err(|error| format!("{path}: {error}"))?;
        let text = format!("// {NOTICE}\n\n{}", prettyplease::unparse(&parsed));
        files.insert(path.into(), text);
    }
    Ok(())
}

/// The module that tells Python of all classes.
fn register(target: &Target<'_>) -> String {
    let (mut code, mut classes) = (String::new(), String::new());
    code += "mod enums; mod handle; mod records;\n";
    if !target.is_probe {
        code += "mod plain;\n#[cfg(feature = \"probe\")]\npub mod probe;\n";
    }
    code += "use pyo3::prelude::*;\nuse pyo3::types::PyModule;\n";
    for name in target
        .model
        .records
        .values()
        .filter(|record| !record.options)
    {
        let _ = write!(classes, "module.add_class::<records::{}>()?;", name.name);
    }
    for words in target
        .model
        .enums
        .values()
        .filter(|words| words.has_fields())
    {
        let _ = write!(
            classes,
            "enums::{}(module)?;",
            enums::register_name(&words.name)
        );
    }
    let handle = &target.model.handle;
    let _ = write!(classes, "module.add_class::<handle::{}>()?;", handle.name);
    for method in handle
        .methods
        .values()
        .filter(|method| !method.takes_handle)
    {
        let name = &method.name;
        let _ = write!(
            classes,
            "module.add_function(wrap_pyfunction!(handle::{name}, module)?)?;"
        );
    }
    let _ = write!(
        code,
        "/// Adds every class and function.
         ///
         /// # Errors
         /// What Python says.
         pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {{ {classes} Ok(()) }}"
    );
    code
}

/// The modules that are Python themselves, and the stub.
fn package(target: &Target<'_>, files: &mut Files) {
    let mut add = |name: &str, text: String| {
        let text = format!("# {NOTICE}\n\n{text}");
        files.insert(format!("{}/{name}", target.folder).into(), text);
    };
    add("enums.py", package::enums(target));
    add("aio.py", aio::module(target));
    if target.is_probe {
        add("__init__.py", package::probe_init(target));
        add("_glue.pyi", stub::module(target));
        add("_glue.py", package::probe_glue(target));
    } else {
        add("__init__.py", package::init(target));
        add("ids.py", package::ids(target));
        add("errors.py", errors::module(target));
        add("_tympan.pyi", stub::module(target));
    }
}
