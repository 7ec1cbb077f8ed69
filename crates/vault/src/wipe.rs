//! Memory of SQLite that is wiped before it is given back.
//!
//! SQLCipher can do so itself (`cipher_memory_security`), but overwrites byte by byte, and locks and unlocks every piece with
//! a call of the system. These methods lie below SQLCipher's: when SQLite begins, SQLCipher wraps those that are
//! configured, so everything of SQLite passes through here. SQLCipher's keys lie in one large piece of it, and within that
//! SQLCipher overwrites each by itself, as always.
#![allow(unsafe_code)] // SQLite's memory methods are functions of C, which take and give bare pointers.

use std::alloc::{GlobalAlloc as _, Layout, System};
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use rusqlite::ffi;

/// Bytes before each piece, the first of which hold its length. SQLite wants pieces aligned to 8; so they are to 16.
const BEFORE: usize = 16;

/// Who wipes what SQLite frees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiping {
    /// This module.
    Here,
    /// SQLCipher, more slowly: when the first vault was opened, SQLite was in use in this program already, and its memory
    /// methods could not be changed any more.
    Cipher,
}

static WIPING: OnceLock<Wiping> = OnceLock::new();

/// Who wipes what SQLite frees, which is settled when the first vault is opened.
#[cfg(feature = "testing")]
pub fn wiping() -> Option<Wiping> {
    WIPING.get().copied()
}

/// Puts the methods in their place. The first call, which comes before anything else of SQLite, decides for as long as the
/// program runs.
pub(crate) fn begin() -> Wiping {
    *WIPING.get_or_init(|| {
        let methods = ffi::sqlite3_mem_methods {
            xMalloc: Some(allocate),
            xFree: Some(free),
            xRealloc: Some(resize),
            xSize: Some(size),
            xRoundup: Some(round_up),
            xInit: Some(init),
            xShutdown: Some(shut_down),
            pAppData: ptr::null_mut(),
        };
        // SAFETY: this option takes a pointer to methods, which SQLite copies, and is refused once SQLite has begun. The call
        // must not run beside others of SQLite: those of this crate wait for it here, and a program that opens vaults
        // has no others that begin at the same moment.
        let done = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, ptr::from_ref(&methods)) };
        // SQLCipher begins after SQLite says that it has, and outside of its lock: a second vault that is opened in that moment
        // would find no cipher. Here it waits. What fails now fails again, and is told, when the vault is opened.
        // SAFETY: may be called at any time, by any thread.
        let _told_later = unsafe { ffi::sqlite3_initialize() };
        if done == ffi::SQLITE_OK { Wiping::Here } else { Wiping::Cipher }
    })
}

/// Where a piece of so many bytes lies, with what is before it.
fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.checked_add(BEFORE)?, BEFORE).ok()
}

/// Overwrites bytes. The compiler takes them for read afterwards, so it cannot leave that out.
///
/// # Safety
/// So many bytes may be written there, and nothing else uses them.
unsafe fn wipe(bytes: NonNull<u8>, length: usize) {
    // SAFETY: the caller's promise. The slice is of bytes that were written just now.
    unsafe {
        bytes.write_bytes(0, length);
        zeroize::optimization_barrier(NonNull::slice_from_raw_parts(bytes, length).as_ref());
    }
}

/// What lies before a piece.
///
/// # Safety
/// The piece is from [`allocate`] or [`resize`], and not freed.
unsafe fn start(piece: NonNull<u8>) -> NonNull<usize> {
    // SAFETY: every piece begins so many bytes into its allocation, which is aligned for a length.
    unsafe { piece.sub(BEFORE).cast() }
}

unsafe extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    let Ok(bytes) = usize::try_from(bytes) else { return ptr::null_mut() };
    let Some(layout) = layout(bytes) else { return ptr::null_mut() };
    // SAFETY: the layout is never empty, because of the bytes before the piece.
    let Some(whole) = NonNull::new(unsafe { System.alloc(layout) }) else { return ptr::null_mut() };
    // SAFETY: the length fits before the piece, and the piece is within the allocation.
    unsafe {
        whole.cast().write(bytes);
        whole.add(BEFORE).as_ptr().cast()
    }
}

