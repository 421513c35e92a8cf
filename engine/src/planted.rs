//! The bank of planted bugs: places where the engine can be broken on purpose, so that the tests prove that they notice.
//!
//! Invariants: without the feature `planted-bugs`, [`is`] is a constant `false` and nothing of a bug is compiled in; with
//! it, every bug is off until a test asks for one with `plant` or `plant_here`: no environment variable, no setting. So a
//! build in which another crate has switched the feature on (`cargo test --workspace` unifies features) behaves like one
//! without. Shared: the choice of `plant` is the process's, that of `plant_here` a thread's.
//!
//! A further bug is a line of the table below with the test that catches it, an `if planted::is(Bug::…)` in the one place
//! where it belongs, and a line in `docs/testing.md`. `tests.rs` runs the unit tests of the table, `engine/tests/sim/bank.rs`
//! those of the simulation.

/// The bugs: what each does, its name, and the test that catches it.
macro_rules! bank {
    ($($(#[doc = $does:literal])+ $bug:ident $name:literal $suite:ident $test:literal,)+) => {
        /// A bug of the bank.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Bug {
            $($(#[doc = $does])+ $bug,)+
        }

        #[cfg(feature = "planted-bugs")]
        impl Bug {
            /// All of them.
            pub const ALL: &[Bug] = &[$(Bug::$bug,)+];

            /// The name by which tools ask for it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Bug::$bug => $name,)+
                }
            }

            /// What it does, in a sentence.
            pub fn does(self) -> &'static str {
                match self {
                    $(Bug::$bug => concat!($($does),+).trim(),)+
                }
            }

            /// The test that catches it, and where that is.
            pub fn caught_by(self) -> (Suite, &'static str) {
                match self {
                    $(Bug::$bug => (Suite::$suite, $test),)+
                }
            }
        }
    };
}

/// Where a test is that catches bugs.
#[cfg(feature = "planted-bugs")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// The unit tests of this crate.
    Unit,
    /// `engine/tests/sim`.
    Sim,
}

