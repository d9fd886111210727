//! The machines of the discovery path that are no part of the platform: search server and change stream, each behind a
//! process that can be killed and started again.

use std::sync::Arc;

use harness::world::hosts::change_stream::ChangeStreamHost;
use harness::world::hosts::kafka::KafkaHost;
use harness::world::hosts::postgres::PostgresHost;
use harness::world::hosts::search::SearchHost;
use harness::world::network::NodeIndex;
use madsim::runtime::NodeHandle;
use platform::messages::SEARCH_ENGINE;
use ports::http_port::ServiceName;

use super::adapters::events;
use super::process::{Boot, Door, ProcessSpec, Server};

/// Requests the machine takes in at once; the host queues them by itself.
const TAKEN_IN: usize = 10_000;

/// The search server at `at`. Killed, it is unreachable; started again, it has what it had acknowledged.
#[must_use]
pub fn search_process(at: NodeIndex, search: Arc<SearchHost>) -> ProcessSpec {
    let boot: Boot = Arc::new(move |_node: &NodeHandle, door: Door| {
        search.recover();
        door.open(Server::Search(search.clone()));
    });
    ProcessSpec {
        name: "search-engine-0".to_owned(),
        service: SEARCH_ENGINE,
        at,
        parallelism: TAKEN_IN,
        request_us: 0,
        boot,
    }
}

/// The connector at `at`, from `database`, which `stream` must have been fed by, to `kafka`. Killed, it begins again at the last
/// place it stored.
#[must_use]
pub fn change_stream_process(
    at: NodeIndex,
    stream: Arc<ChangeStreamHost>,
    database: Arc<PostgresHost>,
    kafka: Arc<KafkaHost>,
) -> ProcessSpec {
    let boot: Boot = Arc::new(move |node: &NodeHandle, _door: Door| {
        let log = Arc::new(events::log(kafka.clone(), at));
        drop(node.spawn(stream.clone().connect(database.clone(), log)));
    });
    ProcessSpec {
        name: "change-stream-0".to_owned(),
        service: ServiceName("change-stream"),
        at,
        parallelism: 1,
        request_us: 0,
        boot,
    }
}
