//! `/livez` and `/metrics` of every role, and `/readyz` of those that need the database.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use platform::roles::{self, Role};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use crate::World;

async fn get(router: &Router, path: &str) -> StatusCode {
    let request = Request::get(path).body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap().status()
}

async fn probe(router: &Router) -> StatusCode {
    get(router, "/readyz").await
}

#[tokio::test(start_paused = true)]
async fn every_role_is_alive_and_shows_its_counts() {
    for role in Role::ALL {
        let router = roles::build(role, World::new().context()).router;
        assert_eq!(get(&router, "/livez").await, StatusCode::OK, "{role:?}");
        assert_eq!(get(&router, "/metrics").await, StatusCode::OK, "{role:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_probes_ask_the_database_once_a_second() {
    let world = World::new();
    let router = roles::build(Role::Warehouse, world.context()).router;
    for _ in 0..1_000 {
        assert_eq!(probe(&router).await, StatusCode::OK);
        sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(*world.store.queries.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_does_not_answer_makes_its_roles_unready_within_half_a_second() {
    let world = World::new();
    let router = roles::build(Role::OutboxRelay, world.context()).router;
    world.store.hangs.store(true, Ordering::Relaxed);
    let asked = Instant::now();
    assert_eq!(probe(&router).await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(asked.elapsed() <= Duration::from_millis(501));
    world.store.hangs.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(probe(&router).await, StatusCode::OK);
}
