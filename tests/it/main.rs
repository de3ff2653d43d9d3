//! The whole system on fakes, and what holds for the tree as a whole.

mod architecture;
mod bad_input;
mod journey;
mod system;
