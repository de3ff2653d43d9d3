//! `rushlight serve`: the page and the API, and the folders followed.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use rushlight_core::{Error, ErrorCode, Result};
use rushlight_server::{Limits, ServeOptions, Token};
use serde::Serialize;

use super::NoReporter;
use crate::args::ServeArgs;
use crate::context::Context;
use crate::output::{Output, style};
use crate::service::EngineService;
use crate::wiring::Wiring;

#[derive(Serialize)]
struct Serving {
    link: String,
    token_file: String,
}

/// The flags as options.
pub(crate) fn flags(args: &ServeArgs) -> Vec<(&'static str, &'static str, String)> {
    let host = args.host.clone().map(|host| ("--host", "server.host", host));
    let port = args.port.map(|port| ("--port", "server.port", port.to_string()));
    host.into_iter().chain(port).collect()
}

pub(crate) fn run(context: &Context, wiring: &'static dyn Wiring, output: &Output) -> Result<ExitCode> {
    let config = &context.config;
    let ip: IpAddr = match config.server.host.as_str() {
        "localhost" => IpAddr::from([127, 0, 0, 1]),
        host => host.parse().map_err(|cause| {
            Error::new(
                ErrorCode::InvalidConfig,
                format!("`{host}` is not an address to listen on"),
            )
            .with_source(cause)
            .with_hint("use 127.0.0.1 or ::1")
        })?,
    };
    if !ip.is_loopback() {
        return Err(Error::new(
            ErrorCode::BindNotLoopback,
            format!("`{ip}` can be reached from other machines"),
        ));
    }
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let token = Token::load_or_create(&context.paths.token)?;
    let options = ServeOptions {
        addr: SocketAddr::new(ip, config.server.port),
        token,
        limits: Limits::default(),
    };
    open.runtime.block_on(async {
        let server = rushlight_server::bind(options).await?;
        let service = EngineService::start(open.engine.clone(), context, wiring).await?;
        let indexing = open.engine.start_indexing().map_err(|cause| {
            Error::new(ErrorCode::Internal, "cannot start the indexing thread").with_source(cause)
        })?;
        announce(&server.link(), context, output);
        let served = server.serve(Arc::new(service), stop_signal()).await;
        tokio::task::spawn_blocking(move || drop(indexing))
            .await
            .map_err(|cause| {
                Error::new(ErrorCode::Internal, "the indexing thread did not end well").with_source(cause)
            })?;
        served
    })?;
    Ok(ExitCode::SUCCESS)
}

fn announce(link: &str, context: &Context, output: &Output) {
    if output.is_json() {
        output.json(&Serving {
            link: link.to_owned(),
            token_file: context.paths.token.display().to_string(),
        });
        return;
    }
    let (title, faint) = (style::TITLE, style::FAINT);
    output.line(format!("Rushlight is at {title}{link}{title:#}"));
    output.line(format!(
        "{faint}the link holds the key to your documents; Ctrl-C stops{faint:#}"
    ));
}

/// Returns at Ctrl-C, and on Unix when the process is asked to end.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
