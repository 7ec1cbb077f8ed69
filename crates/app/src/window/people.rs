//! People and the audit.

use bogam_vault::PersonId;

use super::types::{AuditLineView, AuditPage, PersonView, Role};
use super::{Answer, Window};
use crate::vault::Session;

fn people(session: &Session) -> Result<Vec<PersonView>, crate::AppError> {
    let view = |person: bogam_vault::Person| PersonView {
        id: person.id.0,
        name: person.name,
        roles: person.roles.into_iter().map(Role::from).collect(),
        added: person.added.to_string(),
        removed: person.removed.map(|at| at.to_string()),
    };
    Ok(session.people()?.into_iter().map(view).collect())
}

impl Window {
    /// Everybody.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn people(&self) -> Answer<Vec<PersonView>> {
        Ok(self.desk.with(people)?)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// As [`Session::add_person`].
    pub fn add_person(&self, name: &str, passphrase: &str, roles: &[Role]) -> Answer<Vec<PersonView>> {
        Ok(self.desk.with(|session| {
            session.add_person(name, passphrase, &roles.iter().map(|r| (*r).into()).collect(), self.now())?;
            people(session)
        })?)
    }

    /// Gives a person other roles.
    ///
    /// # Errors
    /// As [`Session::set_roles`].
    pub fn set_roles(&self, id: i64, roles: &[Role]) -> Answer<Vec<PersonView>> {
        Ok(self.desk.with(|session| {
            session.set_roles(PersonId(id), &roles.iter().map(|r| (*r).into()).collect(), self.now())?;
            people(session)
        })?)
    }

    /// Removes a person, and changes the key of the database, so that their copies of the files open nothing new.
    ///
    /// # Errors
    /// As [`Session::remove_person`].
    pub fn remove_person(&self, id: i64) -> Answer<Vec<PersonView>> {
        Ok(self.desk.with_alone(|session| {
            session.remove_person(PersonId(id), self.now())?;
            session.rotate(self.now())?;
            people(session)
        })?)
    }

    /// Sets the passphrase of somebody who lost theirs.
    ///
    /// # Errors
    /// As [`Session::reset_passphrase`].
    pub fn reset_passphrase(&self, id: i64, passphrase: &str) -> Answer<()> {
        Ok(self.desk.with(|session| session.reset_passphrase(PersonId(id), passphrase, self.now()))?)
    }

    /// Changes the own passphrase.
    ///
    /// # Errors
    /// As [`Session::change_passphrase`].
    pub fn change_passphrase(&self, present: &str, passphrase: &str) -> Answer<()> {
        Ok(self.desk.with(|session| session.change_passphrase(present, passphrase, self.now()))?)
    }

    /// Lines of the audit before one, the newest first.
    ///
    /// # Errors
    /// When the role is missing.
    pub fn audit(&self, before: Option<u64>, limit: usize) -> Answer<AuditPage> {
        Ok(self.desk.with(|session| {
            let names: std::collections::BTreeMap<PersonId, String> =
                session.people()?.into_iter().map(|p| (p.id, p.name)).collect();
            let mut lines = std::collections::VecDeque::new();
            let mut total = 0;
            session.audit(&mut |line| {
                total = line.sequence;
                if before.is_none_or(|before| line.sequence < before) {
                    lines.push_front(line);
                    lines.truncate(limit.min(1000));
                }
            })?;
            let view = |line: bogam_vault::AuditLine| AuditLineView {
                sequence: line.sequence,
                at: line.at.to_string(),
                person: names.get(&line.person).cloned().unwrap_or_default(),
                code: line.code,
                object: line.object,
            };
            Ok(AuditPage { lines: lines.into_iter().map(view).collect(), total })
        })?)
    }
}
