//! Whether a value is what was expected.

use serde_json::Value;

/// An object is expected in part, a list whole, everything else as it stands; `{"$any": true}`
/// stands for anything but nothing.
pub fn matches(expected: &Value, found: &Value) -> Result<(), String> {
    let differs = || format!("expected {expected}, found {found}");
    match (expected, found) {
        (Value::Object(fields), found) if fields.contains_key("$any") => {
            if found.is_null() {
                Err(differs())
            } else {
                Ok(())
            }
        }
        (Value::Object(fields), Value::Object(_)) => {
            for (name, expected) in fields {
                let found = found
                    .get(name)
                    .ok_or_else(|| format!("`{name}` is missing: {found}"))?;
                matches(expected, found).map_err(|fault| format!("{name}: {fault}"))?;
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                return Err(differs());
            }
            for (place, (expected, found)) in expected.iter().zip(found).enumerate() {
                matches(expected, found).map_err(|fault| format!("{place}: {fault}"))?;
            }
            Ok(())
        }
        _ if expected == found => Ok(()),
        _ => Err(differs()),
    }
}
