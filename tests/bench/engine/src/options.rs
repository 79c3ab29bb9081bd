//! What is asked for on the command line, and how much is measured.

use std::{path::PathBuf, time::Duration};

use crate::Failure;

pub struct Options {
    pub scale: Scale,
    /// Measured in place of the `windlass` that is built now.
    pub binary: Option<PathBuf>,
}

/// How many of everything.
pub struct Scale {
    pub name: &'static str,
    /// Applications of one object each.
    pub applications: usize,
    /// First syncs that are timed one by one.
    pub first_syncs: usize,
    /// First syncs of ten objects each.
    pub syncs_of_ten: usize,
    /// Objects of a large cluster, each of 2 KB.
    pub objects: usize,
    /// Time between two looks at an application that does not change, and how many such times are measured.
    pub period: Duration,
    pub periods: u32,
    pub drifts: usize,
    /// Events, a thousand a second.
    pub events: usize,
    /// Applications whose health is told by events, one in twenty.
    pub services: usize,
}

impl Scale {
    /// For the record.
    const FULL: Self = Self {
        name: "full",
        applications: 1_000,
        first_syncs: 200,
        syncs_of_ten: 50,
        objects: 100_000,
        period: Duration::from_secs(10),
        periods: 3,
        drifts: 50,
        events: 10_000,
        services: 50,
    };

    /// For a look whether everything is still measured.
    const SMALL: Self = Self {
        name: "small",
        applications: 100,
        first_syncs: 20,
        syncs_of_ten: 5,
        objects: 5_000,
        period: Duration::from_secs(2),
        periods: 2,
        drifts: 10,
        events: 2_000,
        services: 10,
    };
}

impl Options {
    pub fn of(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self { scale: Scale::FULL, binary: None };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let value = arguments.next().unwrap_or_default();
            match (argument.as_str(), value.as_str()) {
                ("--scale", "small") => options.scale = Scale::SMALL,
                ("--scale", "full") => options.scale = Scale::FULL,
                ("--binary", path) if !path.is_empty() => options.binary = Some(path.into()),
                _ => return Err(format!("{argument} {value}: give --scale small|full or --binary PATH").into()),
            }
        }
        Ok(options)
    }
}
