//! The shapes of calls that the definition has: each method is one of these.

use tympan::core::configuration::{Delete, Rename, Retire, Saved, Unretire};
use tympan::{AccountId, Charge, Command, Decide, Error, Handle, UserId};

use super::{Call, Reply};
use crate::Tympan;
use crate::convert::{Thing, count, version};
use crate::definition::{Against, JobOutcome};

/// Commands.
impl Tympan {
    pub(crate) fn command<C, T>(&self, command: Result<C, Error>) -> Call<T>
    where
        C: Command + 'static,
        T: From<Reply<C>> + 'static,
    {
        Call::run(self.clone(), command, T::from)
    }

    /// Many charges: what is wrong with one refuses only that one.
    pub(crate) fn commands(&self, jobs: Vec<Result<Charge, Error>>) -> Call<Vec<JobOutcome>> {
        self.ask_checked(move |handle| {
            let mut charges = Vec::with_capacity(jobs.len());
            let mut wrong = Vec::with_capacity(jobs.len());
            for job in jobs {
                wrong.push(job.map(|charge| charges.push(charge)).err());
            }
            let mut answers = handle.run_all(charges).into_iter();
            let outcomes = wrong.into_iter().filter_map(|wrong| match wrong {
                Some(error) => Some(Err(error)),
                None => answers.next(),
            });
            Ok(outcomes.map(JobOutcome::from).collect())
        })
    }
}

/// Commands on things with names.
impl Tympan {
    pub(crate) fn create<C, I>(&self, command: C) -> Call<I>
    where
        C: Command + 'static,
        C::Prepared: Decide<Reply = Saved<I>>,
        I: 'static,
    {
        self.create_checked(Ok(command))
    }

    pub(crate) fn create_checked<C, I>(&self, command: Result<C, Error>) -> Call<I>
    where
        C: Command + 'static,
        C::Prepared: Decide<Reply = Saved<I>>,
        I: 'static,
    {
        Call::run(self.clone(), command, |saved| saved.id)
    }

    pub(crate) fn edit<C, I>(&self, command: C) -> Call<i32>
    where
        C: Command + 'static,
        C::Prepared: Decide<Reply = Saved<I>>,
    {
        self.edit_checked(Ok(command))
    }

    pub(crate) fn edit_checked<C, I>(&self, command: Result<C, Error>) -> Call<i32>
    where
        C: Command + 'static,
        C::Prepared: Decide<Reply = Saved<I>>,
    {
        Call::run(self.clone(), command, |saved| count(saved.version))
    }

    pub(crate) fn rename<I: Thing>(&self, id: I, name: String, options: Against) -> Call<i32> {
        self.edit(Rename::<I::Record> {
            id,
            name,
            expected_version: version(options.expected_version),
        })
    }

    pub(crate) fn retire<I: Thing>(&self, id: I, options: Against) -> Call<i32> {
        self.edit(Retire::<I::Record> {
            id,
            expected_version: version(options.expected_version),
        })
    }

    pub(crate) fn unretire<I: Thing>(&self, id: I, options: Against) -> Call<i32> {
        self.edit(Unretire::<I::Record> {
            id,
            expected_version: version(options.expected_version),
        })
    }

    pub(crate) fn delete<I: Thing>(&self, id: I, options: Against) -> Call<()> {
        self.command(Ok(Delete::<I::Record> {
            id,
            expected_version: version(options.expected_version),
        }))
    }
}

/// Questions.
impl Tympan {
    /// Whether a user may do something: mostly known by heart.
    pub(crate) fn permitted(
        &self,
        user: UserId,
        permission: String,
        account: Option<AccountId>,
    ) -> Call<bool> {
        let handle = self.handle();
        let known = handle.map(|handle| handle.known_to_may(user, &permission, account));
        match known {
            Ok(Some(answer)) => Call::known(self.clone(), answer),
            _ => self.ask(move |handle| handle.may(user, &permission, account)),
        }
    }

    /// One with a single answer.
    pub(crate) fn ask<R, T>(
        &self,
        ask: impl FnOnce(&Handle) -> Result<R, Error> + Send + 'static,
    ) -> Call<T>
    where
        T: From<R> + Send + 'static,
    {
        self.ask_checked(move |handle| ask(handle).map(T::from))
    }

    /// One for something that may not be there.
    pub(crate) fn ask_for<R, T>(
        &self,
        ask: impl FnOnce(&Handle) -> Result<Option<R>, Error> + Send + 'static,
    ) -> Call<Option<T>>
    where
        T: From<R> + Send + 'static,
    {
        self.ask_checked(move |handle| Ok(ask(handle)?.map(T::from)))
    }

    /// One for all there are of something.
    pub(crate) fn ask_all<R, T>(
        &self,
        ask: impl FnOnce(&Handle) -> Result<Vec<R>, Error> + Send + 'static,
    ) -> Call<Vec<T>>
    where
        T: From<R> + Send + 'static,
    {
        self.ask_checked(move |handle| Ok(ask(handle)?.into_iter().map(T::from).collect()))
    }

    /// One that turns its answer into the definition's by itself.
    pub(crate) fn ask_checked<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Handle) -> Result<T, Error> + Send + 'static,
    ) -> Call<T> {
        Call::question(self.clone(), Self::handle, move |handle| ask(&handle))
    }

    /// One about the store as a whole, which only the host itself may ask.
    pub(crate) fn ask_store<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&tympan::Tympan) -> Result<T, Error> + Send + 'static,
    ) -> Call<T> {
        Call::question(self.clone(), Self::host_store, move |store| ask(&store))
    }
}
