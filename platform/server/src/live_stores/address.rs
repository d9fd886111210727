//! Addresses with passwords that are set apart from them, as orchestrators hand secrets out.

/// The URL with this password, unless it has one or there is none to add.
pub(super) fn with_password(url: &str, password: &str) -> String {
    let Some(start) = url.find("://").map(|at| at + 3) else { return url.to_owned() };
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    let (user, host) = match url[start..end].rfind('@') {
        Some(at) => (&url[start..start + at], &url[start + at + 1..]),
        None => ("", &url[start..]),
    };
    if password.is_empty() || user.contains(':') {
        return url.to_owned();
    }
    format!("{}{user}:{}@{host}", &url[..start], percent_encoded(password))
}

/// Every byte that is not unreserved (RFC 3986, section 2.3) as `%XX`.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_put_where_the_url_has_none() {
        assert_eq!(with_password("postgres://shop@db:5432/shop", "a/b@c"), "postgres://shop:a%2Fb%40c@db:5432/shop");
        assert_eq!(with_password("redis://cache:6379/0", "pw"), "redis://:pw@cache:6379/0");
        assert_eq!(with_password("postgres://shop:own@db/shop", "pw"), "postgres://shop:own@db/shop");
        assert_eq!(with_password("postgres://shop@db/shop", ""), "postgres://shop@db/shop");
    }
}