unsafe extern "C" fn free(piece: *mut c_void) {
    let Some(piece) = NonNull::new(piece.cast::<u8>()) else { return };
    // SAFETY: SQLite frees only what these methods gave it, once. Its length was written when it was allocated, with the
    // layout that is computed from it again.
    unsafe {
        let whole = start(piece);
        let bytes = whole.read();
        wipe(piece, bytes);
        if let Some(layout) = layout(bytes) {
            System.dealloc(whole.as_ptr().cast(), layout);
        }
    }
}

/// A piece that is to be shorter stays as it is: what is behind its new end is wiped with the rest. One that is to be longer
/// always moves, because the system would leave its old content behind.
unsafe extern "C" fn resize(piece: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some(old) = NonNull::new(piece.cast::<u8>()) else {
        // SAFETY: nothing is asked of the caller.
        return unsafe { allocate(bytes) };
    };
    // SAFETY: SQLite resizes only what these methods gave it.
    let length = unsafe { start(old).read() };
    if usize::try_from(bytes).is_ok_and(|bytes| bytes <= length) {
        return piece;
    }
    // SAFETY: as above; the new piece is the longer one, and a piece of its own.
    unsafe {
        let new = allocate(bytes);
        if let Some(new) = NonNull::new(new.cast::<u8>()) {
            new.copy_from_nonoverlapping(old, length);
            free(piece);
        }
        new
    }
}

unsafe extern "C" fn size(piece: *mut c_void) -> c_int {
    // SAFETY: SQLite asks only for what these methods gave it.
    let bytes = NonNull::new(piece.cast::<u8>()).map_or(0, |piece| unsafe { start(piece).read() });
    c_int::try_from(bytes).unwrap_or(c_int::MAX)
}

const unsafe extern "C" fn round_up(bytes: c_int) -> c_int {
    bytes.saturating_add(7) & !7
}

const unsafe extern "C" fn init(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

const unsafe extern "C" fn shut_down(_: *mut c_void) {}

#[cfg(test)]
mod tests {
    use std::ptr::NonNull;

    use super::{allocate, free, resize, round_up, size, wipe};

    #[test]
    fn pieces_hold_what_was_written_while_they_grow() {
        // SAFETY: each piece is written within its length, and freed once.
        unsafe {
            for first in [1, 7, 8, 100, 4096] {
                let mut piece = allocate(first);
                assert!(!piece.is_null() && piece.addr().is_multiple_of(16) && size(piece) == first);
                let bytes = usize::try_from(first).unwrap();
                piece.cast::<u8>().write_bytes(7, bytes);
                assert_eq!(resize(piece, first / 2 + 1), piece, "shorter");
                for longer in [first + 1, first * 3, 100_000] {
                    let grown = resize(piece, longer);
                    assert!(grown != piece && size(grown) == longer);
                    assert!(std::slice::from_raw_parts(grown.cast::<u8>(), bytes).iter().all(|b| *b == 7));
                    piece = grown;
                }
                free(piece);
            }
            free(std::ptr::null_mut());
            assert!(allocate(-1).is_null());
        }
        let rounded = [0, 1, 8, 9].map(|bytes| unsafe { round_up(bytes) });
        assert_eq!(rounded, [0, 8, 8, 16]);
    }

    #[test]
    fn wiping_ends_where_it_should() {
        let mut bytes = [7_u8; 100];
        // SAFETY: within the array.
        unsafe { wipe(NonNull::from(&mut bytes).cast::<u8>().add(10), 80) };
        assert!(bytes[10..90].iter().all(|b| *b == 0));
        assert!(bytes[..10].iter().chain(&bytes[90..]).all(|b| *b == 7));
    }
}
