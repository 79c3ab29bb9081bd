//! A close look at one pair: what a sync would make of it, and by what each difference is known. Asks the API server
//! and writes nothing.

use windlass_cluster::ApplyMode;
use windlass_diff::{
    Evidence,
    evidence::{FieldDifference, NamedRule, Sides, evidence, taken_over},
    mask,
    normalize::normalize,
};
use windlass_engine::Pair;
use windlass_model::{Object, ObjectKey, application::IgnoreDifference};

use crate::{Pipeline, Scope, compare::OUR_MANAGERS};

/// What a close look has found. Values of Secrets are masked.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    pub key: ObjectKey,
    /// What lives, in the form in which it is compared.
    pub live: Option<Object>,
    /// What would live after a sync, in the same form.
    pub after: Option<Object>,
    pub evidence: Evidence,
    /// Fields that a sync removes because it takes them over from a manager who is gone.
    pub taken_over: Vec<FieldDifference>,
    /// Why the API server would refuse the desired object.
    pub refusal: Option<String>,
}

impl Examined {
    /// Whether a sync would change the object.
    pub fn changes(&self) -> bool {
        self.live != self.after
    }
}

impl Pipeline {
    /// Looks at a pair closely. Of an object that is no longer desired nothing is left.
    pub async fn examine(&self, scope: &Scope, pair: &Pair) -> Examined {
        let found = Examined { key: pair.key.clone(), ..Examined::default() };
        let Some(target) = &pair.target else {
            let mut live = pair.live.as_ref().map(|live| (*live.object).clone());
            live.iter_mut().for_each(|live| mask(&mut [live]));
            return Examined { live: live.map(|live| normalized(scope, live)), ..found };
        };
        // The cache holds managedFields only as far as the engine needs them.
        let mut live = match pair.live {
            Some(_) => scope.cluster.fetch(&target.object).await.ok(),
            None => None,
        };
        let mut desired = (*target.object).clone();
        let asked = scope.cluster.apply(&target.object, ApplyMode::ServerSide { force: false }, true).await;
        let (mut predicted, refusal) = match asked {
            Ok(applied) => (Some(applied.object), None),
            Err(error) => (None, Some(error.to_string())),
        };
        mask(&mut [Some(&mut desired), live.as_mut(), predicted.as_mut()].into_iter().flatten().collect::<Vec<_>>());
        let Some(live) = live else {
            return Examined { after: Some(normalized(scope, predicted.unwrap_or(desired))), refusal, ..found };
        };
        let sides = Sides { key: &pair.key, desired: &desired, predicted: predicted.as_ref(), live: &live };
        let options = &scope.settings.compare;
        let evidence = evidence(sides, options, &rules(scope), &OUR_MANAGERS);
        // The first is our own.
        let taken_over = taken_over(sides, options, &OUR_MANAGERS[1..]);
        let after = without(normalized(scope, predicted.unwrap_or(desired)), &taken_over);
        Examined { live: Some(normalized(scope, live)), after: Some(after), evidence, taken_over, refusal, ..found }
    }
}

fn normalized(scope: &Scope, mut object: Object) -> Object {
    normalize(&mut object, &scope.settings.compare);
    object
}

fn without(object: Object, fields: &[FieldDifference]) -> Object {
    let mut value = object.to_value();
    for path in fields.iter().filter_map(|field| windlass_diff::FieldPath::parse(&field.path)) {
        path.remove(&mut value);
    }
    Object::new(value).unwrap_or(object)
}

/// The ignore rules of the application and of the whole system, by where they stand.
fn rules(scope: &Scope) -> Vec<NamedRule> {
    let own = scope.app.spec.ignore_differences.iter().enumerate();
    let own =
        own.map(|(place, rule)| NamedRule { name: format!("spec.ignoreDifferences[{place}]"), rule: rule.clone() });
    let system = scope.settings.ignore_differences.iter().map(|rule| NamedRule {
        name: format!("resource.customizations.ignoreDifferences.{} in argocd-cm", customized(rule)),
        rule: rule.clone(),
    });
    own.chain(system).collect()
}

/// How `argocd-cm` names the kinds that a rule is for.
fn customized(rule: &IgnoreDifference) -> String {
    match (rule.group.as_str(), rule.kind.as_str()) {
        ("*", "*") => "all".into(),
        ("", kind) => kind.into(),
        (group, kind) => format!("{group}_{kind}"),
    }
}
