//! A real folder to which everything happens that happens to folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::chance::Chance;

/// Words of which texts are made, and by which they are searched.
pub(super) const WORDS: &[&str] = &[
    "harbour", "lantern", "quince", "ledger", "pebble", "willow", "copper", "saffron", "orchard", "kestrel",
    "茶葉", "燈塔", "石頭", "河邊", "合約", "沖泡", "豐收", "月亮",
];
const FOLDERS: &[&str] = &["", "a", "a/b", "a/b/c", "d", "D", "資料"];
const NAMES: &[&str] = &["n1", "n2", "n3", "N3", "tea", "willow", "筆記", "n4", "n5", "n6"];
const ENDINGS: &[&str] = &[
    "md", "md", "md", "txt", "html", "csv", "eml", "mbox", "bin", "md.tmp",
];
/// More files than this are not made: a history is about changes, not about size.
const MOST_FILES: usize = 48;

/// The folder.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Lets one thing happen. Returns what it was, and the paths below the root that a watcher would name.
    pub(super) fn change(&self, chance: &mut Chance) -> (String, Vec<String>) {
        let files = self.files();
        let any = |chance: &mut Chance| (!files.is_empty()).then(|| files[chance.below(files.len())].clone());
        let known = if files.len() >= MOST_FILES {
            2 + chance.below(18)
        } else {
            chance.below(20)
        };
        let Some(file) = any(chance).filter(|_| known >= 2) else {
            return self.create(chance);
        };
        let path = self.root.join(&file);
        match known {
            2 | 3 => {
                self.write(&file, &text_for(&file, chance));
                (format!("edit {file}"), vec![file])
            }
            4 => {
                let more = format!("\n{}\n", sentence(chance));
                let mut text = fs::read(&path).expect("readable");
                text.extend_from_slice(more.as_bytes());
                self.write(&file, &text);
                (format!("append {file}"), vec![file])
            }
            5 => {
                let mut text = fs::read(&path).expect("readable");
                text.truncate(chance.below(text.len() + 1));
                self.write(&file, &text);
                (format!("truncate {file}"), vec![file])
            }
            6..=8 => {
                let to = self.free_path(chance);
                if known == 8 {
                    self.write(&file, &text_for(&file, chance));
                }
                self.make_way(&to);
                fs::rename(&path, self.root.join(&to)).expect("renamed");
                let edited = if known == 8 { "edit and " } else { "" };
                (format!("{edited}rename {file} to {to}"), vec![file, to])
            }
            9 => self.rename_folder(chance),
            10 | 11 => {
                fs::remove_file(&path).expect("removed");
                (format!("delete {file}"), vec![file])
            }
            12 => self.delete_folder(chance),
            13 => {
                let beside = format!("{file}.new.tmp");
                self.write(&beside, &text_for(&file, chance));
                fs::rename(self.root.join(&beside), &path).expect("renamed");
                (format!("replace {file}"), vec![file])
            }
            14 => {
                let to = other_case(&file);
                self.make_way(&to);
                fs::rename(&path, self.root.join(&to)).expect("renamed");
                (format!("case {file} to {to}"), vec![file, to])
            }
            15 => {
                let to = self.free_path(chance);
                let text = fs::read(&path).expect("readable");
                self.write(&to, &text);
                (format!("copy {file} to {to}"), vec![to])
            }
            16 => {
                fs::File::options()
                    .append(true)
                    .open(&path)
                    .and_then(|file| file.set_modified(SystemTime::now()))
                    .expect("touched");
                (format!("touch {file}"), vec![file])
            }
            17 => self.edit_unseen(&file),
            18 => {
                let other = any(chance).expect("there is one");
                let between = self.root.join("between.tmp");
                if other != file {
                    fs::rename(&path, &between).expect("renamed");
                    fs::rename(self.root.join(&other), &path).expect("renamed");
                    fs::rename(&between, self.root.join(&other)).expect("renamed");
                }
                (format!("swap {file} and {other}"), vec![file, other])
            }
            _ => self.ignore(chance),
        }
    }

    fn create(&self, chance: &mut Chance) -> (String, Vec<String>) {
        let path = self.free_path(chance);
        let existed = self.root.join(&path).exists();
        self.write(&path, &text_for(&path, chance));
        let verb = if existed { "overwrite" } else { "create" };
        (format!("{verb} {path}"), vec![path])
    }

    fn rename_folder(&self, chance: &mut Chance) -> (String, Vec<String>) {
        let (from, to) = (chance.pick(&FOLDERS[1..]), chance.pick(&FOLDERS[1..]));
        let inside = |path: &str, folder: &str| Path::new(path).starts_with(folder);
        if !self.root.join(from).is_dir() || self.root.join(to).exists() || inside(to, from) {
            return self.create(chance);
        }
        self.make_way(to);
        fs::rename(self.root.join(from), self.root.join(to)).expect("renamed");
        (
            format!("rename folder {from} to {to}"),
            vec![from.to_owned(), to.to_owned()],
        )
    }

    fn delete_folder(&self, chance: &mut Chance) -> (String, Vec<String>) {
        let folder = chance.pick(&FOLDERS[1..]);
        if !chance.one_in(3) || !self.root.join(folder).is_dir() {
            return self.create(chance);
        }
        fs::remove_dir_all(self.root.join(folder)).expect("removed");
        (format!("delete folder {folder}"), vec![folder.to_owned()])
    }

    /// An edit that keeps size and time: no scan can see it.
    fn edit_unseen(&self, file: &str) -> (String, Vec<String>) {
        let path = self.root.join(file);
        let mut text = fs::read(&path).expect("readable");
        let modified = fs::metadata(&path)
            .and_then(|known| known.modified())
            .expect("readable");
        if let Some(letter) = text.iter_mut().rev().find(|byte| byte.is_ascii_lowercase()) {
            *letter = if *letter == b'z' { b'a' } else { *letter + 1 };
        }
        fs::write(&path, &text).expect("written");
        fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(modified))
            .expect("set back");
        (format!("edit unseen {file}"), vec![file.to_owned()])
    }

    fn ignore(&self, chance: &mut Chance) -> (String, Vec<String>) {
        let folder = chance.pick(&["", "a"]);
        if !self.root.join(folder).is_dir() {
            return self.create(chance);
        }
        let file = self.root.join(folder).join(".rushlightignore");
        let what = if chance.one_in(2) {
            fs::write(&file, format!("{}.*\n", chance.pick(NAMES))).expect("written");
            "ignore in"
        } else {
            // It need not be there.
            let _ = fs::remove_file(&file);
            "ignore nothing in"
        };
        (format!("{what} `{folder}`"), vec![folder.to_owned()])
    }

    fn free_path(&self, chance: &mut Chance) -> String {
        let folder = chance.pick(FOLDERS);
        let name = format!("{}.{}", chance.pick(NAMES), chance.pick(ENDINGS));
        if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        }
    }

    /// Makes the folder that `path` is to lie in.
    fn make_way(&self, path: &str) {
        let folder = self.root.join(path);
        fs::create_dir_all(folder.parent().expect("below the root")).expect("folders are made");
    }

    fn write(&self, path: &str, text: &[u8]) {
        self.make_way(path);
        fs::write(self.root.join(path), text).expect("written");
    }

    /// All files but the ignore files, in order.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("listed") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with(".rushlightignore") {
                    let below = path.strip_prefix(&self.root).expect("below the root");
                    found.push(below.to_str().expect("plain names").to_owned());
                }
            }
        }
        found.sort();
        found
    }
}

