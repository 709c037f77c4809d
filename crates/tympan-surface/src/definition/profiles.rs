//! Profiles: the rules that users are tracked and limited by, with their allowance plans.

use crate::definition::{Against, Listed, PlanId, PriceListId, ProfileId, Tracking, Uses};
use crate::{Call, Timestamp, Tympan};

/// The rules that users are tracked and limited by.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its id.
    pub id: ProfileId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i32,
    /// Whether it takes no new users.
    pub retired: bool,
    /// Whether users get it for whom no other was asked.
    pub is_default: bool,
    /// What turns usage into cost; without one, only a stated cost is charged.
    pub price_list: Option<PriceListId>,
    /// What is counted and kept of jobs.
    pub tracking: Tracking,
    /// How plans of one measure stack that its users have by profile and groups.
    pub stacking: Stacking,
    /// Every revision of its plans, in order of plan, then revision: those that have ended too.
    pub plans: Vec<PlanRevision>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How plans of one measure stack, whatever carries them: profile or groups. Every plan feeds its
/// wallet, whether or not jobs take from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stacking {
    /// Jobs take from the wallets of all of them, in order of priority.
    Sum,
    /// Only the plan that gives most applies. One that only warns gives without end.
    Max,
    /// Only the plan that gives least applies.
    Strictest,
    /// Only the plan of the lowest priority number applies.
    Priority,
}

/// One revision of an allowance plan, in force from an instant until the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRevision {
    /// The plan; its wallets live as long as it does.
    pub plan: PlanId,
    /// 1, 2, 3 …
    pub revision: i32,
    /// From when on.
    pub effective_from: Timestamp,
    /// From this revision on the plan limits nothing and feeds nothing.
    pub ended: bool,
    /// What it gives, when, and what happens when it is used up.
    pub terms: Plan,
}

/// What an allowance plan gives, when, and what happens when it is used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it limits; never changes: `total_pages`, `colour_pages`, `mono_pages`, `sheets`,
    /// `impressions`, `jobs`, `scans`, `faxes`, `area`, `length`, `kilobytes`, `points`; `cost:` and
    /// a currency, `cost:EUR`; `custom:` and a name, `custom:staples`.
    pub measure: String,
    /// What it gives, in the measure's unit (micros for a cost, square millimetres for an area,
    /// millimetres for a length); not negative.
    pub amount: i64,
    /// On which days it gives, after it gave once when it began to apply to the user.
    pub schedule: Schedule,
    /// When on those days, `06:30`; none: at midnight. A time that comes twice, because clocks are
    /// put back, counts the first time. One that does not come, because they are put forward past
    /// it, counts when they are.
    pub time_of_day: Option<String>,
    /// By whose clocks, as the time zone database writes it, `Europe/Berlin`; none: UTC. A zone
    /// that was renamed goes by either name.
    pub time_zone: Option<String>,
    /// Of a weekly schedule: on which day; none: on Mondays.
    pub weekday: Option<Weekday>,
    /// Of a yearly, half-yearly or quarterly schedule: in which month of each, from 1; none: in the
    /// first.
    pub month: Option<i32>,
    /// Of a schedule that counts months: on which day of the month, 1 to 31; none: on the first. A
    /// month that does not have the day gives on its last.
    pub day: Option<i32>,
    /// Of a schedule of stated days: which, `2026-09-01`, in any order, at most 100. Of one that
    /// gives once: that day.
    pub dates: Vec<String>,
    /// Of a rolling schedule: how many days it looks back on, 1 to 366, today included.
    pub rolling_days: Option<i32>,
    /// How it gives; none: the balance becomes the amount, or usage is zeroed where the schedule is
    /// rolling, which does nothing else.
    pub verb: Option<ResetVerb>,
    /// Of adding up to a cap: the cap, in the measure's unit; not negative.
    pub cap: Option<i64>,
    /// Whether it gives once on resumption if it was due while it was suspended, or while the user
    /// was inactive: once, however often it was due. If not, what was missed is lost.
    pub run_if_missed: bool,
    /// Whether what is due passes by. The plan limits on, and whoever gets it is given its amount.
    pub suspended: bool,
    /// What happens when nothing is left; none: the job is refused.
    pub when_exhausted: Option<WhenExhausted>,
    /// How far below zero the balance may go, in the measure's unit, not negative; none: not at all.
    pub overdraft: Option<i64>,
    /// Below which balances an event is raised, in the measure's unit, in any order, at most 8; they
    /// may lie below zero.
    pub low_balances: Vec<i64>,
    /// Wallets of lower numbers are emptied first; none: 0.
    pub priority: Option<i32>,
}

/// When a plan gives. What a user gets when the plan begins to apply comes besides, at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// Not again.
    Never,
    /// Once more, on one day.
    Once,
    /// Every day.
    Daily,
    /// On one day of every week.
    Weekly,
    /// On one day of every month.
    Monthly,
    /// On one day of every quarter; quarters begin with January, April, July and October.
    Quarterly,
    /// On one day of every half-year; half-years begin with January and July.
    HalfYearly,
    /// On one day of every year.
    Yearly,
    /// On stated days.
    Dates,
    /// Every day, as much as jobs took on the day that is looked back on no longer: jobs never take
    /// more than the amount in any such stretch of days.
    Rolling,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// What a plan does to its wallet when it is due. What jobs ever took is counted on, whatever it
