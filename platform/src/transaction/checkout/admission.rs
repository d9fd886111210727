//! What is in flight in this process, and the lane's limits. In memory only: across processes the order's row decides.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::messages::CheckoutRequest;

/// How much of the degraded rate may be used at once.
const DEGRADED_BURST: Duration = Duration::from_millis(100);

/// Checkouts under way in this process: order id to fingerprint.
pub(super) struct Admission {
    max_in_flight: usize,
    in_flight: Mutex<BTreeMap<Arc<str>, Box<str>>>,
}

/// What became of a request at the door.
pub(super) enum Admitted {
    Entered(Entry),
    InFlight,
    KeyReused,
    Full,
}

/// A place in flight; dropping it leaves.
pub(super) struct Entry {
    admission: Arc<Admission>,
    order_id: Arc<str>,
}

impl Admission {
    pub(super) fn new(max_in_flight: usize) -> Arc<Self> {
        Arc::new(Self { max_in_flight, in_flight: Mutex::default() })
    }

    pub(super) fn enter(self: &Arc<Self>, request: &CheckoutRequest) -> Admitted {
        let mut in_flight = self.in_flight();
        if let Some(fingerprint) = in_flight.get(&*request.order_id) {
            return if **fingerprint == *request.fingerprint { Admitted::InFlight } else { Admitted::KeyReused };
        }
        if in_flight.len() >= self.max_in_flight {
            return Admitted::Full;
        }
        let order_id: Arc<str> = request.order_id.as_str().into();
        in_flight.insert(Arc::clone(&order_id), request.fingerprint.as_str().into());
        drop(in_flight);
        Admitted::Entered(Entry { admission: Arc::clone(self), order_id })
    }

    fn in_flight(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Box<str>>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.admission.in_flight().remove(&self.order_id);
    }
}

/// The limit of checkouts on Postgres alone: an even rate with a small burst.
pub(super) struct DegradedRate {
    interval: Option<Duration>,
    /// When the next one would be due if they came evenly.
    due: Mutex<Option<Instant>>,
}

impl DegradedRate {
    pub(super) fn new(rate_per_s: u32) -> Self {
        let interval = (rate_per_s > 0).then(|| Duration::from_secs(1) / rate_per_s);
        Self { interval, due: Mutex::new(None) }
    }

    pub(super) fn admit(&self) -> bool {
        self.admit_at(Instant::now())
    }

    fn admit_at(&self, now: Instant) -> bool {
        let Some(interval) = self.interval else { return false };
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let next = due.unwrap_or(now).max(now);
        if next.duration_since(now) > DEGRADED_BURST {
            return false;
        }
        *due = Some(next + interval);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(order_id: &str, fingerprint: &str) -> CheckoutRequest {
        CheckoutRequest {
            order_id: order_id.into(),
            shopper_id: "ann".into(),
            sku: "lamp".into(),
            quantity: 1,
            payment_method: "pm_card_visa".into(),
            fingerprint: fingerprint.into(),
            respond_async: false,
            shown_price_cents: None,
            further: Vec::new(),
        }
    }

    #[test]
    fn a_key_is_in_flight_once_and_free_again_when_its_entry_is_dropped() {
        let admission = Admission::new(10);
        let Admitted::Entered(entry) = admission.enter(&request("a", "f")) else { panic!("the lane is empty") };
        assert!(matches!(admission.enter(&request("a", "f")), Admitted::InFlight));
        assert!(matches!(admission.enter(&request("a", "g")), Admitted::KeyReused));
        drop(entry);
        assert!(matches!(admission.enter(&request("a", "f")), Admitted::Entered(_)));
    }

    #[test]
    fn a_full_lane_refuses_new_keys() {
        let admission = Admission::new(1);
        let Admitted::Entered(_entry) = admission.enter(&request("a", "f")) else { panic!("the lane is empty") };
        assert!(matches!(admission.enter(&request("b", "f")), Admitted::Full));
    }

    #[test]
    fn the_degraded_rate_admits_its_number_per_second() {
        let (rate, start) = (DegradedRate::new(50), Instant::now());
        let admitted = (0..1_000).filter(|&ms| rate.admit_at(start + Duration::from_millis(ms))).count();
        assert!((50..=56).contains(&admitted), "{admitted}");
        assert!(!DegradedRate::new(0).admit_at(start));
    }
}
