//! The ledger as its callers see it.

mod feeds;
mod files;
mod model;
mod reading;
mod support;
