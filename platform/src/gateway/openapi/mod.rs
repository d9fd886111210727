//! `GET /openapi.json`: the public API as OpenAPI 3.1, made from the routes themselves.
//!
//! A route comes into being together with its description ([`Route`]): there is none without, and none is described that is not
//! there. What an operation may answer is said there too; the problems of the table in [`super::problem`] are one schema.

mod operation;
pub(super) mod schemas;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::handler::Handler;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::StatusCode;
use serde_json::{Map, Value, json};

pub(super) use self::operation::{Operation, answers_with};
use super::{Gateway, answers};

/// An address with what can be asked of it.
pub(super) struct Route {
    path: &'static str,
    methods: MethodRouter<Arc<Gateway>>,
    operations: Vec<(&'static str, Operation)>,
}

impl Route {
    /// An address of which nothing can be asked yet; parameters as `{id}`.
    pub(super) fn at(path: &'static str) -> Self {
        Self { path, methods: MethodRouter::new(), operations: Vec::new() }
    }

    pub(super) fn get<H: Handler<T, Arc<Gateway>>, T: 'static>(self, handler: H, operation: Operation) -> Self {
        self.with("get", MethodFilter::GET, handler, operation)
    }

    pub(super) fn post<H: Handler<T, Arc<Gateway>>, T: 'static>(self, handler: H, operation: Operation) -> Self {
        self.with("post", MethodFilter::POST, handler, operation)
    }

    pub(super) fn put<H: Handler<T, Arc<Gateway>>, T: 'static>(self, handler: H, operation: Operation) -> Self {
        self.with("put", MethodFilter::PUT, handler, operation)
    }

    pub(super) fn delete<H: Handler<T, Arc<Gateway>>, T: 'static>(self, handler: H, operation: Operation) -> Self {
        self.with("delete", MethodFilter::DELETE, handler, operation)
    }

    fn with<H: Handler<T, Arc<Gateway>>, T: 'static>(
        mut self,
        name: &'static str,
        filter: MethodFilter,
        handler: H,
        operation: Operation,
    ) -> Self {
        self.methods = self.methods.merge(on(filter, handler));
        self.operations.push((name, operation));
        self
    }
}

/// The router of these routes.
pub(super) fn router(routes: Vec<Route>) -> Router<Arc<Gateway>> {
    routes.into_iter().fold(Router::new(), |router, route| router.route(route.path, route.methods))
}

/// The document of these routes, of a gateway that believes the shopper's header or does not.
pub(super) fn document(routes: &[Route], trusts_shopper_header: bool) -> Value {
    let mut schemes = json!({ "session": { "type": "http", "scheme": "bearer" } });
    if trusts_shopper_header {
        schemes["shopper"] = json!({
            "type": "apiKey",
            "in": "header",
            "name": "X-Shopper-Id",
            "description": "Believed only behind an edge that has checked it.",
        });
    }
    let ways_in: Vec<&str> = schemes.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
    let paths: Map<String, Value> = routes
        .iter()
        .map(|route| {
            let operations: Map<String, Value> = route
                .operations
                .iter()
                .map(|(method, operation)| ((*method).to_owned(), operation.describe(method, route.path, &ways_in)))
                .collect();
            (route.path.to_owned(), Value::Object(operations))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Doorbuster",
            "version": "1",
            "description": "A shop through a flash sale. Errors are problem details (RFC 9457); a checkout is safe to repeat under its key.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": schemes,
        },
    })
}

/// Shows the document.
pub(super) async fn show(State(gateway): State<Arc<Gateway>>) -> Response {
    answers::json(StatusCode::OK, &gateway.openapi)
}
