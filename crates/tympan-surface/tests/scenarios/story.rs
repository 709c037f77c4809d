//! One scenario, step by step.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};
use tympan_surface::{OpenOptions, Tympan};

use crate::generated::call;
use crate::matching::matches;
use crate::value::{FromValue, Outcome, ToValue};

/// The keys of a database that several processes could share.
const KEYS: &str = "tympan keys 1\nkey 1 \
    000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nactive 1\n";

/// How many schemas were used so far.
static SCHEMAS: AtomicUsize = AtomicUsize::new(0);

/// What steps have bound to names.
#[derive(Default)]
struct Bound {
    values: Map<String, Value>,
    handles: BTreeMap<String, Tympan>,
}

/// Plays a scenario on a store.
pub fn play(scenario: &Value, address: &str) -> Result<(), String> {
    let mut options = OpenOptions::from_value(scenario.get("open").unwrap_or(&Value::Null));
    if address.starts_with("postgres") {
        let number = SCHEMAS.fetch_add(1, Ordering::Relaxed);
        options.schema = Some(format!("scenario_{}_{number}", std::process::id()));
        options.keys.get_or_insert_with(|| KEYS.into());
    }
    let opened = Tympan::open(address.to_owned(), options).wait();
    let opened = opened.map_err(|error| format!("open: {error}"))?;
    let mut bound = Bound::default();
    let steps = scenario["steps"].as_array().ok_or("there are no steps")?;
    for (number, step) in (1..).zip(steps) {
        take(step, &opened, &mut bound).map_err(|fault| format!("step {number}: {fault}"))?;
    }
    let closed = opened.close().wait();
    closed.map_err(|error| format!("close: {error}"))
}

fn take(step: &Value, opened: &Tympan, bound: &mut Bound) -> Result<(), String> {
    let name = step["call"].as_str().ok_or("it calls nothing")?;
    let arguments = resolved(step.get("with").unwrap_or(&Value::Null), &bound.values)?;
    let handle = match step.get("on").and_then(Value::as_str) {
        Some(on) => bound
            .handles
            .get(on)
            .ok_or(format!("no handle is called `{on}`"))?,
        None => opened,
    };
    let value = match (call(handle, name, &arguments), step.get("refused")) {
        (Err(error), Some(refused)) => {
            let refused = resolved(refused, &bound.values)?;
            return matches(&refused, &error.to_value());
        }
        (Err(error), None) => return Err(format!("`{name}` was refused: {error}")),
        (Ok(_), Some(_)) => return Err(format!("`{name}` was not refused")),
        (Ok(Outcome::Handle(handle)), None) => {
            if let Some(name) = step["as"].as_str() {
                bound.handles.insert(name.to_owned(), handle);
            }
            return Ok(());
        }
        (Ok(Outcome::Value(value)), None) => value,
    };
    if let Some(expected) = step.get("expect") {
        matches(&resolved(expected, &bound.values)?, &value)?;
    }
    if let Some(name) = step["as"].as_str() {
        bound.values.insert(name.to_owned(), value);
    }
    Ok(())
}

/// The value with every `{"$": "name.field.0"}` put in.
fn resolved(value: &Value, bound: &Map<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::Object(fields) => match fields.get("$").and_then(Value::as_str) {
            Some(path) => found(path, bound)?,
            None => {
                let mut out = Map::new();
                for (name, value) in fields {
                    out.insert(name.clone(), resolved(value, bound)?);
                }
                Value::Object(out)
            }
        },
        Value::Array(items) => {
            let items = items.iter().map(|item| resolved(item, bound));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        plain => plain.clone(),
    })
}

fn found(path: &str, bound: &Map<String, Value>) -> Result<Value, String> {
    let mut words = path.split('.');
    let nothing = || format!("nothing is called `{path}`");
    let mut value = bound
        .get(words.next().unwrap_or_default())
        .ok_or_else(nothing)?;
    for word in words {
        value = match word.parse::<usize>() {
            Ok(place) => value.get(place),
            Err(_) => value.get(word),
        }
        .ok_or_else(nothing)?;
    }
    Ok(value.clone())
}
