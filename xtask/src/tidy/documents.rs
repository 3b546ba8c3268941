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
    let mut fenced = false;
    text.lines()
        .filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn api(tree: &Tree, text: &str) -> Result<Vec<String>> {
    let mut declared = BTreeSet::new();
    for path in tree.sources()? {
        if path.starts_with("app/src") && path.extension().is_some_and(|kind| kind == "rs") {
            declared.extend(endpoints(&fs::read_to_string(tree.root.join(path))?));
        }
    }
    let listed = listed(text);
    let mut wrong = Vec::new();
    for name in declared.difference(&listed) {
        wrong.push(format!("API.md does not list the endpoint `{name}`"));
    }
    for name in listed.difference(&declared) {
        wrong.push(format!(
            "API.md lists the endpoint `{name}`, which does not exist"
        ));
    }
    Ok(wrong)
}

/// The back-ticked names in the first column of each table that is headed `endpoint`.
fn listed(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        let first = line
            .strip_prefix('|')
            .and_then(|row| row.split('|').next())
            .map(str::trim);
        match first {
            Some("endpoint") => inside = true,
            Some(cell) if inside => names.extend(inline_code(cell).map(str::to_owned)),
            Some(_) => {}
            None => inside = false,
        }
    }
    names
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
    fn listed_endpoints_are_the_first_column() {
        let text =
            "| endpoint | takes |\n| --- | --- |\n| `a_b`, `c` (form) | `x` |\n\n| `d` | no |\n";
        let found: Vec<_> = listed(text).into_iter().collect();
        assert_eq!(found, ["a_b", "c"]);
    }

    #[test]
    fn endpoints_are_read_from_the_attribute() {
        let source = "#[server(prefix = \"/api\", endpoint = \"post_message\", input = Json)]\nfn a() {}\n#[server(endpoint=\"rooms\")]\nlet endpoint = 3;";
        let found: Vec<_> = endpoints(source).into_iter().collect();
        assert_eq!(found, ["post_message", "rooms"]);
    }
}
