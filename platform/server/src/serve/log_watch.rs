//! Whether a broker of the log answers: asked at most once a second, however many probes ask.

use std::time::Duration;

use live::kafka::LiveLog;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a finding is repeated.
const FINDING_TTL: Duration = Duration::from_millis(1_000);
/// How long a broker may take to answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// A way to the brokers of its own, for looking.
pub struct LogWatch {
    log: LiveLog,
    /// When it was last looked, and whether a broker answered.
    finding: Mutex<Option<(Instant, bool)>>,
}

impl LogWatch {
    /// Looks at this log.
    #[must_use]
    pub fn new(log: LiveLog) -> Self {
        Self { log, finding: Mutex::new(None) }
    }

    /// Whether a broker answers.
    pub async fn answers(&self) -> bool {
        let mut finding = self.finding.lock().await;
        if let Some((at, answers)) = *finding
            && at.elapsed() < FINDING_TTL
        {
            return answers;
        }
        let answers = self.log.look(PATIENCE).await.is_ok();
        *finding = Some((Instant::now(), answers));
        answers
    }
}
