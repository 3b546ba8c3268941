//! `cargo xtask tidy`: what no compiler checks. Who depends on whom, whether documents are true, how files begin.

mod crates;
mod documents;

use std::fs;

use anyhow::{Result, bail};

use crate::tree::Tree;

/// Past this a file is more than one thing.
const LINES: usize = 450;

pub(crate) fn check(tree: &Tree) -> Result<()> {
    let mut wrong = crates::check(tree)?;
    wrong.extend(documents::check(tree)?);
    wrong.extend(sources(tree)?);
    wrong.extend(migrations(tree)?);
    for sentence in &wrong {
        println!("tidy: {sentence}");
    }
    if !wrong.is_empty() {
        bail!("{} things to tidy", wrong.len());
    }
    Ok(())
}

fn sources(tree: &Tree) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for path in tree.sources()? {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(tree.root.join(&path))?;
        let name = path.display();
        if !has_head(&text) {
            wrong.push(format!("{name} does not begin with a `//!` line"));
        }
        let lines = text.lines().count();
        if lines > LINES {
            wrong.push(format!("{name} has {lines} lines; {LINES} are a lot"));
        }
        if path.starts_with("app/src") {
            for line in inline_styles(&text) {
                wrong.push(format!(
                    "{name}:{line} has an inline style, which the content security policy blocks"
                ));
            }
        }
    }
    Ok(wrong)
}

fn has_head(text: &str) -> bool {
    text.lines()
        .find(|line| !line.starts_with("#!["))
        .is_some_and(|line| line.starts_with("//!"))
}

/// The lines with `style=` or `style:name=` as an attribute in a view.
fn inline_styles(text: &str) -> Vec<usize> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            let code = line.split("//").next().unwrap_or_default();
            code.split([' ', '<']).any(|word| {
                word.strip_prefix("style").is_some_and(|rest| {
                    rest.starts_with('=') && !rest.starts_with("==")
                        || rest.starts_with(':') && !rest.starts_with("::") && rest.contains('=')
                })
            })
        })
        .map(|(index, _)| index + 1)
        .collect()
}

/// The two databases have the same history.
fn migrations(tree: &Tree) -> Result<Vec<String>> {
    let names = |dialect: &str| -> Result<Vec<String>> {
        let folder = tree.root.join("server/backend/migrations").join(dialect);
        let mut names: Vec<String> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_>>()?;
        names.sort();
        Ok(names)
    };
    let (sqlite, postgres) = (names("sqlite")?, names("postgres")?);
    Ok(if sqlite == postgres {
        Vec::new()
    } else {
        vec![format!(
            "migrations differ: sqlite has {sqlite:?}, postgres has {postgres:?}"
        )]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_begins_with_what_lives_in_it() {
        assert!(has_head("//! The hub.\nuse std::fs;"));
        assert!(has_head("#![no_main]\n//! Fuzzes the decoder.\n"));
        assert!(!has_head("use std::fs;\n//! late"));
        assert!(!has_head(""));
    }

    #[test]
    fn an_inline_style_is_found_and_nothing_else() {
        let text = "<div style=\"x\">\nlet style = 1;\n<p class=\"a\" style:width=w>\n// style=\nstyle==x\nfont-style=1";
        assert_eq!(inline_styles(text), [1, 3]);
    }
}