/// does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ResetVerb {
    /// The balance becomes the plan's amount: what is left is lost, what is owed is forgiven, and so
    /// is what was changed by hand.
    SetTo,
    /// The plan's amount is added: what is left is kept.
    Add,
    /// The plan's amount is added, but not beyond a cap. A balance above the cap stays.
    AddUpTo,
    /// A balance below the plan's amount becomes that; any other stays.
    RaiseTo,
    /// What jobs took since the plan gave last comes back: what was changed by hand stays. If the
    /// plan's amount is another than then, the difference comes with it.
    ZeroUsage,
}

/// What happens to a job that a plan's wallet does not cover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WhenExhausted {
    /// The whole job is refused.
    Refuse,
    /// The job is counted, and the balance goes below its limit.
    Warn,
    /// A job may start while something is available; what it needs beyond that is forgiven.
    FinishAndForgive,
    /// A job may start while something is available; the plan's wallet owes what it needs beyond that.
    FinishAndOwe,
    /// A job may start while something is available; what it needs beyond that is taken off what the
    /// plan gives next.
    FinishAndCarry,
}

/// One change to the plans of a profile or a group.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanChange {
    /// A new plan, from now on.
    Add {
        /// Its terms.
        terms: Plan,
    },
    /// Other terms for a plan. What users have left stays until the plan gives next.
    Edit {
        /// The plan.
        plan: PlanId,
        /// Its terms from then on.
        terms: Plan,
        /// From when on; none, or an instant in the past: now. Not before the newest revision.
        effective_from: Option<Timestamp>,
    },
    /// No more plan: it limits nothing and gives nothing.
    End {
        /// The plan.
        plan: PlanId,
        /// From when on; none, or an instant in the past: now. Not before the newest revision.
        effective_from: Option<Timestamp>,
    },
}

/// What a new profile is besides its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateProfile {
    /// What turns usage into cost; without one, only a stated cost is charged.
    pub price_list: Option<PriceListId>,
    /// What is counted and kept of jobs; none: everything.
    pub tracking: Option<Tracking>,
    /// How plans of one measure stack that its users have by profile and groups; none: sum.
    pub stacking: Option<Stacking>,
    /// Its allowance plans, in force from now on.
    pub plans: Vec<Plan>,
}

/// What an edit changes of a profile; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditProfile {
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i32>,
    /// Another name.
    pub name: Option<String>,
    /// Another price list.
    pub price_list: Option<PriceListId>,
    /// Whether it has no price list from now on.
    pub clear_price_list: bool,
    /// What is counted and kept of jobs, from now on: all of it as it is given.
    pub tracking: Option<Tracking>,
    /// Another policy by which plans stack, from now on.
    pub stacking: Option<Stacking>,
    /// What to do to its plans, in order.
    pub plans: Vec<PlanChange>,
}

/// The answer to a command that made or edited a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedProfile {
    /// The profile.
    pub id: ProfileId,
    /// Its version now.
    pub version: i32,
    /// The plans that were added, in the order in which they were given.
    pub added_plans: Vec<PlanId>,
}

impl Tympan {
    /// Makes a profile. Its name is unique among profiles.
    ///
    /// # Errors
    /// `denied`, `unknown_price_list`, `retired`, `invalid_value`, `unknown_currency`,
    /// `unknown_time_zone`, `negative_amount`, `name_taken`, `empty_text`, `text_too_long`,
    /// `control_character`, `too_many`.
    pub fn create_profile(&self, name: String, options: CreateProfile) -> Call<SavedProfile> {
        self.command(options.command(name))
    }

    /// Edits a profile as a whole: all of it, or nothing.
    ///
    /// # Errors
    /// Those of [`Tympan::create_profile`]; `unknown_profile`, `unknown_plan`, `stale_version`.
    pub fn edit_profile(&self, profile: ProfileId, options: EditProfile) -> Call<SavedProfile> {
        self.command(options.command(profile))
    }

    /// Gives a profile another name, unique among profiles. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_profile`, `stale_version`, `name_taken`, `empty_text`, `text_too_long`,
    /// `control_character`.
    pub fn rename_profile(&self, profile: ProfileId, name: String, options: Against) -> Call<i32> {
        self.rename(profile, name, options)
    }

    /// Keeps the users of a profile and takes no new ones. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_profile`, `stale_version`.
    pub fn retire_profile(&self, profile: ProfileId, options: Against) -> Call<i32> {
        self.retire(profile, options)
    }

    /// Undoes [`Tympan::retire_profile`]. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_profile`, `stale_version`.
    pub fn unretire_profile(&self, profile: ProfileId, options: Against) -> Call<i32> {
        self.unretire(profile, options)
    }

    /// Deletes a profile that nothing uses.
    ///
    /// # Errors
    /// `denied`, `unknown_profile`, `stale_version`, `in_use`.
    pub fn delete_profile(&self, profile: ProfileId, options: Against) -> Call<()> {
        self.delete(profile, options)
    }

    /// Profiles, sorted by name.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn profiles(&self, options: Listed) -> Call<Vec<Profile>> {
        self.ask_all(move |handle| handle.profiles(options.filter()))
    }

    /// A profile; none if there is none with this id.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn profile(&self, profile: ProfileId) -> Call<Option<Profile>> {
        self.ask_for(move |handle| handle.profile(profile))
    }

    /// How many users have a profile.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn profile_uses(&self, profile: ProfileId) -> Call<Uses> {
        self.ask(move |handle| handle.profile_uses(profile))
    }
}
