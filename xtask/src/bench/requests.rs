//! What HTTP carries: durable posts, the rendered page, history at depth.

use anyhow::Result;

use super::{
    report::{Row, thousands},
    stand::{Stand, number},
};
use crate::{postgres::Postgres, tree::Tree};

const MANY: u32 = 1_000_000;
const MEMBERS: u32 = 1000;
const CLIENTS: &str = "clients=16";
const SECONDS: &str = "seconds=8";

pub(crate) fn posts(tree: &Tree) -> Result<Vec<Row>> {
    let measure = |stoa: &Stand| -> Result<(f64, f64, String)> {
        let measured = stoa.load(tree, "post", &[CLIENTS.into(), SECONDS.into()])?;
        let rate = number(&measured["per_second"]);
        let p99 = number(&measured["delay"]["p99_ms"]);
        let text = format!("{} /s, p99 {p99:.1} ms", thousands(rate));
        Ok((rate, p99, text))
    };
    let (rate, p99, text) = measure(&Stand::new(tree, MEMBERS, 100, &[])?)?;
    let sqlite = Row::new("posts stored durably, 16 clients, SQLite", text)
        .budget("≥ 4,000 /s, p99 ≤ 20 ms", rate >= 4000.0 && p99 <= 20.0);
    let database = Postgres::start(true)?;
    let postgres = [("STOA_DATABASE_URL", database.url.as_str())];
    let (_, _, text) = measure(&Stand::new(tree, MEMBERS, 100, &postgres)?)?;
    Ok(vec![
        sqlite,
        Row::new("posts stored durably, 16 clients, PostgreSQL", text),
    ])
}

pub(crate) fn page(tree: &Tree) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut rates = Vec::new();
    for messages in [100, MANY] {
        let stoa = Stand::new(tree, MEMBERS, messages, &[])?;
        let measured = stoa.load(tree, "page", &[CLIENTS.into(), SECONDS.into()])?;
        let rate = number(&measured["per_second"]);
        let p99 = number(&measured["delay"]["p99_ms"]);
        rates.push(rate);
        rows.push(
            Row::new(
                format!(
                    "page rendered, 16 clients, {} messages",
                    thousands(f64::from(messages))
                ),
                format!("{} /s, p99 {p99:.1} ms", thousands(rate)),
            )
            .budget("≥ 2,000 /s, p99 ≤ 20 ms", rate >= 2000.0 && p99 <= 20.0),
        );
    }
    let flat = rates[1] / rates[0];
    rows.push(
        Row::new(
            "page rendered, 1,000,000 against 100 messages",
            format!("{flat:.2} ×"),
        )
        .budget("≥ 0.9 ×", flat >= 0.9),
    );
    Ok(rows)
}

pub(crate) fn history(tree: &Tree) -> Result<Vec<Row>> {
    on_both(|name, settings| {
        let stoa = Stand::new(tree, MEMBERS, MANY, settings)?;
        let words = [
            "clients=1".into(),
            "seconds=5".into(),
            format!("newest={MANY}"),
        ];
        let measured = stoa.load(tree, "history", &words)?;
        let p99 = number(&measured["delay"]["p99_ms"]);
        Ok(Row::new(
            format!("50 messages at any depth of 1,000,000, {name}, p99"),
            format!("{p99:.1} ms"),
        )
        .budget("≤ 5 ms", p99 <= 5.0))
    })
}

pub(crate) fn search(tree: &Tree) -> Result<Vec<Row>> {
    on_both(|name, settings| {
        let stoa = Stand::new(tree, MEMBERS, MANY, settings)?;
        let measured = stoa.load(tree, "search", &["clients=1".into(), "seconds=5".into()])?;
        let p50 = number(&measured["delay"]["p50_ms"]);
        let p99 = number(&measured["delay"]["p99_ms"]);
        Ok(Row::new(
            format!("search in 1,000,000 messages, {name}, p50 / p99"),
            format!("{p50:.1} / {p99:.1} ms"),
        )
        .budget("p99 ≤ 50 ms", p99 <= 50.0))
    })
}

fn on_both(measure: impl Fn(&str, &[(&str, &str)]) -> Result<Row>) -> Result<Vec<Row>> {
    let database = Postgres::start(true)?;
    Ok(vec![
        measure("SQLite", &[])?,
        measure(
            "PostgreSQL",
            &[("STOA_DATABASE_URL", database.url.as_str())],
        )?,
    ])
}
