//! Commands of the ledger.

use tympan_core::ids::{HoldId, PlanId};
use tympan_core::ledger::{
    Adjust, Authorise, Cancel, Charge, Extend, Extra, IdempotencyKey, JobDetails, PayOut, Refund,
    RefundPart, ResetAllowance, SetBalance, Settle, SettleDue, Shared, StatedCost, TopUp,
    TransferFunds, Void, WalletName,
};
use tympan_core::measure::{Currency, Measure};
use tympan_core::people::UserReference;
use tympan_core::records::SharedOrder;

use crate::ask::Ask;
use crate::workload::Workload;

const HOUR: i64 = 3_600_000;

impl Workload {
    pub(super) fn ledger(&mut self) -> Ask {
        match self.chance.weighted(&[
            40, 14, 14, 6, 6, 6, 4, 10, 4, 8, 5, 5, 6, 3, 5, 4, 9, 5, 2, 1,
        ]) {
            0 => self.charge().into(),
            1 => self.authorise().into(),
            2 => self.settle().into(),
            3 => self.cancel().into(),
            4 => self.adjust().into(),
            5 => self.set_balance().into(),
            6 => SettleDue::of(self.user()).into(),
            7 => self.repeat(),
            8 => self.next_attempt(),
            9 => self.refund().into(),
            10 => self.void().into(),
            11 => self.extend().into(),
            12 => self.top_up().into(),
            13 => self.pay_out().into(),
            14 => self.transfer_funds().into(),
            15 => self.reset_allowance().into(),
            16 => self.charge_or_keep().into(),
            17 => self.assign_untracked().into(),
            18 => self.dismiss_untracked().into(),
            _ => self.erase_untracked_name().into(),
        }
    }

    pub(super) fn charge(&mut self) -> Charge {
        let mut charge = Charge {
            user: self.user(),
            key: self.key(),
            usage: self.usage(),
            queue: self.queue(),
            cost: self.cost(),
            shared: self.shared_wallets(),
            details: JobDetails::default(),
        };
        let known = self.world().sharing.clone();
        if let (Some(shared), Some((user, sharer))) = (&mut charge.shared, self.chance.pick(&known))
            && self.chance.one_in(2)
        {
            (charge.user, shared.user) = ((*user).into(), (*sharer).into());
        }
        if self.is_hostile() {
            self.spoil(&mut charge);
        }
        charge
    }

    fn shared_wallets(&mut self) -> Option<Shared> {
        if !self.chance.one_in(4) {
            return None;
        }
        let orders = SharedOrder::ALL;
        let sharers = self.world().sharers.clone();
        let user = self.chance.pick(&sharers).copied();
        Some(Shared {
            user: user.map_or_else(|| self.user(), UserReference::from),
            order: self.chance.pick_or(orders, SharedOrder::Only),
        })
    }

    fn spoil(&mut self, charge: &mut Charge) {
        for _ in 0..self.chance.between(1, 2) {
            match self.chance.below(5) {
                0 => charge.key = self.hostile_key(),
                1 => charge.queue = Some(self.hostile_text()),
                2 => charge.usage = self.hostile_usage(),
                3 => {
                    charge.cost = Some(StatedCost {
                        cost_micros: self.hostile_number(),
                        currency: self.currency(),
                    });
                }
                _ => charge.user = UserReference::username(self.hostile_text()),
            }
        }
    }

    pub(super) fn authorise(&mut self) -> Authorise {
        let expires_in_ms = match self.chance.below(10) {
            0..3 => None,
            3..6 => Some(self.chance.between(1, 30_000)),
            6..9 => Some(self.chance.between(1, 400 * HOUR)),
            _ if self.is_hostile() => Some(self.hostile_number()),
            _ => Some(366 * 24 * HOUR),
        };
        Authorise {
            job: self.charge(),
            expires_in_ms,
        }
    }

    pub(super) fn settle(&mut self) -> Settle {
        let charge = self.charge();
        Settle {
            hold: self.hold(),
            key: charge.key,
            usage: charge.usage,
            queue: charge.queue,
            cost: charge.cost,
            extra: self.chance.pick_or(Extra::ALL, Extra::Deny),
        }
    }

