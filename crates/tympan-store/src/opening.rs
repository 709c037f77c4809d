//! How a database is opened, in words that all stores share.

/// What opening may do to the layout of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Migrate {
    /// Makes a database where there is none, and brings an older one up to date. A file is copied
    /// beside itself first, `shop.db` of version 1 to `shop.db.v1`.
    #[default]
    Auto,
    /// Makes a database where there is none; an older one is refused with `store_older`.
    Check,
    /// Makes and changes nothing: `store_missing` where there is none, `store_older` for an older
    /// one.
    Never,
}

/// When a commit to a file counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When it is on disk: it outlives a power failure.
    #[default]
    Full,
    /// When the system has it: it outlives the end of the program, but after a power failure or a
    /// crash of the system the last commits may be gone, though they were acknowledged. The file
    /// stays whole. For tests and for data that can be had again, not for money.
    Normal,
}
