//! The emissions that are easiest to get wrong.

use super::{Source, declarations, glue, reading, script, writing};
use crate::bindgen::model::Docs;
use crate::bindgen::{parse, resolve};

const DEFINITION: &str = "
/// Whom.
pub use tympan::UserId;

/// Whom.
pub enum Whom {
    /// By id.
    Id {
        /// The id.
        id: UserId,
    },
    /// By PIN.
    Pin {
        /// The PIN.
        pin: Secret,
        /// A note.
        side_note: Option<String>,
    },
}

/// Terms.
pub struct Terms {
    /// How much.
    pub amount: i64,
    /// Kept to oneself.
    pub pin: Option<Secret>,
    /// More.
    pub other_names: Vec<String>,
}

impl Tympan {
    /// Asks; see [`Tympan::close_it`].
    ///
    /// # Errors
    /// `denied`.
    pub fn ask(&self, whom: Whom, first: Option<String>, terms: Terms, last: Option<i32>) -> Call<Terms> {
        todo()
    }

    /// Ends.
    pub fn close_it(&self) {
        todo()
    }
}
";

fn check(emit: impl Fn(&Source<'_>) -> String, expected: &[&str]) {
    let files = [("words.rs".to_owned(), DEFINITION.to_owned())];
    let model = parse::texts(&files, ("Tympan", Docs::default()))
        .and_then(|parsed| resolve::resolve(parsed, Default::default()))
        .unwrap();
    let source = Source {
        model: &model,
        module: "surface",
        owns_ids: true,
    };
    let text = emit(&source);
    for expected in expected {
        assert!(text.contains(expected), "{expected}\n\nis not in\n\n{text}");
    }
}

#[test]
fn what_may_be_left_out_is_declared_so() {
    check(
        declarations::file,
        &[
            "  | UserId\n",
            "      type: 'pin';\n      /** The PIN. */\n      pin: string;\n",
            "      sideNote?: string | null | undefined;\n",
            "export interface Terms {\n  /** How much. */\n  amount: bigint;\n",
            "  pin: string | null;\n",
            "export interface TermsInput {\n",
            "  otherNames?: readonly string[] | null | undefined;\n",
            "ask(whom: Whom, first: string | null | undefined, terms: TermsInput, last?: number | null | undefined, options?: CallOptions | null): Promise<Terms>;",
            "askSync(whom: Whom, first: string | null | undefined, terms: TermsInput, last?: number | null | undefined): Terms;",
            "   * Asks; see {@link Tympan.closeIt}.\n   *\n   * @throws {@link TympanError} `denied`.\n",
        ],
    );
}

#[test]
fn a_bare_id_is_taken_and_defaults_are_filled_in() {
    check(
        reading::file,
        &[
            "return Ok(Self::Id { id: Read::read(value)? });",
            "pin: fields.required(\"pin\")?,side_note: fields.or_default(\"sideNote\")?,",
            "other_names: fields.or_default(\"otherNames\")?,",
            "one of 'id', 'pin'",
        ],
    );
}

#[test]
fn addon_and_module_agree_on_who_makes_what() {
    check(
        writing::file,
        &["writer.make(FIRST_MAKER, &[self.amount.write(writer)?,self.pin.write(writer)?,"],
    );
    check(glue::file, &["writer.make(FIRST_MAKER + 1, &[native])"]);
    check(
        script::library,
        &[
            "bind(refused, [\n  (amount, pin, otherNames) => hide({ amount, pin, otherNames }, ['pin']),\n  (native) => new Tympan(own, native),\n]);",
        ],
    );
}

#[test]
fn a_call_is_a_promise_and_has_a_twin() {
    check(
        script::library,
        &[
            "  ask(whom, first, terms, last, options) {\n    return promise(options, (task) => this.#native.ask(task, whom, first, terms, last));\n  }\n",
            "  askSync(whom, first, terms, last) {\n    return this.#native.ask(undefined, whom, first, terms, last);\n  }\n",
            "  closeIt() {\n    return this.#native.closeIt();\n  }\n",
        ],
    );
}
