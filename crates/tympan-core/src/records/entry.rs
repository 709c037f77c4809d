//! Ledger entries: the immutable lines of a wallet's history. An entry is at once audit record,
//! receipt and job history, so that a charge writes little.

use smol_str::SmolStr;
use tympan_vault::LINK_BYTES;

use crate::ids::{EntryId, HoldId, PriceListId, TenantId, UserId};
use crate::ledger::KeptUsage;
use crate::measure::Currency;
use crate::records::{WalletKey, WalletKind};
use crate::row::{record, words};
use crate::time::Timestamp;

words! {
    /// What an entry records.
    pub enum Verb {
        /// A plan fed the wallet for the first time.
        Grant = "grant",
        /// A plan fed the wallet when it was due.
        Reset = "reset",
        /// A plan of a group fed the wallet for the first time, for the user joined the group.
        Join = "join",
        /// The user left the group whose plan feeds the wallet: what was left was taken back.
        Leave = "leave",
        /// The user joined the group again: what was taken back came again.
        Rejoin = "rejoin",
        /// A job was charged in one step.
        Charge = "charge",
        /// An amount was set aside.
        Authorise = "authorise",
        /// A hold was charged.
        Settle = "settle",
        /// A hold was given back on request.
        Cancel = "cancel",
        /// A hold was given back because its time was over.
        Expire = "expire",
        /// A person changed the balance by an amount.
        Adjust = "adjust",
        /// A person set the balance.
        Set = "set",
        /// A job was refused; nothing changed.
        Refuse = "refuse",
        /// A hold got another expiry.
        Extend = "extend",
        /// Some of what a job took was given back.
        Refund = "refund",
        /// What was left of what a job took was given back: the job never happened.
        Void = "void",
        /// Somebody paid in.
        TopUp = "top_up",
        /// Somebody was paid out.
        PayOut = "pay_out",
        /// Own funds were given to another user, or came from one.
        Transfer = "transfer",
    }
}

words! {
    /// Of which command an entry's key is: the same key for another is another content.
    pub enum Request {
        /// No command: it fell due.
        Due = "due",
        /// A job was charged in one step.
        Charge = "charge",
        /// A job's expected cost was set aside.
        Authorise = "authorise",
        /// A hold was charged.
        Settle = "settle",
        /// A hold was given back.
        Cancel = "cancel",
        /// A balance was set.
        SetBalance = "set_balance",
        /// A balance was changed by an amount.
        Adjust = "adjust",
        /// A plan's wallet was reset before it was due.
        ResetAllowance = "reset_allowance",
        /// A hold got another expiry.
        Extend = "extend",
        /// Some of what a job took was given back.
        Refund = "refund",
        /// A job was voided.
        Void = "void",
        /// Somebody paid in.
        TopUp = "top_up",
        /// Somebody was paid out.
        PayOut = "pay_out",
        /// Own funds were given to another user.
        TransferFunds = "transfer_funds",
        /// Untracked usage was charged to a user.
        AssignUntracked = "assign_untracked",
    }
}

words! {
    /// What to do about usage beyond what was held and can be taken.
    pub enum Extra {
        /// What was held is taken, and not a unit more.
        Deny = "deny",
        /// As much as the wallets have is taken; the rest is denied.
        TakeAvailable = "take_available",
        /// All of it is taken; what the wallets do not have is recorded as a debt.
        TakeAndOwe = "take_and_owe",
    }
}

words! {
    /// When a job takes from wallets that somebody shares with whose job it is.
    pub enum SharedOrder {
        /// Before the user's own.
        First = "first",
        /// After the user's own.
        Last = "last",
        /// Instead of the user's own, which neither give nor limit.
        Only = "only",
    }
}

words! {
    /// What kind of job used something.
    pub enum JobKind {
        /// Pages that came from a computer.
        Print = "print",
        /// Pages that were copied at the device.
        Copy = "copy",
        /// Pages that were read in.
        Scan = "scan",
        /// Pages that were sent or received by fax.
        Fax = "fax",
    }
}

