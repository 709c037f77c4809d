//! Commands that change the configuration.

use tympan_core::configuration::{
    Bootstrap, CreateAccount, CreateGroup, CreatePriceList, CreateProfile, CreateRole,
    DeleteAccount, DeleteGroup, DeletePriceList, DeleteProfile, DeleteRole, EditGroup,
    EditPriceList, EditProfile, EditRole, EditTenant, PlanChange, PlanTerms, PriceTerms,
    RenameProfile, RenameRole, RetireProfile, RetireRole, UnretireProfile, UnretireRole,
};
use tympan_core::ids::{GroupId, PlanId, PriceListId, ProfileId, RoleId};
use tympan_core::ledger::{Rounding, RoundingMode, Thresholds};
use tympan_core::measure::{Currency, Measure};
use tympan_core::permissions::{OWN, USER_ADMINISTER};
use tympan_core::records::{PlanOwner, Stacking, WhenExhausted};
use tympan_core::schedule::{ResetVerb, Schedule, TimeOfDay};
use tympan_core::time::{TimeZoneName, Timestamp};

use crate::ask::Ask;
use crate::workload::Workload;
use crate::workload::clock::ZONES;

const DAY: i64 = 24 * 3_600_000;
/// Things of one kind: the snapshot is copied with every change.
const MOST_THINGS: usize = 10;

/// Schedules of plans. The first of a month is what most companies have.
const SCHEDULES: &[&str] = &[
    "monthly:1",
    "monthly:1",
    "monthly:1",
    "monthly:31",
    "never",
    "daily",
    "weekly:monday",
    "quarterly:2-15",
    "half_yearly:6-30",
    "yearly:2-29",
    "once:2026-10-25",
    "dates:2026-09-20 2026-10-04 2027-03-28",
    "rolling:7",
];

/// What is not paper by the piece.
const MEASURED: &[Measure] = &[
    Measure::Scans,
    Measure::Faxes,
    Measure::Area,
    Measure::Length,
    Measure::Kilobytes,
    Measure::Points,
];

/// When on those days: at midnight as a rule, or in an hour that is left out or comes twice.
const TIMES: &[&str] = &["00:00", "00:00", "00:00", "02:30", "12:00"];

impl Workload {
    pub(super) fn configuration(&mut self) -> Ask {
        match self
            .chance
            .weighted(&[3, 30, 2, 16, 3, 8, 2, 2, 4, 8, 1, 14])
        {
            0 if self.world().profiles.len() < MOST_THINGS => self.create_profile().into(),
            1 => self.edit_profile().into(),
            2 if self.world().price_lists.len() < MOST_THINGS => self.create_price_list().into(),
            3 => self.edit_price_list().into(),
            4 if self.world().roles.len() < MOST_THINGS => self.create_role().into(),
            5 => self.edit_role().into(),
            6 if self.world().groups.len() < MOST_THINGS => self.create_group().into(),
            7 if self.world().accounts.len() < MOST_THINGS => self.create_account().into(),
            8 => self.edit_tenant().into(),
            9 => self.shared(),
            10 => Bootstrap::new("Again", Currency::EUR, "Mallory").into(),
            11 => self.edit_group().into(),
            _ => self.edit_profile().into(),
        }
    }

    pub(super) fn create_profile(&mut self) -> CreateProfile {
        let mut profile = CreateProfile::new(self.name("Profile"));
        if self.chance.below(6) > 0 {
            profile.price_list = Some(self.price_list_id());
        }
        if self.chance.one_in(3) {
            profile.stacking = self.stacking();
        }
        for _ in 0..self.chance.between(0, 3) {
            profile.plans.push(self.terms());
        }
        profile
    }

