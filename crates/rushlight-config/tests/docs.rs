//! docs/configuration.md follows default.toml. `UPDATE_EXPECT=1` renews it.

use std::fmt::Write;

use expect_test::expect_file;
use rushlight_config::{ConfigBuilder, DEFAULT_TOML};

const HEAD: &str = "\
# Configuration

`rushlight config show` prints every value and where it comes from; `rushlight config default` prints a commented file to start from.
Layers, lowest first: the defaults, `~/.config/rushlight/config.toml`, the file given with `--config`, variables
(`RUSHLIGHT_` and the key in capitals, dots as underscores: `RUSHLIGHT_SERVER_PORT`), flags. An unknown key or a value of another
type is an error that names the file. A configuration file inside an indexed folder is never read as ours.

| option | default | what it means |
|---|---|---|
";

#[test]
fn the_page_lists_every_option() {
    let mut page = HEAD.to_owned();
    let (mut section, mut meaning, mut rows) = ("", Vec::new(), 0);
    for line in DEFAULT_TOML.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            (section, meaning) = (name, Vec::new());
        } else if let Some(comment) = line.strip_prefix("# ") {
            meaning.push(comment);
        } else if let Some((name, value)) = line.split_once(" = ") {
            assert!(!meaning.is_empty(), "{section}.{name} says what it means");
            writeln!(page, "| `{section}.{name}` | `{value}` | {} |", meaning.join(" "))
                .expect("a string takes it");
            (meaning, rows) = (Vec::new(), rows + 1);
        } else {
            meaning.clear();
        }
    }
    let (_, resolved) = ConfigBuilder::new().build().expect("the defaults build");
    assert_eq!(rows, resolved.len(), "every option is on the page");
    expect_file!["../../../docs/configuration.md"].assert_eq(&page);
}
