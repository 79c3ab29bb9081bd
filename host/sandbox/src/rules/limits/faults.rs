//! What a LimitRange must be.

use std::collections::BTreeSet;

use crate::error::Cause;
use crate::object::Object;
use crate::rules::quantity::Quantity;
use crate::rules::spot::Spot;
use crate::rules::{formats, names};

const WHOLE: i128 = 1_000_000_000;

pub(in crate::rules) fn faults(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut types = BTreeSet::new();
    for item in Spot::of(object, "spec").at("limits").items() {
        let kind = item.at("type");
        causes.extend(kind_faults(&kind));
        if !types.insert(kind.text()) {
            causes.push(kind.duplicate());
        }
        causes.extend(name_faults(&item));
        let names: BTreeSet<&String> =
            bounds(&item).flat_map(|bound| item.at(bound).map().keys().collect::<Vec<_>>()).collect();
        causes.extend(names.into_iter().flat_map(|name| Amounts { item: &item, name }.faults()));
    }
    causes
}

fn kind_faults(kind: &Spot<'_>) -> Vec<Cause> {
    let causes = kind.breaches(formats::qualified);
    let is_known = matches!(kind.text(), "Pod" | "Container" | "PersistentVolumeClaim");
    if causes.is_empty() && !kind.text().contains('/') && !is_known {
        return vec![kind.invalid("must be a standard limit type or fully qualified")];
    }
    causes
}

/// The lists that an item of its type can have, in the order in which they are looked at.
fn bounds(item: &Spot<'_>) -> impl Iterator<Item = &'static str> + use<> {
    let is_pod = item.at("type").text() == "Pod";
    ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]
        .into_iter()
        .filter(move |bound| !(is_pod && bound.starts_with("default")))
}

fn name_faults(item: &Spot<'_>) -> Vec<Cause> {
    let kind = item.at("type").text();
    let of_list = |bound: &str| -> Vec<Cause> {
        let list = item.at(bound);
        if kind == "Pod" && bound.starts_with("default") {
            return (list.len() > 0)
                .then(|| list.forbidden("may not be specified when `type` is 'Pod'"))
                .into_iter()
                .collect();
        }
        let rule = if matches!(kind, "Pod" | "Container") { names::of_containers } else { names::in_general };
        list.map().keys().flat_map(|name| rule(&list.entry(name), name)).collect()
    };
    let mut causes: Vec<Cause> = ["max", "min", "default", "defaultRequest"].into_iter().flat_map(of_list).collect();
    let sized = ["min", "max"].iter().any(|bound| item.at(bound).entry("storage").is_set());
    if kind == "PersistentVolumeClaim" && !sized {
        let detail = "either minimum or maximum storage value is required, but neither was provided";
        causes.push(item.at("limits").required(detail));
    }
    causes.extend(of_list("maxLimitRequestRatio"));
    causes
}

/// All that an item says of one name.
struct Amounts<'a> {
    item: &'a Spot<'a>,
    name: &'a str,
}

impl Amounts<'_> {
    fn amount(&self, bound: &str) -> Option<Quantity> {
        bounds(self.item).find(|known| *known == bound)?;
        Quantity::parse(self.item.at(bound).entry(self.name).text())
    }

    fn faults(&self) -> Vec<Cause> {
        let [least, most, default, request] = ["min", "max", "default", "defaultRequest"].map(|key| self.amount(key));
        // What is the lesser and the greater of two, which of them is shown, and where.
        let pairs = [
            (least, most, least, "min", "min value", "max value"),
            (least, request, request, "defaultRequest", "min value", "default request value"),
            (request, most, request, "defaultRequest", "default request value", "max value"),
            (request, default, request, "defaultRequest", "default request value", "default limit value"),
            (least, default, least, "default", "min value", "default value"),
            (default, most, most, "default", "default value", "max value"),
        ];
        let mut causes = Vec::new();
        for (less, more, shown, at, first, second) in pairs {
            if let (Some(less), Some(more), Some(shown)) = (less, more, shown)
                && less.nano() > more.nano()
            {
                causes.push(self.invalid(at, shown, format!("{first} {less} is greater than {second} {more}")));
            }
        }
        causes.extend(self.ratio_faults());
        if let (Some(default), Some(request)) = (default, request)
            && !names::is_shareable(self.name)
            && default.nano() != request.nano()
        {
            let detail =
                format!("default value {default} must equal to defaultRequest value {request} in {}", self.name);
            causes.push(self.invalid("defaultRequest", request, detail));
        }
        causes
    }

    fn ratio_faults(&self) -> Vec<Cause> {
        let Some(ratio) = self.amount("maxLimitRequestRatio") else { return Vec::new() };
        let mut causes = Vec::new();
        if ratio.nano() < WHOLE {
            causes.push(self.invalid("maxLimitRequestRatio", ratio, format!("ratio {ratio} is less than 1")));
        }
        if let (Some(least), Some(most)) = (self.amount("min"), self.amount("max")) {
            let widest = most.nano() as f64 / least.nano() as f64;
            if ratio.nano() as f64 / WHOLE as f64 > widest {
                let detail = format!("ratio {ratio} is greater than max/min = {widest:.6}");
                causes.push(self.invalid("maxLimitRequestRatio", ratio, detail));
            }
        }
        causes
    }

    fn invalid(&self, bound: &str, shown: Quantity, detail: String) -> Cause {
        self.item.at(bound).entry(self.name).invalid_as(shown.to_string(), detail)
    }
}