    fn edit_profile(&mut self) -> EditProfile {
        let plan = self.known_plan(|owner| matches!(owner, PlanOwner::Profile(_)));
        let profile = match &plan {
            Some((PlanOwner::Profile(profile), ..)) if !self.chance.one_in(6) => *profile,
            _ => self.profile_id(),
        };
        let mut edit = EditProfile::new(profile);
        if self.chance.one_in(6) {
            edit.price_list = Some(match self.chance.below(4) {
                0 => None,
                _ => Some(self.price_list_id()),
            });
        }
        if self.chance.one_in(8) {
            edit.stacking = Some(self.stacking());
        }
        if self.chance.one_in(10) {
            edit.name = Some(self.text("Profile"));
        }
        if self.chance.one_in(20) {
            edit.expected_version = Some(self.chance.between(1, 4));
        }
        if self.chance.one_in(8) {
            edit.plans.push(PlanChange::Add(self.terms()));
        }
        edit.plans
            .extend(plan.and_then(|(_, plan, terms)| self.plan_change(plan, terms)));
        edit
    }

    /// A plan of one of the groups, or a change to one.
    pub(super) fn edit_group(&mut self) -> EditGroup {
        let plan = self.known_plan(|owner| matches!(owner, PlanOwner::Group(_)));
        let mut edit = match &plan {
            Some((PlanOwner::Group(group), ..)) if !self.chance.one_in(6) => EditGroup::new(*group),
            _ => EditGroup::new(self.group_id()),
        };
        if plan.is_none() || self.chance.one_in(5) {
            edit.plans.push(PlanChange::Add(self.terms()));
        }
        if self.chance.one_in(10) {
            edit.name = Some(self.text("Group"));
        }
        edit.plans
            .extend(plan.and_then(|(_, plan, terms)| self.plan_change(plan, terms)));
        edit
    }

    fn known_plan(&mut self, of: fn(&PlanOwner) -> bool) -> Option<(PlanOwner, PlanId, PlanTerms)> {
        let mut plans = self.world().plans.clone();
        plans.retain(|(owner, ..)| of(owner));
        self.chance.pick(&plans).cloned()
    }

    fn plan_change(&mut self, plan: PlanId, terms: PlanTerms) -> Option<PlanChange> {
        let effective_from = self.later();
        match self.chance.below(10) {
            0..7 => Some(PlanChange::Edit {
                plan,
                terms: self.other_terms(terms),
                effective_from,
            }),
            7 => Some(PlanChange::End {
                plan,
                effective_from,
            }),
            8 => Some(PlanChange::Edit {
                plan: PlanId(self.hostile_number()),
                terms: self.terms(),
                effective_from,
            }),
            _ => None,
        }
    }

    fn stacking(&mut self) -> Stacking {
        self.chance.pick_or(Stacking::ALL, Stacking::Sum)
    }

    fn terms(&mut self) -> PlanTerms {
        let measure = match self.chance.below(15) {
            0..2 => Measure::TotalPages,
            2 => Measure::ColourPages,
            3 => Measure::MonoPages,
            4 => Measure::Sheets,
            5 => Measure::Impressions,
            6 => Measure::Jobs,
            7 => Measure::Cost(self.currency()),
            8 => self.chance.pick_or(MEASURED, Measure::Scans),
            9 => self
                .custom_measure()
                .map_or(Measure::Points, Measure::Custom),
            _ => Measure::Cost(Currency::EUR),
        };
        let amount = match measure {
            Measure::Cost(_) => self.chance.between(0, 8_000_000),
            Measure::Jobs => self.chance.between(5, 60),
            _ => self.chance.between(0, 600),
        };
        let zone = self.chance.pick_or(ZONES, "UTC");
        let time = self.chance.pick_or(TIMES, "00:00");
        let schedule = Schedule::parse(self.chance.pick_or(SCHEDULES, "monthly:1"));
        let schedule = schedule.unwrap_or(Schedule::Never);
        let verb = match schedule {
            Schedule::Rolling(_) => ResetVerb::ZeroUsage,
            _ => self.verb(amount),
        };
        PlanTerms {
            priority: i32::try_from(self.chance.between(-1, 2)).unwrap_or(0),
            measure,
            amount,
            schedule,
            time_zone: TimeZoneName::parse(zone).unwrap_or(TimeZoneName::UTC),
            time_of_day: TimeOfDay::parse(time).unwrap_or(TimeOfDay::MIDNIGHT),
            verb,
            run_if_missed: self.chance.one_in(3),
            suspended: self.chance.one_in(10),
            when_exhausted: match self.chance.below(6) {
                0 => WhenExhausted::Warn,
                1..4 => self
                    .chance
                    .pick_or(WhenExhausted::ALL, WhenExhausted::Refuse),
                _ => WhenExhausted::Refuse,
            },
            overdraft: if self.chance.one_in(4) {
                self.chance.between(0, amount.max(1))
            } else {
                0
            },
            low_balances: self.low_balances(amount),
        }
    }

