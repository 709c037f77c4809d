//! Refunds of what was not paid, or not like that.

use tympan::{Code, Currency, IdempotencyKey, Measure, Refund, Void};

use super::{Fixture, Row, long};

const EUR: Measure = Measure::Cost(Currency::EUR);

impl Fixture<'_> {
    fn refund(&self, change: impl Fn(&mut Refund)) -> Option<tympan::Error> {
        let mut refund = Refund::new("used", "why", "bad");
        change(&mut refund);
        self.host.run(refund).err()
    }

    fn refund_of(&self, job: &str) -> Option<tympan::Error> {
        self.host.run(Refund::new(job, "why", "bad")).err()
    }

    fn part(&self, measure: Measure, amount: i64) -> Option<tympan::Error> {
        let refund = Refund::new("used", "why", "bad");
        self.host.run(refund.part(measure, amount)).err()
    }
}

pub(super) const ROWS: &[Row] = &[
    (
        "refund of no job",
        |f| f.refund_of("nobody's"),
        Code::UnknownJob,
        "key",
    ),
    (
        "void of no job",
        |f| f.host.run(Void::new("nobody's", "why", "bad")).err(),
        Code::UnknownJob,
        "key",
    ),
    (
        "refund of another attempt",
        |f| f.refund(|r| r.job = IdempotencyKey::from("used").attempt(2)),
        Code::UnknownJob,
        "attempt",
    ),
    (
        "refund of a cancellation",
        |f| f.refund_of("c3"),
        Code::UnknownJob,
        "key",
    ),
    (
        "refund of an open hold",
        |f| f.refund_of("h1"),
        Code::JobNotCharged,
        "open",
    ),
    (
        "refund of a cancelled hold",
        |f| f.refund_of("h3"),
        Code::JobNotCharged,
        "cancelled",
    ),
    (
        "refund of more than was paid",
        |f| f.part(EUR, i64::MAX),
        Code::RefundBeyondPaid,
        "left",
    ),
    (
        "refund of what was not taken",
        |f| f.part(Measure::Sheets, 1),
        Code::RefundBeyondPaid,
        "left=0",
    ),
    (
        "refund of nothing",
        |f| f.part(EUR, 0),
        Code::AmountNotPositive,
        "amount",
    ),
    (
        "refund of less than nothing",
        |f| f.part(EUR, -1),
        Code::AmountNotPositive,
        "amount",
    ),
    (
        "refund of the least amount",
        |f| f.part(EUR, i64::MIN),
        Code::AmountNotPositive,
        "amount",
    ),
    (
        "refund without a reason",
        |f| f.refund(|r| r.reason = " ".into()),
        Code::EmptyText,
        "reason",
    ),
    (
        "refund without a key",
        |f| f.refund(|r| r.key = "".into()),
        Code::InvalidKey,
        "empty",
    ),
    (
        "refund of a job with a long key",
        |f| f.refund(|r| r.job = long(201).into()),
        Code::InvalidKey,
        "200",
    ),
    (
        "refund under the job's key",
        |f| f.refund(|r| r.key = "used".into()),
        Code::KeyReused,
        "command",
    ),
];
