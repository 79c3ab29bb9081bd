//! The objects of a build, in order.

use crate::error::{Error, Result};
use crate::id::ResId;
use crate::node::Node;
use crate::objects::Objects;
use crate::resource::{Behavior, Resource};

#[derive(Debug, Clone, Default)]
pub(crate) struct ResMap {
    pub(crate) list: Objects,
}

impl ResMap {
    /// Adds an object; no other may be called the same now.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<()> {
        let id = resource.id();
        if self.called_now(&id).next().is_some() {
            return Err(registered(&id, &resource));
        }
        self.list.push(resource);
        Ok(())
    }

    /// Checks that no other object is called as this one is now.
    pub(crate) fn check_unique(&self, at: usize) -> Result<()> {
        let resource = &self.list[at];
        let id = resource.id();
        let mut others = self.called_now(&id).filter(|other| *other != at && !self.list[*other].is_deleted());
        others.next().map_or(Ok(()), |_| Err(registered(&id, resource)))
    }

    pub(crate) fn append_all(&mut self, resources: impl IntoIterator<Item = Resource>) -> Result<()> {
        resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Indices of the objects that are called so now.
    pub(crate) fn called_now<'a>(&'a self, id: &'a ResId) -> impl Iterator<Item = usize> + 'a {
        let matches = |resource: &Resource| resource.name() == id.name && resource.id().is_same_object(id);
        self.list.perhaps_called(&id.name).into_iter().filter(move |at| matches(&self.list[*at]))
    }

    /// Indices of the objects that are or were called so.
    fn ever_called<'a>(&'a self, id: &'a ResId) -> impl Iterator<Item = usize> + 'a {
        let matches = |resource: &Resource| {
            !resource.is_deleted()
                && resource.may_be_called(&id.name)
                && resource.was_called(|own| id.is_same_object(own))
        };
        self.list.perhaps_called(&id.name).into_iter().filter(move |at| matches(&self.list[*at]))
    }

    /// The one object that is or was called so.
    pub(crate) fn find(&self, id: &ResId) -> Result<usize> {
        let mut found = self.ever_called(id);
        match (found.next(), found.next()) {
            (Some(at), None) => Ok(at),
            (Some(_), Some(_)) => Err(Error::invalid(format!(
                "multiple matches for Id {id}; failed to find unique target for patch {id}"
            ))),
            (None, _) => {
                Err(Error::invalid(format!("no matches for Id {id}; failed to find unique target for patch {id}")))
            }
        }
    }

    /// Takes generated objects in: new ones, and those that replace or merge with one that is there.
    pub(crate) fn absorb(&mut self, generated: impl IntoIterator<Item = Resource>) -> Result<()> {
        generated.into_iter().try_for_each(|resource| self.absorb_one(resource))
    }

    fn absorb_one(&mut self, mut resource: Resource) -> Result<()> {
        let id = resource.id();
        let matches: Vec<usize> = self.ever_called(&id).collect();
        let behavior = resource.notes.behavior;
        match (&matches[..], behavior) {
            ([], Behavior::Merge | Behavior::Replace) => {
                Err(Error::invalid(format!("id {id} does not exist; cannot merge or replace")))
            }
            ([], _) => self.append(resource),
            ([at], Behavior::Replace) => {
                resource.take_metadata_from(&self.list[*at])?;
                resource.transformations.clone_from(&self.list[*at].transformations);
                self.list.change(*at, |old| *old = resource);
                Ok(())
            }
            ([at], Behavior::Merge) => {
                merge_data(&mut resource, &self.list[*at])?;
                self.list.change(*at, |old| *old = resource);
                Ok(())
            }
            ([_], _) => Err(Error::invalid(format!("id {id} exists; behavior must be merge or replace to change it"))),
            _ => Err(Error::invalid(format!("found multiple objects that could accept merge of {id}"))),
        }
    }

    pub(crate) fn drop_deleted(&mut self) {
        if self.list.iter().any(Resource::is_deleted) {
            self.list.retain(|resource| !resource.is_deleted());
        }
    }

    /// Calls the function with each object's content; objects of which nothing is left are dropped.
    pub(crate) fn for_each_body(&mut self, mut change: impl FnMut(&mut Node) -> Result<()>) -> Result<()> {
        for resource in self.list.iter_mut() {
            change(&mut resource.body).map_err(|error| named(error, resource))?;
        }
        self.drop_deleted();
        Ok(())
    }
}

fn registered(id: &ResId, resource: &Resource) -> Error {
    Error::invalid(format!("may not add resource with an already registered id: {id}")).at_line(resource.line)
}

/// Says which object an error is about.
pub(crate) fn named(error: Error, resource: &Resource) -> Error {
    error.while_doing(resource.id())
}

fn merge_data(resource: &mut Resource, old: &Resource) -> Result<()> {
    resource.take_metadata_from(old)?;
    for field in ["data", "binaryData"] {
        let mut data = old.data(field);
        data.extend(resource.data(field));
        resource.set_data(field, &data);
    }
    resource.origin = old.origin.clone();
    resource.transformations.clone_from(&old.transformations);
    Ok(())
}
