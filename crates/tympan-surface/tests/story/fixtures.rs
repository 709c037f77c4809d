//! A shop with its first administrator, on each store that needs no server.

use tympan_surface::{
    Bootstrapped, Changed, CreateProfile, CreateUser, FirstAdministrator, OpenOptions, Plan,
    Schedule, Timestamp, Tympan,
};

/// 2026-03-10T00:00Z.
pub const NOW: i64 = 1_773_100_800_000;

pub struct Shop {
    pub host: Tympan,
    pub made: Bootstrapped,
    /// Where the file lies, if there is one.
    _folder: Option<tempfile::TempDir>,
}

impl Shop {
    pub fn in_memory() -> Self {
        Self::open("memory:".to_owned(), OpenOptions::default(), None)
    }

    pub fn in_a_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let address = format!("sqlite:{}", path.display());
        Self::open(address, OpenOptions::default(), Some(folder))
    }

    pub fn open(address: String, options: OpenOptions, folder: Option<tempfile::TempDir>) -> Self {
        let options = OpenOptions {
            clock: Some(Timestamp::from_millis(NOW)),
            ..options
        };
        let host = Tympan::open(address, options).wait().unwrap();
        let [tenant, currency, name] = ["Shop", "EUR", "Ada"].map(str::to_owned);
        let first = FirstAdministrator {
            username: Some("ada".to_owned()),
            email: None,
        };
        let made = host
            .bootstrap(tenant, currency, name, first)
            .wait()
            .unwrap();
        Self {
            host,
            made,
            _folder: folder,
        }
    }

    /// A user whose profile gives so many pages a month.
    pub fn user_with_pages(&self, name: &str, pages: i64) -> Changed {
        let plan = Plan {
            measure: "total_pages".to_owned(),
            amount: pages,
            schedule: Schedule::Monthly,
            time_of_day: None,
            time_zone: Some("Europe/Berlin".to_owned()),
            weekday: None,
            month: None,
            day: None,
            dates: Vec::new(),
            rolling_days: None,
            verb: None,
            cap: None,
            run_if_missed: false,
            suspended: false,
            when_exhausted: None,
            overdraft: None,
            low_balances: Vec::new(),
            priority: None,
        };
        let profile = CreateProfile {
            tracking: None,
            price_list: None,
            stacking: None,
            plans: vec![plan],
        };
        let profile = self
            .host
            .create_profile(format!("Pages of {name}"), profile);
        let user = CreateUser {
            username: Some(name.to_lowercase()),
            profile: Some(profile.wait().unwrap().id),
            ..CreateUser::default()
        };
        self.host.create_user(name.to_owned(), user).wait().unwrap()
    }
}
