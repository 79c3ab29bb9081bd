//! What an administrator lets each generator do, and what it then works with: seed, clock, live objects.

use std::{collections::BTreeMap, num::NonZeroU64, sync::Arc};

use windlass_model::{Digest, Present, Tree};
use windlass_runtime::{Capability, Clock, Decision, Entropy, GenerateRequest, Grants, Seed, Services};

/// Seconds to which generators know the time, unless `argocd-cm` says otherwise.
const GRANULARITY: NonZeroU64 = NonZeroU64::new(3600).expect("not zero");

/// Grants beside those that a generator is built in with.
#[derive(Clone, Debug)]
pub struct Allowances {
    /// By generator.
    pub granted: BTreeMap<String, Vec<Capability>>,
    pub granularity: NonZeroU64,
    /// The installation's; without one, nothing random is granted.
    pub seed: Option<Seed>,
}

impl Default for Allowances {
    fn default() -> Self {
        Self { granted: BTreeMap::new(), granularity: GRANULARITY, seed: None }
    }
}

impl Allowances {
    /// Lets a generator do exactly what the text lists, e.g. `entropy, clock, cluster`.
    pub(crate) fn grant(&mut self, generator: &str, text: &str) -> Result<(), String> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let known = || Capability::ALL.map(Capability::name).join(", ");
        let granted = names.map(|name| {
            Capability::parse(name).ok_or_else(|| format!("`{name}` cannot be granted; known are: {}", known()))
        });
        self.granted.insert(generator.to_owned(), granted.collect::<Result<_, _>>()?);
        Ok(())
    }

    fn grants(&self, generator: &str, built_in: Grants) -> Grants {
        let granted = match self.granted.get(generator) {
            Some(listed) => listed.iter().fold(Grants::denied(), |all, one| all.with(*one, Decision::Granted)),
            None => built_in,
        };
        if self.seed.is_none() { granted.with(Capability::Entropy, Decision::Denied) } else { granted }
    }
}

/// What one run may do and has to do it with.
pub(crate) struct Means {
    pub(crate) grants: Grants,
    entropy: Entropy,
    clock: Clock,
    services: Arc<dyn Services>,
    /// Names all of it that decides over a result and is in no read set.
    digest: Digest,
}

impl Means {
    pub(crate) fn new(
        allowances: &Allowances,
        generator: &str,
        built_in: Grants,
        now: u64,
        services: Arc<dyn Services>,
    ) -> Self {
        let grants = allowances.grants(generator, built_in);
        let seed = allowances.seed.clone();
        let fingerprint = seed.as_ref().map(Seed::fingerprint).unwrap_or_default();
        let granularity = allowances.granularity.get();
        let granted: Vec<u8> = Capability::ALL
            .into_iter()
            .map(|capability| u8::from(grants.decision(capability) == Decision::Granted))
            .collect();
        Self {
            digest: Digest::of_parts([granted.as_slice(), &fingerprint, &granularity.to_be_bytes()]),
            entropy: seed.map_or(Entropy::Fresh, Entropy::Seeded),
            clock: Clock { now, granularity: Some(granularity) },
            grants,
            services,
        }
    }

    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether an answer recorded earlier would be given now.
    pub(crate) fn holds(&self, reads: &windlass_model::ReadSet, tree: &dyn Tree) -> bool {
        let lookup = |lookup: &windlass_model::Lookup| self.services.answer_digest(lookup);
        reads.holds_for(&Present { tree, now: self.clock.now, lookup: &lookup }).unwrap_or(false)
    }

    pub(crate) fn equip(&self, call: &mut GenerateRequest) {
        call.entropy = self.entropy.clone();
        call.clock = self.clock;
        call.services = Some(self.services.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_granted_and_nothing_else_and_nothing_random_without_a_seed() {
        let built_in = Grants::denied().with(Capability::Entropy, Decision::Granted);
        let mut allowances = Allowances { seed: Some(Seed::new(b"seed")), ..Allowances::default() };
        assert_eq!(allowances.grants("helm", built_in), built_in);
        allowances.grant("helm", "clock, cluster").unwrap();
        let grants = allowances.grants("helm", built_in);
        let granted = |capability| grants.decision(capability) == Decision::Granted;
        assert!(granted(Capability::Clock) && granted(Capability::Cluster) && !granted(Capability::Entropy));
        let without = Allowances::default().grants("helm", built_in);
        assert_eq!(without.decision(Capability::Entropy), Decision::Denied);
    }

    #[test]
    fn a_capability_that_does_not_exist_is_named() {
        let error = Allowances::default().grant("helm", "entropy, network").unwrap_err();
        assert!(error.contains("`network`") && error.contains("cluster, entropy, clock, secrets"), "{error}");
    }
}