bank! {
    // Acknowledgements and flushes.
    /// Appends are acknowledged when they are written, and flushed afterwards.
    AckBeforeFlush "ack-before-flush" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// A flush that failed is asked for again, and its success believed.
    RetryFailedFlush "retry-failed-flush" Sim "promises::answers::an_answer_holds_whatever_failed_before",
    /// After a failed flush the partition goes on writing.
    GoOnAfterFailedFlush "go-on-after-failed-flush" Sim "promises::answers::an_answer_holds_whatever_failed_before",
    /// A write that failed is acknowledged.
    IgnoreFailedWrite "ignore-failed-write" Sim "promises::answers::an_answer_holds_whatever_failed_before",
    /// Readers are shown records whose flush is still under way.
    ServeBeforeFlush "serve-before-flush" Sim "promises::answers::a_record_that_was_read_outlasts_a_power_cut",
    /// The durable end moves when a group is written, and the checkpoint runs ahead of the disk.
    DurableEndAheadOfFlush "durable-end-ahead-of-flush" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// A retry with acks=all of a batch sent with acks=1 is answered before a flush.
    AnswerRetryBeforeFlush "answer-retry-before-flush" Sim "found::a_retry_that_asks_for_a_flush_waits_for_one",
    /// `flush.messages` is ignored.
    IgnoreFlushMessages "ignore-flush-messages" Sim "promises::answers::flush_messages_makes_durable_what_it_counts",
    /// The bytes since the last block boundary are forgotten, and the next write puts zeros there.
    ForgetLastBlock "forget-last-block" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",

    // Failed groups.
    /// Batches that could not be written stay noted in the segment and its indexes.
    KeepFailedInSegment "keep-failed-in-segment" Sim "promises::full_disk::writes_go_on_when_there_is_room_again",
    /// The offsets of batches that could not be written are not given back.
    KeepOffsetsOfFailed "keep-offsets-of-failed" Sim "promises::full_disk::writes_go_on_when_there_is_room_again",
    /// Producers' sequences of batches that could not be written are kept, and a retry is taken for one.
    KeepProducersOfFailed "keep-producers-of-failed" Sim "promises::full_disk::writes_go_on_when_there_is_room_again",
    /// Writes never go on after a full disk.
    NeverResume "never-resume" Sim "promises::full_disk::writes_go_on_when_there_is_room_again",
    /// What a full disk has left of a group is cut and not flushed.
    TakenBackNotFlushed "taken-back-not-flushed" Sim "promises::full_disk::what_a_full_disk_has_refused_never_appears",

    // Rolls.
    /// A segment is sealed without a flush.
    SealWithoutFlush "seal-without-flush" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// The directory is not flushed after a new segment's file was made.
    RollWithoutDirectoryFlush "roll-without-directory-flush" Sim "promises::starts::a_segment_made_after_a_save_outlasts_a_power_cut",
    /// A roll that failed halfway is forgotten, and the old segment written on.
    ForgetBegunRoll "forget-begun-roll" Sim "promises::full_disk::a_roll_that_failed_is_ended_before_anything_else",
    /// The leader epoch is not saved before the first batch that carries it.
    EpochNotSaved "epoch-not-saved" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// A start goes on with the leader epoch of the one before.
    EpochNotRaised "epoch-not-raised" Sim "promises::starts::the_leader_epoch_rises_with_each_start",

    // Indexes and reads.
    /// A lookup takes the index entry behind the right one.
    LookupPastEntry "lookup-past-entry" Unit "index::offset::tests::lookup_equals_a_linear_scan_for_every_offset",
    /// An index entry names a byte that is not the start of its batch.
    IndexBesideBatch "index-beside-batch" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// A read ends where its limit of bytes does, inside a batch.
    CutInsideBatch "cut-inside-batch" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// A search by time passes over the segment whose largest timestamp is the one asked for.
    SearchPastSegment "search-past-segment" Sim "promises::starts::every_record_is_found_by_its_time_after_a_start",
    /// The time index takes entries that do not rise when the clock jumps back.
    TimeIndexFollowsClock "time-index-follows-clock" Unit "index::time::tests::a_clock_that_jumps_back_adds_no_entry",
    /// An index is believed whose entries do not rise.
    TrustIndex "trust-index" Unit "index::offset::tests::a_falling_entry_is_named",
    /// Indexes are saved without a flush.
    IndexesNotFlushed "indexes-not-flushed" Sim "promises::indexes::a_search_finds_every_record_after_a_power_cut_in_a_save",
    /// Index files that a crash has left are written over, not removed.
    StaleIndexesKept "stale-indexes-kept" Sim "promises::indexes::entries_of_batches_that_a_crash_has_cut_are_no_entries",

    // Checkpoints.
    /// The slot of the newest durable checkpoint is written over.
    OverwriteNewestSlot "overwrite-newest-slot" Sim "found::a_torn_checkpoint_leaves_a_slot_that_is_whole",
    /// The slot of the lower generation counts.
    OlderSlotCounts "older-slot-counts" Unit "checkpoint::tests::the_newest_slot_counts_and_the_next_write_spares_it",
    /// A slot in the place of the other one is believed.
    BelieveMisdirectedSlot "believe-misdirected-slot" Unit "checkpoint::tests::a_misdirected_slot_is_not_believed",
    /// A slot's CRC is not looked at.
    SlotCrcUnchecked "slot-crc-unchecked" Unit "checkpoint::tests::every_flipped_bit_costs_at_most_its_slot",
    /// A deletion does not write the new log start down.
    ForgetLogStart "forget-log-start" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// Files go before the new log start is durable.
    LogStartNotFlushed "log-start-not-flushed" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// The log start moves to a record that is not durable.
    LogStartAheadOfFlush "log-start-ahead-of-flush" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// A start shows a log start that a killed process had not flushed.
    ShownLogStartNotFlushed "shown-log-start-not-flushed" Sim "found::a_log_start_that_was_shown_does_not_fall_back",
    /// The segment that holds the log start as its last record goes with those below.
    DeleteSegmentOfLogStart "delete-segment-of-log-start" Sim "promises::starts::a_segment_whose_last_record_is_the_log_start_stays",
    /// A clean stop does not flush what is written.
    StopWithoutFlush "stop-without-flush" Sim "promises::answers::a_clean_stop_makes_everything_durable",
    /// The mark of a clean stop stays while the engine runs.
    KeepStopMarker "keep-stop-marker" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// A stop that failed is marked as clean.
    MarkUncleanStop "mark-unclean-stop" Sim "promises::answers::an_answer_holds_whatever_failed_before",

    // Recovery.
    /// Damage below the durable end is cut.
    CutRot "cut-rot" Unit "recovery::tests::nothing_below_the_durable_end_is_ever_cut_or_kept",
    /// Damage after a clean stop is cut.
    CutAfterCleanStop "cut-after-clean-stop" Unit "recovery::tests::every_row_is_reached_and_only_by_its_facts",
    /// Damage in front of a batch of another start is cut.
    CutBeforeLaterEpoch "cut-before-later-epoch" Unit "recovery::tests::every_row_is_reached_and_only_by_its_facts",
    /// Damage in front of batches of later groups is cut.
    CutBeforeLaterGroup "cut-before-later-group" Unit "recovery::tests::rot_before_batches_of_later_groups_is_refused",
    /// Recovery does not look at CRCs.
    RecoverCrcUnchecked "recover-crc-unchecked" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// Recovery takes batches of another offset: stale bytes become data.
    AcceptStaleBytes "accept-stale-bytes" Unit "batch::tests::stale_bytes_with_another_offset_or_epoch_are_no_data",
    /// A batch's epoch is not compared with the epoch checkpoint.
    EpochOfBatchUnchecked "epoch-of-batch-unchecked" Unit "leader_epoch::tests::a_batch_carries_exactly_the_epoch_of_its_offset",
    /// A read error during recovery is taken for the end of the log.
    ReadErrorEndsLog "read-error-ends-log" Sim "promises::starts::a_read_error_is_not_the_end_of_the_log",
    /// What a start shows is not flushed first.
    RecoveredNotFlushed "recovered-not-flushed" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// What a start shows is flushed and not written again: what a failed flush has forgotten stays forgotten.
    RecoveredNotRewritten "recovered-not-rewritten" Sim "promises::answers::what_a_start_shows_after_a_failed_flush_outlasts_a_power_cut",
    /// What is read a second time, to be written again, is not checked.
    SecondReadUnchecked "second-read-unchecked" Sim "promises::starts::what_a_start_writes_again_is_what_it_has_accepted",

    // Producers.
    /// A batch sent again is not known again.
    ForgetRetries "forget-retries" Unit "producer_state::tests::each_of_the_last_five_batches_is_known_again_and_the_sixth_is_not",
    /// A producer's old instance is not fenced.
    OldEpochNotFenced "old-epoch-not-fenced" Unit "producer_state::tests::a_new_epoch_starts_at_sequence_zero_and_fences_the_old",
    /// A gap in a producer's sequence is accepted.
    AcceptSequenceGap "accept-sequence-gap" Unit "producer_state::tests::a_gap_in_the_sequence_is_out_of_order",
    /// Retention forgets producers that are active.
    ForgetActiveProducers "forget-active-producers" Sim "promises::producers::retention_forgets_no_producer_that_is_active",
    /// The last producer of a snapshot is dropped when it is read.
    DropLastProducer "drop-last-producer" Unit "producer_state::tests::a_snapshot_keeps_the_whole_window_of_every_producer",
    /// A snapshot keeps only the last batch of each producer.
    SnapshotOfLastBatches "snapshot-of-last-batches" Unit "producer_state::tests::a_snapshot_keeps_the_whole_window_of_every_producer",
    /// A snapshot's CRC is not looked at.
    SnapshotCrcUnchecked "snapshot-crc-unchecked" Unit "producer_state::tests::every_flipped_bit_and_every_cut_of_a_snapshot_is_found",
    /// A snapshot's count of entries is believed beyond its bytes.
    CountBeforeBound "count-before-bound" Unit "producer_state::tests::a_count_beyond_the_bytes_is_refused_with_a_right_crc",
    /// A snapshot holds batches that are queued and not yet in the log.
    SnapshotAheadOfLog "snapshot-ahead-of-log" Sim "promises::producers::a_snapshot_knows_no_batch_that_is_not_in_the_log",
    /// A snapshot is believed that is ahead of what is known to be durable.
    SnapshotAboveDurableEnd "snapshot-above-durable-end" Sim "promises::producers::a_snapshot_ahead_of_the_durable_end_is_not_believed",
    /// Recovery does not count the producers of the batches that it walks over.
    ProducersNotReplayed "producers-not-replayed" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",

    // What is accepted.
    /// The CRC of a producer's batch is not looked at.
    AppendCrcUnchecked "append-crc-unchecked" Unit "batch::tests::every_flipped_bit_of_a_producers_batch_is_refused_or_rewritten",
    /// A batch's count of records is believed beyond its bytes.
    RecordCountBeforeBound "record-count-before-bound" Unit "record::tests::a_count_beyond_the_bytes_is_refused_before_iterating",

    // The catalogue and topics.
    /// A change of the catalogue is answered before its flush.
    CatalogueAckBeforeFlush "catalogue-ack-before-flush" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// The data directory is not flushed after partitions' directories were made.
    DataDirectoryNotFlushed "data-directory-not-flushed" Sim "crashes::the_fixed_script_survives_a_crash_at_every_point",
    /// An interrupted deletion of a topic is not ended at the next start.
    ForgetInterruptedDeletion "forget-interrupted-deletion" Sim "found::an_interrupted_deletion_is_finished_at_the_next_start",
    /// A start goes on without topics whose partitions lie there, when the catalogue has lost them.
    ForgetLostTopics "forget-lost-topics" Sim "promises::starts::a_topic_that_the_catalogue_has_lost_is_missed",
    /// A start goes on beside partitions that say of no topic whose they are, and hold records.
    ForgetNamelessPartitions "forget-nameless-partitions" Sim "promises::starts::records_in_a_directory_without_a_readable_id_are_missed",
    /// The catalogue's torn tail is left in its file.
    CatalogueTailKept "catalogue-tail-kept" Sim "promises::catalogue::a_torn_change_is_no_damage_after_a_clean_stop",
    /// After a kill the catalogue is flushed and not written again.
    CatalogueNotRewritten "catalogue-not-rewritten" Sim "promises::catalogue::a_change_whose_flush_failed_is_shown_for_good_or_not_at_all",
    /// Producer ids are given out before the catalogue knows of them.
    ProducerIdsNotSaved "producer-ids-not-saved" Sim "promises::starts::a_producer_id_is_given_out_once",

    // Retention.
    /// Retention deletes records that nobody may see yet.
    RetainAboveHighWatermark "retain-above-high-watermark" Unit "retention::tests::nothing_above_the_high_watermark_goes",
    /// One record from the far future keeps its segment for ever.
    BelieveFutureTimestamp "believe-future-timestamp" Unit "retention::tests::an_absurd_future_timestamp_counts_as_the_files_last_change",
    /// A segment that is written counts as last changed when it was made or opened.
    ForgetLastChange "forget-last-change" Sim "found::retention_keeps_the_young_records_of_an_old_segment",
    /// Retention deletes the active segment without a roll.
    DeleteActiveSegment "delete-active-segment" Unit "retention::tests::the_active_segment_goes_only_with_a_roll_and_only_with_data",

    // Compaction.
    /// Compaction removes the newest record of a key.
    CompactNewest "compact-newest" Unit "compaction::tests::random_batches_of_every_codec_keep_what_a_plain_map_keeps",
    /// A null value goes before `delete.retention.ms` has passed.
    TombstoneGoesEarly "tombstone-goes-early" Unit "compaction::tests::a_tombstone_gets_its_horizon_at_the_first_cleaning_and_goes_when_it_has_passed",
    /// A batch that loses records loses their offsets as well.
    CompactionClosesGaps "compaction-closes-gaps" Unit "compaction::tests::random_batches_of_every_codec_keep_what_a_plain_map_keeps",
    /// Compaction takes records that consumers may not see yet.
    CompactAboveVisible "compact-above-visible" Unit "compaction::choice::tests::nothing_that_consumers_may_not_see_yet_is_cleaned",
    /// Segments are merged whose offsets an index cannot hold.
    MergeBeyondIndexReach "merge-beyond-index-reach" Unit "compaction::choice::tests::groups_stay_within_the_reach_of_an_index",
    /// A compacted segment that was shortened is taken for whole.
    AcceptAnyGap "accept-any-gap" Unit "compaction::checkpoint::tests::a_gap_is_accepted_where_the_segment_ends_to_the_byte_and_nowhere_else",
    /// A compacted segment takes its place before it is flushed.
    SwapBeforeFlush "swap-before-flush" Sim "promises::compaction::a_compacted_log_survives_a_crash_at_every_point",
    /// Files are swapped without a word in the cleaner checkpoint.
    SwapUnannounced "swap-unannounced" Sim "promises::compaction::a_compacted_log_survives_a_crash_at_every_point",
    /// A start ends a swap whose announcement a killed process had not flushed, and does not flush it either.
    FoundSwapNotFlushed "found-swap-not-flushed" Sim "promises::compaction::a_swap_that_a_killed_process_announced_outlasts_a_power_cut",
    /// The memory of segments that compaction has replaced goes on being served.
    SwapKeepsCache "swap-keeps-cache" Sim "promises::compaction::a_compacted_log_survives_a_crash_at_every_point",
}

