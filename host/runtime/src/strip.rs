//! Calls a filter with objects and expressions. What one expression does to the plugin costs that expression
//! and no other.

use crate::{CallError, Grants, Kind, Limits, Plugin, Runtime, Stop, bindings::strip, runtime::session};

/// What is left of the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stripped {
    /// One for each object, in order.
    pub bodies: Vec<Vec<u8>>,
    /// Expressions that were not carried out, with the reason.
    pub problems: Vec<String>,
}

impl Runtime {
    /// The objects (JSON) without what the expressions name. An expression on which the plugin fails, or for
    /// which its limits are too narrow, takes nothing out and is told.
    pub fn strip(
        &self,
        plugin: &Plugin,
        objects: Vec<Vec<u8>>,
        expressions: &[String],
        limits: &Limits,
    ) -> Result<Stripped, CallError> {
        plugin.expect(Kind::Filter)?;
        match self.strip_at_once(plugin, &objects, expressions, limits) {
            Err(CallError::Stopped { .. }) if expressions.len() > 1 => {
                self.strip_one_by_one(plugin, objects, expressions, limits)
            }
            Err(error @ CallError::Stopped { .. }) => {
                Ok(Stripped { bodies: objects, problems: vec![format!("{}: {error}", expressions.join(""))] })
            }
            result => result,
        }
    }

    fn strip_one_by_one(
        &self,
        plugin: &Plugin,
        objects: Vec<Vec<u8>>,
        expressions: &[String],
        limits: &Limits,
    ) -> Result<Stripped, CallError> {
        let mut left = Stripped { bodies: objects, problems: Vec::new() };
        for expression in expressions {
            let one = std::slice::from_ref(expression);
            let next = self.strip(plugin, std::mem::take(&mut left.bodies), one, limits)?;
            left.bodies = next.bodies;
            left.problems.extend(next.problems);
        }
        Ok(left)
    }

    fn strip_at_once(
        &self,
        plugin: &Plugin,
        objects: &[Vec<u8>],
        expressions: &[String],
        limits: &Limits,
    ) -> Result<Stripped, CallError> {
        let returned = self.call(plugin, &Grants::denied(), session(plugin, limits), async |store, prepared| {
            let instance = prepared.filter()?.instantiate_async(&mut *store).await?;
            instance.windlass_plugin_strip().call_run(store, objects, expressions).await
        })?;
        let left = returned.value;
        if left.len() != objects.len() {
            let stop = Stop::InvalidOutput { reason: format!("{} answers for {} objects", left.len(), objects.len()) };
            return Err(CallError::Stopped { plugin: plugin.name().clone(), stop });
        }
        Ok(left.into_iter().fold(Stripped::default(), |mut all, one: strip::Stripped| {
            all.bodies.push(one.body);
            all.problems.extend(one.problems);
            all
        }))
    }
}
