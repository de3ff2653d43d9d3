//! Writes the table of the page's files that `src/page.rs` includes: what lies in `web/dist`, or one page that says how
//! to build it where there is nothing yet, so that a fresh clone compiles without Node.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> io::Result<()> {
    let crate_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let web = crate_dir.join("../../web");
    let dist = web.join("dist");
    let built = dist.join("index.html").is_file();

    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/unbuilt.html");
    // Watching a path that does not exist makes cargo run this every time. Before the first `npm install` nothing can
    // build the page, so the folder that it would appear in is watched instead.
    let watched = if dist.exists() || web.join("node_modules").exists() {
        &dist
    } else {
        &web
    };
    println!("cargo::rerun-if-changed={}", watched.display());

    let mut files = Vec::new();
    if built {
        collect(&dist, "", &mut files)?;
        files.sort();
    } else {
        files.push(("index.html".to_owned(), crate_dir.join("src/unbuilt.html")));
    }

    // The table names copies, so that a page that is built anew while this crate compiles cannot take a file away.
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::create_dir_all(out.join("page"))?;
    let mut table = String::new();
    writeln!(table, "const BUILT: bool = {built};").expect("a string takes it");
    table.push_str("static FILES: &[File] = &[\n");
    for (number, (name, path)) in files.iter().enumerate() {
        let bytes = fs::read(path)?;
        let packed = gzipped(&bytes)?;
        let media_type = media_type(name);
        let include = |copy: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/page/{copy}\"))");
        let plain = number.to_string();
        fs::write(out.join("page").join(&plain), &bytes)?;
        // Pictures and fonts are packed already.
        let gzip = if packed.len() < bytes.len() / 10 * 9 {
            let copy = format!("{number}.gz");
            fs::write(out.join("page").join(&copy), packed)?;
            format!("Some({})", include(&copy))
        } else {
            "None".to_owned()
        };
        writeln!(
            table,
            "File {{ name: {name:?}, media_type: {media_type:?}, bytes: {}, gzip: {gzip} }},",
            include(&plain)
        )
        .expect("a string takes it");
    }
    table.push_str("];\n");
    fs::write(out.join("page_files.rs"), table)
}

/// Every file below `folder` with its name as the page asks for it.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .expect("names of built files are UTF-8");
        let name = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}/{name}")
        };
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &name, files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}

/// The same bytes every time: no name and no time are in the header.
fn gzipped(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    packer.finish()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
