//! Email addresses, and the list of them that a person pastes into `Email addresses`.

use serde::{Deserialize, Serialize};

use crate::Refusal;

/// An address as it is compared and stored: trimmed, the domain in lower case, and the local part too,
/// because no mail host anybody uses tells `Mila` from `mila` and people type both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// RFC 5321 §4.5.3.1
    pub const MAX: usize = 254;

    /// The forms in use: a dot-atom, `@`, a domain with at least one dot. Quoted local parts and
    /// address literals (RFC 5321 §4.1.2, §4.1.3) are refused: they are typing errors here.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = |why: &str| Err(Refusal::Email(why.to_owned()));
        let text = text.trim();
        if text.is_empty() {
            return wrong("Please give an email address.");
        }
        if text.len() > Self::MAX {
            return wrong("This address is too long.");
        }
        let Some((local, domain)) = text.rsplit_once('@') else {
            return wrong("An address needs an @.");
        };
        if local.is_empty() {
            return wrong("There is nothing before the @.");
        }
        if local.contains('@') {
            return wrong("There is more than one @.");
        }
        let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        if local.len() > 64
            || local
                .split('.')
                .any(|atom| atom.is_empty() || !atom.chars().all(atext))
        {
            return wrong("The part before the @ has something that cannot be there.");
        }
        if !domain.contains('.') {
            return wrong("The part after the @ is not complete yet.");
        }
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !domain.split('.').all(label) {
            return wrong("The part after the @ is not a domain.");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// An entry that is no address, as typed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongAddress {
    pub text: String,
    pub why: String,
}

/// What a pasted list holds, in its order, each address once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressList {
    pub good: Vec<Email>,
    pub wrong: Vec<WrongAddress>,
    /// Written more than once in the list.
    pub repeated: Vec<Email>,
}

impl AddressList {
    /// Splits at commas, semicolons, line breaks and spaces; takes `Name <a@b>` and `"Name, X" <a@b>`.
    pub fn parse(text: &str) -> Self {
        let mut list = Self::default();
        for entry in entries(text) {
            match Email::parse(&entry) {
                Ok(email) if list.good.contains(&email) => {
                    if !list.repeated.contains(&email) {
                        list.repeated.push(email);
                    }
                }
                Ok(email) => list.good.push(email),
                Err(why) => list.wrong.push(WrongAddress {
                    text: entry,
                    why: why.to_string(),
                }),
            }
        }
        list
    }
}

fn entries(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in split_outside_quotes(text) {
        let mut rest = part.as_str();
        // `Name <a@b> Other <c@d>` is two addresses; the words before an angle are a name.
        let mut had_angle = false;
        while let Some((_, tail)) = rest.split_once('<') {
            let (inside, after) = tail.split_once('>').unwrap_or((tail, ""));
            found.push(inside.trim().to_owned());
            rest = after;
            had_angle = true;
        }
        let words = rest
            .split_whitespace()
            .filter(|word| !had_angle || word.contains('@'));
        found.extend(words.map(str::to_owned));
    }
    found.retain(|entry| !entry.is_empty());
    found
}

fn split_outside_quotes(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' | '\r' => {
                quoted = false;
                parts.push(String::new());
            }
            ',' | ';' if !quoted => parts.push(String::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_without_its_case() {
        assert_eq!(
            Email::parse(" Mila@Lind.Example ").unwrap().as_str(),
            "mila@lind.example"
        );
        assert_eq!(
            Email::parse("a.b+c@x-y.example").unwrap().domain(),
            "x-y.example"
        );
    }

    #[test]
    fn a_wrong_address_says_why() {
        for (text, word) in [
            ("kees@typo", "not complete"),
            ("kees", "needs an @"),
            ("@x.example", "before the @"),
            ("a@b@c.example", "more than one @"),
            ("a b@c.example", "before the @"),
            ("a..b@c.example", "before the @"),
            ("a@-c.example", "not a domain"),
            ("a@c..example", "not a domain"),
            ("a\r\n@c.example", "before the @"),
            ("", "Please"),
        ] {
            let why = Email::parse(text).unwrap_err().to_string();
            assert!(why.contains(word), "{text:?}: {why}");
        }
    }

    #[test]
    fn a_pasted_list_becomes_addresses() {
        let list = AddressList::parse(
            "mila@lind.example, Jon Okafor <jon@okafor.example>;\n\"Vos, Dana\" <dana@vos.example>\r\n\
             a@b.example c@d.example MILA@lind.example kees@typo",
        );
        let good: Vec<_> = list.good.iter().map(Email::as_str).collect();
        assert_eq!(
            good,
            [
                "mila@lind.example",
                "jon@okafor.example",
                "dana@vos.example",
                "a@b.example",
                "c@d.example"
            ]
        );
        assert_eq!(list.repeated.len(), 1);
        assert_eq!(list.wrong.len(), 1);
        assert_eq!(list.wrong[0].text, "kees@typo");
        assert_eq!(
            AddressList::parse("A <a@b.example> B <c@d.example>")
                .good
                .len(),
            2
        );
        assert_eq!(AddressList::parse(" ,;\n "), AddressList::default());
    }
}
