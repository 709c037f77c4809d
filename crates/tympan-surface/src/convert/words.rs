//! Enums without fields: the same words on both sides.

/// Goes from one enum to another with the same variants; a variant that only one has does not
/// compile.
macro_rules! same_words {
    ($($from:ty => $into:ty { $($word:ident)* })*) => {$(
        impl From<$from> for $into {
            fn from(word: $from) -> Self {
                match word { $(<$from>::$word => Self::$word,)* }
            }
        }
    )*};
}

pub(super) use same_words;
