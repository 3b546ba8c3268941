//! The names by which wasm and its JavaScript know each other, made short: they are long and end in hashes, which do not
//! compress, and stand in both files. What only a reader of the glue wants goes with them.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context, Result, ensure};

pub(super) fn shorten(folder: &Path, bundle: &str) -> Result<()> {
    let glue = folder.join(format!("{bundle}.js"));
    let binary = folder.join(format!("{bundle}_bg.wasm"));
    let mut module = super::walrus(&fs::read(&binary)?)?;
    let own = format!("./{bundle}_bg.js");
    let mut names = HashMap::new();
    for import in module.imports.iter_mut() {
        if import.module != own {
            continue;
        }
        let short = short(names.len());
        let long = std::mem::replace(&mut import.name, short.clone());
        ensure!(
            names.insert(long.clone(), short).is_none(),
            "{long} is imported twice"
        );
    }
    let javascript = fs::read_to_string(&glue)?;
    fs::write(&glue, rename(&javascript, names)?)?;
    fs::write(&binary, module.emit_wasm())?;
    Ok(())
}

/// In the glue every import is one line that begins with `<name>: function(`.
fn rename(javascript: &str, mut names: HashMap<String, String>) -> Result<String> {
    let mut renamed = String::with_capacity(javascript.len());
    for line in javascript.lines().map(str::trim) {
        if line.is_empty() || line.starts_with("//") || is_doc(line) {
            continue;
        }
        ensure!(
            line.matches('`').count().is_multiple_of(2),
            "a text of several lines cannot be trimmed: {line}"
        );
        match line.split_once(": ") {
            Some((name, rest)) if names.contains_key(name) => {
                let short = names.remove(name).context("looked up")?;
                renamed.extend([&*short, ": ", rest]);
            }
            _ => renamed.push_str(line),
        }
        renamed.push('\n');
    }
    ensure!(names.is_empty(), "not in the glue: {:?}", names.keys());
    Ok(renamed)
}

fn is_doc(line: &str) -> bool {
    ["/**", "* ", "*/"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// `a` to `z`, then with a number behind.
fn short(number: usize) -> String {
    let letter = char::from(b'a' + (number % 26) as u8);
    match number / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_renamed_and_comments_go() {
        let names = HashMap::from([("__wbg_body_5f97".to_owned(), "a".to_owned())]);
        let glue =
            "/**\n * Doc.\n */\n{\n    // Why.\n    __wbg_body_5f97: function(arg0) {\n    },\n}\n";
        assert_eq!(
            rename(glue, names).unwrap(),
            "{\na: function(arg0) {\n},\n}\n"
        );
    }

    #[test]
    fn an_import_that_is_not_found_is_said() {
        let names = HashMap::from([("gone".to_owned(), "a".to_owned())]);
        assert!(rename("{}", names).is_err());
    }

    #[test]
    fn short_names_do_not_repeat() {
        let names: std::collections::HashSet<_> = (0..2_000).map(short).collect();
        assert_eq!(names.len(), 2_000);
    }
}
