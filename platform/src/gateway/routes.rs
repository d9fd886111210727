//! The public API, route by route, each with its description.

use super::openapi::schemas::{cursor, name, one_of, price_cents, words};
use super::openapi::{self, Operation, Route, answers_with};
use super::{
    accounts, availability, cart_checkouts, carts, checkouts, order_events, orders, products, recommendations, search,
};

/// Every route.
pub(super) fn all() -> Vec<Route> {
    let mut routes = vec![Route::at("/openapi.json").get(openapi::show, answers_with("This document", 200, "OpenApi"))];
    routes.extend(of_accounts());
    routes.extend(of_orders());
    routes.extend(of_carts());
    routes.extend(of_products());
    routes
}

fn of_accounts() -> Vec<Route> {
    vec![
        Route::at("/v1/accounts")
            .post(accounts::sign_up, answers_with("Sign up", 201, "Account").takes("Credentials").problems(&[409])),
        Route::at("/v1/sessions")
            .post(
                accounts::sign_in,
                answers_with("Sign in", 201, "OpenSession").takes("Credentials").problems(&[401, 429]).leads_to(
                    "session_id",
                    "delete",
                    "/v1/sessions/{id}",
                ),
            )
            .get(accounts::list, answers_with("The caller's sessions", 200, "Sessions").of_shopper()),
        Route::at("/v1/sessions/{id}").delete(
            accounts::sign_out,
            answers_with("Sign out", 200, "Sessions").or(204, None).of_shopper().problems(&[404]),
        ),
    ]
}

fn of_orders() -> Vec<Route> {
    vec![
        Route::at("/v1/checkouts").post(
            checkouts::create,
            to_an_order(answers_with("Buy one product", 201, "Order").of_shopper().takes("Checkout").under_a_key()),
        ),
        Route::at("/v1/orders/{id}")
            .get(orders::show, answers_with("An order", 200, "Order").of_shopper().problems(&[404])),
        Route::at("/v1/orders/{id}/events").get(
            order_events::follow,
            answers_with("An order as it moves", 200, "text/event-stream").of_shopper().problems(&[404]),
        ),
        Route::at("/v1/orders/{id}/cancel").post(
            orders::cancel,
            answers_with("Cancel an order", 200, "Order").or(202, Some("Order")).of_shopper().problems(&[404, 409]),
        ),
    ]
}

/// The order that came of it can be looked at, followed and cancelled.
fn to_an_order(operation: Operation) -> Operation {
    operation
        .leads_to("order_id", "get", "/v1/orders/{id}")
        .leads_to("order_id", "get", "/v1/orders/{id}/events")
        .leads_to("order_id", "post", "/v1/orders/{id}/cancel")
}

fn of_carts() -> Vec<Route> {
    vec![
        Route::at("/v1/carts").post(
            carts::open,
            answers_with("The caller's cart", 200, "Cart")
                .or(201, Some("Cart"))
                .problems(&[401])
                .leads_to("cart_id", "get", "/v1/carts/{id}")
                .leads_to("cart_id", "delete", "/v1/carts/{id}")
                .leads_to("cart_id", "put", "/v1/carts/{id}/items/{sku}")
                .leads_to("cart_id", "delete", "/v1/carts/{id}/items/{sku}")
                .leads_to("cart_id", "post", "/v1/carts/{id}/checkout"),
        ),
        Route::at("/v1/carts/{id}")
            .get(carts::show, answers_with("A cart", 200, "Cart").problems(&[401, 404]))
            .delete(carts::clear, answers_with("Empty a cart", 200, "Cart").problems(&[401, 404])),
        Route::at("/v1/carts/{id}/checkout").post(
            cart_checkouts::create,
            to_an_order(
                answers_with("Buy a whole cart", 201, "Order").of_shopper().takes("CartCheckout").under_a_key(),
            ),
        ),
        Route::at("/v1/carts/{id}/items/{sku}")
            .put(carts::put, answers_with("Set a line", 200, "Cart").takes("CartPut").problems(&[401, 404, 409]))
            .delete(carts::remove, answers_with("Take a line out", 200, "Cart").problems(&[401, 404])),
    ]
}

fn of_products() -> Vec<Route> {
    vec![
        Route::at("/v1/products/{sku}/recommendations").get(
            recommendations::show,
            answers_with("What was bought with a product", 200, "Recommendations").problems(&[404]),
        ),
        Route::at("/v1/products/{sku}/availability")
            .get(availability::show, answers_with("What is left", 200, "Availability").problems(&[404])),
        Route::at("/v1/products/{sku}")
            .get(products::show, answers_with("A product", 200, "Product").or(304, None).problems(&[400, 404])),
        Route::at("/v1/products").get(
            products::list,
            answers_with("Products, page by page", 200, "Products")
                .or(304, None)
                .query("category", name())
                .query("cursor", cursor())
                .problems(&[404]),
        ),
        Route::at("/v1/search").get(
            search::find,
            answers_with("Products by words", 200, "Found")
                .query("q", words())
                .query("category", name())
                .query("seller", words())
                .query("min_price_cents", price_cents())
                .query("max_price_cents", price_cents())
                .query("sort", one_of(&["relevance", "price-asc", "price-desc"]))
                .query("cursor", cursor()),
        ),
        Route::at("/v1/search/suggestions")
            .get(search::suggest, answers_with("Words to go on with", 200, "Suggestions").query("q", words())),
        Route::at("/v1/categories")
            .get(products::categories, answers_with("Categories", 200, "Categories").or(304, None).problems(&[404])),
    ]
}
