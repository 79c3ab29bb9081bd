//! `--resource GROUP:KIND:[NAMESPACE/]NAME`: which resources a sync is about.

use windlass_diff::Glob;
use windlass_model::application::{ResourceStatus, SyncResource};

use crate::exit::WrongUsage;

/// One `--resource`.
#[derive(Debug, PartialEq, Eq)]
pub struct Selector {
    excludes: bool,
    group: String,
    kind: String,
    /// `None` matches every namespace.
    namespace: Option<String>,
    name: String,
}

impl Selector {
    pub fn parse(text: &str) -> Result<Self, WrongUsage> {
        let (excludes, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let parts: Vec<&str> = rest.splitn(3, ':').collect();
        let [group, kind, name] = parts[..] else { return Err(wrong(text)) };
        if kind.is_empty() || name.is_empty() {
            return Err(wrong(text));
        }
        let (namespace, name) = name.split_once('/').map_or((None, name), |(namespace, name)| (Some(namespace), name));
        let owned = |text: &str| text.to_owned();
        Ok(Self {
            excludes,
            group: owned(group),
            kind: owned(kind),
            namespace: namespace.map(owned),
            name: owned(name),
        })
    }

    fn is_exact(&self) -> bool {
        let texts = [Some(&self.group), Some(&self.kind), self.namespace.as_ref(), Some(&self.name)];
        !self.excludes && texts.into_iter().flatten().all(|text| !text.contains(['*', '?', '[', '{']))
    }

    fn matches(&self, row: &ResourceStatus) -> bool {
        let fits = |pattern: &str, text: &str| Glob::new(pattern, false).is_match(text);
        fits(&self.group, &row.group)
            && fits(&self.kind, &row.kind)
            && fits(&self.name, &row.name)
            && self.namespace.as_deref().is_none_or(|namespace| fits(namespace, &row.namespace))
    }
}

fn wrong(text: &str) -> WrongUsage {
    WrongUsage(format!(
        "--resource {text}: must be GROUP:KIND:NAME or GROUP:KIND:NAMESPACE/NAME, as apps:Deployment:web"
    ))
}

/// The resources that selectors stand for. Exact ones are taken at their word, the others match what is known.
pub fn resolve(selectors: &[Selector], known: &[ResourceStatus]) -> Result<Vec<SyncResource>, WrongUsage> {
    if selectors.iter().all(Selector::is_exact) {
        return Ok(selectors.iter().map(exact).collect());
    }
    let including: Vec<&Selector> = selectors.iter().filter(|selector| !selector.excludes).collect();
    let is_chosen = |row: &&ResourceStatus| {
        let included = including.is_empty() || including.iter().any(|selector| selector.matches(row));
        included && !selectors.iter().any(|selector| selector.excludes && selector.matches(row))
    };
    let chosen: Vec<SyncResource> = known.iter().filter(|row| !row.hook).filter(is_chosen).map(of_row).collect();
    if chosen.is_empty() {
        return Err(WrongUsage("no resource of the application is selected by --resource".into()));
    }
    Ok(chosen)
}

fn exact(selector: &Selector) -> SyncResource {
    SyncResource {
        group: selector.group.clone(),
        kind: selector.kind.clone(),
        name: selector.name.clone(),
        namespace: selector.namespace.clone().unwrap_or_default(),
    }
}

fn of_row(row: &ResourceStatus) -> SyncResource {
    SyncResource {
        group: row.group.clone(),
        kind: row.kind.clone(),
        name: row.name.clone(),
        namespace: row.namespace.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: &str, kind: &str, name: &str) -> ResourceStatus {
        ResourceStatus {
            group: group.into(),
            kind: kind.into(),
            namespace: "shop".into(),
            name: name.into(),
            ..ResourceStatus::default()
        }
    }

    fn names(selectors: &[&str]) -> Vec<String> {
        let known = [row("apps", "Deployment", "web"), row("apps", "Deployment", "db"), row("", "Service", "web")];
        let selectors: Vec<Selector> = selectors.iter().map(|text| Selector::parse(text).unwrap()).collect();
        resolve(&selectors, &known)
            .unwrap()
            .iter()
            .map(|one| format!("{}/{}/{}", one.kind, one.namespace, one.name))
            .collect()
    }

    #[test]
    fn an_exact_selector_is_taken_at_its_word() {
        assert_eq!(names(&[":ConfigMap:other/new"]), ["ConfigMap/other/new"]);
        assert_eq!(names(&["apps:Deployment:web"]), ["Deployment//web"]);
    }

    #[test]
    fn patterns_and_exclusions_choose_among_what_is_known() {
        assert_eq!(names(&["*:*:web"]), ["Deployment/shop/web", "Service/shop/web"]);
        assert_eq!(names(&["apps:*:*", "!*:*:shop/db"]), ["Deployment/shop/web"]);
        assert_eq!(names(&["!:Service:*"]), ["Deployment/shop/web", "Deployment/shop/db"]);
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in ["web", "Deployment:web", "apps::web", "apps:Deployment:"] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }
}
