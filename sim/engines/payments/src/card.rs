//! The test payment methods and what the card's issuer says to each. No other card exists here.

/// Why an issuer declined, by Stripe's `decline_code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    /// No reason given.
    Generic,
    /// The account lacks the money.
    InsufficientFunds,
    /// The card was reported lost.
    LostCard,
    /// The card was reported stolen.
    StolenCard,
    /// The card has expired.
    ExpiredCard,
    /// The security code is wrong.
    IncorrectCvc,
    /// The issuer could not process it now; the only decline worth repeating.
    ProcessingError,
    /// Over the card's limit of uses or amount.
    VelocityExceeded,
}

impl Decline {
    /// The `code` of the error.
    pub fn code(self) -> &'static str {
        match self {
            Self::Generic | Self::InsufficientFunds | Self::LostCard | Self::StolenCard | Self::VelocityExceeded => {
                "card_declined"
            }
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
        }
    }

    /// The `decline_code` of the error.
    pub fn decline_code(self) -> &'static str {
        match self {
            Self::Generic => "generic_decline",
            Self::InsufficientFunds => "insufficient_funds",
            Self::LostCard => "lost_card",
            Self::StolenCard => "stolen_card",
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
            Self::VelocityExceeded => "card_velocity_exceeded",
        }
    }
}

/// The issuer's verdict on a test payment method; `None` if there is no such method.
///
/// Names are Stripe's, and their short forms without the brand.
pub(crate) fn verdict(payment_method: &str) -> Option<Result<(), Decline>> {
    let decline = match payment_method {
        "pm_card_visa" | "pm_card_mastercard" | "pm_card_amex" => return Some(Ok(())),
        "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => Decline::Generic,
        "pm_card_insufficientFunds" | "pm_card_visa_chargeDeclinedInsufficientFunds" => Decline::InsufficientFunds,
        "pm_card_lostCard" | "pm_card_visa_chargeDeclinedLostCard" => Decline::LostCard,
        "pm_card_stolenCard" | "pm_card_visa_chargeDeclinedStolenCard" => Decline::StolenCard,
        "pm_card_expiredCard" | "pm_card_chargeDeclinedExpiredCard" => Decline::ExpiredCard,
        "pm_card_incorrectCvc" | "pm_card_chargeDeclinedIncorrectCvc" => Decline::IncorrectCvc,
        "pm_card_processingError" | "pm_card_chargeDeclinedProcessingError" => Decline::ProcessingError,
        "pm_card_velocityExceeded" | "pm_card_visa_chargeDeclinedVelocityLimitExceeded" => Decline::VelocityExceeded,
        _ => return None,
    };
    Some(Err(decline))
}
