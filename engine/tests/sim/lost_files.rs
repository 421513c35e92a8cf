//! What is kept beside the logs may be lost: all of it is made again from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corelane_engine::ShardId;
use corelane_engine::io::Disk;
use corelane_engine::sim::{CrashMode, Outcome, SimDisk, SimEngine, Simulation, Storage};

use crate::model::{Model, Since};
use crate::play::{play, settings};
use crate::recover::{Case, check};
use crate::script;

const LIFE: Duration = Duration::from_secs(600);

/// The disk without these files, as if they had never been there.
fn without(storage: &Storage, seed: u64, files: Vec<PathBuf>) -> Storage {
    let sim = Simulation::new(settings(seed, 77), storage.clone());
    let remove = || async move {
        for path in files {
            SimDisk.remove(&path).await.expect("the disk is well");
        }
    };
    let removed = sim.run(LIFE, SimEngine.on(ShardId(0), remove));
    assert_eq!(removed, Outcome::Done(()));
    sim.point().crash(CrashMode::Kill, seed)
}

/// Whether the log start of the partition, and so its durable-end checkpoint, says what no other file does.
fn has_moved_log_start(model: &Model, directory: &str) -> bool {
    let parts = directory.rsplit_once('-');
    let parts = parts.and_then(|(topic, partition)| Some((topic, partition.parse().ok()?)));
    let Some((topic, partition)) = parts else {
        return true;
    };
    let topic = model.topics.get(topic);
    let Some((topic, log)) = topic.and_then(|topic| {
        let log = topic.partitions.get::<usize>(partition)?;
        Some((topic, log))
    }) else {
        return true;
    };
    let deletes = |config: &BTreeMap<String, String>| {
        config.keys().any(|name| name.starts_with("retention."))
    };
    topic.configs_ever.iter().any(deletes) || log.start_asked > 0 || log.start_least > 0
}

fn can_be_lost(model: &Model, path: &Path) -> bool {
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    let (Some(directory), Some(file)) = (path.parent().and_then(name), name(path)) else {
        return false;
    };
    let is_index = [".index", ".timeindex", ".snapshot"]
        .iter()
        .any(|ending| file.ends_with(ending));
    is_index
        || file == "leader-epoch-checkpoint"
        || (file == "durable-end" && !has_moved_log_start(model, &directory))
}

#[test]
fn deleting_every_index_checkpoint_and_snapshot_changes_nothing() {
    let mut deleted = 0;
    for seed in 0..40 {
        let played = play(seed, &script::random(seed, 60), None, |_, _, _, _| {});
        assert_eq!(played.failures, Vec::<String>::new(), "seed {seed}");
        let mut files = played.storage.files();
        files.retain(|path| can_be_lost(&played.model, path));
        deleted += files.len();
        let left = without(&played.storage, seed, files);
        let case = Case {
            seed,
            since: Since::ProcessRan,
            elapsed_ms: played.elapsed_ms,
            depth: 1,
            thorough: true,
        };
        if let Err(error) = check(&left, &played.model, &case) {
            panic!("seed {seed}: {error}");
        }
    }
    assert!(deleted > 400, "{deleted}");
}
