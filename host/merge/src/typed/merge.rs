//! Merges a configuration over a live value: the configuration's leaves win, nothing is removed, and the items of
//! merging lists keep the live order where the configuration does not say otherwise.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::{Shape, ValidationError, ValidationErrors, list_element, shape};
use crate::fields::PathElement;
use crate::schema::{ListRef, ListRelation, MapRef, MapRelation, TypeRef};

/// The merged value. Errors name list items of the configuration that have no or the same identity.
pub fn merge(of: TypeRef<'_>, live: &Value, config: &Value) -> Result<Value, ValidationErrors> {
    Ok(visit(of, Some(live), Some(config))?.unwrap_or(Value::Null))
}

type Merged = Result<Option<Value>, ValidationErrors>;

/// `None` for a side means that the path is absent there.
fn visit(of: TypeRef<'_>, live: Option<&Value>, config: Option<&Value>) -> Merged {
    let deciding = config.or(live);
    match shape(of, deciding) {
        Some(Shape::Map(map)) => visit_map(map, live, config),
        Some(Shape::List(list)) => visit_list(list, live, config),
        Some(Shape::Scalar(_)) | None => Ok(deciding.cloned()),
    }
}

fn visit_map(map: MapRef<'_>, live: Option<&Value>, config: Option<&Value>) -> Merged {
    let (live_entries, config_entries) = (entries(live), entries(config));
    // Both empty or null: a leaf, so that the difference between the two is kept.
    if map.relation() == MapRelation::Atomic || (live_entries.is_none() && config_entries.is_none()) {
        return Ok(config.or(live).cloned());
    }
    let mut out = Map::new();
    for (key, live) in live_entries.into_iter().flatten() {
        let config = config_entries.and_then(|entries| entries.get(key));
        merge_entry(map, &mut out, key, Some(live), config)?;
    }
    for (key, config) in config_entries.into_iter().flatten() {
        if live_entries.is_none_or(|entries| !entries.contains_key(key)) {
            merge_entry(map, &mut out, key, None, Some(config))?;
        }
    }
    Ok((!out.is_empty()).then_some(Value::Object(out)))
}

fn entries(side: Option<&Value>) -> Option<&Map<String, Value>> {
    side.and_then(Value::as_object).filter(|entries| !entries.is_empty())
}

