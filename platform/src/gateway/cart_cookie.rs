//! The cookie by which a guest's cart is known: its id and a signature. One that was made up or altered is none.

use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use ports::entropy::Entropy;

use crate::signing::Signer;

/// The cookie's name.
const NAME: &str = "doorbuster_cart";
/// Hexadecimal digits of a cart's id, after its prefix.
const DIGITS: usize = 32;
const PREFIX: &str = "crt_";

/// Issues and reads cookies.
pub(super) struct CartCookies {
    signer: Signer,
    owner: Signer,
}

impl CartCookies {
    pub(super) fn new(secret: &str) -> Self {
        Self { signer: Signer::new(secret, "cart cookie"), owner: Signer::new(secret, "cart of a shopper") }
    }

    /// An id nobody has had before.
    pub(super) fn new_id(entropy: &Entropy) -> String {
        format!("{PREFIX}{:016x}{:016x}", entropy.next_u64(), entropy.next_u64())
    }

    /// The id of a shopper's own cart: the same on every device.
    pub(super) fn own(&self, shopper_id: &str) -> String {
        format!("{PREFIX}{}", self.owner.sign(&[shopper_id.as_bytes()]))
    }

    /// The cart that the request's cookie names, if this shop signed it. Of two cookies neither can be believed.
    pub(super) fn of(&self, headers: &HeaderMap) -> Option<String> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let named = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut ours = named.filter(|(name, _)| *name == NAME).map(|(_, value)| value);
        let (Some(value), None) = (ours.next(), ours.next()) else { return None };
        let (id, signature) = value.split_once('.')?;
        (is_id(id) && self.signer.verifies(&[id.as_bytes()], signature)).then(|| id.to_owned())
    }

    /// The cookie for a cart. Scripts cannot read it, and other sites' forms do not send it.
    pub(super) fn issue(&self, id: &str, life: Duration) -> HeaderValue {
        let signature = self.signer.sign(&[id.as_bytes()]);
        let seconds = life.as_secs();
        let cookie = format!("{NAME}={id}.{signature}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
        HeaderValue::from_str(&cookie).expect("ids and signatures are visible ASCII")
    }
}

/// Takes the cookie away: its cart has gone into the shopper's own.
pub(super) fn forgotten() -> HeaderValue {
    HeaderValue::from_static("doorbuster_cart=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}

fn is_id(id: &str) -> bool {
    id.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_str(cookie).unwrap())).collect()
    }

    fn issued(cookies: &CartCookies, id: &str) -> String {
        let cookie = cookies.issue(id, Duration::from_secs(1_800));
        cookie.to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_cookie_this_shop_signed_names_its_cart() {
        let cookies = CartCookies::new("s");
        let id = CartCookies::new_id(&Entropy::from_seed(1));
        let cookie = issued(&cookies, &id);
        assert_eq!(cookies.of(&sent(&[&format!("theme=dark; {cookie}")])), Some(id));
    }

    #[test]
    fn a_forged_cookie_names_none() {
        let cookies = CartCookies::new("s");
        let id = CartCookies::new_id(&Entropy::from_seed(1));
        let cookie = issued(&cookies, &id);
        let other = cookie.replace(&id, &CartCookies::new_id(&Entropy::from_seed(2)));
        let foreign = issued(&CartCookies::new("t"), &id);
        let doubled = format!("{cookie}; {cookie}");
        for forged in
            [&*other, &foreign, &doubled, "doorbuster_cart=", "doorbuster_cart=crt_.0", "doorbuster_cart=a.b.c"]
        {
            assert_eq!(cookies.of(&sent(&[forged])), None, "{forged}");
        }
        assert_eq!(cookies.of(&sent(&[&cookie, &cookie])), None, "two cookies that agree are two all the same");
    }

    #[test]
    fn shoppers_have_carts_of_their_own_whose_ids_are_no_guests() {
        let cookies = CartCookies::new("s");
        assert_eq!(cookies.own("ann"), cookies.own("ann"));
        assert_ne!(cookies.own("ann"), cookies.own("bob"));
        assert!(is_id(&cookies.own("ann")));
    }
}
