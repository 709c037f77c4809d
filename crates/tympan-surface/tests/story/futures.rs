//! Calls as futures.

use std::future::Future;

use tympan_surface::{
    Call, Capabilities, ChargeJob, Code, Error, Pending, Receipt, Tympan, Usage, User,
    UserReference,
};

use crate::executor::answers;
use crate::fixtures::Shop;

#[test]
fn a_thousand_charges_are_under_way_from_one_thread() {
    for shop in [Shop::in_memory(), Shop::in_a_file()] {
        let ann = shop.user_with_pages("Ann", 600).user.id;
        let charges = (0..1_000).map(|number| {
            let usage = Usage {
                pages: Some(1),
                ..Usage::default()
            };
            let (user, key) = (UserReference::Id { id: ann }, format!("job-{number}"));
            let call = shop.host.charge(user, key, usage, ChargeJob::default());
            call.submit()
        });
        let answered: Vec<Result<Receipt, Error>> = answers(charges.collect());
        let charged = answered.iter().flatten().count();
        let refused = answered.iter().flat_map(|answer| answer.as_ref().err());
        assert_eq!((answered.len(), charged), (1_000, 600));
        assert!(
            refused
                .into_iter()
                .all(|error| error.code() == Code::AllowanceExhausted)
        );
    }
}

#[test]
fn what_crosses_threads_can() {
    fn shared<T: Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    fn polled<T: Future + Unpin>() {}
    shared::<Tympan>();
    shared::<User>();
    shared::<Capabilities>();
    shared::<Error>();
    sent::<Call<Receipt>>();
    sent::<Pending<Receipt>>();
    polled::<Pending<Receipt>>();
}
