//! A first visit: the page and everything it names, in bytes as they travel (brotli).

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    arguments::Arguments,
    http::{Client, FORM, JSON, call, get, header},
    stand::Seed,
};

pub(crate) async fn run(arguments: &Arguments) -> Result<Value> {
    let address = arguments.text("address")?;
    let seed = Seed::read(arguments)?;
    let admin = seed.accounts.first().context("nobody")?;
    let page = seed.page()?;
    let mut client = Client::open(address).await?;

    let form = format!("page={page}&addresses=guest%40example.org&note=");
    client
        .ok(&call(address, "invite", &admin.cookie, FORM, &form))
        .await?;
    let all = client
        .ok(&call(address, "invitations", &admin.cookie, JSON, "{}"))
        .await?;
    let all: Value = serde_json::from_slice(&all.body)?;
    let which = json!({ "id": all[0]["id"] }).to_string();
    let link = client
        .ok(&call(
            address,
            "copy_invitation_link",
            &admin.cookie,
            JSON,
            &which,
        ))
        .await?;
    let link: String = serde_json::from_slice(&link.body)?;
    let path = link
        .find("/invite/")
        .map(|at| &link[at..])
        .context("no link")?;

    Ok(json!({
        "invitation": bytes(&mut client, address, path, "").await?,
        "page": bytes(&mut client, address, &format!("/p/{page}"), &admin.cookie).await?,
    }))
}

async fn bytes(client: &mut Client, address: &str, path: &str, cookie: &str) -> Result<Value> {
    let cookie = format!("Cookie: {cookie}\r\n");
    let plain = client.ok(&get(address, path, &cookie)).await?;
    let html = String::from_utf8_lossy(&plain.body).into_owned();
    let assets: BTreeSet<&str> = html
        .split(['"', '\''])
        .filter(|text| text.starts_with("/v/") && text.contains('.'))
        .collect();
    ensure!(
        assets.iter().any(|asset| asset.ends_with("stoa.css")),
        "the page does not name its stylesheet"
    );

    let more = format!("{cookie}Accept-Encoding: br\r\n");
    let page = client.ok(&get(address, path, &more)).await?;
    let mut sum = page.body.len();
    let mut parts = vec![json!([path, page.body.len()])];
    for asset in assets {
        let answer = client.ok(&get(address, asset, &more)).await?;
        let text = [".js", ".css", ".wasm"]
            .iter()
            .any(|kind| asset.ends_with(kind));
        ensure!(
            !text || header(&answer.head, "content-encoding") == Some("br"),
            "{asset} is not compressed"
        );
        parts.push(json!([asset, answer.body.len()]));
        sum += answer.body.len();
    }
    Ok(json!({ "bytes": sum, "parts": parts }))
}
