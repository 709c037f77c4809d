use super::enums::is_nameless;
use super::types::{Way, across, name};
use crate::bindgen::model::{Docs, Field, Type, Variant};

fn field(name: &str, kind: Type) -> Field {
    Field {
        name: name.to_owned(),
        docs: Docs::default(),
        kind,
    }
}

#[test]
fn only_what_differs_on_both_sides_is_converted() {
    let list = |inner| Type::List(Box::new(inner));
    let option = |inner| Type::Option(Box::new(inner));
    let user = || Type::Record("User".to_owned());
    assert_eq!(across(&list(Type::Text), Way::In, "words"), "words");
    assert_eq!(
        across(&option(list(user())), Way::Out, "users"),
        "users.map(|value| value.into_iter().map(Into::into).collect())"
    );
    assert_eq!(
        across(&option(Type::Secret), Way::In, "pin"),
        "pin.map(Secret::from)"
    );
}

#[test]
fn a_field_that_is_called_like_its_variant_has_no_label() {
    let variant = |name: &str, field: Field| Variant {
        name: name.to_owned(),
        docs: Docs::default(),
        fields: vec![field],
    };
    assert!(is_nameless(&variant(
        "NetworkName",
        field("network_name", Type::Text)
    )));
    assert!(!is_nameless(&variant("Card", field("read", Type::Secret))));
}

#[test]
fn words_of_the_language_are_quoted() {
    assert_eq!(
        (name("import"), name("network_name")),
        ("`import`".into(), "networkName".into())
    );
}
