//! A request made sense of: every parameter typed and within bounds, none left over.
//! Whether the command is allowed now is decided by `execute` and `intent`.

use http::StatusCode;

use crate::card;
use crate::error::ApiError;
use crate::intent::CaptureMethod;
use crate::params::Params;
use crate::route::Route;

/// Stripe's minimum charge in US cents; taken for every currency here.
const CHARGE_MIN_CENTS: i64 = 50;
/// Stripe's maximum: eight digits.
const AMOUNT_MAX_CENTS: i64 = 99_999_999;

#[derive(Debug)]
pub(crate) struct NewIntent {
    pub(crate) amount_cents: i64,
    pub(crate) currency: String,
    pub(crate) payment_method: Option<String>,
    pub(crate) capture_method: CaptureMethod,
    pub(crate) confirm: bool,
    pub(crate) metadata: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct NewRefund {
    pub(crate) payment_intent: String,
    /// `None`: everything that is left.
    pub(crate) amount_cents: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Vec<(String, String)>,
}

/// Which part of a list, newest first.
#[derive(Debug)]
pub(crate) struct Page {
    /// 1 to 100.
    pub(crate) limit: usize,
    /// The last id of the page before.
    pub(crate) starting_after: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Command {
    Create(NewIntent),
    Confirm { id: String, payment_method: Option<String> },
    Capture { id: String, amount_cents: Option<i64> },
    Cancel { id: String, reason: Option<String> },
    Refund(NewRefund),
    Retrieve { id: String },
    Search { order_id: String, limit: usize },
    List { order_id: Option<String>, page: Page },
    ListRefunds { of_intent: Option<String>, page: Page },
}

impl Command {
    pub(crate) fn of(route: &Route, mut params: Params) -> Result<Self, ApiError> {
        let command = match route {
            Route::Create => Self::Create(new_intent(&mut params)?),
            Route::Confirm(id) => Self::Confirm { id: id.clone(), payment_method: payment_method(&mut params)? },
            Route::Capture(id) => Self::Capture {
                id: id.clone(),
                amount_cents: params.take_cents("amount_to_capture", 1, AMOUNT_MAX_CENTS)?,
            },
            Route::Cancel(id) => Self::Cancel { id: id.clone(), reason: cancellation_reason(&mut params)? },
            Route::Refund => Self::Refund(NewRefund {
                payment_intent: params.require("payment_intent")?,
                amount_cents: params.take_cents("amount", 1, AMOUNT_MAX_CENTS)?,
                reason: refund_reason(&mut params)?,
                metadata: params.take_metadata()?,
            }),
            Route::Retrieve(id) => Self::Retrieve { id: id.clone() },
            Route::Search => {
                Self::Search { order_id: searched_order(&params.require("query")?)?, limit: params.take_limit()? }
            }
            Route::List => Self::List { order_id: params.take("order_id"), page: page(&mut params)? },
            Route::ListRefunds => {
                Self::ListRefunds { of_intent: params.take("payment_intent"), page: page(&mut params)? }
            }
        };
        params.finish()?;
        Ok(command)
    }
}

fn new_intent(params: &mut Params) -> Result<NewIntent, ApiError> {
    let amount_cents = params.take_cents("amount", CHARGE_MIN_CENTS, AMOUNT_MAX_CENTS)?;
    let amount_cents = amount_cents.ok_or_else(|| ApiError::missing("amount"))?;
    let mut currency = params.require("currency")?;
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(ApiError::invalid("parameter_invalid", "currency", format!("Invalid currency: {currency}")));
    }
    currency.make_ascii_lowercase();
    let capture_method = match params.take("capture_method").as_deref() {
        None | Some("automatic" | "automatic_async") => CaptureMethod::Automatic,
        Some("manual") => CaptureMethod::Manual,
        Some(other) => {
            let message = format!("Invalid capture_method: {other}");
            return Err(ApiError::invalid("parameter_invalid", "capture_method", message));
        }
    };
    // There are only cards here; the parameter that asks for nothing else is understood.
    one_of(params, "payment_method_types[]", &["card"])?;
    let payment_method = payment_method(params)?;
    let confirm = params.take_bool("confirm")?;
    if confirm && payment_method.is_none() {
        return Err(ApiError::missing("payment_method"));
    }
    let metadata = params.take_metadata()?;
    Ok(NewIntent { amount_cents, currency, payment_method, capture_method, confirm, metadata })
}

fn page(params: &mut Params) -> Result<Page, ApiError> {
    Ok(Page { limit: params.take_limit()?, starting_after: params.take("starting_after") })
}

fn payment_method(params: &mut Params) -> Result<Option<String>, ApiError> {
    let Some(name) = params.take("payment_method") else {
        return Ok(None);
    };
    match card::verdict(&name) {
        Some(_) => Ok(Some(name)),
        None => Err(ApiError::no_such(StatusCode::BAD_REQUEST, "PaymentMethod", "payment_method", &name)),
    }
}

fn cancellation_reason(params: &mut Params) -> Result<Option<String>, ApiError> {
    one_of(params, "cancellation_reason", &["duplicate", "fraudulent", "requested_by_customer", "abandoned"])
}

fn refund_reason(params: &mut Params) -> Result<Option<String>, ApiError> {
    one_of(params, "reason", &["duplicate", "fraudulent", "requested_by_customer"])
}

fn one_of(params: &mut Params, name: &str, allowed: &[&str]) -> Result<Option<String>, ApiError> {
    match params.take(name) {
        Some(value) if !allowed.contains(&value.as_str()) => {
            let message = format!("Invalid {name}: must be one of {}", allowed.join(", "));
            Err(ApiError::invalid("parameter_invalid", name, message))
        }
        value => Ok(value),
    }
}

/// The one query of Stripe's search language that is understood: `metadata['order_id']:'…'`.
fn searched_order(query: &str) -> Result<String, ApiError> {
    let order_id = ["metadata['order_id']:'", "metadata[\"order_id\"]:'"]
        .iter()
        .find_map(|prefix| query.trim().strip_prefix(prefix))
        .and_then(|tail| tail.strip_suffix('\''))
        .filter(|order_id| !order_id.contains(['\'', '\\']));
    let refused = || {
        let message = format!("Only metadata['order_id']:'…' can be searched for, not: {query}");
        ApiError::invalid("parameter_invalid", "query", message)
    };
    order_id.map(str::to_owned).ok_or_else(refused)
}