    /// Mostly none, or a few about the amount and about nothing.
    fn low_balances(&mut self, amount: i64) -> Thresholds {
        let mut amounts = Vec::new();
        while amounts.len() < 3 && self.chance.one_in(2) {
            amounts.push(match self.chance.below(3) {
                0 => 0,
                1 => self.chance.between(-amount, 2 * amount),
                _ => amount / 5,
            });
        }
        Thresholds::new(amounts).unwrap_or_default()
    }

    fn verb(&mut self, amount: i64) -> ResetVerb {
        match self.chance.below(10) {
            0 => ResetVerb::Add,
            1 => ResetVerb::AddUpTo(self.chance.between(0, 2 * amount)),
            2 => ResetVerb::RaiseTo,
            3 => ResetVerb::ZeroUsage,
            _ => ResetVerb::SetTo,
        }
    }

    /// Other terms of the same measure, mostly.
    fn other_terms(&mut self, old: PlanTerms) -> PlanTerms {
        let mut new = self.terms();
        if !self.chance.one_in(20) {
            new.measure = old.measure;
        }
        if self.is_hostile() {
            new.amount = self.hostile_number();
        }
        if self.chance.one_in(2) {
            new.time_zone = old.time_zone;
            new.priority = old.priority;
        }
        new
    }

    /// From when on something is to be in force: now, soon, next month, or in the past.
    fn later(&mut self) -> Option<Timestamp> {
        let at = match self.chance.below(10) {
            0..5 => return None,
            5..7 => self.now + self.chance.between(0, 100_000),
            7 => {
                let zone = self.chance.pick_or(ZONES, "UTC");
                self.calendar.next_month(zone, self.now)? + self.chance.between(-1, 1)
            }
            8 => self.now + self.chance.between(0, 40 * DAY),
            _ => self.now - self.chance.between(0, 40 * DAY),
        };
        Some(Timestamp::from_millis(at))
    }

    pub(super) fn create_price_list(&mut self) -> CreatePriceList {
        let currency = self.currency();
        CreatePriceList {
            name: self.name("Prices"),
            currency,
            rounding: self.rounding(),
            rules: self.rules(),
        }
    }

    fn edit_price_list(&mut self) -> EditPriceList {
        let mut edit = EditPriceList::new(self.price_list_id());
        edit.rules = Some(self.rules());
        if self.chance.one_in(4) {
            edit.rounding = Some(self.rounding());
        }
        edit.effective_from = self.later();
        if self.chance.one_in(8) {
            edit.name = Some(self.text("Prices"));
        }
        edit
    }

    fn rounding(&mut self) -> Rounding {
        let unit = self.chance.pick_or(&[1, 1, 100, 10_000, 50_000], 1);
        let mode = self.chance.pick_or(RoundingMode::ALL, RoundingMode::HalfUp);
        Rounding::to(unit, mode).unwrap_or_default()
    }

