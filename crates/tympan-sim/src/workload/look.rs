//! Questions.

use tympan::{PageRequest, Period, Timestamp, UserList};

use crate::question::Question;
use crate::step::Step;
use crate::workload::Workload;
use crate::workload::clock::DAY;

impl Workload {
    pub(super) fn look(&mut self) -> Step {
        let actor = self.actor();
        let question = match self.chance.below(11) {
            0 => Question::LookUp(self.user()),
            1..4 => Question::Details(self.user()),
            4..6 => Question::Quote(Box::new(self.charge())),
            6 => self.user_list(),
            7 => {
                let limit = u32::try_from(self.chance.between(1, 40)).unwrap_or(1);
                Question::Statement(self.user_id(), self.wallet(), self.period(), limit)
            }
            8 => Question::Untracked(u32::try_from(self.chance.between(1, 12)).unwrap_or(1)),
            9 => Question::Audit(u32::try_from(self.chance.between(1, 200)).unwrap_or(1)),
            _ => Question::Configuration,
        };
        Step::Look {
            tenant: self.tenant,
            actor,
            question,
        }
    }

    /// All time, or a period about now.
    fn period(&mut self) -> Period {
        let mut about = |before: i64| match self.chance.one_in(2) {
            true => None,
            false => {
                let ago = self.chance.between(-DAY, before);
                Some(Timestamp::from_millis(self.now - ago))
            }
        };
        Period {
            since: about(60 * DAY),
            until: about(10 * DAY),
        }
    }

    fn user_list(&mut self) -> Question {
        let page = PageRequest::of(u32::try_from(self.chance.between(0, 12)).unwrap_or(0));
        let mut list = UserList::default();
        match self.chance.below(6) {
            0 => list.active = Some(self.chance.one_in(2)),
            1 => list.group = Some(self.group_id()),
            2 => list.profile = Some(self.profile_id()),
            3 => list.search = "user*1".to_owned(),
            4 => list.search = self.hostile_text(),
            _ => {}
        }
        Question::Users(list, page)
    }
}
