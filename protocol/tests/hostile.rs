//! Frames that claim far more than they hold, to every API and version: an error, and hardly any memory.
//!
//! The allocator of this test program counts what each thread asks for.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::Bytes;
use corelane_protocol::frame::fuzz_request;
use corelane_protocol::messages::{check_request, check_response};
use corelane_protocol::{ApiKey, DecodeError, MEMORY_FACTOR, MEMORY_FLOOR_BYTES, Reader};

/// No 30-byte body may take more, in all requests to the allocator together.
const ALLOCATED_BYTES_MAX: usize = 128 * 1024;

const BODY_BYTES: usize = 30;

thread_local! {
    static ALLOCATED_BYTES: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is handed on to the system allocator unchanged; counting neither allocates nor panics, because the
// counter is a constant-initialised cell and a thread that is being torn down is left uncounted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are those of `System::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System`, as all of this allocator's do.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the pointer came from `System`, as all of this allocator's do.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: usize) {
    let _ = ALLOCATED_BYTES.try_with(|counter| counter.set(counter.get().saturating_add(bytes)));
}

fn allocated_by<T>(action: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATED_BYTES.get();
    let result = action();
    (ALLOCATED_BYTES.get() - before, result)
}

type Check = fn(ApiKey, i16, &mut Reader) -> Result<(), DecodeError>;

const CHECKS: [Check; 2] = [check_request, check_response];

/// Every API at every version, requests and responses.
fn for_every_message(mut visit: impl FnMut(ApiKey, i16, Check)) {
    for key in ApiKey::ALL {
        for version in key.versions() {
            for check in CHECKS {
                visit(*key, version, check);
            }
        }
    }
}

fn decode(body: Vec<u8>, key: ApiKey, version: i16, check: Check) -> Result<(), DecodeError> {
    let memory_max = body.len() * MEMORY_FACTOR + MEMORY_FLOOR_BYTES;
    let mut reader = Reader::new(Bytes::from(body));
    let (allocated, result) = allocated_by(|| check(key, version, &mut reader));
    // A shared counter of slices and the like comes on top of what is charged.
    assert!(
        allocated <= memory_max + 1024,
        "{key} {version} took {allocated} bytes"
    );
    result
}

/// A generator of bytes that is the same on every run (xorshift64).
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[3]
    }
}

#[test]
fn huge_counts_at_every_position_take_no_memory() {
    let counts: [&[u8]; 5] = [
        &[0x7f, 0xff, 0xff, 0xff],
        &[0x7f, 0xff],
        &[0x10, 0x00, 0x00, 0x00],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0xff, 0xff, 0xff, 0xff, 0x07],
    ];
    for_every_message(|key, version, check| {
        for count in counts {
            for fill in [0x00, 0x01, 0x02] {
                for position in 0..BODY_BYTES - count.len() {
                    let mut body = vec![fill; BODY_BYTES];
                    body[position..position + count.len()].copy_from_slice(count);
                    let (allocated, _) = allocated_by(|| decode(body, key, version, check));
                    assert!(
                        allocated < ALLOCATED_BYTES_MAX,
                        "{key} {version}: {allocated}"
                    );
                }
            }
        }
    });
}

#[test]
fn a_body_of_one_large_byte_is_an_error_unless_it_has_fixed_fields_only() {
    for_every_message(|key, version, check| {
        for fill in [0x7f, 0x80, 0xff] {
            let result = decode(vec![fill; BODY_BYTES], key, version, check);
            assert!(result.is_err(), "{key} {version} of {fill:#x}");
        }
    });
}

#[test]
fn noise_of_any_length_stays_within_the_memory_budget() {
    let mut noise = Noise(0x5eed);
    for_every_message(|key, version, check| {
        for length in [1, 5, 17, 30, 64, 300] {
            for _ in 0..20 {
                let mask = [0xff, 0x0f, 0x03][usize::from(noise.byte()) % 3];
                let body = (0..length).map(|_| noise.byte() & mask).collect();
                let _ = decode(body, key, version, check);
            }
        }
    });
}

#[test]
fn megabytes_of_empty_elements_stay_within_the_memory_budget() {
    for_every_message(|key, version, check| {
        for fill in [0x00, 0x01] {
            // A count of 63488, at every position where the first array may stand.
            for position in 0..12 {
                let mut body = vec![fill; 64 * 1024];
                body[position..position + 3].copy_from_slice(&[0x80, 0xf0, 0x03]);
                let _ = decode(body, key, version, check);
            }
        }
    });
}

#[test]
fn fuzz_seeds_of_every_api_take_no_memory() {
    let mut noise = Noise(0xfeed);
    for key in ApiKey::ALL {
        for version in -1..=key.max_version() + 1 {
            let mut frame = i16::from(*key).to_be_bytes().to_vec();
            frame.extend_from_slice(&version.to_be_bytes());
            frame.extend((0..BODY_BYTES).map(|_| noise.byte() & 0x83));
            let (allocated, ()) = allocated_by(|| fuzz_request(&frame));
            assert!(
                allocated < ALLOCATED_BYTES_MAX,
                "{key} {version}: {allocated}"
            );
        }
    }
}
