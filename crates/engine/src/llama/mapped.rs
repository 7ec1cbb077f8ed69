//! The mapped file of a model whose weights are rearranged while it is loaded: what was copied need not stay in memory beside
//! its copy.

use std::path::{Path, PathBuf};

/// Gives pages of a mapped file back as they are read; those that are still needed come again from the file.
pub(crate) struct Mapped {
    file: PathBuf,
    ranges: Vec<(usize, usize)>,
}

impl Mapped {
    /// Of this file, once it is mapped.
    pub(crate) fn new(file: &Path) -> Self {
        Self { file: std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()), ranges: Vec::new() }
    }

    /// Whether pages can be given back on this system; where not, a file that is rearranged is read and not mapped.
    pub(crate) const fn possible() -> bool {
        cfg!(target_os = "linux")
    }

    /// Gives back what is in memory now. Nothing happens where the mapping is not found.
    #[allow(unsafe_code)]
    pub(crate) fn give_back(&mut self) {
        if self.ranges.is_empty() {
            self.ranges = ranges(&std::fs::read_to_string("/proc/self/maps").unwrap_or_default(), &self.file);
        }
        #[cfg(target_os = "linux")]
        for &(start, length) in &self.ranges {
            let start = std::ptr::without_provenance_mut(start);
            // SAFETY: the range is a mapping of a file that nobody writes to through it (looked for as read-only): its pages
            // come from the file again when they are read. Were it unmapped, the call would fail and change nothing.
            let _as_it_is = unsafe { libc::madvise(start, length, libc::MADV_DONTNEED) };
        }
    }
}

/// Read-only mappings of a file: start and length.
fn ranges(maps: &str, file: &Path) -> Vec<(usize, usize)> {
    let range = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (range, mode) = (words.next()?, words.next()?);
        // Offset, device and inode stand before the name, which may hold spaces.
        let name = words.nth(2).and_then(|inode| line.split_once(&format!(" {inode} ")));
        if !mode.starts_with("r--") || Path::new(name?.1.trim_start()) != file {
            return None;
        }
        let (start, end) = range.split_once('-')?;
        let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
        Some((start, end.checked_sub(start)?))
    };
    maps.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_read_only_mappings_of_the_file_are_found() {
        let maps = "7f00-7f10 r--s 00000000 fe:00 12 /models/a model.gguf\n7f20-7f30 rw-p 00000000 fe:00 12 /models/a model.gguf\n\
                    7f40-7f50 r--s 00000000 fe:00 13 /models/other.gguf\n7f60-7f70 r--p 00000000 00:00 0\n";
        assert_eq!(ranges(maps, Path::new("/models/a model.gguf")), [(0x7f00, 0x10)]);
        assert!(ranges(maps, Path::new("/models/none.gguf")).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pages_that_were_given_back_come_again_from_the_file() {
        use std::os::fd::AsRawFd as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some file");
        let bytes: Vec<u8> = (0..1_u32 << 20).map(|i| i.to_le_bytes()[1]).collect();
        std::fs::write(&path, &bytes).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let mapped = unsafe_map(file.as_raw_fd(), bytes.len());
        assert_eq!(mapped, bytes.as_slice());
        let mut given = Mapped::new(&path);
        given.give_back();
        assert_eq!(given.ranges, [(mapped.as_ptr().addr(), bytes.len())]);
        assert_eq!(mapped, bytes.as_slice());
    }

    #[cfg(target_os = "linux")]
    #[allow(unsafe_code)]
    fn unsafe_map(file: std::os::fd::RawFd, length: usize) -> &'static [u8] {
        // SAFETY: a new mapping of a whole file, for the life of the process.
        unsafe {
            let start = libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_SHARED, file, 0);
            assert_ne!(start, libc::MAP_FAILED);
            std::slice::from_raw_parts(start.cast(), length)
        }
    }
}
