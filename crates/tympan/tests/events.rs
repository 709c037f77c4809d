//! The feed of what a host may want to tell somebody of.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use tympan::{
    Adjust, Bootstrap, Charge, Code, CreateProfile, CreateUser, Currency, EditTenant, EventKind,
    EventList, Handle, HostEvent, Measure, Options, PageRequest, PlanId, PlanTerms, Thresholds,
    TimeZoneName, Tympan, Usage, UserFields, UserId, WalletName,
};

const OWN: WalletName = WalletName::OwnFunds(Currency::EUR);

struct Shop {
    _tympan: Tympan,
    host: Handle,
    ann: UserId,
    plan: PlanId,
}

/// Ann has a hundred pages, told of below twenty and below one; own funds are told of below 5.00.
fn shop(url: &str) -> Shop {
    let tympan = Tympan::open(url, Options::default()).unwrap();
    let host = tympan.host();
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let low_balances = Thresholds::new([20, 1]).unwrap();
    let terms = PlanTerms {
        low_balances,
        ..PlanTerms::monthly(Measure::TotalPages, 100, TimeZoneName::UTC)
    };
    let profile = host
        .run(CreateProfile {
            plans: vec![terms],
            ..CreateProfile::new("Pages")
        })
        .unwrap();
    host.run(EditTenant {
        low_funds: Some(Thresholds::new([5_000_000]).unwrap()),
        ..EditTenant::default()
    })
    .unwrap();
    let mut ann = CreateUser::named("Ann");
    ann.fields = UserFields {
        profile: Some(profile.id),
        ..ann.fields
    };
    let ann = host.run(ann).unwrap().user.id;
    let shown = host.profile(profile.id).unwrap().unwrap();
    let plan = shown.plans.first().unwrap().plan;
    Shop {
        _tympan: tympan,
        host,
        ann,
        plan,
    }
}

impl Shop {
    fn print(&self, pages: i64, key: &str) {
        let job = Charge::new(self.ann, key, Usage::pages(pages));
        self.host.run(job).unwrap();
    }

    fn pay(&self, micros: i64, key: &str) {
        self.host
            .run(Adjust {
                user: self.ann.into(),
                wallet: OWN,
                amount: micros,
                reason: "paid".into(),
                key: key.into(),
                may_owe: false,
            })
            .unwrap();
    }
}

fn thresholds(events: &[HostEvent]) -> Vec<i64> {
    let low = events.iter().map(|event| event.low_balance.unwrap());
    low.map(|low| low.threshold).collect()
}

#[test]
fn a_feed_tells_of_each_low_balance_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}/shop.db", folder.path().display());
    for url in ["memory:", &file] {
        let shop = shop(url);
        let all = EventList::default();
        let begun = shop.host.events(&all, &PageRequest::default()).unwrap();
        assert_eq!((begun.rows.len(), &begun.next), (0, &None));
        let mut request = PageRequest::default().after(begun.end.unwrap());
        shop.print(80, "exactly twenty are left");
        shop.print(1, "nineteen");
        shop.print(1, "eighteen");
        let page = shop.host.events(&all, &request).unwrap();
        let [event] = page.rows.as_slice() else {
            unreachable!("one balance fell below one threshold")
        };
        let low = event.low_balance.unwrap();
        assert_eq!((event.user, event.kind), (shop.ann, EventKind::LowBalance));
        assert_eq!((event.actor, low.plan), (None, Some(shop.plan)));
        assert_eq!((low.before, low.threshold, low.balance), (20, 20, 19));
        assert_eq!(low.measure, Measure::TotalPages);
        request = request.after(page.end.unwrap());
        // A user is made in between: no event, and the feed goes on behind it.
        shop.host.run(CreateUser::named("Bob")).unwrap();
        shop.print(18, "none");
        shop.pay(6_000_000, "in");
        shop.pay(-2_000_000, "out");
        let page = shop.host.events(&all, &request).unwrap();
        assert_eq!(thresholds(&page.rows), [1, 5_000_000]);
        assert_eq!(page.rows[1].low_balance.unwrap().plan, None);
        let rest = shop
            .host
            .events(&all, &request.after(page.end.clone().unwrap()));
        let rest = rest.unwrap();
        assert_eq!((rest.rows.len(), rest.end), (0, page.end));
    }
}

#[test]
fn pages_of_a_feed_give_each_event_once() {
    let shop = shop("memory:");
    for round in 0..5 {
        shop.pay(6_000_000, &format!("in {round}"));
        shop.host
            .run(CreateUser::named(format!("User {round}")))
            .unwrap();
        shop.pay(-6_000_000, &format!("out {round}"));
    }
    let list = EventList {
        kinds: vec![EventKind::LowBalance],
    };
    let whole = shop.host.events(&list, &PageRequest::of(999)).unwrap().rows;
    assert_eq!(whole.len(), 5);
    for limit in 1..=6 {
        let (mut rows, mut request) = (Vec::new(), PageRequest::of(limit));
        loop {
            let page = shop.host.events(&list, &request).unwrap();
            assert!(page.rows.len() <= limit as usize);
            rows.extend(page.rows);
            match page.next {
                Some(next) => request = request.after(next),
                None => break,
            }
        }
        assert_eq!(rows, whole, "{limit} a page");
    }
}

#[test]
fn a_feed_is_for_those_who_may_read_what_was_done() {
    let shop = shop("memory:");
    let code = |handle: &Handle, request: &PageRequest| {
        let answer = handle.events(&EventList::default(), request);
        answer.err().map(|error| error.code())
    };
    let first = PageRequest::default();
    let ann = shop.host.as_user(shop.ann);
    assert_eq!(code(&ann, &first), Some(Code::Denied));
    let wrong = PageRequest::default().after("00");
    assert_eq!(code(&shop.host, &wrong), Some(Code::InvalidCursor));
}
