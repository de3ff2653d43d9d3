//! The API and the page from outside: through the router, and through a socket where the bytes matter.

mod fake;
mod log;
mod page;
mod routes;
mod socket;
mod streams;
mod upkeep;
