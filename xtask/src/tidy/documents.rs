//! Documents name only what exists, and API.md lists every server function and no other.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Result;

use crate::tree::Tree;

const DOCUMENTS: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "API.md",
    "SECURITY.md",
    "CHANGELOG.md",
];

const README_LINES: usize = 80;

/// Folders that building and running make.
const MADE: [&str; 3] = ["target", "data", "node_modules"];

pub(crate) fn check(tree: &Tree) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let sources = tree.sources()?;
    let names: BTreeSet<&str> = sources
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    for document in DOCUMENTS {
        let file = tree.root.join(document);
        if !file.exists() {
            wrong.push(format!("{document} is missing"));
            continue;
        }
        let text = fs::read_to_string(file)?;
        for path in paths(&text) {
            let exists = if path.contains('/') {
                tree.root.join(path).exists()
            } else {
                names.contains(path)
            };
            if !exists {
                wrong.push(format!("{document} names `{path}`, which does not exist"));
            }
        }
        if document == "README.md" && text.lines().count() > README_LINES {
            wrong.push(format!("README.md is longer than {README_LINES} lines"));
        }
        if document == "API.md" {
            wrong.extend(api(tree, &text)?);
        }
    }
    Ok(wrong)
}

/// What stands between back-ticks and can only be a file or folder of this tree.
fn paths(text: &str) -> BTreeSet<&str> {
    inline_code(text)
        .filter(|code| {
            code.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
        })
        .filter(|code| {
            let first = code.split('/').next().unwrap_or_default();
            let kind = Path::new(code)
                .extension()
                .and_then(|extension| extension.to_str())
                .unwrap_or_default();
            if code.contains('/') {
                !first.is_empty()
                    && !MADE.contains(&first)
                    && (code.ends_with('/') || !kind.is_empty())
            } else {
                ["rs", "ts", "sql", "md"].contains(&kind) && !code.starts_with('.')
            }
        })
        .collect()
}

fn inline_code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let fence = line.trim_start().starts_with("```");
        line.split('`').skip(1).step_by(2).filter(move |_| !fence)
    })
}

fn api(tree: &Tree, text: &str) -> Result<Vec<String>> {
    let mut declared = BTreeSet::new();
    for path in tree.sources()? {
        if path.starts_with("app/src") && path.extension().is_some_and(|kind| kind == "rs") {
            declared.extend(endpoints(&fs::read_to_string(tree.root.join(path))?));
        }
    }
    let listed: BTreeSet<String> = text
        .split("/api/")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect();
    let mut wrong = Vec::new();
    for name in declared.difference(&listed) {
        wrong.push(format!("API.md does not list `/api/{name}`"));
    }
    for name in listed.difference(&declared) {
        wrong.push(format!("API.md lists `/api/{name}`, which does not exist"));
    }
    Ok(wrong)
}

/// The names in `#[server(… endpoint = "name" …)]`.
fn endpoints(source: &str) -> BTreeSet<String> {
    source
        .split("endpoint")
        .skip(1)
        .filter_map(|rest| {
            let rest = rest.trim_start().strip_prefix('=')?.trim_start();
            let name = rest.strip_prefix('"')?.split('"').next()?;
            Some(name.trim_start_matches('/').to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_other_code() {
        let text = "See `app/src/live.rs`, `bus.rs` and `server/backend/`; not `/health`, `text/html`,\n\
                    `p/<page>/e`, `target/dist/stoa.tgz`, `stoa.toml`, `POST /api/x` or `cargo xtask run`.\n\
                    ```rust\n`x/y.rs\n";
        let found: Vec<_> = paths(text).into_iter().collect();
        assert_eq!(found, ["app/src/live.rs", "bus.rs", "server/backend/"]);
    }

    #[test]
    fn endpoints_are_read_from_the_attribute() {
        let source = "#[server(prefix = \"/api\", endpoint = \"post_message\", input = Json)]\nfn a() {}\n#[server(endpoint=\"rooms\")]\nlet endpoint = 3;";
        let found: Vec<_> = endpoints(source).into_iter().collect();
        assert_eq!(found, ["post_message", "rooms"]);
    }
}
