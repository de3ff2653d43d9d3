//! The ledger as its callers see it.

mod checks;
mod feeds;
mod files;
mod links;
mod mails;
mod model;
mod overview;
mod pieces;
mod quotes;
mod reading;
mod scans;
mod support;
