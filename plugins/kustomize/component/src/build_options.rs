//! `kustomize.buildOptions` of `argocd-cm`: the administrator's options of `kustomize build`, for all applications.

use windlass_kustomize::{LoadRestriction, Reorder};
use windlass_sdk::generator::{Diagnostic, Failure, Request};

/// The options that change what is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BuildOptions {
    pub(crate) load_restriction: LoadRestriction,
    pub(crate) reorder: Reorder,
    pub(crate) enable_helm: bool,
}

impl BuildOptions {
    /// Those of the version that the source asks for, where it has its own, else those of all.
    pub(crate) fn of(request: &Request, version: &str) -> Result<Self, Failure> {
        let own = |name: &str| request.setting(&format!("kustomize.{name}.{version}"));
        let is_registered = version.is_empty() || own("version").or(own("path")).is_some();
        if !is_registered {
            let message = format!("version: kustomize version {version} is not registered; leave it out");
            return Err(Diagnostic::error("parameters", message).into());
        }
        let text = own("buildOptions").or_else(|| request.setting("kustomize.buildOptions"));
        Self::parse(text.unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let (name, given) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            match name {
                "--load-restrictor" => options.load_restriction = restriction(given.or_else(|| words.next()))?,
                "--reorder" => options.reorder = reorder(given.or_else(|| words.next()))?,
                "--enable-helm" => options.enable_helm = is_on(name, given)?,
                // Plugins of any kind but the built-in ones are refused where a kustomization names them.
                "--enable-alpha-plugins" | "--helm-debug" => drop(is_on(name, given)?),
                _ => return Err(refused(name)),
            }
        }
        Ok(options)
    }
}

fn restriction(value: Option<&str>) -> Result<LoadRestriction, Failure> {
    match value {
        Some("LoadRestrictionsRootOnly") => Ok(LoadRestriction::RootOnly),
        Some("LoadRestrictionsNone") => Ok(LoadRestriction::None),
        other => Err(invalid("--load-restrictor", other, "LoadRestrictionsRootOnly or LoadRestrictionsNone")),
    }
}

fn reorder(value: Option<&str>) -> Result<Reorder, Failure> {
    match value {
        Some("legacy") => Ok(Reorder::Legacy),
        Some("none") => Ok(Reorder::None),
        other => Err(invalid("--reorder", other, "legacy or none")),
    }
}

fn is_on(name: &str, value: Option<&str>) -> Result<bool, Failure> {
    match value {
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        other => Err(invalid(name, other, "true or false")),
    }
}

fn invalid(name: &str, value: Option<&str>, allowed: &str) -> Failure {
    let value = value.unwrap_or_default();
    Diagnostic::error("build-options", format!("kustomize.buildOptions: {name}: `{value}` is not {allowed}")).into()
}

fn refused(name: &str) -> Failure {
    let why = match name {
        "--enable-exec" | "--enable-star" | "--helm-command" => "no program is started for a kustomization",
        "--network" | "--network-name" | "--mount" | "--as-current-user" | "--env" | "-e" => "no container is started",
        _ => "it is not known here",
    };
    Failure::Unsupported(format!("kustomize.buildOptions of argocd-cm: {name}: {why}; remove it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_behind_an_equals_sign_or_in_the_next_word() {
        let expected =
            BuildOptions { load_restriction: LoadRestriction::None, reorder: Reorder::None, enable_helm: true };
        let text = "--load-restrictor LoadRestrictionsNone  --enable-helm\n--reorder=none --enable-alpha-plugins";
        assert_eq!(BuildOptions::parse(text), Ok(expected));
        assert_eq!(BuildOptions::parse("--enable-helm=false"), Ok(BuildOptions::default()));
    }

    #[test]
    fn programs_containers_and_what_nobody_knows_are_refused_by_name() {
        for name in ["--enable-exec", "--network", "--mount=x", "-e", "--surprise", "--load-restrictor", "--reorder=x"]
        {
            let error = format!("{:?}", BuildOptions::parse(name).unwrap_err());
            assert!(error.contains(name.split('=').next().unwrap()), "{error}");
        }
    }

    #[test]
    fn a_version_has_options_of_its_own_and_one_that_is_not_registered_is_refused() {
        let mut request = Request::default();
        let setting = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        request.extra = vec![
            setting("kustomize.buildOptions", "--enable-helm"),
            setting("kustomize.buildOptions.v4.5.7", "--reorder=none"),
            setting("kustomize.path.v4.5.7", "/custom/kustomize"),
        ];
        assert!(BuildOptions::of(&request, "").unwrap().enable_helm);
        assert_eq!(BuildOptions::of(&request, "v4.5.7").unwrap().reorder, Reorder::None);
        assert!(BuildOptions::of(&request, "v9").is_err());
    }
}
