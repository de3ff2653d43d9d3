//! The HTTP API of docs/api.md and the page, on the loopback interface.
//!
//! What the routes need of the engine is the trait [`Service`]; this crate knows no index, no model and no ledger. It
//! checks who asks before anything else happens: the address a request names, where it comes from, and its token.
//! Everything runs on the tokio runtime and waits for the service; nothing computes here but the packing of large replies. Text of documents and
//! questions is never logged: routes, codes, sizes and times are.

mod app;
mod auth;
mod error;
mod extract;
mod guard;
mod io;
mod limits;
mod pack;
mod page;
mod routes;
mod serve;
mod service;
mod token;
mod upkeep;

pub use app::router;
pub use limits::Limits;
pub use page::page_is_built;
pub use serve::{ServeOptions, Server, bind};
pub use service::{Answered, Question, Service};
pub use token::Token;
pub use upkeep::Upkeep;
