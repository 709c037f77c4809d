//! Limits of the configuration. It is one snapshot that every turn rests on and every process
//! keeps in memory, so everything in it is bounded.

/// Things of one kind. Companies have tens of profiles and hundreds of accounts; a thousand of
/// each keeps the snapshot within a few megabytes.
pub const MAX_NAMED: usize = 1_000;

/// Plans of one profile or group that have not ended. Each is a wallet that every charge loads and writes;
/// there are seven measures, and two plans for each are rare.
pub const MAX_PLANS: usize = 16;

/// Plan revisions of one profile or group, and revisions of one price list: one every week for nineteen
/// years. Settling a wallet walks them.
pub const MAX_REVISIONS: usize = 1_000;

/// Plans of all groups together that have not ended. Whoever is in every group has them all, and no
/// change of a group could look at its members first: so this bounds what any user ever has, and with
/// it a receipt.
pub const MAX_GROUP_PLANS: usize = 480;

/// Plans that a user may come to have by joining a group or getting another profile. Each is a wallet
/// that every charge loads and writes. Plans that a group gets later may make it more.
pub const MAX_USER_PLANS: usize = 64;

/// Plan revisions of all profiles and groups together, those of deleted ones included, which are kept
/// because receipts name them: a thousand profiles of two plans, edited once a year for a decade.
pub const MAX_PLAN_ROWS: usize = 20_000;

/// Lines of one revision of a price list: one for each queue that has prices of its own.
pub const MAX_PRICE_RULES: usize = 200;

/// Lines of all revisions of one price list together: pricing a job looks through them.
pub const MAX_PRICE_ROWS: usize = 20_000;

/// Permissions of one role: tympan's own and ten times as many of the host's.
pub const MAX_PERMISSIONS: usize = 200;

/// Any amount, overdraft or price, in its unit: the sum of seven such numbers fits into 63 bits.
pub const MAX_AMOUNT: i64 = 1 << 60;
