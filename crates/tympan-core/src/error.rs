//! The one error: a stable code, what kind of trouble it is, whether to try again, and the values
//! a host needs to act. Messages are for people and may change; codes may not.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a caller can do about an error. A new kind only if a caller would act differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request itself is wrong: mend it.
    Invalid,
    /// What the request names is not there.
    NotFound,
    /// The request was made against a state that is gone: read again.
    Conflict,
    /// The rules say no: tell the person why.
    Refused,
    /// The actor may not do this.
    Denied,
    /// Too many tries: wait.
    Throttled,
    /// The store could not do its work; nothing was changed.
    Storage,
    /// The store could not say whether the change took effect: repeat with the same key.
    UnknownOutcome,
    /// A fault of tympan itself.
    Internal,
}

macro_rules! codes {
    ($($name:ident, $text:literal, $kind:ident, $retry:literal, $details:expr, $meaning:literal;)*) => {
        /// Stable names of everything that can go wrong, in order of precedence: when several
        /// apply, the first in this list is reported.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// Every code, in order of precedence.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as text, as other languages and logs see it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The code that a text names.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }

            /// What kind of trouble it is.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// Whether the same call may succeed later with nothing mended.
            #[must_use]
            pub fn retry(self) -> bool {
                match self { $(Self::$name => $retry,)* }
            }

            /// The names of the values that an error with this code may carry, and of no others;
            /// what they mean is in [`DETAILS`].
            #[must_use]
            pub fn details(self) -> &'static [&'static str] {
                match self { $(Self::$name => &$details,)* }
            }

            /// What it means and what to do.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

/// What each value means that an error may carry. Ids are in their text form, amounts in the unit
/// of the wallet, times in milliseconds since 1970.
pub const DETAILS: &[(&str, &str)] = &[
    ("account", "the id of the account"),
    (
        "available",
        "what the wallets have to give, in the unit of the measure",
    ),
    ("balance", "what the balance would be"),
    ("ended_at", "when the plan ended"),
    ("entry", "the id of the entry that records the refusal"),
    ("expected_version", "the version that the caller gave"),
    ("field", "the field of the request"),
    ("group", "the id of the group"),
    ("hold", "the id of the hold"),
    (
        "identity",
        "the id of the identity; of one that is taken, only for who may see who has it",
    ),
    (
        "ipp_status",
        "the status by which a print server tells it to a client: PWG 5100.16",
    ),
    ("job", "the id of the first entry of what the job took"),
    (
        "job_kind",
        "the kind of job: `print`, `copy`, `scan` or `fax`",
    ),
    ("kind", "the type of identity by which the user was named"),
    (
        "left",
        "what the job took and was not given back yet, in the unit of the measure",
    ),
    ("length", "how many characters the card has"),
    ("library", "the newest layout that this library knows"),
    ("limit", "the most that is allowed; of a balance, the least"),
    ("maximum", "the greatest length"),
    (
        "measure",
        "what is counted: `total_pages`, `cost:EUR` and so on",
    ),
    ("media", "the paper; empty for all others"),
    ("minimum", "the least length"),
    ("name", "the name that is taken, or that of the step"),
    (
        "needed",
        "what the job needs, or what was asked for, in the unit of the measure",
    ),
    (
        "next_reset_at",
        "when the wallet is fed next; absent if it never is",
    ),
    ("not_before", "the earliest time allowed"),
    ("path", "the file"),
    (
        "permission",
        "the permission that is missing, or that nobody knows",
    ),
    ("plan", "the id of the plan"),
    ("price_list", "the id of the price list"),
    ("profile", "the id of the profile"),
    ("queue", "the queue; empty for all others"),
    (
        "resolved_at",
        "when the hold, or the untracked usage, was resolved",
    ),
    ("right", "the right that the database user lacks"),
    ("role", "the id of the role"),
    ("role_row", "the id of the role row"),
    ("rule", "the rule of the policy that is broken"),
    ("schema", "the schema of the database"),
    ("sqlstate", "what the database server said, as its code"),
    (
        "state",
        "what became of the hold, of the job, or of the untracked usage",
    ),
    ("step", "the step of the pipeline, counted from 1"),
    ("untracked", "the id of the untracked usage"),
    (
        "user",
        "the id of the user; of an identity that is taken, only for who may see who has it",
    ),
    ("users", "how many users there are"),
    ("version", "the version that is there"),
    (
        "wallet",
        "the first kind of wallet that was to pay: `allowance`, `own_funds`",
    ),
];

codes! {
    Closed, "closed", Storage, false, [], "the handle was closed, or an earlier fault closed it: open a new one";
    Busy, "busy", Storage, true, ["sqlstate"], "the deadline passed before the command was decided; nothing was changed";
    StoreMissing, "store_missing", Storage, false, ["path", "schema", "sqlstate"], "there is no database at the place given";
    StoreForeign, "store_foreign", Storage, false, ["path", "schema"], "the database was not made by tympan";
    StoreNewer, "store_newer", Storage, false, ["path", "version", "library"], "the database was written by a newer tympan: upgrade the library";
    StoreOlder, "store_older", Storage, false, ["path", "version", "library"], "the database needs a migration and `migrate` does not allow it";
    StoreKeys, "store_keys", Storage, false, ["path"], "the database was made with other keys: open it with its own key ring";
    StoreReadOnly, "store_read_only", Storage, false, ["path", "right", "sqlstate"], "the database cannot be written: check rights and mount";
    StoreFull, "store_full", Storage, true, ["path", "sqlstate"], "there is no room left on the store's disk; nothing was changed";
    StoreLocked, "store_locked", Storage, true, ["path", "sqlstate"], "another program holds the database and did not let go in time";
    StoreNotDurable, "store_not_durable", Storage, false, [], "the store keeps commits less safely than the host demands; the message says why";
    StoreCorrupt, "store_corrupt", Storage, false, ["path", "field", "identity", "sqlstate"], "the database holds something that tympan never writes: restore a backup";
    Storage, "storage", Storage, true, ["path", "right", "sqlstate"], "the store failed; nothing was changed";
    UnknownOutcome, "unknown_outcome", UnknownOutcome, true, [], "the store could not say whether the change took effect: repeat with the same key";
    Internal, "internal", Internal, false, [], "a fault of tympan: please report it";
    UnknownTenant, "unknown_tenant", NotFound, false, [], "there is no such tenant, or it has no administrator yet: bootstrap it";
    BootstrapDone, "bootstrap_done", Refused, false, [], "the tenant has its first administrator already; this can happen once only";
    Denied, "denied", Denied, false, ["permission"], "the actor lacks the permission, or what it names does not exist for the actor";
    GrantBeyondOwn, "grant_beyond_own", Denied, false, ["permission", "account"], "nobody grants a permission that they do not hold, or decides how a user who holds it is recognised";
    InvalidId, "invalid_id", Invalid, false, [], "the text is not an id of the kind asked for";
    EmptyText, "empty_text", Invalid, false, ["field"], "the field may not be empty";
    TextTooLong, "text_too_long", Invalid, false, ["field", "limit"], "the field is longer than its limit";
    ControlCharacter, "control_character", Invalid, false, ["field"], "the field holds a control or invisible character";
    InvalidEmail, "invalid_email", Invalid, false, ["field"], "the text is not an e-mail address";
    InvalidValue, "invalid_value", Invalid, false, ["field", "queue", "media", "not_before", "ended_at", "measure"], "the value does not fit the rule named in the details";
    TooMany, "too_many", Invalid, false, ["field", "limit"], "a list is longer than its limit";
    InvalidKey, "invalid_key", Invalid, false, [], "the idempotency key is empty or longer than 200 bytes, or its attempt does not follow the one before";
    NegativeAmount, "negative_amount", Invalid, false, ["field"], "the amount may not be negative";
    AmountNotPositive, "amount_not_positive", Invalid, false, ["field"], "the amount must be more than 0";
    AmountOverflow, "amount_overflow", Invalid, false, ["field", "limit"], "the amount does not fit into 63 bits";
    InvalidUsage, "invalid_usage", Invalid, false, ["field"], "a counter of the usage is negative or too large, or contradicts another";
    UnknownTimeZone, "unknown_time_zone", Invalid, false, [], "the time zone database has no such zone";
    UnknownCurrency, "unknown_currency", Invalid, false, [], "there is no such currency in ISO 4217";
    UnknownPermission, "unknown_permission", Invalid, false, ["permission", "field"], "neither tympan nor the tenant knows the permission";
    InvalidPipeline, "invalid_pipeline", Invalid, false, ["field", "step", "name"], "a step of the card pipeline cannot work as written";
    CardFormat, "card_format", Invalid, false, ["step", "length", "minimum", "maximum"], "the read does not have the format that the pipeline yields: read the card again";
    PinPolicy, "pin_policy", Invalid, false, ["rule", "minimum", "maximum", "users", "field"], "the PIN breaks the tenant's PIN policy; the details say which rule";
    InvalidCursor, "invalid_cursor", Invalid, false, [], "the cursor does not belong to this list";
    UnknownUser, "unknown_user", NotFound, false, ["user", "kind"], "there is no such user in this tenant";
    UnknownIdentity, "unknown_identity", NotFound, false, ["identity"], "there is no such identity in this tenant";
    UnknownRole, "unknown_role", NotFound, false, ["role", "role_row"], "there is no such role in this tenant";
    UnknownProfile, "unknown_profile", NotFound, false, ["profile"], "there is no such profile in this tenant";
    UnknownGroup, "unknown_group", NotFound, false, ["group"], "there is no such group in this tenant";
    UnknownAccount, "unknown_account", NotFound, false, ["account"], "there is no such account in this tenant";
    UnknownPriceList, "unknown_price_list", NotFound, false, ["price_list"], "there is no such price list in this tenant";
    UnknownPlan, "unknown_plan", NotFound, false, ["plan"], "there is no such allowance plan in the user's profile";
    UnknownHold, "unknown_hold", NotFound, false, ["hold"], "there is no such hold in this tenant";
    UnknownJob, "unknown_job", NotFound, false, [], "no job was ever charged, authorised or refused under this key and attempt in this tenant";
    UnknownUntracked, "unknown_untracked", NotFound, false, ["untracked"], "there is no such untracked usage in this tenant";
    StaleVersion, "stale_version", Conflict, false, ["expected_version", "version", "user"], "it was changed since the version given: read it again, then decide";
    KeyReused, "key_reused", Conflict, false, ["field"], "the key was used before with other content; the details name the field";
    UntrackedResolved, "untracked_resolved", Conflict, false, ["untracked", "state", "user", "resolved_at"], "the untracked usage was assigned to somebody else or dismissed already, or its job was decided by a charge of its own; the details say which";
    NameTaken, "name_taken", Conflict, false, ["field", "name", "role", "profile", "group", "account", "price_list"], "another of the same kind has the name";
    IdentityTaken, "identity_taken", Conflict, false, ["kind", "user", "identity"], "another user has the value; a transfer moves it";
    DefaultProfile, "default_profile", Refused, false, ["profile"], "the default profile can be changed, but not retired or deleted";
    InUse, "in_use", Refused, false, ["field", "users", "role", "profile", "group", "account", "price_list"], "it is still in use: retire it, move its users first, or confirm where a command can be confirmed";
    Retired, "retired", Refused, false, ["role", "profile", "group", "account", "price_list"], "it is retired and takes no new users";
    LastAdministrator, "last_administrator", Refused, false, [], "an active user with user administration must remain";
    NotShared, "not_shared", Refused, false, ["user", "field"], "who is named shares no wallet with whose job it is: see `shared_with`";
    UserInactive, "user_inactive", Refused, false, ["user", "field"], "the user is inactive and can neither sign in nor print";
    NotTracked, "not_tracked", Refused, false, ["job_kind"], "the user's profile does not count jobs of this kind: let it run; nothing is charged and nothing is kept";
    HoldResolved, "hold_resolved", Refused, false, ["hold", "state", "resolved_at"], "the hold was settled or cancelled already; the details say which";
    JobNotCharged, "job_not_charged", Refused, false, ["state", "hold"], "the job took nothing that could be given back: it was refused, or its hold is open, cancelled or expired; the details say which";
    JobVoided, "job_voided", Refused, false, ["job"], "the job was voided already: nothing of it is left";
    RefundBeyondPaid, "refund_beyond_paid", Refused, false, ["job", "measure", "needed", "left"], "no more is given back than the job took and still has; the details say what is left";
    AllowanceExhausted, "allowance_exhausted", Refused, false, ["entry", "wallet", "measure", "needed", "available", "next_reset_at", "ipp_status"], "allowance and own funds do not cover the job; the details say what is short";
    FundsExhausted, "funds_exhausted", Refused, false, ["measure", "needed", "available"], "no more is paid out or transferred than is available of the own funds";
    BalanceBelowLimit, "balance_below_limit", Refused, false, ["balance", "limit"], "the balance would fall below what the wallet may owe";
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What went wrong. `details` holds the values that [`Code::details`] names, never secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    code: Code,
    message: String,
    details: BTreeMap<String, String>,
}

impl Error {
    /// An error with its message: lower case, no final stop, values in backticks, no secrets.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: BTreeMap::new(),
        }
    }

    /// An error whose message is the code's meaning.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self::new(code, code.meaning())
    }

    /// The same error with one more value, which must be listed beside its code.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        debug_assert!(
            self.code.details().contains(&name),
            "`{}` carries `{name}`, which is not listed beside it",
            self.code
        );
        self.details.insert(name.to_owned(), value.to_string());
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.code.kind()
    }

    /// Whether the same call may succeed later with nothing mended.
    #[must_use]
    pub fn retry(&self) -> bool {
        self.code.retry()
    }

    /// For people; not part of the interface.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The values that belong to it.
    #[must_use]
    pub fn details(&self) -> &BTreeMap<String, String> {
        &self.details
    }

    /// One value by name.
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.details.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_read_back() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code} twice");
            assert_eq!(Code::from_text(code.as_str()), Some(*code));
            let json = serde_json::to_value(code).unwrap();
            assert_eq!(json, code.as_str(), "JSON and text differ");
        }
    }

    #[test]
    fn every_detail_is_explained_once_and_carried_by_a_code() {
        let explained: Vec<&str> = DETAILS.iter().map(|(name, _)| *name).collect();
        assert!(explained.is_sorted_by(|one, next| one < next));
        let carried: std::collections::BTreeSet<&str> = Code::ALL
            .iter()
            .flat_map(|code| code.details())
            .copied()
            .collect();
        assert_eq!(carried.into_iter().collect::<Vec<_>>(), explained);
    }

    #[test]
    fn an_error_carries_no_detail_that_is_not_listed() {
        let carry = |name: &'static str| {
            std::panic::catch_unwind(move || Error::of(Code::Denied).with(name, "user.read"))
        };
        assert!(carry("permission").is_ok());
        assert!(carry("role").is_err());
    }

    #[test]
    fn meanings_follow_the_style_of_messages() {
        for code in Code::ALL {
            let meaning = code.meaning();
            assert!(
                !meaning.ends_with('.') && !meaning.starts_with(char::is_uppercase),
                "{meaning}"
            );
        }
    }
}
