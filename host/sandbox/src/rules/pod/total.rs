//! What a Pod asks for and may use as a whole.
//!
//! Containers run side by side; those that prepare run one after another before them, beside the ones among them that
//! stay. What the Pod says for itself counts instead.

use serde_json::Value;

use crate::object::Object;
use crate::rules::amounts::{self, Amounts};
use crate::rules::at;

/// One side of the resources, `requests` or `limits`, as the containers and the Pod say it.
pub(in crate::rules) fn of(spec: &Object, side: &str) -> Amounts {
    let of = |container: &Value| amounts::read(&container["resources"][side]);
    let list = |key: &str| spec.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut total = Amounts::new();
    list("containers").for_each(|container| amounts::add(&mut total, &of(container)));
    let (mut staying, mut most) = (Amounts::new(), Amounts::new());
    for container in list("initContainers") {
        let own = of(container);
        if container["restartPolicy"] == "Always" {
            amounts::add(&mut total, &own);
            amounts::add(&mut staying, &own);
            amounts::raise(&mut most, &staying);
        } else {
            let mut beside = own;
            amounts::add(&mut beside, &staying);
            amounts::raise(&mut most, &beside);
        }
    }
    amounts::raise(&mut total, &most);
    total.extend(amounts::only(&amounts::read(at(spec, &["resources", side])), is_said_by_pods));
    total
}

fn is_said_by_pods(name: &str) -> bool {
    matches!(name, "cpu" | "memory")
}
