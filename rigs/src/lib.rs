//! Test tools that take the power or the disk away from a broker under load, on a real kernel. Never shipped.
//!
//! They need root, loop devices and /dev/fuse; [`requirements`] says what is missing. Whatever is mounted belongs to a
//! test's private mounts ([`kernel::take_private_mounts`]), so that nothing of it outlives the test.

pub mod broker_process;
pub mod campaign;
pub mod disk_fault;
pub mod disk_image;
pub mod disk_server;
pub mod ext4;
pub mod fuse;
pub mod kernel;
pub mod lane;
pub mod ledger;
pub mod power_cut_disk;
pub mod random;
pub mod requirements;
pub mod rig;
pub mod scratch;
pub mod script;
pub mod twin;
