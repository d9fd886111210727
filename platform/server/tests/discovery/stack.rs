//! Everything that runs, and how it is killed and brought back.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use platform::context::Context;
use platform::discovery::search::rebuild;
use ports::entropy::Entropy;
use serde_json::{Value, json};
use server::reindex;
use server::settings::Settings;
use testbed::{
    Debezium, Follow, Kafka, OpenSearch, Persistence, Postgres, PostgresOptions, Program, Redis, free_port, psql,
};
use tokio::task::block_in_place;
use tokio::time::Instant;

/// How long anything may take that is waited for, on a machine that does many things at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    ChangeStream,
    Indexer,
    SearchServer,
    Redis,
}

/// Processes end before the servers they use.
pub(crate) struct Stack {
    indexer: Program,
    catalog: Program,
    change_stream: Debezium,
    search: OpenSearch,
    redis: Redis,
    _kafka: Kafka,
    postgres: Postgres,
    settings: Vec<(String, String)>,
    context: Context,
    client: reqwest::Client,
}

impl Stack {
    /// Everything on, with so many products and one of a long description.
    pub(crate) async fn start(products: u32) -> Self {
        let (postgres, kafka, redis, search) = block_in_place(servers);
        postgres.create_database("shop").unwrap();
        postgres.create_database("catalog").unwrap();
        let settings: Vec<(String, String)> = [
            ("POSTGRES_URL", postgres.url_of("shop")),
            ("CATALOG_POSTGRES_URL", postgres.url_of("catalog")),
            ("REDIS_URL", redis.url()),
            ("KAFKA_BROKERS", kafka.bootstrap()),
            ("SEARCH_URL", search.url()),
            ("SEARCH_LIMIT_MS", "5000".to_owned()),
            ("SEARCH_RETRY_MS", "200".to_owned()),
            ("SHOP_SECRET", "for this test".to_owned()),
        ]
        .map(|(name, value)| (format!("DOORBUSTER_{name}"), value))
        .to_vec();
        run(&settings, &["migrate"]);
        psql(&postgres.url_of("catalog"), &first_rows(products)).unwrap();
        let follow = Follow {
            postgres_port: postgres.port(),
            database: "catalog",
            table: "public.products",
            prefix: "catalog",
            brokers: &kafka.bootstrap(),
        };
        let change_stream = block_in_place(|| Debezium::start(&follow)).unwrap();
        let indexer = block_in_place(|| role("indexer", &settings));
        let catalog = block_in_place(|| role("catalog", &settings));
        let read = Settings::read(None, settings.clone(), &[]).unwrap();
        let context = reindex::context(&read, Entropy::from_seed(7)).await.unwrap();
        let client = reqwest::Client::new();
        Self { indexer, catalog, change_stream, search, redis, _kafka: kafka, postgres, settings, context, client }
    }

    /// SQL on the catalog's database.
    pub(crate) async fn sql(&self, statement: &str) -> String {
        block_in_place(|| psql(&self.postgres.url_of("catalog"), statement)).unwrap()
    }

