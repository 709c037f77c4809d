//! Groups: named sets of users, with the allowance plans that their members have.

use crate::definition::{Against, GroupId, Listed, PlanChange, PlanId, PlanRevision, Uses};
use crate::{Call, Timestamp, Tympan};

/// A named set of users.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i32,
    /// Whether it takes no new members.
    pub retired: bool,
    /// Every revision of its plans, in order of plan, then revision: those that have ended too.
    pub plans: Vec<PlanRevision>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What an edit changes of a group; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditGroup {
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i32>,
    /// Another name.
    pub name: Option<String>,
    /// What to do to its plans, in order.
    pub plans: Vec<PlanChange>,
}

/// The answer to an edit of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedGroup {
    /// The group.
    pub id: GroupId,
    /// Its version now.
    pub version: i32,
    /// The plans that were added, in the order in which they were given.
    pub added_plans: Vec<PlanId>,
}

impl Tympan {
    /// Makes a group. Its name is unique among groups.
    ///
    /// # Errors
    /// `denied`, `name_taken`, `empty_text`, `text_too_long`, `control_character`, `too_many`.
    pub fn create_group(&self, name: String) -> Call<GroupId> {
        self.create(tympan::CreateGroup::new(name))
    }

    /// Edits a group as a whole: all of it, or nothing. Its plans feed a wallet of each member,
    /// besides those of the member's profile; wallets follow when somebody looks.
    ///
    /// # Errors
    /// `denied`, `unknown_group`, `unknown_plan`, `stale_version`, `invalid_value`,
    /// `unknown_currency`, `unknown_time_zone`, `negative_amount`, `amount_overflow`, `name_taken`,
    /// `empty_text`, `text_too_long`, `control_character`, `too_many`.
    pub fn edit_group(&self, group: GroupId, options: EditGroup) -> Call<SavedGroup> {
        self.command(options.command(group))
    }

    /// Gives a group another name, unique among groups. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_group`, `stale_version`, `name_taken`, `empty_text`, `text_too_long`,
    /// `control_character`.
    pub fn rename_group(&self, group: GroupId, name: String, options: Against) -> Call<i32> {
        self.rename(group, name, options)
    }

    /// Keeps the members of a group and takes no new ones. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_group`, `stale_version`.
    pub fn retire_group(&self, group: GroupId, options: Against) -> Call<i32> {
        self.retire(group, options)
    }

    /// Undoes [`Tympan::retire_group`]. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_group`, `stale_version`.
    pub fn unretire_group(&self, group: GroupId, options: Against) -> Call<i32> {
        self.unretire(group, options)
    }

    /// Deletes a group that nothing uses.
    ///
    /// # Errors
    /// `denied`, `unknown_group`, `stale_version`, `in_use`.
    pub fn delete_group(&self, group: GroupId, options: Against) -> Call<()> {
        self.delete(group, options)
    }

    /// Groups, sorted by name.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn groups(&self, options: Listed) -> Call<Vec<Group>> {
        self.ask_all(move |handle| handle.groups(options.filter()))
    }

    /// A group; none if there is none with this id.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn group(&self, group: GroupId) -> Call<Option<Group>> {
        self.ask_for(move |handle| handle.group(group))
    }

    /// How many members a group has.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn group_uses(&self, group: GroupId) -> Call<Uses> {
        self.ask(move |handle| handle.group_uses(group))
    }
}
