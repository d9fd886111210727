//! Who used the processors while a load went on, by the names of the processes, as `/proc` tells it on this machine.

use std::collections::BTreeMap;

/// A processor that is busier than this is what bound the load.
const BUSY: f64 = 0.85;
/// Processors that waited longer than this for the disk waited for it.
const WAITED: f64 = 0.15;

/// Ticks of processors up to a moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    /// Of each process, by its number: its name and its ticks.
    processes: BTreeMap<u32, (String, u64)>,
    all: u64,
    idle: u64,
    waited: u64,
}

impl Usage {
    /// Usage up to now; nothing where there is no `/proc`.
    #[must_use]
    pub(super) fn now() -> Self {
        let mut usage = Self::default();
        if let Ok(stat) = std::fs::read_to_string("/proc/stat")
            && let Some(line) = stat.lines().next()
        {
            let ticks: Vec<u64> = line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
            // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user already.
            usage.all = ticks.iter().take(8).sum();
            usage.idle = ticks.get(3).copied().unwrap_or(0);
            usage.waited = ticks.get(4).copied().unwrap_or(0);
        }
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
            if let Some(process) = process(&stat) {
                usage.processes.insert(pid, process);
            }
        }
        usage
    }

    /// What bound a load between then and now, in a sentence.
    #[must_use]
    pub(super) fn bound_since(&self, before: &Self) -> String {
        let all = self.all.saturating_sub(before.all);
        if all == 0 {
            return "unknown: this machine does not say who uses its processors".to_owned();
        }
        let share = |ticks: u64| crate::validity::ratio(ticks, all);
        let mut names: BTreeMap<&str, u64> = BTreeMap::new();
        for (pid, (name, ticks)) in &self.processes {
            let earlier = before.processes.get(pid).map_or(0, |(_, ticks)| *ticks);
            *names.entry(name).or_default() += ticks.saturating_sub(earlier);
        }
        let mut users: Vec<(&str, u64)> = names.into_iter().filter(|(_, ticks)| share(*ticks) >= 0.03).collect();
        users.sort_by_key(|(_, ticks)| std::cmp::Reverse(*ticks));
        let users: Vec<String> =
            users.iter().take(4).map(|(name, ticks)| format!("{name} {:.0} %", share(*ticks) * 100.0)).collect();
        let (waited, idle) =
            (share(self.waited.saturating_sub(before.waited)), share(self.idle.saturating_sub(before.idle)));
        let busy = 1.0 - idle - waited;
        let what = if busy >= BUSY {
            "the processors"
        } else if waited >= WAITED {
            "the disk"
        } else {
            "a limit or a queue inside: processors and disk had room"
        };
        format!(
            "{what} ({:.0} % busy, {:.0} % waiting for the disk; {})",
            busy * 100.0,
            waited * 100.0,
            users.join(", ")
        )
    }
}

/// A process's name and its ticks in user and system mode, from its `stat`: the name stands in brackets and may hold any.
fn process(stat: &str) -> Option<(String, u64)> {
    let (head, rest) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((name, user + system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_holds() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 10 0 0 0 150 50 0 0 20 0 1 0 100 1000 10";
        assert_eq!(process(stat), Some(("a) b (c".to_owned(), 200)));
    }

    #[test]
    fn who_used_the_processors_is_named() {
        let before = Usage { all: 1_000, idle: 500, ..Usage::default() };
        let processes = BTreeMap::from([(1, ("postgres".to_owned(), 120)), (2, ("platform".to_owned(), 60))]);
        let now = Usage { processes, all: 1_200, idle: 510, waited: 0 };
        let what = now.bound_since(&before);
        assert_eq!(what, "the processors (95 % busy, 0 % waiting for the disk; postgres 60 %, platform 30 %)");
    }
}