    /// Asks the catalog role.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.catalog.url())).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}; {}", answer.status(), self.catalog.log_tail());
        answer.json().await.unwrap()
    }

    /// Searches.
    pub(crate) async fn find(&self, query: &str) -> Value {
        self.get(&format!("/internal/catalog/search?{query}")).await
    }

    /// Runs a subcommand of the platform to its end.
    pub(crate) async fn platform(&self, words: &[&str]) -> String {
        let (settings, words) =
            (self.settings.clone(), words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let words = Arc::new(words);
        tokio::task::spawn_blocking(move || run(&settings, &words.iter().map(String::as_str).collect::<Vec<_>>()))
            .await
            .unwrap()
    }

    /// Whether the index holds just what the table says; not while one of them is away.
    pub(crate) async fn is_equal(&self) -> bool {
        let expected = rebuild::expected(&self.context).await.unwrap();
        assert!(expected.len() > 200, "there is something to compare");
        rebuild::indexed(&self.context).await.is_ok_and(|indexed| indexed == expected)
    }

    /// Waits until the index is the table; how long that took, in milliseconds.
    pub(crate) async fn settled(&self, after: &str) -> u128 {
        let began = Instant::now();
        while !self.is_equal().await {
            if began.elapsed() > PATIENCE {
                self.show_difference(after).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        began.elapsed().as_millis()
    }

    async fn show_difference(&self, after: &str) {
        let expected = rebuild::expected(&self.context).await.unwrap();
        let indexed = rebuild::indexed(&self.context).await;
        let logs = [
            ("change stream", self.change_stream.log_tail()),
            ("indexer", self.indexer.log_tail()),
            ("search", self.search.log_tail()),
        ];
        let (missing, odd) = match &indexed {
            Ok(indexed) => (
                expected.iter().filter(|row| !indexed.contains(row)).take(3).collect::<Vec<_>>(),
                indexed.iter().filter(|row| !expected.contains(row)).take(3).collect::<Vec<_>>(),
            ),
            Err(_) => (vec![], vec![]),
        };
        let sizes = (expected.len(), indexed.as_ref().map(Vec::len));
        panic!(
            "{after}: table and index differ {sizes:?}\nin the table: {missing:#?}\nin the index: {odd:#?}\n{logs:#?}"
        );
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, victim: Victim) {
        block_in_place(|| match victim {
            Victim::ChangeStream => self.change_stream.kill(),
            Victim::Indexer => self.indexer.kill(),
            Victim::SearchServer => self.search.kill(),
            Victim::Redis => self.redis.kill(),
        })
        .unwrap();
    }

    /// Starts it again, on what it had on its disk.
    pub(crate) fn bring_back(&mut self, victim: Victim) {
        block_in_place(|| match victim {
            Victim::ChangeStream => self.change_stream.restart(),
            Victim::Indexer => self.indexer.restart(),
            Victim::SearchServer => self.search.restart(),
            Victim::Redis => self.redis.restart(),
        })
        .unwrap();
    }

    /// Puts a document into the index that no row stands behind.
    pub(crate) async fn meddle_with_the_index(&self) {
        let document = json!({"sku": "NOBODY", "status": "active", "name": "Nobody's"});
        let url = format!("{}/products/_doc/NOBODY?refresh=true", self.search.url());
        let answer = self.client.put(url).json(&document).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

fn servers() -> (Postgres, Kafka, Redis, OpenSearch) {
    std::thread::scope(|scope| {
        let kafka = scope.spawn(Kafka::start);
        let search = scope.spawn(OpenSearch::start);
        let settings = vec![("wal_level".to_owned(), "logical".to_owned())];
        let postgres = Postgres::start_with(&PostgresOptions { settings, ..PostgresOptions::default() }).unwrap();
        let redis = Redis::start(Persistence::AofAlways).unwrap();
        (postgres, kafka.join().unwrap().unwrap(), redis, search.join().unwrap().unwrap())
    })
}

fn role(name: &str, settings: &[(String, String)]) -> Program {
    let port = free_port().unwrap();
    let mut settings = settings.to_vec();
    settings.push(("DOORBUSTER_LISTEN".to_owned(), format!("127.0.0.1:{}", port.number())));
    let command = [env!("CARGO_BIN_EXE_platform"), "serve", "--role", name];
    Program::start(name, port, &command, &settings).unwrap()
}

fn run(settings: &[(String, String)], words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_platform"));
    let output = command.args(words).envs(settings.iter().map(|(name, value)| (name, value))).output().unwrap();
    let text = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "platform {}: {}\n{text}", words[0], output.status);
    text
}

fn first_rows(products: u32) -> String {
    format!(
        "INSERT INTO categories VALUES ('toys', 'Toys'), ('home', 'Home');
         INSERT INTO sellers VALUES ('Bricks', 'Bricks'), ('Hearth & Co', 'Hearth & Co');
         INSERT INTO products SELECT 'P' || lpad(n::text, 5, '0'), 'Bricks', 'toys', 'Brick number ' || n, 'One of many, ü.',
             jsonb_build_object('colour', 'red', 'number', n::text), 100 + n, 'usd', n % 2 = 0,
             CASE WHEN n % 3 = 0 THEN timestamptz '2026-11-27 08:00:00.123456+00' END, 'active', 1, now()
         FROM generate_series(0, {products} - 1) AS n;
         INSERT INTO products SELECT 'LONG', 'Hearth & Co', 'home', 'Unfindable otherwise', string_agg(md5(n::text), ''), '{{}}',
             500, 'usd', false, NULL, 'active', 1, now() FROM generate_series(1, 4000) AS n"
    )
}
