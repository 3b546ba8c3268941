//! Filling a template: `{{name}}` takes a value, `{{raw name}}` one that is finished HTML.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Text,
    Html,
}

/// Values are not looked through again: a name that looks like a placeholder stays what it is.
/// A placeholder without a value becomes nothing.
pub(super) fn fill(template: &str, syntax: Syntax, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some((before, tail)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = tail.split_once("}}") else {
            rest = tail;
            break;
        };
        let (raw, name) = match name.strip_prefix("raw ") {
            Some(name) => (true, name),
            None => (syntax == Syntax::Text, name),
        };
        let value = values.iter().find(|(known, _)| *known == name);
        debug_assert!(value.is_some(), "a template asks for {name}");
        let value = value.map_or("", |(_, value)| value);
        if raw {
            filled.push_str(value);
        } else {
            escape(&mut filled, value);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_in_html_and_only_there() {
        let values = [("name", "<b title='x'>\"A\" & B</b>")];
        let html = fill("<p>{{name}}</p>", Syntax::Html, &values);
        assert_eq!(
            html,
            "<p>&lt;b title=&#39;x&#39;&gt;&quot;A&quot; &amp; B&lt;/b&gt;</p>"
        );
        assert_eq!(
            fill("{{name}}!", Syntax::Text, &values),
            format!("{}!", values[0].1)
        );
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_left_alone() {
        let values = [("name", "{{link}}"), ("link", "https://stoa.example")];
        assert_eq!(
            fill("{{name}} {{link}}", Syntax::Text, &values),
            "{{link}} https://stoa.example"
        );
        assert_eq!(fill("{{raw link}}", Syntax::Html, &values), values[1].1);
    }
}
