//! A sans-IO card payment gateway with the semantics of payment intents.
