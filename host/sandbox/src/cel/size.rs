//! How many members a list or map of a schema may have: what a loop over it may cost.

use serde_json::Value as Json;

/// The largest body that reaches a rule.
const REQUEST: u64 = 3 << 20;

/// The most members that fit into a request; 1 where nothing is known.
pub fn most_members(schema: Option<&Json>) -> u64 {
    let Some(schema) = schema else { return 1 };
    let (bound, member) = match (schema.get("items"), schema.get("additionalProperties")) {
        (Some(items), _) => ("maxItems", smallest(items, 0) + 1),
        // Quotes around the key, a colon, and a comma before the next.
        (None, Some(values)) => ("maxProperties", smallest(values, 0) + 4),
        (None, None) => return 1,
    };
    let fitting = REQUEST / member;
    schema.get(bound).and_then(Json::as_u64).map_or(fitting, |stated| stated.min(fitting))
}

/// The bytes of the shortest value.
fn smallest(schema: &Json, depth: usize) -> u64 {
    const DEEPEST: usize = 20;
    match schema.get("type").and_then(Json::as_str) {
        Some("integer" | "number") => 1,
        Some("boolean") => 4,
        Some("object") if depth < DEEPEST => {
            let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
            let required = required.filter_map(Json::as_str);
            let of = |name: &str| smallest(&schema["properties"][name], depth + 1) + name.len() as u64 + 4;
            2 + required.map(of).sum::<u64>()
        }
        _ => 2,
    }
}
