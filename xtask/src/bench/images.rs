//! Images without a browser: how many are taken in, and how many are given out beside nginx.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{
    peers::Nginx,
    report::{Row, median, thousands},
    stand::{Stand, answer, load, number},
};
use crate::tree::Tree;

const ROUNDS: usize = 3;
const ID: &str = "01932d3c-5a00-7b1c-8f00-000000000001";

pub(crate) fn thumbnails(tree: &Tree) -> Result<Vec<Row>> {
    let measured = answer(&mut Command::new(example(tree, "thumbnails")))?;
    Ok(vec![Row::new(
        format!(
            "JPEG of 12 megapixels, {} KB, taken in, {} threads",
            measured["kilobytes"], measured["threads"]
        ),
        format!(
            "{:.1} images/s, {:.1} thumbnails/s",
            number(&measured["images"]),
            number(&measured["thumbnails"])
        ),
    )])
}

pub(crate) fn served(tree: &Tree) -> Result<Vec<Row>> {
    let stoa = Stand::new(tree, 5, 100, &[])?;
    let seed: Value = serde_json::from_slice(&std::fs::read(stoa.seed())?)?;
    let page = seed["pages"][0]["id"].as_str().context("a page")?;
    let cookie = seed["accounts"][1]["cookie"].as_str().context("a cookie")?;
    let ask = |request: &str, kind: &str, body: &[u8]| {
        ask(&stoa.server.address, cookie, request, kind, body)
    };
    let photo = Command::new(example(tree, "thumbnails"))
        .arg("photo")
        .output()?
        .stdout;
    let form = [
        &b"--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n"[..],
        &photo,
        b"\r\n--part--\r\n",
    ]
    .concat();
    let upload = format!("POST /api/upload_image?page={page}&id={ID}");
    ask(&upload, "multipart/form-data; boundary=part", &form)?;

    let mut rows = Vec::new();
    for variant in ["original", "800"] {
        let path = format!("/i/{ID}/{variant}");
        let file = ask(&format!("GET {path}"), "text/plain", b"")?;
        let nginx = Nginx::start(&[(variant, &file)])?;
        let rate = |address: &str, path: &str| -> Result<f64> {
            let words = json!({"path": path, "cookie": cookie, "size": file.len(), "clients": 16, "seconds": 3});
            let words = words.as_object().into_iter().flatten();
            let words: Vec<String> = words
                .map(|(key, value)| {
                    format!(
                        "{key}={}",
                        value.as_str().map_or(value.to_string(), str::to_owned)
                    )
                })
                .collect();
            let measured = answer(&mut load(tree, "file", address, &words))?;
            Ok(number(&measured["per_second"]))
        };
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let stoa = rate(&stoa.server.address, &path)?;
            let nginx = rate(&nginx.address, &format!("/{variant}"))?;
            ours.push(stoa);
            theirs.push(nginx);
            ratios.push(stoa / nginx);
        }
        rows.push(
            Row::new(
                format!("{variant} of {} KB served, 16 clients", file.len() / 1000),
                format!(
                    "{} /s, {:.2} × nginx",
                    thousands(median(ours)),
                    median(ratios)
                ),
            )
            .peer(format!("nginx {} /s", thousands(median(theirs)))),
        );
    }
    Ok(rows)
}

fn example(tree: &Tree, name: &str) -> std::path::PathBuf {
    tree.target.join("dist/examples").join(name)
}

/// The body of an answer that is 200.
fn ask(address: &str, cookie: &str, request: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.context("no answer")? + 4;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    Ok(answer.split_off(end))
}
