//! Reading what is configured: answers from one snapshot.

use crate::configuration::named::Named;
use crate::records::Config;
use crate::text::fold_for_search;

/// Which things of a kind to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Those that take new users.
    #[default]
    Current,
    /// Those that were retired.
    Retired,
    /// All of them.
    All,
}

/// The things of a kind, sorted as people sort names. There are at most
/// [`MAX_NAMED`](super::MAX_NAMED), so there are no pages.
#[must_use]
pub fn list<T: Named>(config: &Config, filter: Filter) -> Vec<&T> {
    let mut things: Vec<&T> = T::all(config)
        .values()
        .filter(|thing| match filter {
            Filter::Current => !thing.retired(),
            Filter::Retired => thing.retired(),
            Filter::All => true,
        })
        .collect();
    things.sort_by_cached_key(|thing| (fold_for_search(thing.name()), thing.id()));
    things
}

/// One thing; none if there is none with this id.
#[must_use]
pub fn show<T: Named>(config: &Config, id: T::Id) -> Option<&T> {
    T::all(config).get(&id)
}
