//! A value for every order, default until it is set.

use super::OrderRef;

/// A table indexed by [`OrderRef`].
#[derive(Debug, Clone)]
pub(crate) struct PerOrder<T>(Vec<T>);

impl<T> Default for PerOrder<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> PerOrder<T> {
    /// The order's value.
    pub(crate) fn of(&mut self, order: OrderRef) -> &mut T {
        let place = order.0 as usize;
        if place >= self.0.len() {
            self.0.resize_with(place + 1, T::default);
        }
        &mut self.0[place]
    }

    /// The order's value, if any order up to it was given one.
    pub(crate) fn get(&self, order: OrderRef) -> Option<&T> {
        self.0.get(order.0 as usize)
    }
}