    fn money(&mut self) -> (i64, Currency) {
        let amount = if self.is_hostile() {
            self.hostile_number()
        } else {
            self.chance.between(1, 4_000_000)
        };
        (amount, self.currency())
    }

    fn top_up(&mut self) -> TopUp {
        let (user, money) = (self.user(), self.money());
        TopUp::new(user, money, self.reason(), self.key())
    }

    fn pay_out(&mut self) -> PayOut {
        let (user, money) = (self.user(), self.money());
        PayOut::new(user, money, self.reason(), self.key())
    }

    fn transfer_funds(&mut self) -> TransferFunds {
        let (users, money) = ((self.user(), self.user()), self.money());
        TransferFunds::new(users, money, self.reason(), self.key())
    }

    fn extend(&mut self) -> Extend {
        let expires_in_ms = match self.chance.below(10) {
            0..4 => self.chance.between(1, 30_000),
            4..9 => self.chance.between(1, 400 * HOUR),
            _ => self.hostile_number(),
        };
        Extend {
            hold: self.hold(),
            expires_in_ms,
            key: self.key(),
        }
    }

    fn cancel(&mut self) -> Cancel {
        Cancel {
            hold: self.hold(),
            key: self.key(),
        }
    }

    pub(super) fn adjust(&mut self) -> Adjust {
        let amount = if self.is_hostile() {
            self.hostile_number()
        } else {
            self.chance.between(-3_000_000, 6_000_000)
        };
        Adjust {
            user: self.user(),
            wallet: self.wallet(),
            amount,
            reason: self.reason(),
            key: self.key(),
            may_owe: self.chance.one_in(4),
        }
    }

    fn reset_allowance(&mut self) -> ResetAllowance {
        ResetAllowance {
            user: self.user(),
            plan: match self.wallet() {
                WalletName::Allowance(plan) => plan,
                WalletName::OwnFunds(_) => PlanId(1),
            },
            reason: self.reason(),
            key: self.key(),
        }
    }

    fn set_balance(&mut self) -> SetBalance {
        let balance = if self.is_hostile() {
            self.hostile_number()
        } else {
            self.chance.between(-500_000, 9_000_000)
        };
        SetBalance {
            user: self.user(),
            wallet: self.wallet(),
            balance,
            reason: self.reason(),
            key: self.key(),
            may_owe: self.chance.one_in(4),
        }
    }

    /// A job, the newest mostly: others were refunded already.
    fn job(&mut self) -> IdempotencyKey {
        let jobs = &self.world().jobs;
        let newest: Vec<IdempotencyKey> = jobs.iter().rev().take(6).cloned().collect();
        let all = jobs.clone();
        let known = match self.chance.below(10) {
            0..7 => self.chance.pick(&newest).cloned(),
            7..9 => self.chance.pick(&all).cloned(),
            _ => None,
        };
        known.unwrap_or_else(|| self.key())
    }

    fn part(&mut self) -> Option<RefundPart> {
        if self.chance.one_in(2) {
            return None;
        }
        let measure = match self.chance.below(6) {
            0 => Measure::TotalPages,
            1 => Measure::Sheets,
            _ => Measure::Cost(self.currency()),
        };
        let amount = match measure {
            _ if self.is_hostile() => self.hostile_number(),
            Measure::Cost(_) => self.chance.between(1, 900_000),
            _ => self.chance.between(1, 20),
        };
        Some(RefundPart { measure, amount })
    }

    fn refund(&mut self) -> Refund {
        Refund {
            job: self.job(),
            part: self.part(),
            reason: self.reason(),
            key: self.key(),
        }
    }

    fn void(&mut self) -> Void {
        Void {
            job: self.job(),
            reason: self.reason(),
            key: self.key(),
        }
    }

