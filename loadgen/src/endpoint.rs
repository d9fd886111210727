//! The method and the address of each kind of request, as goose's reports list them.

pub use scenario::Endpoint;

/// The method, and the address with its parts left open.
#[must_use]
pub const fn request(endpoint: Endpoint) -> (&'static str, &'static str) {
    match endpoint {
        Endpoint::Checkout => ("POST", "/v1/checkouts"),
        Endpoint::Order => ("GET", "/v1/orders/{id}"),
        Endpoint::Cancel => ("POST", "/v1/orders/{id}/cancel"),
        Endpoint::ProductPage => ("GET", "/v1/products/{sku}"),
        Endpoint::ProductList => ("GET", "/v1/products"),
        Endpoint::Search => ("GET", "/v1/search"),
        Endpoint::CartOpen => ("POST", "/v1/carts"),
        Endpoint::CartCheckout => ("POST", "/v1/carts/{id}/checkout"),
        Endpoint::CartItem => ("PUT", "/v1/carts/{id}/items/{sku}"),
        Endpoint::Availability => ("GET", "/v1/products/{sku}/availability"),
    }
}
