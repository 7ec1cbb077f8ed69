//! A thousand strings of patients, and what looks for them: in files, and in the memory of another process.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::draw::Draw;

/// How many strings of each kind there are; a patient has one of each.
pub const EACH: usize = 125;

/// Kinds of strings, Korean and English.
pub const KINDS: [&str; 8] =
    ["Korean name", "English name", "number", "Korean title", "English title", "drug", "note", "message"];

const SYLLABLES: &str =
    "가나다라마바사아자차카타파하거너더러머버서어저처고노도로모보소오조초구누두루무부수우주추그느드르므브스으즈츠";
const LETTERS: &[u8] = b"abcdefghiklmnoprstuvwz";

fn syllables(draw: &mut Draw, count: usize) -> String {
    let all: Vec<char> = SYLLABLES.chars().collect();
    (0..count).map(|_| all[usize::try_from(draw.below(all.len() as u64)).unwrap()]).collect()
}

fn letters(draw: &mut Draw, count: usize) -> String {
    (0..count).map(|_| char::from(LETTERS[usize::try_from(draw.below(LETTERS.len() as u64)).unwrap()])).collect()
}

/// Drawn, so that none of them is in a program. By kind, then by patient.
pub fn strings() -> Vec<Vec<String>> {
    let mut draw = Draw::from_the_clock();
    let one = |kind: usize, draw: &mut Draw| match kind {
        0 => syllables(draw, 4),
        1 => format!("{} {}", letters(draw, 6), letters(draw, 8)),
        2 => format!("{:05}{:05}", draw.below(100_000), draw.below(100_000)),
        3 => format!("{} {}", syllables(draw, 4), syllables(draw, 3)),
        4 => format!("{} {} {}", letters(draw, 7), letters(draw, 4), letters(draw, 9)),
        5 => letters(draw, 12),
        6 => format!("{} {} {}", syllables(draw, 5), letters(draw, 6), syllables(draw, 6)),
        _ => format!("{}? {}.", syllables(draw, 7), letters(draw, 10)),
    };
    (0..KINDS.len()).map(|kind| (0..EACH).map(|_| one(kind, &mut draw)).collect()).collect()
}

/// Strings that cannot be found as they are: for the child that must not have them but while it works with them.
pub fn masked(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0xa5).collect()
}

/// Looks for many byte strings at once.
pub struct Finder {
    /// By their first eight bytes.
    by_start: HashMap<[u8; 8], Vec<usize>>,
    /// Whether any begins with these two.
    pairs: Vec<bool>,
    wanted: Vec<(String, Vec<u8>)>,
}

const START: usize = 8;

impl Finder {
    pub fn new(wanted: Vec<(String, Vec<u8>)>) -> Self {
        let mut finder = Self { by_start: HashMap::new(), pairs: vec![false; 1 << 16], wanted };
        for (i, (what, bytes)) in finder.wanted.iter().enumerate() {
            let start: [u8; START] = bytes[..START].try_into().unwrap_or_else(|_| panic!("{what} is short"));
            finder.by_start.entry(start).or_default().push(i);
            finder.pairs[usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))] = true;
        }
        finder
    }

    /// What of it is in these bytes.
    pub fn find(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found = Vec::new();
        for at in 0..bytes.len().saturating_sub(START - 1) {
            if !self.pairs[usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))] {
                continue;
            }
            let start: [u8; START] = bytes[at..at + START].try_into().unwrap();
            for i in self.by_start.get(&start).into_iter().flatten() {
                let (what, wanted) = &self.wanted[*i];
                if bytes[at..].starts_with(wanted) {
                    found.push(what.as_str());
                }
            }
        }
        found
    }
}

/// Looks at every file of a folder; returns how many bytes that were.
pub fn look_at_files(folder: &Path, finder: &Finder) -> u64 {
    let mut all = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += look_at_files(&path, finder);
            continue;
        }
        // SQLite removes some of its files at any time.
        let Ok(bytes) = fs::read(&path) else { continue };
        assert_eq!(finder.find(&bytes), Vec::<&str>::new(), "{}", path.display());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(finder.find(name.as_bytes()), Vec::<&str>::new());
        all += bytes.len() as u64;
    }
    all
}

/// Looks at what a process has open: files without a name as well, which is how temporary files are hidden.
pub fn look_at_open_files(process: u32, finder: &Finder) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(format!("/proc/{process}/fd")).unwrap() {
        let path = entry.unwrap().path();
        if !fs::metadata(&path).is_ok_and(|found| found.is_file()) {
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        let name = fs::read_link(&path).unwrap_or_default();
        assert_eq!(finder.find(&bytes), Vec::<&str>::new(), "{}", name.display());
        files += 1;
    }
    files
}

/// What of it is in the memory of a process, with the kind of memory; and how many bytes were read.
pub fn look_at_memory(process: u32, finder: &Finder) -> (Vec<(String, String)>, u64) {
    const CHUNK: u64 = 4 << 20;
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let (mut found, mut all) = (Vec::new(), 0);
    for line in fs::read_to_string(format!("/proc/{process}/maps")).unwrap().lines() {
        let mut words = line.split_whitespace();
        let (from, to) = words.next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let name = words.nth(4).unwrap_or("heap or stack of a thread").to_owned();
        if !line.contains(" r") || name == "[vvar]" || name == "[vsyscall]" {
            continue;
        }
        let mut at = from;
        while at < to {
            // A little of the next chunk, for what lies over the border.
            let mut bytes = vec![0; usize::try_from((to - at).min(CHUNK + 256)).unwrap()];
            let Ok(read) = memory.read_at(&mut bytes, at) else { break };
            all += read as u64;
            found.extend(finder.find(&bytes[..read]).into_iter().map(|what| (what.to_owned(), name.clone())));
            at += CHUNK;
        }
    }
    (found, all)
}

/// The plug-in entropy of bytes, in bits a byte.
pub fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|b| counts[usize::from(*b)] += 1);
    let share = |n: u32| f64::from(n) / bytes.len() as f64;
    counts.iter().filter(|n| **n > 0).map(|n| -share(*n) * share(*n).log2()).sum()
}
