//! Installs a model: `cargo run --example install_model -- FOLDER ID` fetches it, and with a third argument it is taken
//! from that file instead.

#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use rushlight_models::{Catalogue, InstallProgress, ModelStore, PipOptions};

fn main() -> rushlight_core::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(folder), Some(id)) = (arguments.first(), arguments.get(1)) else {
        return Ok(());
    };
    let store = ModelStore::new(folder, Catalogue::builtin());
    let mut last = 0;
    let mut report = |progress: &InstallProgress| {
        let percent = progress.done * 100 / progress.total.max(1);
        if percent != last {
            last = percent;
            println!("{:?} {percent} %", progress.phase);
        }
    };
    let cancel = AtomicBool::new(false);
    match arguments.get(2) {
        Some(file) => store
            .add_file(Path::new(file), Some(id), &cancel, &mut report)
            .map(drop)?,
        None => store
            .install(id, &PipOptions::default(), &cancel, &mut report)
            .map(drop)?,
    }
    println!("{}", store.path(id)?.display());
    Ok(())
}
