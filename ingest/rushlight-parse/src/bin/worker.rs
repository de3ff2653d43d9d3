//! The parse worker alone, for the tests of its crate.

fn main() -> std::process::ExitCode {
    rushlight_parse::worker::main_with_faults()
}
