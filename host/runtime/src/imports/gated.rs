//! `cluster`, `entropy`, `clock` and `secrets`: what needs a grant.

use std::sync::Arc;

use windlass_keys::KeyKind;
use windlass_model::Lookup;

use crate::{
    Capability,
    bindings::{
        imports::{clock, cluster, entropy, secrets},
        types::Refusal,
    },
    session::{Refused, Services, Session, digest_of},
};

/// Most random bytes of one call.
const DRAW: u32 = 65_536;
/// What a key weighs in host calls, by how long the search for its primes takes.
const KEY: u64 = 2_000;
const LARGE_KEY: u64 = 20_000;

impl cluster::Host for Session {
    fn lookup(&mut self, query: cluster::Query) -> wasmtime::Result<Result<Vec<Vec<u8>>, Refusal>> {
        self.meter.host_call()?;
        let cluster::Query { api_version, kind, namespace, name, selector } = query;
        let query = Lookup { api_version, kind, namespace, name, selector };
        let answer = self.serve(Capability::Cluster, |services| services.lookup(&query));
        // Without the grant, the answer does not depend on what there is.
        if self.granted(Capability::Cluster).is_ok() {
            let digest = answer.as_ref().ok().map(|objects| digest_of(objects));
            self.impure |= matches!(answer, Err(Refusal::Unavailable(_)));
            self.lookups.insert(query, digest);
        }
        Ok(answer)
    }
}

impl secrets::Host for Session {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<Vec<u8>, Refusal>> {
        self.meter.host_call()?;
        self.impure = true;
        Ok(self.serve(Capability::Secrets, |services| services.secret(&name)))
    }
}

impl entropy::Host for Session {
    fn draw(&mut self, site: String, count: u32) -> wasmtime::Result<Result<Vec<u8>, Refusal>> {
        self.meter.host_call()?;
        if count > DRAW {
            let reason = format!("{count} bytes, the limit is {DRAW}");
            return Ok(Err(Refusal::Other(("too-many".into(), reason))));
        }
        let granted = self.granted(Capability::Entropy);
        Ok(granted.and_then(|()| Ok(self.chance()?.bytes(&site, count as usize))))
    }

    fn private_key(&mut self, site: String, kind: entropy::KeyKind) -> wasmtime::Result<Result<String, Refusal>> {
        let (kind, weight) = match kind {
            entropy::KeyKind::Rsa2048 => (KeyKind::Rsa2048, KEY),
            entropy::KeyKind::Rsa4096 => (KeyKind::Rsa4096, LARGE_KEY),
            entropy::KeyKind::EcdsaP256 => (KeyKind::Ecdsa, 1),
            entropy::KeyKind::Ed25519 => (KeyKind::Ed25519, 1),
            entropy::KeyKind::Dsa2048 => (KeyKind::Dsa, LARGE_KEY),
        };
        self.meter.heavy_call(weight)?;
        let granted = self.granted(Capability::Entropy);
        Ok(granted.and_then(|()| Ok(self.chance()?.key(&site, kind))))
    }
}

impl clock::Host for Session {
    fn now(&mut self, granularity: u64, phase: u64) -> wasmtime::Result<Result<u64, Refusal>> {
        self.meter.host_call()?;
        Ok(self.granted(Capability::Clock).map(|()| {
            let reading = self.clock.read(granularity, phase);
            self.readings.insert(reading);
            reading.answer
        }))
    }
}

impl Session {
    fn serve<T>(
        &self,
        capability: Capability,
        answer: impl FnOnce(Arc<dyn Services>) -> Result<T, Refused>,
    ) -> Result<T, Refusal> {
        self.granted(capability)?;
        let services = self.services.clone().ok_or_else(|| Refusal::Unavailable(format!("no {capability} here")))?;
        answer(services).map_err(|refused| match refused {
            Refused::Denied(why) => Refusal::Denied(why),
            Refused::NotFound => Refusal::NotFound,
            Refused::Unavailable(why) => Refusal::Unavailable(why),
        })
    }
}
