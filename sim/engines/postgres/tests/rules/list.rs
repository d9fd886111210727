//! The rules by name and file, once: the engine's tests and the real server's are made of the same list.

/// Calls a macro with `name: "file"` of every rule.
macro_rules! with_every_rule {
    ($make:ident) => {
        $make! {
            read_committed_takes_a_snapshot_per_statement_that_its_ctes_share: "01_snapshot.sql",
            a_waiter_rechecks_its_where_on_the_newest_version: "02_recheck.sql",
            rows_that_newly_match_after_a_wait_are_not_found: "03_new_matches.sql",
            update_chains_follow_rows_not_keys: "04_chains.sql",
            in_a_rechecked_join_only_the_target_is_new: "05_update_from.sql",
            an_uncorrelated_subselect_is_not_run_again: "06_subselect.sql",
            row_locks_sit_above_the_sort_and_below_the_limit: "07_lock_order.sql",
            skip_locked_fills_its_limit_and_nowait_fails: "08_skip_locked.sql",
            a_unique_check_waits_for_the_outcome: "09_unique_wait.sql",
            uniqueness_is_checked_row_by_row: "10_unique_rows.sql",
            do_nothing_waits_and_returns_no_row: "11_do_nothing.sql",
            do_update_changes_a_row_its_snapshot_cannot_see: "12_do_update.sql",
            do_update_may_not_hit_one_row_twice: "13_do_update_twice.sql",
            sequences_never_roll_back: "14_sequences.sql",
            a_foreign_key_insert_takes_key_share: "15_foreign_key.sql",
            updaters_queue_and_a_compatible_share_overtakes: "16_queue.sql",
            rollback_to_savepoint_releases_row_locks: "17_savepoint.sql",
            after_an_error_the_transaction_refuses_everything: "18_failed.sql",
            the_deadlock_victim_is_the_waiter_whose_timer_fires: "19_deadlock.sql",
            values_behave_as_their_types_say: "20_values.sql",
            repeatable_read_keeps_its_snapshot_and_refuses_lost_updates: "21_repeatable_read.sql",
            serializable_refuses_the_second_of_a_write_skew: "22_serializable.sql",
            a_second_relay_goes_on_behind_the_first: "23_fulfilment.sql",
            contention_resolves_as_on_a_server: "24_contention.sql",
            check_constraints_come_before_the_wait_and_after_it: "25_check_before_wait.sql",
            foreign_keys_are_checked_against_what_is_committed_now: "26_foreign_key_levels.sql",
            an_old_snapshot_is_refused_before_any_wait: "27_old_snapshots.sql",
            a_read_only_transaction_locks_nothing: "28_read_only.sql",
            a_freed_row_is_not_handed_over: "29_woken_together.sql",
            a_list_of_keys_is_asked_again_of_the_newest_version: "30_any_of.sql",
            waiters_stand_in_line_for_a_version_of_a_row: "31_in_line.sql",
            a_released_savepoint_is_waited_for_as_its_transaction: "32_release.sql",
            advisory_locks_queue_and_a_cycle_through_the_queue_has_no_victim: "33_advisory.sql",
        }
    };
}