record! {
    /// One immutable line of a wallet's history. Corrections are new entries.
    pub struct Entry in "entry", key 1 {
        /// Its id; ids rise in the order of commits where a store has one writer at a time.
        pub id: EntryId,
        /// The owner of everything.
        pub tenant: TenantId,
        /// The user the wallet belongs to.
        pub owner: i64,
        /// What feeds the wallet.
        pub kind: WalletKind,
        /// The plan, or the currency's number.
        pub feed: i64,
        /// Its number in the wallet, from 1.
        pub sequence: i64,
        /// The wallet's entry before it; 0 for the first.
        pub previous: EntryId,
        /// When it was decided.
        pub at: Timestamp,
        /// Of a grant, reset or expiry: when it was due.
        pub due_at: Option<Timestamp>,
        /// What it records.
        pub verb: Verb,
        /// What it adds to the balance.
        pub amount: i64,
        /// What it adds to what is held.
        pub held: i64,
        /// The balance after it.
        pub balance_after: i64,
        /// What is held after it.
        pub held_after: i64,
        /// Who did it; empty for the host itself.
        pub actor: Option<UserId>,
        /// The digest of the caller's key, on the first entry of a receipt.
        pub key: Option<[u8; 32]>,
        /// How many entries, this one and those with the next ids, make up the receipt.
        pub parts: i32,
        /// Which attempt at the key's job.
        pub attempt: i32,
        /// Which command asked for it.
        pub request: Request,
        /// The hold that was made or resolved.
        pub hold: Option<HoldId>,
        /// Of a hold: when it is given back by itself.
        pub expires_at: Option<Timestamp>,
        /// Of a refund or a void: the entry that took what it gives back.
        pub refunds: Option<EntryId>,
        /// The queue the job went to.
        pub queue: Option<String>,
        /// What kind of job it was, if the host said so.
        pub job_kind: Option<JobKind>,
        /// The account code that the job is booked to: the user's, as it was then.
        pub account_code: Option<SmolStr>,
        /// What the job used, as the host counted it.
        pub usage: Option<KeptUsage>,
        /// What the job costs, in micros.
        pub cost_micros: Option<i64>,
        /// The currency of the cost.
        pub currency: Option<Currency>,
        /// The price list that said so; empty for a cost that the caller stated.
        pub price_list: Option<PriceListId>,
        /// The amount asked for: the balance of a set, the change of an adjust, the stated cost, the
        /// part to refund, the payment; of a void, what counts as spent no more.
        pub asked: Option<i64>,
        /// How a settle was asked to deal with more than was held, and a change by hand with more
        /// than the wallet may owe.
        pub extra: Option<Extra>,
        /// What could not be taken and was not.
        pub denied: Option<i64>,
        /// What was taken below the limit of the wallet; of a refund, less what of it came back.
        pub debt: Option<i64>,
        /// What is taken off what the plan gives next; of a reset, a refund or a void, less what of it
        /// was paid by then, or need not be.
        pub carried: Option<i64>,
        /// Of a refusal: how much was needed.
        pub needed: Option<i64>,
        /// Of a refusal: how much was available.
        pub available: Option<i64>,
        /// Of a refusal: when the wallet is next fed.
        pub next_reset_at: Option<Timestamp>,
        /// From when on nobody sees its text any more, if that is ever.
        pub words_until: Option<Timestamp>,
        /// The other user of a receipt on wallets of two: of a line on shared wallets, whose job it was;
        /// of one on that user's own, who shares; of a transfer, who got, or who gave.
        pub counterpart: Option<UserId>,
        /// Of a job on shared wallets: when it takes from them.
        pub shared_order: Option<SharedOrder>,
        /// The salted digest of its text, if it has one.
        pub text_digest: Option<[u8; 32]>,
        /// The link of this entry, which covers the wallet's one before it: see
        /// [`ChainKey`](tympan_vault::ChainKey).
        pub chain: [u8; LINK_BYTES],
    }
}

impl Entry {
    /// The wallet it belongs to.
    #[must_use]
    pub fn wallet(&self) -> WalletKey {
        WalletKey {
            owner: self.owner,
            kind: self.kind,
            feed: self.feed,
        }
    }
}

record! {
    /// The words that belong to an entry; anonymising removes them, and the chain stays whole.
    pub struct EntryText in "entry_text", key 1 {
        /// The entry.
        pub entry: EntryId,
        /// The owner of everything.
        pub tenant: TenantId,
        /// What the digest is salted with.
        pub salt: [u8; 16],
        /// Why it was done.
        pub reason: Option<String>,
        /// What the job's document is called, or the digest of it.
        pub document: Option<String>,
        /// The host that the job came from, or the digest of it.
        pub host: Option<String>,
        /// From when on nobody sees them any more, and they may be erased: as the entry says.
        pub erase_at: Option<Timestamp>,
    }
}
