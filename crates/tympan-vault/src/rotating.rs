//! Something made once from each key of a ring.

/// One value per key number, the active key's in front.
#[derive(Debug)]
pub(crate) struct Rotating<T> {
    pub(crate) active_number: u32,
    pub(crate) active: T,
    pub(crate) others: Vec<(u32, T)>,
}

impl<T> Rotating<T> {
    /// The value made from the key with this number.
    pub(crate) fn find(&self, number: u32) -> Option<&T> {
        if number == self.active_number {
            return Some(&self.active);
        }
        self.others
            .iter()
            .find(|(other, _)| *other == number)
            .map(|(_, value)| value)
    }
}
