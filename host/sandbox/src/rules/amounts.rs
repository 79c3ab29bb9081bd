//! Lists of amounts, as containers, limits and quotas have them: by the name of what is measured.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::quantity::Quantity;

pub(super) type Amounts = BTreeMap<String, Quantity>;

/// What is no amount is left out.
pub(super) fn read(value: &Value) -> Amounts {
    let entries = value.as_object().into_iter().flatten();
    let read = |text: &Value| text.as_str().and_then(Quantity::parse);
    entries.filter_map(|(name, text)| Some((name.clone(), read(text)?))).collect()
}

pub(super) fn json(amounts: &Amounts) -> Value {
    Value::Object(amounts.iter().map(|(name, amount)| (name.clone(), amount.to_string().into())).collect::<Map<_, _>>())
}

pub(super) fn add(sum: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let before = sum.get(name).copied();
        sum.insert(name.clone(), before.map_or(*amount, |before| before.plus(*amount)));
    }
}

/// The larger of two amounts, for each name.
pub(super) fn raise(most: &mut Amounts, others: &Amounts) {
    for (name, amount) in others {
        if most.get(name).is_none_or(|before| before.nano() < amount.nano()) {
            most.insert(name.clone(), *amount);
        }
    }
}

/// Those with names that are wanted.
pub(super) fn only(amounts: &Amounts, wanted: impl Fn(&str) -> bool) -> Amounts {
    amounts.iter().filter(|(name, _)| wanted(name)).map(|(name, amount)| (name.clone(), *amount)).collect()
}

/// `cpu=1,memory=2Gi`.
pub(super) fn told(amounts: &Amounts) -> String {
    let told: Vec<String> = amounts.iter().map(|(name, amount)| format!("{name}={amount}")).collect();
    told.join(",")
}
