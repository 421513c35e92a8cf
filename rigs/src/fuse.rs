//! As much of the kernel's FUSE protocol as a file system with one file needs (`include/uapi/linux/fuse.h`, 7.31).
//!
//! Pure: requests from bytes, answers to bytes. Invariants: the root is node 1 and the file node 2; times, owners and
//! modes never change; nothing but the size of the file is asked of the caller.

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// The file's name in the root directory.
pub const FILE_NAME: &str = "disk";
/// The most bytes of one write.
pub const WRITE_BYTES_MAX: u32 = 1 << 20;
/// The longest request: a write with its headers.
pub const REQUEST_BYTES_MAX: usize = WRITE_BYTES_MAX as usize + 4096;

const ROOT_NODE: u64 = 1;
const FILE_NODE: u64 = 2;
const PAGES_MAX: u16 = 256;
const VALID_SECONDS: u64 = 3600;

const FUSE_ASYNC_READ: u32 = 1;
const FUSE_BIG_WRITES: u32 = 1 << 5;
const FUSE_MAX_PAGES: u32 = 1 << 22;
/// The kernel keeps no pages of the file: after a power cut it must not remember what the disk has forgotten.
const FOPEN_DIRECT_IO: u32 = 1;

/// A request, as far as this file system tells requests apart.
#[derive(Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// The first one.
    Init,
    /// A name in the root directory.
    Lookup {
        /// The name.
        name: &'a [u8],
    },
    /// Attributes asked for, or set, which changes nothing.
    Attributes {
        /// Whether they are the file's; else the root's.
        is_file: bool,
    },
    /// The file is opened.
    Open,
    /// A read.
    Read {
        /// First byte.
        position: u64,
        /// Count of bytes.
        length: u32,
    },
    /// A write.
    Write {
        /// First byte.
        position: u64,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A range is to read as zeros.
    Zero {
        /// First byte.
        position: u64,
        /// Count of bytes.
        length: u64,
    },
    /// Everything written is to be made durable.
    Fsync,
    /// What needs an empty answer and nothing else.
    Trivial,
    /// What gets no answer at all.
    Unanswered,
    /// What this file system does not have.
    Unknown,
}

/// A request with the number that its answer carries.
#[derive(Debug, PartialEq, Eq)]
pub struct Numbered<'a> {
    /// The number.
    pub unique: u64,
    /// The request.
    pub request: Request<'a>,
}

#[repr(C)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
struct InHeader {
    length: u32,
    opcode: u32,
    unique: u64,
    node: u64,
    uid: u32,
    gid: u32,
    pid: u32,
    padding: u32,
}

#[repr(C)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
struct TransferIn {
    handle: u64,
    position: u64,
    length: u32,
    flags: u32,
    lock_owner: u64,
    open_flags: u32,
    padding: u32,
}

#[repr(C)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
struct AllocateIn {
    handle: u64,
    position: u64,
    length: u64,
    mode: u32,
    padding: u32,
}

/// Reads one request as it came from the device. None when it is no request.
pub fn parse(bytes: &[u8]) -> Option<Numbered<'_>> {
    let (header, body) = InHeader::read_from_prefix(bytes).ok()?;
    let request = match header.opcode {
        26 => Request::Init,
        1 => Request::Lookup {
            name: body.strip_suffix(&[0])?,
        },
        3 | 4 => Request::Attributes {
            is_file: header.node == FILE_NODE,
        },
        14 => Request::Open,
        15 => {
            let (read, _) = TransferIn::read_from_prefix(body).ok()?;
            Request::Read {
                position: read.position,
                length: read.length,
            }
        }
        16 => {
            let (write, bytes) = TransferIn::read_from_prefix(body).ok()?;
            Request::Write {
                position: write.position,
                bytes: bytes.get(..write.length as usize)?,
            }
        }
        43 => parse_allocate(body)?,
        20 => Request::Fsync,
        // RELEASE, FLUSH, DESTROY.
        18 | 25 | 38 => Request::Trivial,
        // FORGET, INTERRUPT, BATCH_FORGET.
        2 | 36 | 42 => Request::Unanswered,
        _ => Request::Unknown,
    };
    Some(Numbered {
        unique: header.unique,
        request,
    })
}

/// Discarding and zeroing both read as zeros afterwards; growing the file is none of a disk's business.
fn parse_allocate(body: &[u8]) -> Option<Request<'_>> {
    const PUNCH_HOLE: u32 = 2;
    const ZERO_RANGE: u32 = 0x10;
    let (allocate, _) = AllocateIn::read_from_prefix(body).ok()?;
    if allocate.mode & (PUNCH_HOLE | ZERO_RANGE) == 0 {
        return Some(Request::Unknown);
    }
    Some(Request::Zero {
        position: allocate.position,
        length: allocate.length,
    })
}

#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct OutHeader {
    length: u32,
    error: i32,
    unique: u64,
}

/// An answer with a body, ready for the device.
pub fn answer(unique: u64, body: &[u8]) -> Vec<u8> {
    framed(unique, 0, body)
}

/// An answer that is an error number.
pub fn error(unique: u64, number: i32) -> Vec<u8> {
    framed(unique, -number, &[])
}

fn framed(unique: u64, error: i32, body: &[u8]) -> Vec<u8> {
    let length = size_of::<OutHeader>() + body.len();
    let header = OutHeader {
        length: u32::try_from(length).unwrap_or(u32::MAX),
        error,
        unique,
    };
    [header.as_bytes(), body].concat()
}