fn items(side: Option<&Value>) -> &[Value] {
    side.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn merge_entry(
    map: MapRef<'_>,
    out: &mut Map<String, Value>,
    key: &str,
    live: Option<&Value>,
    config: Option<&Value>,
) -> Result<(), ValidationErrors> {
    let merged = match map.child(key) {
        Some(of) => visit(of, live, config).map_err(|errors| errors.below(&PathElement::field(key)))?,
        None => config.or(live).cloned(),
    };
    if let Some(merged) = merged {
        out.insert(key.to_owned(), merged);
    }
    Ok(())
}

fn visit_list(list: ListRef<'_>, live: Option<&Value>, config: Option<&Value>) -> Merged {
    let (live_items, config_items) = (items(live), items(config));
    if *list.relation() == ListRelation::Atomic || (live_items.is_empty() && config_items.is_empty()) {
        return Ok(config.or(live).cloned());
    }
    let merged = Interleave::new(list, live_items, config_items)?.run()?;
    Ok((!merged.is_empty()).then_some(Value::Array(merged)))
}

/// The two item lists on their way into one.
struct Interleave<'v, 's> {
    list: ListRef<'s>,
    live: Side<'v>,
    config: Side<'v>,
    /// Items of both sides that still have to come, in the configuration's order.
    shared: VecDeque<PathElement>,
    merged: BTreeSet<PathElement>,
    out: Vec<Value>,
}

/// One side's items with their identities.
struct Side<'v> {
    items: Vec<(PathElement, &'v Value)>,
    /// An identity that occurs twice maps to `None`: such items are not merged with.
    by_element: BTreeMap<PathElement, Option<&'v Value>>,
    next: usize,
}

impl<'v> Side<'v> {
    fn new(list: ListRef<'_>, items: &'v [Value], may_repeat: bool) -> Result<Self, ValidationErrors> {
        let mut side = Side { items: Vec::new(), by_element: BTreeMap::new(), next: 0 };
        let mut errors = Vec::new();
        for (place, item) in items.iter().enumerate() {
            match list_element(list, item) {
                Err(problem) => errors.push(ValidationError::here(format!("element {place}: {problem}"))),
                Ok(element) if side.by_element.contains_key(&element) && !may_repeat => {
                    errors.push(ValidationError::here(format!("duplicate entries for key {element}")));
                }
                Ok(element) => {
                    let first = !side.by_element.contains_key(&element);
                    side.by_element.insert(element.clone(), first.then_some(item));
                    side.items.push((element, item));
                }
            }
        }
        if errors.is_empty() { Ok(side) } else { Err(ValidationErrors(errors)) }
    }

    fn current(&self) -> Option<(PathElement, &'v Value)> {
        self.items.get(self.next).cloned()
    }
}

impl<'v, 's> Interleave<'v, 's> {
    fn new(list: ListRef<'s>, live: &'v [Value], config: &'v [Value]) -> Result<Self, ValidationErrors> {
        let (config, live) = (Side::new(list, config, false), Side::new(list, live, true));
        let (config, live) = match (config, live) {
            (Ok(config), Ok(live)) => (config, live),
            (Err(mut errors), Err(more)) => {
                errors.0.extend(more.0);
                return Err(errors);
            }
            (Err(errors), _) | (_, Err(errors)) => return Err(errors),
        };
        let in_both = config.items.iter().filter(|(element, _)| live.by_element.contains_key(element));
        let shared = in_both.map(|(element, _)| element.clone()).collect();
        Ok(Interleave { list, live, config, shared, merged: BTreeSet::new(), out: Vec::new() })
    }

    /// Live items that the configuration does not name stay before the shared item that followed them.
    fn run(mut self) -> Result<Vec<Value>, ValidationErrors> {
        loop {
            match (self.live.current(), self.config.current()) {
                (None, None) => return Ok(self.out),
                (Some((live, _)), Some((config, _))) if live == config => {
                    self.live.next += 1;
                    self.take_config(config)?;
                }
                (Some((live, _)), Some(_)) if self.waits_for_its_turn(&live) => self.live.next += 1,
                (Some((live, item)), _) if !self.config.by_element.contains_key(&live) => {
                    self.live.next += 1;
                    self.push(&live, Some(item), None)?;
                }
                (live, config) => {
                    if live.is_some_and(|(live, _)| self.merged.contains(&live)) {
                        self.live.next += 1;
                    }
                    if let Some((config, _)) = config {
                        self.take_config(config)?;
                    }
                }
            }
        }
    }

    /// A live item that the configuration places elsewhere than next.
    fn waits_for_its_turn(&self, live: &PathElement) -> bool {
        self.config.by_element.contains_key(live) && self.shared.front().is_some_and(|next| next != live)
    }

    fn take_config(&mut self, element: PathElement) -> Result<(), ValidationErrors> {
        let live = self.live.by_element.get(&element).copied().flatten();
        let config = self.config.by_element.get(&element).copied().flatten();
        self.push(&element, live, config)?;
        self.config.next += 1;
        if self.shared.front() == Some(&element) {
            self.shared.pop_front();
        }
        self.merged.insert(element);
        Ok(())
    }

    fn push(
        &mut self,
        element: &PathElement,
        live: Option<&Value>,
        config: Option<&Value>,
    ) -> Result<(), ValidationErrors> {
        let merged = visit(self.list.element(), live, config).map_err(|errors| errors.below(element))?;
        self.out.extend(merged);
        Ok(())
    }
}
