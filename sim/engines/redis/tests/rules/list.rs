// Rules 21 to 24 of the engines' semantics: one list for the tests of the engine and for those of a real server, each of
// which says with a macro of its own what a rule's program is run on.
rules! {
    a_failing_command_inside_exec_undoes_nothing_before_it: "21_exec_undoes_nothing.redis",
    a_failing_command_inside_a_script_undoes_nothing_before_it: "21_script_undoes_nothing.redis",
    an_error_while_queueing_makes_exec_abort: "21_queueing_error_aborts.redis",
    lua_values_become_answers_as_redis_converts_them: "22_conversions.redis",
    new_globals_are_refused: "22_globals.redis",
    expiry_stands_still_inside_a_script_while_time_moves: "23_clock_in_scripts.redis",
    set_clears_a_deadline_incr_keeps_it_and_a_negative_one_deletes: "23_deadlines.redis",
    arithmetic_past_64_bits_errors_and_changes_nothing: "24_overflow.redis",
    sorted_set_ties_are_ordered_by_bytes: "24_ties.redis",
    the_script_cache_does_not_survive_a_restart: "24_script_cache.redis",
}
