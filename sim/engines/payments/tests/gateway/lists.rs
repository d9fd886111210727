//! Reading back: one intent, those of an order, all of them, the refunds of one; page by page.

use payments_engine::{Config, Payments};
use serde_json::{Value, json};

use super::{authorized, captured, gateway, get, json_of, post};

#[test]
fn intents_of_an_order_can_be_read_back_by_its_id() {
    let mut gateway = gateway();
    let id = captured(&mut gateway, "o-1");
    captured(&mut gateway, "o-2");
    let listed = get(&mut gateway, "/v1/payment_intents?order_id=o-1");
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(listed["data"][0]["id"], json!(id));
    assert_eq!(listed["data"][0]["status"], "succeeded");
    let found = get(&mut gateway, "/v1/payment_intents/search?query=metadata%5B%27order_id%27%5D%3A%27o-1%27");
    assert_eq!(found["data"], listed["data"]);
    let none = get(&mut gateway, "/v1/payment_intents?order_id=o-3");
    assert_eq!(none["data"], json!([]));
}

#[test]
fn search_trails_behind_the_list_by_its_lag() {
    let mut gateway = Payments::new(Config { search_lag_ms: 1, ..Config::default() });
    authorized(&mut gateway, "o-1");
    let search = "/v1/payment_intents/search?query=metadata['order_id']:'o-1'".replace('\'', "%27").replace('[', "%5B");
    assert_eq!(get(&mut gateway, &search)["data"], json!([]));
    let listed = get(&mut gateway, "/v1/payment_intents?order_id=o-1");
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

fn ids(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().into_iter().flatten();
    data.map(|entry| entry["id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn list_comes_newest_first_and_page_by_page() {
    let mut gateway = gateway();
    let mut made: Vec<String> = (0..25).map(|order| authorized(&mut gateway, &format!("o-{}", order % 2))).collect();
    made.reverse();
    let mut read = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let after = read.last().map(|id| format!("&starting_after={id}")).unwrap_or_default();
        let page = get(&mut gateway, &format!("/v1/payment_intents?limit=10{after}"));
        sizes.push(page["data"].as_array().unwrap().len());
        read.extend(ids(&page));
        if page["has_more"] == json!(false) {
            break;
        }
    }
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(read, made);
    let of_order = get(&mut gateway, &format!("/v1/payment_intents?order_id=o-0&limit=2&starting_after={}", made[2]));
    assert_eq!(ids(&of_order), [made[4].clone(), made[6].clone()]);
}

#[test]
fn list_holds_ten_unless_asked_and_never_more_than_a_hundred() {
    let mut gateway = gateway();
    (0..11).for_each(|_| drop(authorized(&mut gateway, "o-1")));
    let page = get(&mut gateway, "/v1/payment_intents");
    assert_eq!((page["data"].as_array().unwrap().len(), &page["has_more"]), (10, &json!(true)));
    for limit in ["0", "101", "-1", "ten"] {
        let refused = get(&mut gateway, &format!("/v1/payment_intents?limit={limit}"));
        assert_eq!(refused["error"]["param"], "limit", "{limit}");
    }
    let refused = get(&mut gateway, "/v1/payment_intents?starting_after=pi_1");
    assert_eq!(refused["error"]["code"], "resource_missing");
}

#[test]
fn refunds_carry_their_own_metadata_and_are_listed_newest_first() {
    let mut gateway = gateway();
    let id = captured(&mut gateway, "o-1");
    let mut made = Vec::new();
    for amount in [100, 200, 300] {
        let body = json!({"payment_intent": id, "amount": amount, "metadata": {"order_id": "o-1"}});
        let refund = json_of(&post(&mut gateway, "/v1/refunds", None, &body));
        assert_eq!(refund["metadata"], json!({"order_id": "o-1"}));
        made.push(refund["id"].as_str().unwrap().to_owned());
    }
    let first = get(&mut gateway, &format!("/v1/refunds?payment_intent={id}&limit=2"));
    assert_eq!((ids(&first), &first["has_more"]), (vec![made[2].clone(), made[1].clone()], &json!(true)));
    let rest = get(&mut gateway, &format!("/v1/refunds?payment_intent={id}&starting_after={}", made[1]));
    assert_eq!((ids(&rest), &rest["has_more"]), (vec![made[0].clone()], &json!(false)));
}

#[test]
fn refunds_of_all_intents_are_listed_newest_first_and_page_by_page() {
    let mut gateway = gateway();
    let intents: Vec<String> = (0..3).map(|order| captured(&mut gateway, &format!("o-{order}"))).collect();
    let mut made = Vec::new();
    for (at, amount) in [(2, 100), (0, 200), (2, 300), (1, 400), (0, 500)] {
        let body = json!({"payment_intent": intents[at], "amount": amount});
        let refund = json_of(&post(&mut gateway, "/v1/refunds", None, &body));
        made.insert(0, (refund["id"].as_str().unwrap().to_owned(), intents[at].clone(), amount));
    }
    let (mut read, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&mut gateway, &format!("/v1/refunds?limit=2{after}"));
        assert_eq!(page["url"], "/v1/refunds");
        for refund in page["data"].as_array().unwrap() {
            let text = |field: &str| refund[field].as_str().unwrap().to_owned();
            read.push((text("id"), text("payment_intent"), refund["amount"].as_i64().unwrap()));
        }
        if page["has_more"] == json!(false) {
            break;
        }
        after = format!("&starting_after={}", read.last().unwrap().0);
    }
    assert_eq!(read, made);
    let refused = get(&mut gateway, "/v1/refunds?starting_after=re_1");
    assert_eq!(refused["error"]["code"], "resource_missing");
}
