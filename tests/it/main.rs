//! The whole system on fakes, and what holds for the tree as a whole.

mod architecture;
mod journey;
mod judgements;
mod mail;
mod queue;
mod scans;
mod soak;
mod system;