    /// An earlier command again: the same, or under the same key with something else in it.
    fn repeat(&mut self) -> Ask {
        let count = self.world().asked.len() as u64;
        let place = usize::try_from(self.chance.below(count)).unwrap_or(0);
        let Some(mut ask) = self.world().asked.get(place).cloned() else {
            return self.charge().into();
        };
        if self.chance.one_in(2) {
            return ask;
        }
        let other = self.charge();
        match &mut ask {
            Ask::Charge(charge) => self.other_content(charge, &other),
            Ask::ChargeOrKeep(asked) => match self.chance.below(4) {
                0 => {
                    let job = asked.job.clone();
                    return job.into();
                }
                1 => asked.reported_as = self.reported_as(),
                _ => self.other_content(&mut asked.job, &other),
            },
            Ask::AssignUntracked(asked) => asked.user = self.user(),
            Ask::DismissUntracked(asked) => asked.reason = self.reason(),
            Ask::Authorise(authorise) => match self.chance.below(4) {
                0 => authorise.expires_in_ms = Some(self.chance.between(1, HOUR)),
                1 => {
                    let job = authorise.job.clone();
                    return job.into();
                }
                _ => self.other_content(&mut authorise.job, &other),
            },
            Ask::Settle(settle) => match self.chance.below(5) {
                0 => settle.hold = self.hold(),
                1 => settle.extra = self.chance.pick_or(Extra::ALL, Extra::Deny),
                2 => settle.usage = other.usage,
                3 => settle.cost = other.cost,
                _ => settle.queue = other.queue,
            },
            Ask::Cancel(cancel) => cancel.hold = self.hold(),
            Ask::Adjust(adjust) => match self.chance.below(4) {
                0 => adjust.amount = self.chance.between(-3, 3),
                1 => adjust.wallet = self.wallet(),
                2 => adjust.user = self.user(),
                _ => {
                    return SetBalance {
                        user: adjust.user.clone(),
                        wallet: adjust.wallet,
                        balance: adjust.amount,
                        reason: adjust.reason.clone(),
                        key: adjust.key.clone(),
                        may_owe: adjust.may_owe,
                    }
                    .into();
                }
            },
            Ask::SetBalance(set) => match self.chance.below(3) {
                0 => set.balance = self.chance.between(-3, 3),
                1 => set.wallet = self.wallet(),
                _ => set.user = self.user(),
            },
            Ask::ResetAllowance(reset) => match self.chance.below(3) {
                0 => reset.user = self.user(),
                1 => reset.reason = self.reason(),
                _ => reset.plan = PlanId(self.chance.between(1, 3)),
            },
            Ask::TopUp(paid) => match self.chance.below(4) {
                0 => paid.amount_micros = self.chance.between(1, 3),
                1 => paid.currency = self.currency(),
                2 => paid.user = self.user(),
                _ => {
                    let money = (paid.amount_micros, paid.currency);
                    let (user, key) = (paid.user.clone(), paid.key.clone());
                    return PayOut::new(user, money, paid.reason.clone(), key).into();
                }
            },
            Ask::PayOut(paid) => match self.chance.below(2) {
                0 => paid.amount_micros = self.chance.between(1, 3),
                _ => paid.user = self.user(),
            },
            Ask::TransferFunds(asked) => match self.chance.below(4) {
                0 => asked.user = self.user(),
                1 => asked.receiver = self.user(),
                2 => asked.currency = self.currency(),
                _ => asked.amount_micros = self.chance.between(1, 3),
            },
            Ask::Extend(extend) => match self.chance.below(2) {
                0 => extend.hold = self.hold(),
                _ => extend.expires_in_ms = self.chance.between(1, HOUR),
            },
            Ask::Refund(refund) => match self.chance.below(4) {
                0 => refund.job = self.job(),
                1 => refund.part = self.part(),
                2 => refund.reason = self.reason(),
                _ => {
                    let (job, key) = (refund.job.clone(), refund.key.clone());
                    return Void::new(job, refund.reason.clone(), key).into();
                }
            },
            Ask::Void(void) => void.job = self.job(),
            _ => {}
        }
        ask
    }

