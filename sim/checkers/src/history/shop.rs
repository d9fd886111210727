//! What is seen of the shop around the sale: pages, their loads, what the merchant changed, prices as shown, carts.

use super::Sku;

/// A page of the catalog, by its number in [`History`](super::History).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageRef(pub u16);

/// A cart: that of the visitor of this number, as a guest or signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CartRef {
    /// Whose.
    pub visitor: u32,
    /// Whether it is the cart a visitor has before signing in.
    pub guest: bool,
}

/// How a look at a page ended for its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageEnd {
    /// It was shown.
    Shown,
    /// It was shown, and said that it is past its bound because its database is away.
    Stale,
    /// 404.
    Absent,
    /// Any other answer.
    Unavailable,
    /// None came, however often it was asked for.
    Unanswered,
}

/// How a request about a cart ended for its shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CartEnd {
    /// It was done.
    Done,
    /// It may have been done, or may be done yet.
    Unknown,
}

/// What was observed of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShopEvent {
    /// A reader's look at a page came to an end.
    PageRead {
        /// Which.
        page: PageRef,
        /// How.
        end: PageEnd,
        /// The HTTP status; 0 when no answer came.
        status: u16,
        /// Its `Age`, in seconds.
        age_s: u16,
        /// The product's version on it; 0 for pages that have none.
        version: u32,
        /// Since it was asked for, in microseconds.
        latency_us: u32,
    },
    /// The catalog's database executed the statement that reads a page.
    PageLoaded {
        /// Which.
        page: PageRef,
    },
    /// A product's page was written into the cache.
    PageCached {
        /// Which.
        page: PageRef,
        /// The product's version on it.
        version: u32,
    },
    /// A row of the catalog's `products` after its insert or update.
    ProductSet {
        /// The page of the product.
        page: PageRef,
        /// The row's `version`.
        version: u32,
        /// The row's `price_cents`.
        price_cents: u32,
        /// Whether it is active.
        listed: bool,
    },
    /// The price a shopper was shown, as the checkouts under a key say.
    Offered {
        /// The key.
        key: u32,
        /// For one.
        price_cents: u32,
    },
    /// A request that sets a line of a cart came to an end.
    LineSet {
        /// Which cart.
        cart: CartRef,
        /// Which product.
        sku: Sku,
        /// How many; 0 takes the line out.
        quantity: u8,
        /// How it ended.
        end: CartEnd,
        /// Since it was sent, in microseconds.
        took_us: u32,
    },
    /// A request that takes a visitor's guest cart over into their own came to an end.
    Merged {
        /// Whose.
        visitor: u32,
        /// How it ended.
        end: CartEnd,
        /// Since it was sent, in microseconds.
        took_us: u32,
    },
    /// A line that an answer showed, asked for while no request of this visitor was under way. The other lines of the same
    /// answer and [`ShopEvent::CartSeen`] follow.
    LineSeen {
        /// Which cart.
        cart: CartRef,
        /// Which product.
        sku: Sku,
        /// How many.
        quantity: u8,
    },
    /// Ends the lines of one answer: the cart has no others.
    CartSeen {
        /// Which cart.
        cart: CartRef,
    },
    /// Redis died. What its persistence had not kept is lost.
    RedisDied,
}