    fn rules(&mut self) -> Vec<PriceTerms> {
        let mut rules = Vec::new();
        for (queue, media) in [
            (None, None),
            (Some("a3"), None),
            (Some("lab"), None),
            (None, Some("iso_a3_297x420mm")),
            (Some("a3"), Some("iso_a3_297x420mm")),
            (Some("lab"), Some("a4")),
        ] {
            let left_out = match (queue, media) {
                (None, None) => self.chance.one_in(8),
                (_, None) => self.chance.one_in(2),
                (_, Some(_)) => !self.chance.one_in(4),
            };
            if left_out {
                continue;
            }
            let mut terms = PriceTerms::pages(
                self.chance.between(0, 90_000),
                self.chance.between(0, 300_000),
            );
            terms.queue = queue.map(str::to_owned);
            terms.media = media.map(str::to_owned);
            terms.sheet_micros = self.chance.pick_or(&[0, 0, 0, 12_500], 0);
            terms.area_micros = self.chance.pick_or(&[0, 0, 0, 8_000_001], 0);
            terms.job_micros = self.chance.pick_or(&[0, 0, 100_000, 1], 0);
            if self.chance.one_in(2) {
                let parts = i32::try_from(self.chance.between(1, 9)).unwrap_or(1);
                let of = i32::try_from(self.chance.between(1, 9)).unwrap_or(1);
                terms = terms.two_sided(parts, of);
            }
            if self.is_hostile() {
                terms.mono_page_micros = self.hostile_number();
            }
            rules.push(terms);
        }
        rules
    }

    pub(super) fn create_role(&mut self) -> CreateRole {
        let mut role = CreateRole::new(self.name("Role"));
        role.permissions = self.permissions();
        role.production = self.chance.one_in(3);
        role
    }

    fn edit_role(&mut self) -> EditRole {
        let mut edit = EditRole::new(self.role_id());
        if self.chance.one_in(3) {
            edit.name = Some(self.text("Role"));
        }
        if self.chance.one_in(2) {
            edit.permissions = Some(self.permissions());
        }
        edit
    }

    fn permissions(&mut self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if self.chance.one_in(2) {
            names.push(USER_ADMINISTER.to_owned());
        }
        for permission in OWN {
            if self.chance.one_in(3) {
                names.push((*permission).to_owned());
            }
        }
        if self.is_hostile() {
            names.push(self.hostile_text());
        }
        names
    }

    pub(super) fn create_group(&mut self) -> CreateGroup {
        CreateGroup::new(self.name("Group"))
    }

    pub(super) fn create_account(&mut self) -> CreateAccount {
        CreateAccount::new(self.name("Account"))
    }

    fn edit_tenant(&mut self) -> EditTenant {
        let mut edit = EditTenant::default();
        match self.chance.below(4) {
            0 => edit.default_profile = Some(self.profile_id()),
            1 => edit.pin_length = i32::try_from(self.chance.between(3, 17)).ok(),
            2 => edit.name = Some(self.text("Shop")),
            _ => edit.expected_version = Some(self.chance.between(1, 90)),
        }
        edit
    }

    fn shared(&mut self) -> Ask {
        match self.chance.below(11) {
            0 => RenameProfile::new(self.profile_id(), self.text("Profile")).into(),
            1 => RetireProfile::new(self.profile_id()).into(),
            2 => UnretireProfile::new(self.profile_id()).into(),
            3 => DeleteProfile::new(self.profile_id()).into(),
            4 => RenameRole::new(self.role_id(), self.text("Role")).into(),
            5 => RetireRole::new(self.role_id()).into(),
            6 => UnretireRole::new(self.role_id()).into(),
            7 => DeleteRole::new(self.role_id()).into(),
            8 => DeletePriceList::new(self.price_list_id()).into(),
            9 => DeleteGroup::new(self.group_id()).into(),
            _ => DeleteAccount::new(self.account_id()).into(),
        }
    }

    fn text(&mut self, word: &str) -> String {
        match self.chance.below(8) {
            0 => self.hostile_text(),
            1 => format!("{word} 1"),
            _ => self.name(word),
        }
    }

    pub(super) fn profile_id(&mut self) -> ProfileId {
        self.looked_up(|world| &world.profiles, ProfileId)
    }

    fn price_list_id(&mut self) -> PriceListId {
        self.looked_up(|world| &world.price_lists, PriceListId)
    }

    pub(super) fn role_id(&mut self) -> RoleId {
        self.looked_up(|world| &world.roles, RoleId)
    }

    pub(super) fn group_id(&mut self) -> GroupId {
        self.looked_up(|world| &world.groups, GroupId)
    }
}
