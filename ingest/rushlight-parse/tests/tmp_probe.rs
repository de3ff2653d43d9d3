use rushlight_core::{ContentHash, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::*;
#[test]
fn dump() {
    let data = std::path::PathBuf::from(std::env::var_os("RUSHLIGHT_DATA").unwrap());
    let mut o = ParseOptions::new(WorkerCommand {
        program: std::env::var_os("WORKER")
            .map_or(env!("CARGO_BIN_EXE_rushlight-parse-worker").into(), Into::into),
        args: std::env::var("WORKER").map_or(vec![], |_| vec!["parse-worker".into()]),
    });
    o.limits.timeout = std::time::Duration::from_secs(20);
    if let Ok(m) = std::env::var("MEM") {
        o.limits.memory_bytes = m.parse::<u64>().unwrap() << 20;
    }
    let p = Parsers::new(o);
    println!("iso {:?}", p.check_isolation());
    let mut out = String::new();
    fn list(f: &std::path::Path, v: &mut Vec<std::path::PathBuf>) {
        let mut e: Vec<_> = std::fs::read_dir(f).unwrap().map(|e| e.unwrap().path()).collect();
        e.sort();
        for p in e {
            if p.is_dir() { list(&p, v) } else { v.push(p) }
        }
    }
    let mut v = vec![];
    list(&data.join("pdf-suites"), &mut v);
    let t = std::time::Instant::now();
    for f in v {
        let name = f.strip_prefix(&data).unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&f).unwrap();
        let (s, m, t) = match p.parse(&RawFile {
            path: name.clone(),
            content_hash: ContentHash([0; 32]),
            modified: Timestamp(0),
            bytes,
        }) {
            Ok(ParsedFile::Documents(d)) => (
                "ok".to_string(),
                format!("{:?} {:?}", d[0].unreadable_pages, d[0].warnings),
                d[0].text.clone(),
            ),
            Ok(ParsedFile::Skipped(r)) => (r.code, r.message, String::new()),
            Err(e) => (e.code().as_str().to_string(), e.chain(), String::new()),
        };
        out.push_str(&serde_json::to_string(&(name, s, m, t)).unwrap());
        out.push('\n');
    }
    println!("{:?}", t.elapsed());
    std::fs::write(std::env::var("OUTFILE").unwrap(), out).unwrap();
}
