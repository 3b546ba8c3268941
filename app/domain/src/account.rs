//! People: names, initials, the hue of an avatar, and how an account looks to an admin.

use serde::{Deserialize, Serialize};

use crate::{AccountId, PageId, Refusal, Timestamp};

/// A person's display name: 1–80 characters, trimmed, on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    pub const MAX: usize = 80;

    pub fn parse(text: &str) -> Result<Self, Refusal> {
        one_line(text, Self::MAX).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonName {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

/// Trimmed, 1 to `max` characters, no control characters: what every name must be.
pub(crate) fn one_line(text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Refusal::ControlCharacters);
    }
    match text.chars().count() {
        count if count >= 1 && count <= max => Ok(text.to_owned()),
        _ => Err(Refusal::Name { max }),
    }
}

/// Up to two letters that stand for a name in an avatar or a page's tile. The stylesheet makes them capitals.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split(|c: char| c.is_whitespace() || c == '-' || c == '_')
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    if let (Some(first), Some(second)) = (words.next(), words.next()) {
        return [first, second].iter().collect();
    }
    let mut letters: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(2)
        .collect();
    if letters.is_empty() {
        letters = name.chars().next().map(String::from).unwrap_or_default();
    }
    letters
}

/// One of 12 colours, the same everywhere for the same id. The stylesheet turns it into degrees.
pub fn hue(id: &uuid::Uuid) -> u8 {
    // The last bytes of a version 7 id are random, the first are time.
    let bytes = id.as_bytes();
    ((u16::from(bytes[14]) << 8 | u16::from(bytes[15])) % 12) as u8
}

/// Six decimal digits, sent with a sign-in link for people who read mail on another device.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInCode(String);

impl SignInCode {
    pub fn from_random(random: u32) -> Self {
        Self(format!("{:06}", random % 1_000_000))
    }

    /// Takes what people type: spaces and dashes between the digits are fine.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect();
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(Refusal::WrongCode)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who is signed in, as the browser may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub account: AccountId,
    pub name: String,
    pub email: String,
    /// An admin of the whole place.
    pub admin: bool,
}

/// One row of the admin's list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSummary {
    pub id: AccountId,
    pub name: String,
    pub email: String,
    pub admin: bool,
    pub disabled: bool,
    pub last_seen: Option<Timestamp>,
    pub pages: Vec<(PageId, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_kept_as_typed() {
        assert_eq!(
            PersonName::parse("  Noor El Amrani ").unwrap().as_str(),
            "Noor El Amrani"
        );
        assert_eq!(PersonName::parse(" "), Err(Refusal::Name { max: 80 }));
        assert_eq!(
            PersonName::parse(&"x".repeat(81)),
            Err(Refusal::Name { max: 80 })
        );
        assert!(PersonName::parse(&"é".repeat(80)).is_ok());
        assert_eq!(
            PersonName::parse("a\r\nBcc: x"),
            Err(Refusal::ControlCharacters)
        );
    }

    #[test]
    fn initials_are_two_letters_where_there_are_two() {
        assert_eq!(initials("Garden renovation"), "Gr");
        assert_eq!(initials("Klas 3B ouders"), "K3");
        assert_eq!(initials("Dana"), "Da");
        assert_eq!(initials("Jean-Luc Picard"), "JL");
        assert_eq!(initials("李"), "李");
        assert_eq!(initials("🌻"), "🌻");
        assert_eq!(initials("🌻 Sun & Moon"), "SM");
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        assert_eq!(SignInCode::parse(" 123 456 ").unwrap().as_str(), "123456");
        assert!(SignInCode::parse("12345").is_err());
        assert!(SignInCode::parse("12345x").is_err());
        assert_eq!(SignInCode::from_random(42).as_str(), "000042");
    }
}
