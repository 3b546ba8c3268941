//! The addresses being typed: what is finished becomes a chip, the rest stays in the field.

use domain::{AddressList, Email};

/// One entry, as typed, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chip {
    pub text: String,
    pub wrong: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chips(Vec<Chip>);

impl Chips {
    pub fn all(&self) -> &[Chip] {
        &self.0
    }

    pub fn good(&self) -> usize {
        self.0.iter().filter(|chip| chip.wrong.is_none()).count()
    }

    pub fn wrong(&self) -> impl Iterator<Item = &Chip> {
        self.0.iter().filter(|chip| chip.wrong.is_some())
    }

    /// Takes everything, finished or not. Addresses that are there already are not taken twice.
    pub fn take(&mut self, text: &str) {
        let list = AddressList::parse(text);
        let wrong = list
            .wrong
            .into_iter()
            .map(|wrong| (wrong.text, Some(wrong.why)));
        let good = list.good.into_iter().map(|good| (good.to_string(), None));
        for (text, wrong) in good.chain(wrong) {
            if !self.0.iter().any(|chip| chip.text == text) {
                self.0.push(Chip { text, wrong });
            }
        }
    }

    /// Takes what is finished and returns what is still being typed. A comma, semicolon or line break ends an entry;
    /// a space only ends an address, because names have spaces too.
    pub fn take_finished(&mut self, text: &str) -> String {
        let (finished, rest) = match text.rfind([',', ';', '\n']) {
            Some(end) => text.split_at(end + 1),
            None => ("", text),
        };
        // Quotes may hold a comma: `"Vos, Dana" <d…`
        if finished.matches('"').count() % 2 == 1 {
            return text.to_owned();
        }
        self.take(finished);
        let complete = rest.ends_with(char::is_whitespace)
            && rest
                .split_whitespace()
                .next_back()
                .is_some_and(|last| Email::parse(last.trim_matches(['<', '>'])).is_ok());
        if complete {
            self.take(rest);
            String::new()
        } else {
            rest.trim_start().to_owned()
        }
    }

    pub fn remove(&mut self, text: &str) {
        self.0.retain(|chip| chip.text != text);
    }

    /// The last one, to be typed on.
    pub fn pop(&mut self) -> Option<String> {
        self.0.pop().map(|chip| chip.text)
    }

    /// After sending: only what needs to be put right.
    pub fn keep_wrong(&mut self) {
        self.0.retain(|chip| chip.wrong.is_some());
    }

    /// As the server takes it.
    pub fn joined(&self) -> String {
        let texts: Vec<_> = self.0.iter().map(|chip| chip.text.as_str()).collect();
        texts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> (Vec<String>, String) {
        let mut chips = Chips::default();
        let rest = chips.take_finished(text);
        (chips.0.into_iter().map(|chip| chip.text).collect(), rest)
    }

    #[test]
    fn a_comma_ends_an_entry_and_a_space_only_an_address() {
        assert_eq!(
            typed("mila@lind.example"),
            (vec![], "mila@lind.example".into())
        );
        assert_eq!(typed("mila@lind.example,").0, ["mila@lind.example"]);
        assert_eq!(typed("mila@lind.example ").0, ["mila@lind.example"]);
        assert_eq!(typed("Mila "), (vec![], "Mila ".into()));
        assert_eq!(
            typed("Mila Lind <mila@lind.example> ").0,
            ["mila@lind.example"]
        );
        assert_eq!(
            typed("a@b.example\nJon Ok"),
            (vec!["a@b.example".into()], "Jon Ok".into())
        );
        assert_eq!(typed("\"Vos, Da"), (vec![], "\"Vos, Da".into()));
    }

    #[test]
    fn a_wrong_entry_is_kept_and_says_why() {
        let mut chips = Chips::default();
        assert_eq!(chips.take_finished("kees@typo, mila@example.org "), "");
        assert_eq!((chips.all().len(), chips.good()), (2, 1));
        let wrong: Vec<_> = chips.wrong().collect();
        assert_eq!(wrong[0].text, "kees@typo");
        assert!(
            wrong[0]
                .wrong
                .as_ref()
                .is_some_and(|why| why.contains("not complete"))
        );
        chips.keep_wrong();
        assert_eq!(chips.joined(), "kees@typo");
        assert_eq!(chips.pop().as_deref(), Some("kees@typo"));
        assert!(chips.all().is_empty());
    }

    #[test]
    fn an_address_is_taken_once() {
        let mut chips = Chips::default();
        chips.take("a@b.example, A@B.example");
        chips.take("a@b.example");
        assert_eq!(chips.joined(), "a@b.example");
        chips.remove("a@b.example");
        assert!(chips.all().is_empty());
    }
}
