//! Words as each language writes them, and documentation with its links turned.

/// `own_funds` of `OwnFunds`.
pub fn snake(name: &str) -> String {
    let mut out = String::new();
    for (place, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && place > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// `ownFunds` of `own_funds`.
pub fn camel(name: &str) -> String {
    let pascal = pascal(name);
    let mut letters = pascal.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}

/// `OwnFunds` of `own_funds`.
pub fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.extend(letters);
    }
    out
}

/// `OWN_FUNDS` of `OwnFunds`.
pub fn upper(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// A closure that makes a call in Rust: the function itself if it takes nothing.
pub fn thunk(call: &str) -> String {
    match call.strip_suffix("()") {
        Some(function) if !function.starts_with("self.") => function.to_owned(),
        _ => format!("|| {call}"),
    }
}

/// A text with every link, [`Name`] or [`Class::method`], written as `link` says.
pub fn linked(text: &str, link: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("[`") {
        let (before, behind) = rest.split_at(start);
        out.push_str(before);
        let Some(end) = behind.find("`]") else { break };
        out.push_str(&link(&behind[2..end]));
        rest = &behind[end + 2..];
        if rest.starts_with('(') {
            rest = rest.split_once(')').map_or(rest, |(_, rest)| rest);
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_as_each_language_writes_them() {
        assert_eq!(snake("OwnFunds"), "own_funds");
        assert_eq!(upper("OwnFunds"), "OWN_FUNDS");
        assert_eq!(camel("own_funds"), "ownFunds");
        assert_eq!(pascal("own_funds"), "OwnFunds");
    }

    #[test]
    fn a_function_that_takes_nothing_is_its_own_closure() {
        assert_eq!(thunk("Tympan::new_keys()"), "Tympan::new_keys");
        assert_eq!(thunk("self.0.close()"), "|| self.0.close()");
        assert_eq!(thunk("Tympan::open(address)"), "|| Tympan::open(address)");
    }

    #[test]
    fn links_are_turned() {
        let link = |name: &str| format!("<{name}>");
        assert_eq!(
            linked("see [`User`], [`Tympan::charge`](x) and `y`", link),
            "see <User>, <Tympan::charge> and `y`"
        );
    }
}