#[repr(C)]
#[derive(FromZeros, IntoBytes, Immutable)]
struct InitOut {
    major: u32,
    minor: u32,
    readahead_max: u32,
    flags: u32,
    background_max: u16,
    congestion_threshold: u16,
    write_bytes_max: u32,
    time_granularity_ns: u32,
    pages_max: u16,
    map_alignment: u16,
    reserved: [u32; 8],
}

/// The body that answers [`Request::Init`].
pub fn init_body() -> Vec<u8> {
    let mut out = InitOut::new_zeroed();
    out.major = 7;
    out.minor = 31;
    out.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_MAX_PAGES;
    out.background_max = 64;
    out.congestion_threshold = 48;
    out.write_bytes_max = WRITE_BYTES_MAX;
    out.time_granularity_ns = 1;
    out.pages_max = PAGES_MAX;
    out.as_bytes().to_vec()
}

#[repr(C)]
#[derive(FromZeros, IntoBytes, Immutable)]
struct Attributes {
    inode: u64,
    size: u64,
    blocks: u64,
    times: [u64; 3],
    times_ns: [u32; 3],
    mode: u32,
    links: u32,
    uid: u32,
    gid: u32,
    device: u32,
    block_bytes: u32,
    flags: u32,
}

fn attributes(is_file: bool, size: u64) -> Attributes {
    let mut attributes = Attributes::new_zeroed();
    if is_file {
        attributes.inode = FILE_NODE;
        attributes.size = size;
        attributes.blocks = size / 512;
        attributes.mode = libc::S_IFREG | 0o600;
        attributes.links = 1;
    } else {
        attributes.inode = ROOT_NODE;
        attributes.mode = libc::S_IFDIR | 0o700;
        attributes.links = 2;
    }
    attributes.block_bytes = 4096;
    attributes
}

#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct EntryOut {
    node: u64,
    generation: u64,
    entry_valid: u64,
    attributes_valid: u64,
    valid_ns: [u32; 2],
    attributes: Attributes,
}

/// The body that answers a lookup of the file.
pub fn entry_body(size: u64) -> Vec<u8> {
    let out = EntryOut {
        node: FILE_NODE,
        generation: 0,
        entry_valid: VALID_SECONDS,
        attributes_valid: VALID_SECONDS,
        valid_ns: [0; 2],
        attributes: attributes(true, size),
    };
    out.as_bytes().to_vec()
}

#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct AttributesOut {
    valid: u64,
    valid_ns: u32,
    reserved: u32,
    attributes: Attributes,
}

/// The body that answers [`Request::Attributes`].
pub fn attributes_body(is_file: bool, size: u64) -> Vec<u8> {
    let out = AttributesOut {
        valid: VALID_SECONDS,
        valid_ns: 0,
        reserved: 0,
        attributes: attributes(is_file, size),
    };
    out.as_bytes().to_vec()
}

/// The body that answers [`Request::Open`].
pub fn open_body() -> Vec<u8> {
    [0_u64.as_bytes(), FOPEN_DIRECT_IO.as_bytes(), &[0; 4]].concat()
}

/// The body that answers a write of `length` bytes.
pub fn write_body(length: u32) -> Vec<u8> {
    [length.as_bytes(), &[0; 4]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(opcode: u32, node: u64, body: &[u8]) -> Vec<u8> {
        let mut header = InHeader::new_zeroed();
        header.length = (size_of::<InHeader>() + body.len()) as u32;
        header.opcode = opcode;
        header.unique = 77;
        header.node = node;
        [header.as_bytes(), body].concat()
    }

    #[test]
    fn structures_have_the_sizes_of_the_kernels() {
        assert_eq!(size_of::<InHeader>(), 40);
        assert_eq!(size_of::<TransferIn>(), 40);
        assert_eq!(size_of::<AllocateIn>(), 32);
        assert_eq!(size_of::<OutHeader>(), 16);
        assert_eq!(init_body().len(), 64);
        assert_eq!(entry_body(1).len(), 128);
        assert_eq!(attributes_body(true, 1).len(), 104);
        assert_eq!(open_body().len(), 16);
        assert_eq!(write_body(1).len(), 8);
    }

    #[test]
    fn a_write_carries_its_place_and_bytes_and_a_cut_one_is_no_request() {
        let mut write = TransferIn::new_zeroed();
        write.position = 4096;
        write.length = 3;
        let bytes = request(16, 2, &[write.as_bytes(), b"abc"].concat());
        let parsed = parse(&bytes).expect("a whole request");
        let expected = Request::Write {
            position: 4096,
            bytes: b"abc",
        };
        assert_eq!((parsed.unique, parsed.request), (77, expected));
        assert_eq!(parse(&bytes[..bytes.len() - 1]), None);
        assert_eq!(parse(&bytes[..39]), None);
    }

    #[test]
    fn names_and_what_needs_no_answer_are_told_apart() {
        let lookup = request(1, 1, b"disk\0");
        let expected = Request::Lookup { name: b"disk" };
        assert_eq!(parse(&lookup).map(|found| found.request), Some(expected));
        for (opcode, expected) in [
            (2, Request::Unanswered),
            (18, Request::Trivial),
            (99, Request::Unknown),
        ] {
            let bytes = request(opcode, 1, &[]);
            assert_eq!(parse(&bytes).map(|found| found.request), Some(expected));
        }
    }
}
