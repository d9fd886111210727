//! The card gateway, told by a client that knows a few pages.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use checkers::collect::{CollectError, card_intents};
use checkers::snapshot::CardIntent;
use http::{Request, Response};
use ports::http_port::{HttpClient, HttpError, ServiceName};

use crate::now;

const GATEWAY: ServiceName = ServiceName("card-gateway");

struct Client {
    /// Paths and their answers: status and body.
    pages: &'static [(&'static str, u16, &'static str)],
}

#[async_trait]
impl HttpClient for Client {
    async fn call(
        &self,
        service: ServiceName,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        assert_eq!(service, GATEWAY);
        let path = request.uri().to_string();
        match self.pages.iter().find(|(known, ..)| *known == path) {
            Some((_, status, body)) => Ok(Response::builder().status(*status).body(Bytes::from(*body)).unwrap()),
            None => Err(HttpError::TimedOut { service, waited_ms: u64::try_from(timeout.as_millis()).unwrap() }),
        }
    }
}

#[test]
fn every_page_is_read_and_refunds_are_summed() {
    let client = Client {
        pages: &[
            (
                "/v1/payment_intents?limit=100",
                200,
                r#"{"object":"list","has_more":true,"data":[
                    {"id":"pi_1","amount":500,"amount_received":500,"status":"succeeded","metadata":{"order_id":"ord_1"}}]}"#,
            ),
            (
                "/v1/payment_intents?limit=100&starting_after=pi_1",
                200,
                r#"{"has_more":false,"data":[
                    {"id":"pi_2","amount":500,"amount_received":0,"status":"canceled","metadata":{}}]}"#,
            ),
            (
                "/v1/refunds?limit=100",
                200,
                r#"{"has_more":true,"data":[{"id":"re_3","payment_intent":"pi_1","amount":300,"status":"failed"},
                    {"id":"re_2","payment_intent":"pi_1","amount":300,"status":"pending"}]}"#,
            ),
            (
                "/v1/refunds?limit=100&starting_after=re_2",
                200,
                r#"{"has_more":false,"data":[{"id":"re_1","payment_intent":"pi_1","amount":200,"status":"succeeded"}]}"#,
            ),
        ],
    };
    let intent = |number, order_id: &str, captured_cents, refunded_cents, status: &str| CardIntent {
        intent_id: format!("pi_{number}"),
        order_id: order_id.to_owned(),
        amount_cents: 500,
        captured_cents,
        refunded_cents,
        status: status.to_owned(),
    };
    let expected = [intent(1, "ord_1", 500, 500, "succeeded"), intent(2, "", 0, 0, "canceled")];
    assert_eq!(now(card_intents(&client, GATEWAY)).unwrap(), expected);
}

#[test]
fn a_refused_list_is_an_error_that_says_what_was_asked() {
    let client = Client { pages: &[("/v1/payment_intents?limit=100", 400, "no such parameter")] };
    let error = now(card_intents(&client, GATEWAY)).unwrap_err();
    let expected = "the card gateway: /v1/payment_intents?limit=100 gave 400: no such parameter";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_gateway_that_does_not_answer_is_an_error() {
    let error = now(card_intents(&Client { pages: &[] }, GATEWAY)).unwrap_err();
    assert!(matches!(error, CollectError::Cards(HttpError::TimedOut { .. })));
}

#[test]
fn an_answer_without_money_in_it_is_an_error() {
    let pages = &[("/v1/payment_intents?limit=100", 200, r#"{"has_more":false,"data":[{"id":"pi_1"}]}"#)];
    let error = now(card_intents(&Client { pages }, GATEWAY)).unwrap_err();
    assert!(error.to_string().contains("missing field `amount`"), "{error}");
}
