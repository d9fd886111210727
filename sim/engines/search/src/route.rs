//! Which operation a method and a path ask for.

use http::{Method, Uri};

use crate::refusal::Refusal;

/// One operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `PUT /{index}`
    Create { index: String },
    /// `DELETE /{index}`
    Delete { index: String },
    /// `POST /{target}/_refresh`
    Refresh { target: String },
    /// `POST /_bulk`
    Bulk,
    /// `POST /{target}/_search`
    Search { target: String },
    /// `POST /_aliases`
    Aliases,
    /// `GET /_alias/{alias}`
    Alias { alias: String },
}

impl Route {
    pub(crate) fn of(method: &Method, uri: &Uri) -> Result<Self, Refusal> {
        if let Some(query) = uri.query() {
            return Err(Refusal::unsupported(format_args!("the parameters {query:?}")));
        }
        let segments: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let named = |name: &str| -> Result<String, Refusal> {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
            let begins_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
            if begins_well && name.len() <= 255 && name.bytes().all(fits) {
                return Ok(name.to_owned());
            }
            Err(Refusal::unsupported(format_args!("the name {name:?}")))
        };
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["_bulk"]) => Ok(Self::Bulk),
            ("POST", ["_aliases"]) => Ok(Self::Aliases),
            ("GET", ["_alias", alias]) => Ok(Self::Alias { alias: named(alias)? }),
            ("POST", [target, "_search"]) => Ok(Self::Search { target: named(target)? }),
            ("POST", [target, "_refresh"]) => Ok(Self::Refresh { target: named(target)? }),
            ("PUT", [index]) => Ok(Self::Create { index: named(index)? }),
            ("DELETE", [index]) => Ok(Self::Delete { index: named(index)? }),
            (method, _) => Err(Refusal::unsupported(format_args!("{method} {}", uri.path()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> Result<Route, Refusal> {
        Route::of(&Method::from_bytes(method.as_bytes()).unwrap(), &path.parse().unwrap())
    }

    #[test]
    fn what_the_platform_asks_is_known_and_nothing_else() {
        assert_eq!(route("POST", "/products/_search"), Ok(Route::Search { target: "products".into() }));
        assert_eq!(route("PUT", "/products-1"), Ok(Route::Create { index: "products-1".into() }));
        for (method, path) in [
            ("GET", "/products/_search"),
            ("POST", "/products/_search?routing=1"),
            ("PUT", "/_all"),
            ("DELETE", "/*"),
            ("DELETE", "/products,other"),
            ("PUT", "/Products"),
            ("POST", "/_reindex"),
        ] {
            assert!(route(method, path).is_err(), "{method} {path}");
        }
    }
}
