//! Whether amounts keep to a LimitRange, in the words of the real server.

use serde_json::Value;

use crate::rules::amounts::{self, Amounts};
use crate::rules::quantity::Quantity;

/// What is held against an item of a LimitRange.
pub(super) struct Asked {
    pub(super) requests: Amounts,
    /// `None` where the kind knows no limits: then the largest request is bounded.
    pub(super) limits: Option<Amounts>,
}

/// The breaches of one item.
pub(super) fn breaches(item: &Value, asked: &Asked) -> Vec<String> {
    let kind = item["type"].as_str().unwrap_or_default();
    let each = |bound: &str, test: fn(&Bound<'_>) -> Option<String>| -> Vec<String> {
        let amounts = amounts::read(&item[bound]);
        amounts.iter().filter_map(|(name, amount)| test(&Bound::new(kind, name, *amount, asked))).collect()
    };
    let mut breaches = each("min", |bound| bound.too_little());
    if asked.limits.is_some() {
        breaches.extend(each("max", |bound| bound.too_much()));
        breaches.extend(each("maxLimitRequestRatio", |bound| bound.too_far_apart()));
    } else {
        breaches.extend(each("max", |bound| bound.too_much_asked()));
    }
    breaches
}

/// One amount of an item, and the amounts that it bounds.
struct Bound<'a> {
    kind: &'a str,
    name: &'a str,
    amount: Quantity,
    request: Option<Quantity>,
    limit: Option<Quantity>,
}

const MILLI: i128 = 1_000_000;
const WHOLE: i128 = 1_000_000_000;
/// The largest number of thousandths that the real server counts.
const MOST_MILLI: i128 = i64::MAX as i128 / 1000;

impl<'a> Bound<'a> {
    fn new(kind: &'a str, name: &'a str, amount: Quantity, asked: &Asked) -> Self {
        let request = asked.requests.get(name).copied();
        let limit = asked.limits.as_ref().and_then(|limits| limits.get(name).copied());
        Bound { kind, name, amount, request, limit }
    }

    /// How exactly amounts are compared: to the thousandth, unless one of them is too large for that.
    fn unit(&self) -> i128 {
        let all = [Some(self.amount), self.request, self.limit];
        let fine = all.into_iter().flatten().all(|amount| amount.in_units_of(WHOLE) <= MOST_MILLI);
        if fine { MILLI } else { WHOLE }
    }

    fn exceeds(&self, more: Quantity, less: Quantity) -> bool {
        more.in_units_of(self.unit()) > less.in_units_of(self.unit())
    }

    fn told(&self, edge: &str) -> String {
        format!("{edge} {} usage per {} is {}", self.name, self.kind, self.amount)
    }

    fn too_little(&self) -> Option<String> {
        let told = self.told("minimum");
        match (self.request, self.limit) {
            (None, _) => Some(format!("{told}.  No request is specified")),
            (Some(request), _) if self.exceeds(self.amount, request) => {
                Some(format!("{told}, but request is {request}"))
            }
            (_, Some(limit)) if self.exceeds(self.amount, limit) => Some(format!("{told}, but limit is {limit}")),
            _ => None,
        }
    }

    fn too_much(&self) -> Option<String> {
        let told = self.told("maximum");
        match (self.limit, self.request) {
            (None, _) => Some(format!("{told}.  No limit is specified")),
            (Some(limit), _) if self.exceeds(limit, self.amount) => Some(format!("{told}, but limit is {limit}")),
            (_, Some(request)) if self.exceeds(request, self.amount) => {
                Some(format!("{told}, but request is {request}"))
            }
            _ => None,
        }
    }

    fn too_much_asked(&self) -> Option<String> {
        let told = self.told("maximum");
        match self.request {
            None => Some(format!("{told}.  No request is specified")),
            Some(request) if self.exceeds(request, self.amount) => Some(format!("{told}, but request is {request}")),
            Some(_) => None,
        }
    }

    fn too_far_apart(&self) -> Option<String> {
        let told = format!("{} max limit to request ratio per {} is {}", self.name, self.kind, self.amount);
        let counted =
            |amount: Option<Quantity>| amount.map(|amount| amount.in_units_of(self.unit())).filter(|count| *count != 0);
        let Some(request) = counted(self.request) else {
            return Some(format!("{told}, but no request is specified or request is 0"));
        };
        let Some(limit) = counted(self.limit) else {
            return Some(format!("{told}, but no limit is specified or limit is 0"));
        };
        let ratio = limit as f64 / request as f64;
        let most = self.amount.in_units_of(MILLI) as f64;
        (ratio * 1000.0 > most).then(|| format!("{told}, but provided ratio is {ratio:.6}"))
    }
}
