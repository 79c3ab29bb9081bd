//! A table: every key of `argocd-cm`, and what it does here. `host/docs/settings.md` shows it.

use crate::settings_table::{Row, live, none};

const NO_UI: &str = "the web interface is not built yet";
const NO_LOGIN: &str = "logins are not built yet";
const NO_HYDRATOR: &str = "source hydration is not built yet";
const NO_LUA: &str = "no Lua is run: health of well-known kinds comes from a component";
const ONE_ENGINE: &str = "a version of kustomize cannot be chosen: one engine is built in";

/// The first row that fits a key is its row.
pub(crate) const ROWS: &[Row] = &[
    live("application.instanceLabelKey", "the label that tracks objects, where labels do"),
    live("application.resourceTrackingMethod", "`annotation`, `label` or `annotation+label`"),
    live("application.sync.impersonation.enabled", "syncs write in the name of the project's service account"),
    live("cluster.inClusterEnabled", "whether the control plane's own cluster may be deployed to"),
    live("globalProjects", "projects that others inherit from"),
    live("installationID", "tells the objects of several control planes apart"),
    live("resource.compareoptions", "`ignoreAggregatedRoles` and `ignoreResourceStatusField`"),
    live("resource.customizations.ignoreDifferences.*", "differences that do not count, for a kind or for `all`"),
    live("resource.exclusions", "kinds that are left alone"),
    live("resource.inclusions", "the only kinds that are not"),
    live("timeout.reconciliation", "time between two looks at a repository; 0 means never"),
    live("timeout.reconciliation.jitter", "up to so much is added to that time"),
    live("helm.*", "settings of the generator `helm`, `helm.enable` among them"),
    live("kustomize.buildOptions", "flags of `kustomize build`, as far as they have a meaning in a sandbox"),
    live("kustomize.enable", "`false` switches kustomizations off"),
    live("directory.*", "settings of the generator `directory`"),
    live("windlass.*", "what generators may do: grants, remote hosts, granularity of the clock"),
    none("kustomize.*", ONE_ENGINE),
    none("jsonnet.enable", "Jsonnet is not built yet"),
    none("timeout.hard.reconciliation", "manifests are kept by all that they were generated from, so none is stale"),
    none("resource.customizations.health.*", NO_LUA),
    none("resource.customizations.useOpenLibs.*", NO_LUA),
    none("resource.customizations.actions.*", "resource actions are not built yet"),
    none("resource.customizations.knownTypeFields.*", "fields of custom resources are compared as they are written"),
    none(
        "resource.customizations.ignoreResourceUpdates.*",
        "a look at an application after an update asks the cluster nothing",
    ),
    none("resource.ignoreResourceUpdatesEnabled", "a look at an application after an update asks the cluster nothing"),
    none("resource.customizations", "rules are read from a key for each kind"),
    none("resource.respectRBAC", "applications wait that have objects of a kind that may not be listed"),
    none("resource.customLabels", NO_UI),
    none("resource.includeEventLabelKeys", "Events carry no labels of applications yet"),
    none("resource.excludeEventLabelKeys", "Events carry no labels of applications yet"),
    none("resource.sensitive.mask.annotations", NO_UI),
    none("resource.links", NO_UI),
    none("project.links", NO_UI),
    none("application.links", NO_UI),
    none("application.allowedNodeLabels", NO_UI),
    none("application.sync.requireOverridePrivilegeForRevisionSync", NO_LOGIN),
    none("accounts.*", NO_LOGIN),
    none("admin.enabled", NO_LOGIN),
    none("dex.config", NO_LOGIN),
    none("oidc.*", NO_LOGIN),
    none("passwordPattern", NO_LOGIN),
    none("users.*", NO_LOGIN),
    none("url", NO_UI),
    none("additionalUrls", NO_UI),
    none("exec.*", NO_UI),
    none("extension.*", NO_UI),
    none("ga.*", NO_UI),
    none("help.*", NO_UI),
    none("server.*", NO_UI),
    none("statusbadge.*", NO_UI),
    none("ui.*", NO_UI),
    none("webhook.*", "webhooks of Git servers are not received yet"),
    none("commit.*", NO_HYDRATOR),
    none("sourceHydrator.*", NO_HYDRATOR),
    none("configManagementPlugins", "a generator is a component; programs are not run"),
    none("repositories", "repositories are read from Secrets"),
    none("repository.credentials", "credentials are read from Secrets"),
];
