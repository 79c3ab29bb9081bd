//! The charts that a chart lists and does not hold: where each is to be had, and in which version. The caller gets
//! them and adds them to [`Chart::dependencies`] before it renders.

use crate::chart::{Chart, Dependency};
use crate::version;

/// A chart that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub name: String,
    /// What `Chart.lock` pins, else the constraint of `Chart.yaml`.
    pub version: String,
    pub place: Place,
}

/// Where a missing chart is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a folder relative to the chart's own.
    Folder(String),
    /// In a Helm repository, by its URL.
    Repository(String),
    /// In an OCI registry, by the reference without the chart's name.
    Registry(String),
}

impl Chart {
    /// What `helm dependency build` would get, each once. The error names what nobody can get.
    pub fn requirements(&self) -> Result<Vec<Requirement>, String> {
        let mut missing = Vec::new();
        for dependency in self.metadata.dependencies.iter().flatten() {
            if self.dependencies.iter().any(|present| present.name() == dependency.name) {
                continue;
            }
            let requirement = Requirement {
                name: dependency.name.clone(),
                version: self.version_of(dependency)?,
                place: place(dependency)?,
            };
            if !missing.contains(&requirement) {
                missing.push(requirement);
            }
        }
        Ok(missing)
    }

    fn version_of(&self, dependency: &Dependency) -> Result<String, String> {
        if self.locked.is_empty() {
            return Ok(dependency.version.clone());
        }
        let fits = |locked: &&Dependency| {
            locked.name == dependency.name && version::satisfies(&dependency.version, &locked.version)
        };
        let locked = self.locked.iter().find(fits).map(|locked| locked.version.clone());
        locked.ok_or_else(|| {
            let Dependency { name, version, .. } = dependency;
            format!(
                "Chart.lock is out of sync with Chart.yaml: it pins no {name} {version}; run helm dependency update"
            )
        })
    }
}

impl Requirement {
    /// Whether a chart that was got is the one that is missing.
    pub fn is_met_by(&self, chart: &Chart) -> Result<(), String> {
        let Self { name, version, .. } = self;
        let found = &chart.metadata;
        match found.name == *name && version::satisfies(version, &found.version) {
            true => Ok(()),
            false => Err(format!("dependency {name} {version}: what is there is {} {}", found.name, found.version)),
        }
    }
}

fn place(dependency: &Dependency) -> Result<Place, String> {
    let Dependency { name, repository, .. } = dependency;
    let (scheme, rest) = repository.split_once("://").unwrap_or(("", repository));
    match scheme {
        "http" | "https" => Ok(Place::Repository(repository.clone())),
        "oci" => Ok(Place::Registry(repository.clone())),
        "file" if rest.starts_with('/') => {
            Err(format!("dependency {name}: {repository} is an absolute path; name it relative to the chart"))
        }
        "file" => Ok(Place::Folder(rest.to_owned())),
        _ if repository.is_empty() => {
            Err(format!("dependency {name} is not in charts/, and Chart.yaml names no repository for it"))
        }
        _ if repository.starts_with('@') || repository.starts_with("alias:") => {
            Err(format!("dependency {name}: {repository} is a name of one machine's Helm; write the repository's URL"))
        }
        _ => Err(format!("dependency {name}: {repository} is no URL of a repository")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::MemoryFiles;

    fn chart(files: &[(&str, &str)]) -> Chart {
        let files: MemoryFiles = files.iter().copied().collect();
        Chart::from_directory(&files, "").unwrap()
    }

    const TOP: &str = "apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n";

    fn requirements(dependencies: &str, more: &[(&str, &str)]) -> Result<Vec<Requirement>, String> {
        let top = format!("{TOP}{dependencies}");
        chart(&[&[("Chart.yaml", top.as_str())], more].concat()).requirements()
    }

    #[test]
    fn what_is_missing_is_named_once_with_the_version_that_the_lock_pins() {
        let listed = "- {name: db, version: ^1, repository: 'https://charts.example', alias: one}\n\
                      - {name: db, version: ^1, repository: 'https://charts.example', alias: two}\n\
                      - {name: lib, version: 0.x, repository: 'file://../lib'}\n\
                      - {name: here, version: '*', repository: 'https://charts.example'}\n";
        let here = ("charts/here/Chart.yaml", "apiVersion: v2\nname: here\nversion: 3.0.0\n");
        let missing = |name: &str, version: &str, place| Requirement {
            name: name.to_owned(),
            version: version.to_owned(),
            place,
        };
        let repository = || Place::Repository("https://charts.example".to_owned());
        let folder = || Place::Folder("../lib".to_owned());
        let expected = vec![missing("db", "^1", repository()), missing("lib", "0.x", folder())];
        assert_eq!(requirements(listed, &[here]), Ok(expected));
        let lock = "dependencies:\n- {name: db, version: 1.4.2}\n- {name: lib, version: 0.3.0}\n\
                    - {name: here, version: 3.0.0}\ndigest: sha256:00\n";
        let expected = vec![missing("db", "1.4.2", repository()), missing("lib", "0.3.0", folder())];
        assert_eq!(requirements(listed, &[here, ("Chart.lock", lock)]), Ok(expected));
        let stale = requirements(listed, &[here, ("Chart.lock", "dependencies: [{name: db, version: 2.0.0}]")]);
        assert!(stale.unwrap_err().contains("Chart.lock is out of sync with Chart.yaml: it pins no db ^1"));
    }

    #[test]
    fn what_nobody_can_get_is_refused_by_name() {
        for (repository, part) in [
            ("", "names no repository"),
            ("file:///etc", "absolute path"),
            ("'@stable'", "one machine's Helm"),
            ("alias:stable", "one machine's Helm"),
            ("ftp://charts.example", "no URL of a repository"),
        ] {
            let refusal = requirements(&format!("- {{name: db, version: 1.x, repository: {repository}}}\n"), &[]);
            let refusal = refusal.unwrap_err();
            assert!(refusal.contains(part) && refusal.contains("db"), "{refusal}");
        }
    }

    #[test]
    fn another_chart_or_version_meets_no_requirement() {
        let wanted = Requirement { name: "db".into(), version: "^1".into(), place: Place::Folder("../db".into()) };
        let is_met = |text: &str| wanted.is_met_by(&chart(&[("Chart.yaml", text)])).is_ok();
        assert!(is_met("apiVersion: v2\nname: db\nversion: 1.2.0\n"));
        assert!(!is_met("apiVersion: v2\nname: db\nversion: 2.0.0\n"));
        assert!(!is_met("apiVersion: v2\nname: other\nversion: 1.2.0\n"));
    }
}
