//! Roles built on the ports, plugged into the switchboard, their workers running; and their end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use embedded::Switchboard;
use http::Request;
use platform::bugs::Bugs;
use platform::config::Config;
use platform::context::Context;
use platform::metrics::Metrics;
use platform::roles::{self, Role};
use platform::texts::Texts;
use ports::entropy::Entropy;
use ports::http_port::ServiceName;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::clock::SystemClock;
use crate::stores::Stores;

/// The roles of this process.
pub struct Processes {
    /// Each role's routes.
    routers: Vec<(Role, Router)>,
    workers: JoinSet<String>,
    metrics: Metrics,
    switchboard: Arc<Switchboard>,
    stopping: watch::Sender<bool>,
}

/// Tells when the process begins to stop.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Completes when the process begins to stop.
    pub async fn cancelled(mut self) {
        // A sender that is gone has stopped as well.
        drop(self.0.wait_for(|stopping| *stopping).await);
    }

    /// Whether it has begun to.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }
}

impl Processes {
    /// Starts these roles. They call each other through the switchboard.
    #[must_use]
    pub fn start(
        wanted: &[Role],
        config: &Arc<Config>,
        texts: &Texts,
        stores: &Stores,
        switchboard: &Arc<Switchboard>,
        entropy: &Entropy,
    ) -> Self {
        let (stopping, _) = watch::channel(false);
        let metrics = Metrics::default();
        let mut processes = Self {
            routers: Vec::new(),
            workers: JoinSet::new(),
            metrics: metrics.clone(),
            switchboard: switchboard.clone(),
            stopping,
        };
        let mut workers = Vec::new();
        for role in wanted {
            let context = Context {
                sql: stores.pool_of(*role),
                redis: stores.redis.clone(),
                events: stores.events.clone(),
                http: switchboard.clone(),
                clock: Arc::new(SystemClock),
                entropy: entropy.fork(),
                texts: texts.clone(),
                config: config.clone(),
                bugs: Bugs::none(),
                metrics: metrics.clone(),
            };
            let process = roles::build(*role, context);
            switchboard.plug_in(ServiceName(role.name()), process.router.clone());
            processes.routers.push((*role, process.router));
            workers.extend(process.workers.into_iter().map(|worker| (*role, worker)));
        }
        // Only now: a worker may call any service at once.
        for (role, worker) in workers {
            let name = format!("{}/{}", role.name(), worker.name);
            processes.workers.spawn(async move {
                worker.future.await;
                name
            });
        }
        processes
    }

    /// The routes of a role, if it runs here.
    #[must_use]
    pub fn router(&self, role: Role) -> Option<Router> {
        self.routers.iter().find(|(of, _)| *of == role).map(|(_, router)| router.clone())
    }

    /// Every role that runs here, with its routes.
    pub fn routers(&self) -> &[(Role, Router)] {
        &self.routers
    }

    /// Waits until every role here has what it cannot do without.
    pub async fn ready(&self) {
        const LOOK: Duration = Duration::from_millis(20);
        for (_, router) in &self.routers {
            while !is_ready(router).await {
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// What all roles here count.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Tells when this process begins to stop.
    #[must_use]
    pub fn stopping(&self) -> Stopping {
        Stopping(self.stopping.subscribe())
    }

    /// The name of a worker that ended although it never should: it panicked.
    pub async fn worker_ended(&mut self) -> String {
        match self.workers.join_next().await {
            Some(Ok(name)) => name,
            Some(Err(error)) => error.to_string(),
            // A gateway alone has no worker whose end could be waited for.
            None => std::future::pending().await,
        }
    }

    /// Takes no more requests from now on, and says so where readiness is asked for.
    pub fn begin_stopping(&self) {
        self.stopping.send_replace(true);
    }

    /// Ends the workers, and waits for the sagas and settlements that they or callers had begun. A worker may be dropped at
    /// any await: its transactions are rolled back and its group memberships given up.
    pub async fn stop(mut self) {
        const LOOK: Duration = Duration::from_millis(10);
        self.workers.shutdown().await;
        while self.metrics.under_way() > 0 {
            tokio::time::sleep(LOOK).await;
        }
        self.routers.iter().for_each(|(role, _)| self.switchboard.unplug(ServiceName(role.name())));
    }
}

/// Whether a role says that it has what it cannot do without.
pub(super) async fn is_ready(router: &Router) -> bool {
    let request = Request::get("/readyz").body(Body::empty()).expect("a fixed request");
    let Ok(answer) = router.clone().oneshot(request).await;
    answer.status().is_success()
}
