//! Mentions: who is named in a message with `@`, and finding that again.

use domain::{AccountId, Caption, Mention, PageId};
use uuid::Uuid;

use crate::{
    Failure, Result,
    db::{Conn, execute, fetch_listed},
    writer::Tx,
};

/// People named in one message, at most.
const MOST: usize = 50;

/// Those of `wanted` who are members of the page and whose name stands in the text.
pub(crate) async fn named(
    conn: &mut Conn,
    page: PageId,
    body: &Caption,
    wanted: &[AccountId],
) -> Result<Vec<Mention>> {
    if wanted.is_empty() || !body.as_str().contains('@') {
        return Ok(Vec::new());
    }
    let ids = wanted.iter().take(4 * MOST).map(|account| account.0);
    let members: Vec<(Uuid, String)> = fetch_listed!(
        conn,
        "SELECT a.id, a.name FROM members m JOIN accounts a ON a.id = m.account WHERE m.account",
        ids,
        "AND m.page = $2 ORDER BY a.name, a.id",
        page.0
    )?;
    let named = members
        .into_iter()
        .filter(|(_, name)| stands_in(body.as_str(), name));
    let mention = |(account, name)| Mention {
        account: AccountId(account),
        name,
    };
    Ok(named.map(mention).take(MOST).collect())
}

/// `@` and the name, and the name does not go on.
fn stands_in(text: &str, name: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let after = text[at + 1..].strip_prefix(name);
        after.is_some_and(|after| !after.starts_with(char::is_alphanumeric))
    })
}

/// As it is stored with the message.
pub(crate) fn written(mentions: &[Mention]) -> Result<String> {
    if mentions.is_empty() {
        return Ok(String::new());
    }
    let written = serde_json::to_string(mentions);
    written.map_err(|error| Failure::Other(error.to_string()).into())
}

/// For the lists of those who are named; nobody is told of naming themselves.
pub(crate) async fn store(
    tx: &mut Tx,
    page: PageId,
    seq: i64,
    author: AccountId,
    mentions: &[Mention],
) -> Result<()> {
    for mention in mentions.iter().filter(|m| m.account != author) {
        execute!(
            tx,
            "INSERT INTO mentions (account, page, seq) VALUES ($1, $2, $3)",
            mention.account.0,
            page.0,
            seq
        )?;
    }
    Ok(())
}

pub(crate) async fn forget(tx: &mut Tx, page: PageId, seq: i64) -> Result<()> {
    execute!(
        tx,
        "DELETE FROM mentions WHERE page = $1 AND seq = $2",
        page.0,
        seq
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::stands_in;

    #[test]
    fn a_name_ends_where_its_word_ends() {
        assert!(stands_in("hi @Mila Lind!", "Mila Lind"));
        assert!(stands_in("@@Mila", "Mila"));
        assert!(!stands_in("@Milan", "Mila"));
        assert!(!stands_in("Mila", "Mila"));
    }
}
