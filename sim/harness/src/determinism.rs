//! Plays seeds in two processes each and demands equal traces, byte for byte.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::cli::{DeterminismArgs, UsageError};

/// Exit code when two traces differ: as when safety is broken, because nothing a seed shows can be trusted then.
const DIFFERS: u8 = 1;

/// Compares the traces of two processes for each seed; returns the exit code.
///
/// # Errors
/// When a process cannot be started or a trace cannot be read.
pub(crate) fn check(args: &DeterminismArgs) -> Result<u8, UsageError> {
    args.subject.load()?;
    let folder = std::env::temp_dir().join(format!("doorbuster-determinism-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| UsageError(format!("{}: {error}", folder.display())))?;
    let checked = check_seeds(args, &folder);
    // Traces are large; what is left of them after an error is of no use to anyone.
    drop(std::fs::remove_dir_all(&folder));
    checked
}

fn check_seeds(args: &DeterminismArgs, folder: &Path) -> Result<u8, UsageError> {
    let mut differing = 0_u64;
    for seed in args.seed..args.seed.saturating_add(args.count) {
        let paths = [folder.join("first"), folder.join("second")];
        let [first, second] = paths.each_ref().map(|path| start(args, seed, path));
        finish(first?, seed)?;
        finish(second?, seed)?;
        match first_difference(&paths)? {
            None => println!("seed {seed}: equal, {} bytes", length(&paths[0])),
            Some(line) => {
                differing += 1;
                println!("seed {seed}: DIFFERENT from line {line} on");
            }
        }
    }
    println!("{} of {} seeds gave equal traces in two processes", args.count - differing, args.count);
    Ok(if differing == 0 { 0 } else { DIFFERS })
}

fn start(args: &DeterminismArgs, seed: u64, trace: &Path) -> Result<Child, UsageError> {
    let this = std::env::current_exe()?;
    let mut command = Command::new(this);
    command.arg("run").arg(&args.subject.scenario).arg("--seed").arg(seed.to_string()).arg("--trace").arg(trace);
    command.args(args.subject.extras().split_whitespace());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.spawn()?)
}

/// Waits for a run. A run that found something is as good as one that held: what counts is its trace.
fn finish(mut child: Child, seed: u64) -> Result<(), UsageError> {
    let status = child.wait()?;
    match status.code() {
        Some(0 | 1 | 3 | 4) => Ok(()),
        code => Err(UsageError(format!("the run of seed {seed} ended with {code:?}; run it by hand to see why"))),
    }
}

fn length(path: &PathBuf) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

/// The first line that differs, counted from 1.
fn first_difference(paths: &[PathBuf; 2]) -> Result<Option<u64>, UsageError> {
    let open = |path: &PathBuf| File::open(path).map(|file| BufReader::new(file).bytes());
    let (mut first, mut second) = (open(&paths[0])?, open(&paths[1])?);
    let mut line = 1;
    loop {
        match (first.next().transpose()?, second.next().transpose()?) {
            (None, None) => return Ok(None),
            (Some(a), Some(b)) if a == b => line += u64::from(a == b'\n'),
            _ => return Ok(Some(line)),
        }
    }
}