/// The same path with the letters of its name in the other case; with an `x` where it has none.
fn other_case(path: &str) -> String {
    let (folder, name) = path
        .rsplit_once('/')
        .map_or(("", path), |(folder, name)| (folder, name));
    let upper = name.to_uppercase();
    let name = if name == upper { name.to_lowercase() } else { upper };
    if folder.is_empty() {
        name
    } else {
        format!("{folder}/{name}")
    }
}

fn sentence(chance: &mut Chance) -> String {
    let count = 3 + chance.below(9);
    let words: Vec<&str> = (0..count).map(|_| chance.pick(WORDS)).collect();
    format!("{}.", words.join(" "))
}

fn paragraphs(chance: &mut Chance) -> String {
    let count = 1 + chance.below(6);
    let lines: Vec<String> = (0..count).map(|_| sentence(chance)).collect();
    lines.join("\n\n")
}

fn message(chance: &mut Chance) -> String {
    let (id, subject) = (chance.below(5), sentence(chance));
    let (mut answers, mut quoted) = (String::new(), String::new());
    if chance.one_in(2) {
        let other = chance.below(5);
        answers = format!("In-Reply-To: <{other}@example.org>\n");
        quoted = format!("\nBen wrote on Monday 6:\n> {}\n", standing(other));
        if chance.one_in(4) {
            quoted.push_str(&format!("> {}\n", sentence(chance)));
        }
    }
    format!(
        "From: Ada <ada@example.org>\nTo: Ben <ben@example.org>\nDate: Mon, 06 May 2024 09:00:0{id} +0000\n\
         Subject: {subject}\nMessage-ID: <{id}@example.org>\n{answers}Content-Type: text/plain; charset=utf-8\n\n{}\n\
         \n{}\n{quoted}\n-- \nAda of the {}\n",
        paragraphs(chance),
        standing(id),
        chance.pick(WORDS)
    )
}

/// What every mail of this Message-ID says, so that others can quote it.
fn standing(id: usize) -> String {
    format!("Letter {id} tells of the {} by the {}.", WORDS[id], WORDS[id + 1])
}

/// What a file of this name may hold; now and then something else.
fn text_for(path: &str, chance: &mut Chance) -> Vec<u8> {
    if chance.one_in(24) {
        return Vec::new();
    }
    let ending = path.rsplit('.').next().unwrap_or_default().to_lowercase();
    let text = match ending.as_str() {
        "md" if chance.one_in(2) => {
            let (title, tag, part) = (sentence(chance), chance.pick(WORDS), chance.pick(WORDS));
            format!(
                "---\ntags: [{tag}]\n---\n# {title}\n\n{}\n\n## {part}\n\n{}\n",
                paragraphs(chance),
                paragraphs(chance)
            )
        }
        "html" => format!(
            "<html><head><title>{}</title></head><body><p>{}</p></body></html>",
            sentence(chance),
            paragraphs(chance)
        ),
        "csv" => (0..4).fold("name,count\n".to_owned(), |rows, number| {
            format!("{rows}{},{number}\n", chance.pick(WORDS))
        }),
        "eml" => message(chance),
        "mbox" => (0..1 + chance.below(4)).fold(String::new(), |all, _| {
            format!(
                "{all}From ada@example.org Mon May  6 09:00:00 2024\n{}\n",
                message(chance)
            )
        }),
        "bin" => return vec![0, 159, 146, 150, 0, 1, 2, 3],
        _ => paragraphs(chance),
    };
    text.into_bytes()
}