    fn other_content(&mut self, charge: &mut Charge, other: &Charge) {
        match self.chance.below(6) {
            0 => charge.user = other.user.clone(),
            1 => charge.usage = other.usage.clone(),
            2 => charge.queue.clone_from(&other.queue),
            3 => charge.cost = other.cost,
            _ => self.other_usage(&mut charge.usage),
        }
    }

    /// A job that was refused once more, under the next attempt or one too far.
    fn next_attempt(&mut self) -> Ask {
        let count = self.world().refused.len() as u64;
        let place = usize::try_from(self.chance.below(count)).unwrap_or(0);
        let Some(mut ask) = self.world().refused.get(place).cloned() else {
            return self.authorise().into();
        };
        let ahead = match self.chance.below(12) {
            0 => 2,
            1 => -1,
            _ => 1,
        };
        let attempt = |key: &IdempotencyKey| {
            let now = serde_json::to_value(key).ok();
            let now = now.and_then(|key| key.get("attempt").and_then(serde_json::Value::as_i64));
            let now = i32::try_from(now.unwrap_or(1)).unwrap_or(1);
            key.clone().attempt(now.saturating_add(ahead))
        };
        match &mut ask {
            Ask::Charge(charge) => charge.key = attempt(&charge.key),
            Ask::ChargeOrKeep(asked) => asked.job.key = attempt(&asked.job.key),
            Ask::Authorise(authorise) => authorise.job.key = attempt(&authorise.job.key),
            _ => {}
        }
        ask
    }

    pub(super) fn user(&mut self) -> UserReference {
        match self.chance.below(100) {
            _ if self.names_by_id() => self.user_id().into(),
            0..80 => self.user_id().into(),
            80..93 => {
                let known = self.world().usernames.clone();
                let name = self.chance.pick(&known).cloned();
                let name = name.unwrap_or_else(|| "nobody".to_owned());
                UserReference::username(match self.chance.below(4) {
                    0 => name.to_uppercase(),
                    1 => format!(" {name} "),
                    _ => name,
                })
            }
            _ => {
                let known = self.world().cards.clone();
                let card = self.chance.pick(&known).cloned();
                UserReference::card(card.unwrap_or_else(|| "0".to_owned()))
            }
        }
    }

    fn hold(&mut self) -> HoldId {
        // The newest ones are open mostly.
        let holds = &self.world().holds;
        let newest: Vec<HoldId> = holds.iter().rev().take(6).copied().collect();
        if !newest.is_empty() && self.chance.below(10) < 7 {
            return self.chance.pick_or(&newest, HoldId(1));
        }
        self.looked_up(|world| &world.holds, HoldId)
    }

    pub(super) fn wallet(&mut self) -> WalletName {
        if self.chance.one_in(2) {
            return WalletName::OwnFunds(self.currency());
        }
        let plans: Vec<PlanId> = self.world().plans.iter().map(|plan| plan.1).collect();
        WalletName::Allowance(self.chance.pick_or(&plans, PlanId(3)))
    }

    fn hostile_key(&mut self) -> IdempotencyKey {
        match self.chance.below(4) {
            0 => IdempotencyKey::from(""),
            1 => IdempotencyKey::from("k".repeat(201)),
            2 => self.key().attempt(0),
            _ => self.key().attempt(i32::MAX),
        }
    }

    pub(super) fn reason(&mut self) -> String {
        if self.is_hostile() {
            return self.hostile_text();
        }
        "asked at the desk".to_owned()
    }

    fn queue(&mut self) -> Option<String> {
        self.chance
            .pick_or(
                &[None, None, None, Some("a3"), Some("lab"), Some(" a3 ")],
                None,
            )
            .map(str::to_owned)
    }

    pub(super) fn currency(&mut self) -> Currency {
        let code = self
            .chance
            .pick_or(&["EUR", "EUR", "EUR", "USD", "CHF"], "EUR");
        Currency::parse(code).unwrap_or(Currency::EUR)
    }

    fn cost(&mut self) -> Option<StatedCost> {
        if self.chance.below(10) < 8 {
            return None;
        }
        Some(StatedCost {
            cost_micros: self.chance.between(0, 4_000_000),
            currency: self.currency(),
        })
    }
}
