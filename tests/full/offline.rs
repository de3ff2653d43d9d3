//! The whole job in a network namespace without a route: nothing is missed, so nothing connects outward.

use std::process::Command;

use crate::binary::{Installation, models_are_installed, text};

/// Runs the binary where there is no network at all, not even loopback.
fn without_network(installation: &Installation, arguments: &[&str]) -> std::process::Output {
    let inner = installation.command(arguments);
    let mut outer = Command::new("unshare");
    outer
        .args(["--net", "--map-root-user", "--"])
        .arg(inner.get_program())
        .args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer.output().expect("unshare runs")
}

#[test]
fn index_search_and_ask_need_no_network() {
    if !models_are_installed() {
        return;
    }
    let probe = Command::new("unshare")
        .args(["--net", "--map-root-user", "--", "true"])
        .output();
    if !probe.is_ok_and(|output| output.status.success()) {
        println!("skipped: network namespaces are not allowed here");
        return;
    }
    let installation = Installation::new();
    installation.write(
        "tea.md",
        "# Tea\n\nGreen tea is steeped at 70 degrees for two minutes.\n",
    );
    installation.write("茶.md", "# 烏龍茶\n\n烏龍茶用九十五度的水沖泡。\n");
    installation.add_notes("personal");
    let run = |arguments: &[&str]| {
        let output = without_network(&installation, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).expect("output is UTF-8")
    };
    run(&["index"]);
    assert!(run(&["search", "--json", "沖泡"]).contains("茶.md"));
    let answer = run(&["ask", "--json", "At how many degrees is green tea steeped?"]);
    assert!(
        answer.contains("70 degrees") && answer.contains("\"grounded\""),
        "{answer}"
    );
    installation.assert_sound();
}
