//! The emissions that are easiest to get wrong.

use super::{Source, declarations, glue, plain, reading, script, writing};
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
        script::library,
        &[
            "  if (typeof value === 'string') {\n    to.push(0);\n    writeText(to, value, name, at);\n    return;\n  }\n",
            "    case 'pin':\n      to.push(1);\n      writeText(to, value.pin, 'pin', here);\n      writeOption(writeText, to, value.sideNote, 'sideNote', here);\n      return;\n",
            "throw wrong(false, \"one of 'id', 'pin'\", 'type', here);",
            "  writeList(writeText, to, value.otherNames ?? [], 'otherNames', here);\n",
        ],
    );
}

#[test]
fn addon_and_module_write_and_read_the_same_values_in_the_same_order() {
    check(
        reading::file,
        &[
            "Ok(Self { amount: Read::read(from)?,pin: Read::read(from)?,other_names: Read::read(from)?, })",
            "1 => Ok(Self::Pin { pin: Read::read(from)?,side_note: Read::read(from)?, }),",
        ],
    );
    check(
        writing::file,
        &["self.amount.write(to)?;self.pin.write(to)?;self.other_names.write(to)?;"],
    );
    check(
        script::library,
        &[
            "  writeAmount(to, value.amount, 'amount', here);\n  writeOption(writeText, to, value.pin, 'pin', here);\n",
            "return hide({ amount: from.next(), pin: from.next(), otherNames: from.list(next) }, ['pin']);",
        ],
    );
    check(
        glue::file,
        &[
            "binding.answer(env, task, values, |from| Ok(self.0.ask(Read::read(from)?, Read::read(from)?, Read::read(from)?, Read::read(from)?)))",
        ],
    );
    check(plain::glue, &["impl Read for tympan_surface::UserId"]);
}

#[test]
fn a_call_is_a_promise_and_has_a_twin() {
    let values = "values((to) => { writeWhom(to, whom, 'whom'); writeOption(writeText, to, first, 'first'); writeTerms(to, terms, 'terms'); writeOption(writeCount, to, last, 'last'); })";
    check(
        script::library,
        &[
            &format!(
                "  ask(whom, first, terms, last, options) {{\n    return promise(options, readTerms, (task) => this.#native.ask(binding, task, {values}));\n  }}\n"
            ),
            &format!(
                "  askSync(whom, first, terms, last) {{\n    this.#native.ask(binding, undefined, {values});\n    return answer(readTerms);\n  }}\n"
            ),
            "  closeIt() {\n    this.#native.closeIt(binding, []);\n    return answer((from) => undefined);\n  }\n",
        ],
    );
}
