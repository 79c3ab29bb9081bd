//! The sandbox through its public surface: requests in process and over HTTPS, and folders that outlive it.

mod access;
mod asking;
mod bad_input;
mod certificates;
mod durability;
mod faults;
mod kubectl;
mod meeting;
mod quotas;
mod rules;
mod watches;
