//! The run record: what a run of any world leaves behind, as versioned JSON.
