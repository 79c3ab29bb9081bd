//! The Common Expression Language, as CRDs state their rules in it.
//!
//! Written here because every step of a rule has to be paid for: a [`Budget`] bounds time and memory of any expression,
//! and no input of a client may end the process. Names and functions are checked when a rule is compiled; types are
//! checked as far as the schema tells them, the rest when it runs.

mod ast;
mod check;
mod eval;
mod functions;
mod lexer;
mod network;
mod parser;
mod size;
mod strings;
mod time;
mod value;

use serde_json::Value as Json;

use ast::Expr;

pub use eval::{Budget, Failure};
pub use value::Value;

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct Program {
    expr: Expr,
    uses_old: bool,
    least_cost: u64,
}

pub const SELF: &str = "self";
pub const OLD_SELF: &str = "oldSelf";

impl Program {
    /// Compiles an expression over `self` and `oldSelf`, which have this schema.
    ///
    /// # Errors
    /// What is wrong, in the words of the API server where they are known.
    pub fn compile(text: &str, schema: &Json) -> Result<Self, String> {
        Self::compile_typed(text, schema, false, "")
    }

    /// The same, where the values are whole objects or not, and the result is to be of a type.
    ///
    /// # Errors
    /// As above; a result that is plainly of another type.
    pub fn compile_typed(text: &str, schema: &Json, whole: bool, wanted: &str) -> Result<Self, String> {
        let failed = |problem: String| format!("compilation failed: {problem}");
        let expr = parser::parse(text).map_err(failed)?;
        let checked =
            check::check(&expr, schema, whole).map_err(|(at, problem)| failed(parser::located(text, at, &problem)))?;
        let found = checked.result.and_then(|result| result["type"].as_str());
        let found = found.map(|found| if found == "boolean" { "bool" } else { found });
        if !wanted.is_empty() && found.is_some_and(|found| found != wanted) {
            return Err(format!("cel expression must evaluate to a {wanted}"));
        }
        Ok(Program { expr, uses_old: checked.uses_old, least_cost: checked.least_cost })
    }

    /// What the rule may cost on the largest object that its schema allows, at the very least.
    pub fn least_cost(&self) -> u64 {
        self.least_cost
    }

    /// Whether this is a transition rule.
    pub fn uses_old(&self) -> bool {
        self.uses_old
    }

    /// # Errors
    /// The expression fails, or the budget is spent.
    pub fn run(&self, this: &Value, old: Option<&Value>, budget: &mut Budget) -> Result<Value, Failure> {
        let mut scope = eval::Scope::default();
        scope.push(SELF, this.clone());
        if let Some(old) = old {
            scope.push(OLD_SELF, old.clone());
        }
        eval::eval(&self.expr, &mut scope, budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(text: &str, this: Json) -> Result<Value, Failure> {
        let program = Program::compile(text, &json!({ "x-kubernetes-preserve-unknown-fields": true })).expect(text);
        program.run(&Value::of(&this, &Json::Null), None, &mut Budget::of_a_rule())
    }

    fn check(text: &str, this: Json) {
        assert_eq!(run(text, this).expect(text), Value::Bool(true), "{text}");
    }

    #[test]
    fn expressions_mean_what_the_language_says() {
        check("1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 % 3 == -1", json!({}));
        check("self.min <= self.max ? true : false", json!({ "min": 1, "max": 2 }));
        check("!has(self.a) || self.a.startsWith('x')", json!({ "a": "xy" }));
        check("has(self.a.b) == false", json!({ "a": {} }));
        check("self.list.all(x, x > 0) && self.list.exists(x, x == 2)", json!({ "list": [1, 2] }));
        check("self.list.exists_one(x, x == 2) && self.list.map(x, x * 2) == [2, 4]", json!({ "list": [1, 2] }));
        check("self.list.filter(x, x > 1).size() == 1 && size(self.list) == 2", json!({ "list": [1, 2] }));
        check("self.map.all(key, self.map[key] == 'v') && 'k' in self.map", json!({ "map": { "k": "v" } }));
        check("'a-b'.matches('^[a-z]-[a-z]$') && 'a,b'.split(',') == ['a', 'b']", json!({}));
        check("1 == 1.0 && 2u == 2 && [1] != ['1'] && {'a': 1}['a'] == 1", json!({}));
        check("type(self.a) == int && string(self.a) == '3' && int('3') == self.a", json!({ "a": 3 }));
        check("self.?a.orValue(5) == 5 && optional.of(1).hasValue()", json!({}));
        check("duration('90m') < duration('2h') && timestamp('2026-01-01T00:00:00Z').getFullYear() == 2026", json!({}));
        check("quantity('1Gi').isGreaterThan(quantity('500Mi')) && isQuantity('100m')", json!({}));
        check(
            "isIP('10.0.0.1') && cidr('10.0.0.0/8').containsIP('10.1.2.3') && url('https://a:1/b').getHost() == 'a:1'",
            json!({}),
        );
        check("r'\\d' == '\\\\d' && \"\"\"a\nb\"\"\".size() == 3 && 'é'.size() == 1", json!({}));
        check("[3, 1, 2].min() == 1 && ![2, 1].isSorted() && sets.contains([1, 2], [1])", json!({}));
        check("false && self.absent || true", json!({}));
    }

    #[test]
    fn what_fails_says_why() {
        let failure = |text: &str| run(text, json!({ "list": [1] })).expect_err(text).to_string();
        assert_eq!(failure("self.absent == 1"), "no such key: absent");
        assert_eq!(failure("self.list[4] == 1"), "index out of bounds: 4");
        assert_eq!(failure("1 / 0 == 1"), "division by zero");
        assert_eq!(failure("9223372036854775807 + 1 > 0"), "integer overflow");
        assert_eq!(failure("'a' + 1 == 'a'"), "no such overload");
    }

    #[test]
    fn a_rule_without_end_ends() {
        let list: Vec<usize> = (0..1000).collect();
        let text = "self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))";
        assert_eq!(run(text, json!(list)).expect_err("too dear"), Failure::Spent);
        let doubled = format!("['x']{}", ".map(s, s + s)".repeat(60));
        assert_eq!(run(&doubled, json!({})).expect_err("too large"), Failure::Spent);
    }

    #[test]
    fn loops_over_what_has_no_bound_are_dear_before_they_run() {
        let cost = |text: &str, most: Json| {
            let schema = json!({ "type": "array", "items": { "type": "string" }, "maxItems": most });
            Program::compile(text, &schema).expect(text).least_cost()
        };
        assert!(cost("self.all(a, self.all(b, a == b))", json!(null)) > 1_000_000_000_000);
        assert!(cost("self.all(a, self.all(b, a == b))", json!(10)) < 1_000);
        assert!(cost("self.all(a, a == 'x')", json!(null)) < 10_000_000);
        assert_eq!(cost("self.size() > 1", json!(null)), 3);
    }

    #[test]
    fn what_cannot_be_compiled_is_refused_with_its_place() {
        let refused = |text: &str| {
            let schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
            Program::compile(text, &schema).expect_err(text)
        };
        assert!(refused("self.a >").contains("Syntax error"));
        assert!(refused("self.b > 1").contains("undefined field 'b'"));
        assert!(refused("other > 1").contains("undeclared reference to 'other'"));
        assert!(refused("self.a.fly()").contains("undeclared reference to 'fly'"));
        assert!(refused(&"(".repeat(100_000)).contains("nested"));
        assert!(refused(&format!("1{}", "+1".repeat(10_000))).contains("nested"));
        assert!(refused(&"a".repeat(200_000)).contains("exceeds limit"));
    }
}
