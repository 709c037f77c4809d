//! The macros that declare cases, list them and make tests of them.

/// Declares the cases of one file under the name of the macro that will make a test of each:
/// what is declared is listed.
macro_rules! cases {
    ($($all:tt)*) => {
        $crate::conformance::list::declare! { ($) $($all)* }
    };
}

/// [`cases!`] with a dollar sign in hand, which the macro it makes needs.
macro_rules! declare {
    (
        ($dollar:tt) $tests:ident;
        $($(#[doc = $about:literal])+ fn $name:ident($harness:ident: &dyn Harness) $body:block)+
    ) => {
        $(
            $(#[doc = $about])+
            pub fn $name($harness: &dyn $crate::conformance::Harness) $body
        )+

        /// The cases of this file.
        pub(super) const CASES: &[$crate::conformance::Case] = &[$(
            $crate::conformance::Case {
                path: module_path!(),
                name: stringify!($name),
                about: concat!($($about),+).trim_ascii(),
                run: $name,
            },
        )+];

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $tests {
            ($dollar module:ident) => {
                mod $dollar module {
                    pub(super) const NAMES: &[&str] = &[$(stringify!($name)),+];
                    $(
                        #[test]
                        fn $name() {
                            $crate::conformance::check(
                                $crate::conformance::$dollar module::$name,
                                super::harness(),
                            );
                        }
                    )+
                }
            };
        }
    };
}

/// Lists the files with cases, each with the name of its macro.
macro_rules! files {
    (($dollar:tt) $($module:ident = $tests:ident,)+) => {
        /// Every case of the suite.
        pub fn all_cases() -> impl Iterator<Item = &'static super::Case> {
            [$(super::$module::CASES),+].into_iter().flatten()
        }

        /// Makes a test of every case of the suite, in a module `conformance`. The argument is an
        /// expression that makes a [`Harness`](crate::conformance::Harness) around an empty
        /// database.
        #[macro_export]
        macro_rules! conformance {
            ($dollar harness:expr) => {
                fn conformance_harness() -> impl $crate::conformance::Harness {
                    $dollar harness
                }

                mod conformance {
                    fn harness() -> impl $crate::conformance::Harness {
                        super::conformance_harness()
                    }

                    $($crate::$tests!($module);)+

                    #[test]
                    fn every_case_is_a_test() {
                        let tests = [$($module::NAMES),+].concat();
                        let cases = $crate::conformance::all_cases().map(|case| case.name);
                        assert_eq!(tests, cases.collect::<Vec<_>>());
                    }
                }
            };
        }
    };
}

files! {
    ($)
    about = __conformance_about,
    atomicity = __conformance_atomicity,
    erasing = __conformance_erasing,
    expectations = __conformance_expectations,
    history = __conformance_history,
    loading = __conformance_loading,
    races = __conformance_races,
    reopening = __conformance_reopening,
    round_trip = __conformance_round_trip,
    round_trip_ledger = __conformance_round_trip_ledger,
    scans = __conformance_scans,
    snapshots = __conformance_snapshots,
    stamps = __conformance_stamps,
    tenants = __conformance_tenants,
    updates = __conformance_updates,
    user_pages = __conformance_user_pages,
    users = __conformance_users,
}

pub(super) use {cases, declare};
