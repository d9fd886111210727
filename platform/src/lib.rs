//! The flash-sale platform: discovery, transaction and fulfilment behind a gateway.
