//! Random values by call site: the template that is rendered, the function, and which call of it this is. So a call
//! more changes none of the others, and what came out of a call is had again.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use windlass_gotemplate::{Execution, Failure};
use windlass_keys::KeyKind;

use crate::environment::{Environment, Reading};

/// Bytes that are asked for at a time.
const CHUNK: usize = 512;
/// The most that a template may ask a clock to lie behind: a hundred years.
const COARSEST: u64 = 100 * 365 * 86_400;

/// The environment, and how often each function has been called by each template.
pub(crate) struct Chance {
    environment: Environment,
    calls: RefCell<HashMap<(Rc<str>, &'static str), u64>>,
}

impl Chance {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment, calls: RefCell::default() }
    }

    /// The site of one more call of the function.
    pub(crate) fn site(&self, execution: &Execution, function: &'static str) -> Site<'_> {
        let template = execution.entry();
        let mut calls = self.calls.borrow_mut();
        let call = calls.entry((template.clone(), function)).or_default();
        *call += 1;
        let label = format!("{template} {function} {call}");
        Site { environment: &self.environment, label, chunks: 0, rest: Vec::new() }
    }

    /// Now, as exactly as the environment tells it.
    pub(crate) fn now(&self) -> Result<(i64, u32), Failure> {
        (self.environment.now)(Reading::default()).map_err(Failure::new)
    }
}

/// One call of a function, and the bytes that belong to it.
pub(crate) struct Site<'a> {
    environment: &'a Environment,
    label: String,
    chunks: u32,
    rest: Vec<u8>,
}

impl Site<'_> {
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Failure> {
        for byte in buffer {
            if self.rest.is_empty() {
                self.refill()?;
            }
            *byte = self.rest.pop().unwrap_or_default();
        }
        Ok(())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A number below `limit`, every one equally likely up to one part in 2^96.
    pub(crate) fn below(&mut self, limit: usize) -> Result<usize, Failure> {
        Ok((u128::from_le_bytes(self.array()?) % limit.max(1) as u128) as usize)
    }

    fn refill(&mut self) -> Result<(), Failure> {
        let mut chunk = vec![0; CHUNK];
        (self.environment.draw)(&format!("{} {}", self.label, self.chunks), &mut chunk).map_err(Failure::new)?;
        self.chunks += 1;
        self.rest = chunk;
        Ok(())
    }

    pub(crate) fn key(&self, kind: KeyKind) -> Result<String, String> {
        (self.environment.make_key)(&format!("{} key", self.label), kind)
    }

    pub(crate) fn sign(&self, private_key: &str, message: &[u8]) -> Result<Vec<u8>, String> {
        (self.environment.sign)(private_key, message)
    }

    /// The time for something that is to be made anew after so many seconds. Each site has a time of its own for that.
    pub(crate) fn renewed_every(&mut self, seconds: u64) -> Result<i64, Failure> {
        let granularity = seconds.clamp(1, COARSEST);
        let phase = u64::from_le_bytes(self.array()?) % granularity;
        let (now, _) = (self.environment.now)(Reading { granularity, phase }).map_err(Failure::new)?;
        Ok(now)
    }

    /// A part of this site that belongs to a moment.
    pub(crate) fn at(&self, moment: i64) -> Self {
        let label = format!("{} at {moment}", self.label);
        Self { environment: self.environment, label, chunks: 0, rest: Vec::new() }
    }
}
