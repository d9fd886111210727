//! What befalls the stack: faults and their ends, what shows that they happened, and edits of a role's texts.

use std::time::Duration;

use testbed::{Persistence, Server};
use tokio::task::block_in_place;

use super::{READY_WITHIN, Stack, failed};
use crate::draw::{Fault, Means, Round, Victim};

/// How long a failing power takes back what was written: less than the second after which Redis has it flushed.
const UNFLUSHED: Duration = Duration::from_millis(300);

impl Stack {
    /// Replaces a statement or script from now on, in this role alone, which is restarted for it.
    pub(crate) fn edit(&mut self, role: &'static str, name: &str, text: &str) -> Result<(), String> {
        let path = self.texts.path().join(name);
        std::fs::create_dir_all(path.parent().ok_or("a text lies in a folder")?).map_err(failed)?;
        std::fs::write(&path, text).map_err(failed)?;
        self.begin_anew(role)
    }

    /// Takes such an edit back.
    pub(crate) fn edit_back(&mut self, role: &'static str, name: &str) -> Result<(), String> {
        std::fs::remove_file(self.texts.path().join(name)).map_err(failed)?;
        self.begin_anew(role)
    }

    fn begin_anew(&mut self, role: &'static str) -> Result<(), String> {
        let role = self.server(Victim::Role(role));
        block_in_place(|| role.kill().and_then(|()| role.restart())).map_err(failed)
    }

    /// Kills Redis, restarts it, and waits until the gate is open again under a new epoch.
    pub(crate) async fn lose_redis(&mut self) -> Result<(), String> {
        const OPEN: &str = "SELECT epoch FROM gate_epoch WHERE state = 'open'";
        let before = self.sql(OPEN)?;
        block_in_place(|| self.redis.kill().and_then(|()| self.redis.restart())).map_err(failed)?;
        let opened = async {
            loop {
                let now = self.sql(OPEN)?;
                if !now.is_empty() && now != before {
                    return Ok::<_, String>(());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let waited = tokio::time::timeout(READY_WITHIN, opened).await;
        waited.map_err(|_| "the gate did not open again".to_owned())?
    }

    /// Tells a role to stop and waits for its end; its exit code.
    pub(crate) fn stop(&mut self, role: &'static str) -> Result<Option<i32>, String> {
        block_in_place(|| self.server(Victim::Role(role)).stop()).map_err(failed)
    }

    /// Starts a role again.
    pub(crate) fn restart(&mut self, role: &'static str) -> Result<(), String> {
        block_in_place(|| self.server(Victim::Role(role)).restart()).map_err(failed)
    }

    /// Brings the stack into the state that a fault starts from.
    pub(crate) async fn make_ready_for(&mut self, fault: Fault) -> Result<(), String> {
        let wanted = fault.persistence().unwrap_or(self.persistence);
        if wanted != self.persistence {
            self.persistence = wanted;
            block_in_place(|| {
                self.redis.stop()?;
                self.redis.keep(wanted)?;
                self.redis.restart()
            })
            .map_err(failed)?;
        }
        self.ready().await?;
        if wanted == Persistence::Rdb {
            // With this product's counter in it: what Redis comes back with is old, not empty.
            block_in_place(|| self.redis.take_snapshot()).map_err(failed)?;
        }
        self.counted = self.count(fault).await?;
        Ok(())
    }

    /// Lets the fault happen.
    pub(crate) async fn strike(&mut self, round: &Round) -> Result<(), String> {
        match round.fault.means() {
            Means::Kill(victim) => block_in_place(|| self.server(victim).kill()).map_err(failed)?,
            Means::Forget => self.forgotten += self.forget_last_writes().await?,
            Means::Halt(victim) => block_in_place(|| self.server(victim).pause()).map_err(failed)?,
            Means::Proxy(cut) => self.proxy.lose_commit_answers(round.answers.into(), cut),
            Means::Cards => self.cards.hang_after_capture(round.answers).await?,
        }
        Ok(())
    }

    /// Kills Redis so that it comes back without what it wrote last. How much that is: in bytes or in changes.
    async fn forget_last_writes(&mut self) -> Result<u64, String> {
        if self.persistence == Persistence::Rdb {
            let changes = block_in_place(|| self.redis.changes_since_snapshot()).map_err(failed)?;
            block_in_place(|| self.redis.kill()).map_err(failed)?;
            return Ok(changes);
        }
        let flushed = self.redis.written().map_err(failed)?;
        tokio::time::sleep(UNFLUSHED).await;
        block_in_place(|| self.redis.kill().and_then(|()| self.redis.cut_back(&flushed))).map_err(failed)
    }

    /// Ends the fault.
    pub(crate) fn heal(&mut self, fault: Fault) -> Result<(), String> {
        match fault.means() {
            Means::Kill(victim) => block_in_place(|| self.server(victim).restart()).map_err(failed)?,
            Means::Forget => block_in_place(|| self.redis.restart()).map_err(failed)?,
            Means::Halt(victim) => self.server(victim).resume(),
            Means::Proxy(cut) => self.proxy.lose_commit_answers(0, cut),
            // Ends by itself with its last answer.
            Means::Cards => {}
        }
        Ok(())
    }

    /// Says what shows that the fault happened, or that it did not.
    pub(crate) async fn probe(&mut self, round: &Round) -> Result<String, String> {
        let seen = self.count(round.fault).await? - self.counted;
        let what = match round.fault.means() {
            Means::Kill(_) => "ended by signal 9",
            Means::Forget => "bytes or changes forgotten",
            Means::Halt(_) => "seen halted",
            Means::Proxy(_) => "answers to COMMIT lost",
            Means::Cards => "captures left without answer",
        };
        if seen == 0 { Err(format!("the fault did not happen: no {what}")) } else { Ok(format!("{seen} {what}")) }
    }

    /// What has been counted of a fault since the start.
    async fn count(&mut self, fault: Fault) -> Result<u64, String> {
        Ok(match fault.means() {
            Means::Kill(victim) => self.server(victim).times_killed().into(),
            Means::Forget => self.forgotten,
            Means::Halt(victim) => self.server(victim).times_halted().into(),
            Means::Proxy(_) => self.proxy.commit_answers_lost(),
            Means::Cards => self.cards.captures_without_answer().await?,
        })
    }

    fn server(&mut self, victim: Victim) -> &mut Server {
        match victim {
            Victim::Redis => &mut self.redis,
            Victim::Postgres => &mut self.postgres,
            Victim::Kafka => &mut self.kafka,
            Victim::Role(role) => self.roles.get_mut(role).expect("every role runs"),
        }
    }
}
