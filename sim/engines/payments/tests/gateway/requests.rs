//! What the gateway does not accept: unknown paths, unknown or misshapen parameters, ids of nothing.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{START_MS, authorized, gateway, json_of, post};

fn refusal_of_create(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = super::authorize("o-1");
    change(&mut body);
    let mut gateway = gateway();
    let answer = post(&mut gateway, "/v1/payment_intents", None, &body);
    assert_eq!(answer.status(), 400, "{body}");
    assert_eq!(gateway.charges().count(), 0, "{body}");
    json_of(&answer)["error"].clone()
}

#[test]
fn amounts_outside_the_bounds_are_refused_by_name() {
    assert_eq!(refusal_of_create(|body| body["amount"] = json!(49))["code"], "amount_too_small");
    assert_eq!(refusal_of_create(|body| body["amount"] = json!(-1))["code"], "amount_too_small");
    assert_eq!(refusal_of_create(|body| body["amount"] = json!(100_000_000))["code"], "amount_too_large");
    assert_eq!(refusal_of_create(|body| body["amount"] = json!(19.99))["code"], "parameter_invalid_integer");
    assert_eq!(refusal_of_create(|body| body["amount"] = json!(1e30))["code"], "parameter_invalid_integer");
    assert_eq!(refusal_of_create(|body| body["amount"] = Value::Null)["code"], "parameter_missing");
}

#[test]
fn unknown_parameter_is_refused_by_name() {
    let error = refusal_of_create(|body| body["off_session"] = json!(true));
    assert_eq!((&error["code"], &error["param"]), (&json!("parameter_unknown"), &json!("off_session")));
}

#[test]
fn misshapen_parameters_are_refused() {
    assert_eq!(refusal_of_create(|body| body["currency"] = json!("dollars"))["param"], "currency");
    assert_eq!(refusal_of_create(|body| body["capture_method"] = json!("later"))["param"], "capture_method");
    assert_eq!(refusal_of_create(|body| body["confirm"] = json!("yes"))["param"], "confirm");
    assert_eq!(refusal_of_create(|body| body["amount"] = json!([1]))["param"], "amount");
    assert_eq!(refusal_of_create(|body| body["payment_method"] = json!("pm_1"))["code"], "resource_missing");
    assert_eq!(refusal_of_create(|body| body["payment_method"] = Value::Null)["code"], "parameter_missing");
    assert_eq!(refusal_of_create(|body| body["metadata"]["note"] = json!("x".repeat(501)))["param"], "metadata[note]");
}

#[test]
fn body_that_is_no_object_is_refused() {
    for body in ["[]", "7", "{", "\u{0}"] {
        let request = Request::post("/v1/payment_intents").body(Bytes::from(body)).unwrap();
        assert_eq!(gateway().handle(&request, START_MS).status(), 400, "{body:?}");
    }
    let request = Request::post("/v1/payment_intents").header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(Bytes::from("amount=%4")).unwrap();
    assert_eq!(gateway().handle(&request, START_MS).status(), 400);
}

#[test]
fn another_version_of_the_api_is_refused_and_each_answer_names_its_own() {
    let ask = |version: &str| {
        let request = Request::get("/v1/payment_intents").header("stripe-version", version).body(Bytes::new()).unwrap();
        gateway().handle(&request, START_MS)
    };
    let refused = ask("2011-01-01");
    assert_eq!(refused.status(), 400);
    assert_eq!(json_of(&refused)["error"]["message"], "Invalid Stripe API version: 2011-01-01");
    let spoken = ask(payments_engine::API_VERSION);
    let unnamed = post(&mut gateway(), "/v1/payment_intents", None, &super::authorize("o-1"));
    for answer in [spoken, unnamed] {
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["stripe-version"], payments_engine::API_VERSION);
    }
}

#[test]
fn unknown_path_or_method_is_404() {
    for (method, path) in [
        ("POST", "/v1/charges"),
        ("DELETE", "/v1/payment_intents"),
        ("GET", "/v1/payment_intents/pi_1/capture"),
        ("POST", "/v1/payment_intents/pi_1/capture/now"),
        ("GET", "/"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
        assert_eq!(gateway().handle(&request, START_MS).status(), 404, "{method} {path}");
    }
}

#[test]
fn id_of_nothing_is_404_in_a_path_and_400_in_a_parameter() {
    let mut gateway = gateway();
    authorized(&mut gateway, "o-1");
    for id in ["pi_000000000000000000000002", "pi_000000000000000000000000", "pi_1", "1", "pi_+00000000000000000000001"]
    {
        let answer = post(&mut gateway, &format!("/v1/payment_intents/{id}/capture"), None, &json!({}));
        assert_eq!(
            (answer.status().as_u16(), json_of(&answer)["error"]["code"].as_str()),
            (404, Some("resource_missing"))
        );
        let answer = post(&mut gateway, "/v1/refunds", None, &json!({"payment_intent": id}));
        assert_eq!(
            (answer.status().as_u16(), json_of(&answer)["error"]["code"].as_str()),
            (400, Some("resource_missing"))
        );
    }
}

#[test]
fn query_other_than_by_order_id_is_refused() {
    let request = Request::get("/v1/payment_intents/search?query=status%3A%27succeeded%27").body(Bytes::new()).unwrap();
    let answer = gateway().handle(&request, START_MS);
    assert_eq!((answer.status().as_u16(), json_of(&answer)["error"]["param"].as_str()), (400, Some("query")));
}
