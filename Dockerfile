# The platform and the payment sandbox, each as a small image that runs as nobody in particular.
#
#   docker build --target platform -t doorbuster/platform .
#   docker build --target payment-sandbox -t doorbuster/payment-sandbox .
#
# Dependencies are compiled in a layer of their own, which stays as long as the manifests do. rdkafka's C library is built
# from source: hence make, a compiler and zlib.

FROM rust:1.95.0-slim-bookworm AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ make pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/* \
    && cargo install cargo-chef --locked --version 0.1.73
WORKDIR /build

FROM base AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM base AS build
COPY --from=plan /build/recipe.json recipe.json
RUN cargo chef cook --release --locked --recipe-path recipe.json --package server --package payment-sandbox
COPY . .
RUN cargo build --release --locked --package server --package payment-sandbox \
    && strip target/release/platform target/release/payment-sandbox

FROM debian:bookworm-20250908-slim AS runtime
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl zlib1g \
    && rm -rf /var/lib/apt/lists/*
# A number, so that a cluster that forbids root can see that it is none.
USER 10001:10001
STOPSIGNAL SIGTERM

FROM runtime AS payment-sandbox
COPY --from=build /build/target/release/payment-sandbox /usr/local/bin/payment-sandbox
ENV PAYMENT_SANDBOX_LISTEN=0.0.0.0:12111
EXPOSE 12111
ENTRYPOINT ["payment-sandbox"]

FROM runtime AS platform
COPY --from=build /build/target/release/platform /usr/local/bin/platform
ENV DOORBUSTER_LISTEN=0.0.0.0:8080 DOORBUSTER_LOG_FORMAT=json
EXPOSE 8080
ENTRYPOINT ["platform"]