/// Whether `bug` is planted. Never, in this build.
#[cfg(not(feature = "planted-bugs"))]
pub(crate) const fn is(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "planted-bugs")]
pub(crate) use switch::is;
#[cfg(feature = "planted-bugs")]
pub use switch::{PlantedHere, plant, plant_here};

#[cfg(feature = "planted-bugs")]
mod switch {
    use std::cell::Cell;
    use std::marker::PhantomData;
    use std::sync::OnceLock;

    use super::Bug;

    /// Written once, by the thread that plants; read by all cores.
    static PROCESS: OnceLock<Bug> = OnceLock::new();

    thread_local! {
        static HERE: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    impl Bug {
        /// The bug of that name.
        pub fn parse(name: &str) -> Option<Bug> {
            Bug::ALL.iter().copied().find(|bug| bug.name() == name)
        }
    }

    /// Whether `bug` is planted, in this process or on this thread.
    pub(crate) fn is(bug: Bug) -> bool {
        #[cfg(test)]
        if super::tests::asked_for() == Some(bug) {
            return true;
        }
        PROCESS.get() == Some(&bug) || HERE.get() == Some(bug)
    }

    /// Plants a bug in the whole process, for good. For tools that run one broken engine.
    ///
    /// # Panics
    /// When another one is planted already: two bugs at once prove nothing of either.
    pub fn plant(bug: Bug) {
        let planted = *PROCESS.get_or_init(|| bug);
        assert_eq!(planted, bug, "one bug a process");
    }

    /// Plants a bug on the calling thread until the returned value goes. For tests of what runs on one thread.
    pub fn plant_here(bug: Bug) -> PlantedHere {
        HERE.set(Some(bug));
        PlantedHere {
            on_this_thread: PhantomData,
        }
    }

    /// Keeps a bug planted on its thread.
    #[must_use = "the bug goes with this value"]
    pub struct PlantedHere {
        on_this_thread: PhantomData<*const ()>,
    }

    impl Drop for PlantedHere {
        fn drop(&mut self) {
            HERE.set(None);
        }
    }
}

#[cfg(all(test, feature = "planted-bugs"))]
mod tests;
