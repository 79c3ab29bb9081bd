//! The order in which a sync works: phase, wave, kind, name, and then what Argo CD leaves open:
//! namespace and input order.

use windlass_model::{ObjectKey, application::SyncPhase};

/// Lowest first; every other kind comes after. Only the kind is compared, not its group.
const KIND_ORDER: [&str; 35] = [
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// Where a piece of work stands in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub phase: SyncPhase,
    pub wave: i64,
    pub key: ObjectKey,
}

/// The rank of a kind.
pub fn kind_rank(kind: &str) -> usize {
    KIND_ORDER.iter().position(|known| *known == kind).unwrap_or(KIND_ORDER.len())
}

/// The sort key of a place.
fn rank(place: &Place) -> (SyncPhase, i64, usize, &str, &str) {
    (place.phase, place.wave, kind_rank(&place.key.kind.kind), &place.key.name, &place.key.namespace)
}

/// What an object brings that others need before they can be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provides {
    Namespace(String),
    /// A custom resource definition's group and kind.
    Kind {
        group: String,
        kind: String,
    },
}

impl Provides {
    fn is_needed_by(&self, key: &ObjectKey) -> bool {
        match self {
            Self::Namespace(name) => *key.namespace == **name,
            Self::Kind { group, kind } => key.kind.is(group, kind),
        }
    }
}

/// Sorts work, then moves each namespace and each CRD before the first piece that needs it;
/// what is moved takes that piece's phase and wave.
pub fn sort<T>(work: &mut Vec<T>, place: impl Fn(&mut T) -> &mut Place, provides: impl Fn(&T) -> Option<Provides>) {
    let mut keyed: Vec<(Place, T)> = work.drain(..).map(|mut item| (place(&mut item).clone(), item)).collect();
    keyed.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)));
    move_before_dependents(&mut keyed, &provides, |provided| matches!(provided, Provides::Namespace(_)));
    move_before_dependents(&mut keyed, &provides, |provided| matches!(provided, Provides::Kind { .. }));
    work.extend(keyed.into_iter().map(|(at, mut item)| {
        *place(&mut item) = at;
        item
    }));
}

fn move_before_dependents<T>(
    work: &mut Vec<(Place, T)>,
    provides: &impl Fn(&T) -> Option<Provides>,
    wanted: impl Fn(&Provides) -> bool,
) {
    for from in 0..work.len() {
        let Some(provided) = provides(&work[from].1).filter(|provided| wanted(provided)) else { continue };
        let Some(to) = work[..from].iter().position(|(at, _)| provided.is_needed_by(&at.key)) else { continue };
        let mut moved = work.remove(from);
        (moved.0.phase, moved.0.wave) = (work[to].0.phase, work[to].0.wave);
        work.insert(to, moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_model::GroupKind;

    fn place(phase: SyncPhase, wave: i64, kind: &str, namespace: &str, name: &str) -> Place {
        Place { phase, wave, key: ObjectKey::new(GroupKind::new("", kind), namespace, name) }
    }

    fn sorted(mut work: Vec<Place>) -> Vec<String> {
        sort(
            &mut work,
            |at| at,
            |at| match &*at.key.kind.kind {
                "Namespace" => Some(Provides::Namespace(at.key.name.to_string())),
                "CustomResourceDefinition" => Some(Provides::Kind { group: String::new(), kind: "Widget".into() }),
                _ => None,
            },
        );
        work.iter().map(|at| format!("{:?} {} {}", at.phase, at.wave, at.key)).collect()
    }

    #[test]
    fn phase_then_wave_then_kind_then_name_then_namespace() {
        use SyncPhase::{PostSync, PreSync, Sync};
        let work = vec![
            place(PostSync, 0, "Job", "b", "z"),
            place(Sync, 0, "Deployment", "b", "a"),
            place(Sync, 0, "ConfigMap", "b", "b"),
            place(Sync, 0, "ConfigMap", "a", "b"),
            place(Sync, -1, "Widget", "b", "c"),
            place(PreSync, 5, "Job", "b", "d"),
        ];
        assert_eq!(
            sorted(work),
            [
                "PreSync 5 Job b/d",
                "Sync -1 Widget b/c",
                "Sync 0 ConfigMap a/b",
                "Sync 0 ConfigMap b/b",
                "Sync 0 Deployment b/a",
                "PostSync 0 Job b/z",
            ]
        );
    }

    #[test]
    fn a_namespace_and_a_crd_come_before_what_needs_them() {
        use SyncPhase::{PreSync, Sync};
        let work = vec![
            place(Sync, 3, "Namespace", "", "web"),
            place(Sync, 2, "CustomResourceDefinition", "", "widgets"),
            place(PreSync, 1, "Job", "web", "migrate"),
            place(Sync, 0, "Widget", "web", "w"),
        ];
        assert_eq!(
            sorted(work),
            [
                "PreSync 1 Namespace web",
                "PreSync 1 Job web/migrate",
                "Sync 0 CustomResourceDefinition widgets",
                "Sync 0 Widget web/w",
            ]
        );
    }
}
