//! `cluster`, `entropy` and `secrets`: what needs a grant.

use std::sync::Arc;

use crate::{
    Capability,
    bindings::{
        imports::{cluster, entropy, secrets},
        types::Refusal,
    },
    session::{Lookup, Refused, Services, Session},
};

/// Most random bytes of one call.
const DRAW: u32 = 65_536;

impl cluster::Host for Session {
    fn lookup(&mut self, query: cluster::Query) -> wasmtime::Result<Result<Vec<Vec<u8>>, Refusal>> {
        self.meter.host_call()?;
        self.impure = true;
        let cluster::Query { api_version, kind, namespace, name, selector } = query;
        let query = Lookup { api_version, kind, namespace, name, selector };
        Ok(self.serve(Capability::Cluster, |services| services.lookup(&query)))
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
    fn draw(&mut self, count: u32) -> wasmtime::Result<Result<Vec<u8>, Refusal>> {
        self.meter.host_call()?;
        self.impure = true;
        Ok(self.granted(Capability::Entropy).and_then(|()| draw(count)))
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

fn draw(count: u32) -> Result<Vec<u8>, Refusal> {
    if count > DRAW {
        return Err(Refusal::Other(("too-many".into(), format!("{count} bytes, the limit is {DRAW}"))));
    }
    let mut bytes = vec![0; count as usize];
    getrandom::fill(&mut bytes).map_err(|error| Refusal::Unavailable(error.to_string()))?;
    Ok(bytes)
}
