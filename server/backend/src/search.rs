//! Search: messages that hold all of some words, the newest first. PostgreSQL keeps the words with
//! the messages by itself (`migrations/postgres/0002_chat.sql`), SQLite's index follows them (`index.rs`).

use domain::{AccountId, Found, PageId, Timestamp};
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer,
    access::access,
    db::{Conn, fetch_all},
    history::{MessageRow, columns, cut, people, whole},
};

/// Messages in one answer, at most.
const LIMIT: u32 = 100;
/// Words that are looked for, and characters of each, at most.
const WORDS: usize = 16;
const LETTERS: usize = 64;
/// Up to so many pages are named to the index, so that it passes over no others.
const PAGES: i64 = 20;

/// What is looked for, where. Without words, everything `from` somebody.
#[derive(Clone, Debug)]
pub struct Search {
    pub words: String,
    pub page: Option<PageId>,
    pub from: Option<AccountId>,
    pub before: Option<Timestamp>,
    pub limit: u32,
}

impl Backend {
    /// Up to `limit` (1–100) messages of pages that I am a member of, the newest first, and whether there are more.
    /// Each word may be the beginning of one in the text. Of a page that is not mine: `NotFound`.
    pub async fn search(&self, viewer: &Viewer, search: Search) -> Result<(Vec<Found>, bool)> {
        self.index_what_waits().await?;
        let mut conn = self.0.db.read().await?;
        if let Some(page) = search.page {
            access(&mut conn, viewer, page).await?.member()?;
        }
        let words = words(&search.words);
        if words.is_empty() && search.from.is_none() {
            return Ok((Vec::new(), false));
        }
        let limit = search.limit.clamp(1, LIMIT);
        let asked = Asked {
            me: viewer.account,
            words,
            before: search.before.map_or(i64::MAX, |before| before.0),
            most: i64::from(limit) + 1,
            search: &search,
        };
        let mut rows = match conn {
            Conn::Sqlite(_) => asked.of_sqlite(&mut conn).await?,
            Conn::Postgres(_) => asked.of_postgres(&mut conn).await?,
        };
        let more = cut(&mut rows, limit);
        let (pages, rows): (Vec<String>, Vec<MessageRow>) = rows
            .into_iter()
            .map(|row| (row.page_name, row.message))
            .unzip();
        let messages = whole(&mut conn, rows).await?;
        let found = pages.into_iter().zip(messages);
        let found = found.map(|(page_name, message)| Found { page_name, message });
        Ok((found.collect(), more))
    }
}

/// Nothing but letters, digits and the marks on them.
fn words(text: &str) -> Vec<String> {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}');
    let words = text.split(|c| !in_word(c)).filter(|word| !word.is_empty());
    let short = |word: &str| word.chars().take(LETTERS).collect();
    words.take(WORDS).map(short).collect()
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    #[sqlx(flatten)]
    message: MessageRow,
    page_name: String,
}

/// What is looked for, as the databases are asked. Either gives the newest first.
struct Asked<'s> {
    me: AccountId,
    words: Vec<String>,
    before: i64,
    most: i64,
    search: &'s Search,
}

impl Asked<'_> {
    /// The index gives its rows in the order of their numbers, so it stops at the limit: CROSS JOIN keeps it in front.
    async fn of_sqlite(&self, conn: &mut Conn) -> Result<Vec<FoundRow>> {
        let matching = matching(&self.pages(conn).await?, &self.words, self.search.from);
        fetch_all!(
            conn,
            concat!(
                "SELECT ",
                columns!(),
                ", p.name AS page_name
             FROM words CROSS JOIN messages m ON m.doc = words.rowid
             CROSS JOIN pages p ON p.id = m.page ",
                people!(),
                " WHERE words MATCH $1 AND m.at < $2
               AND EXISTS (SELECT 1 FROM members x WHERE x.page = m.page AND x.account = $3)
             ORDER BY words.rowid DESC LIMIT $4"
            ),
            matching,
            self.before,
            self.me.0,
            self.most
        )
    }

    /// In PostgreSQL's index nothing has an order. Frequent words are soon found among the newest messages; of seldom
    /// ones the index knows few.
    async fn of_postgres(&self, conn: &mut Conn) -> Result<Vec<FoundRow>> {
        let (search, words) = (self.search, self.words.join(" "));
        macro_rules! among {
            ($messages:expr) => {
                fetch_all!(
                    conn,
                    concat!(
                        "SELECT ",
                        columns!(),
                        ", p.name AS page_name FROM ",
                        $messages,
                        " m JOIN pages p ON p.id = m.page ",
                        people!(),
                        " WHERE ($1 = '' OR m.words @@ prefixes($1)) AND m.at < $2
                       AND m.deleted IS NULL
                       AND m.page IN (SELECT x.page FROM members x WHERE x.account = $3)
                       AND ($5::uuid IS NULL OR m.page = $5)
                       AND ($6::uuid IS NULL OR m.author = $6)
                     ORDER BY m.at DESC, m.seq DESC LIMIT $4"
                    ),
                    &words,
                    self.before,
                    self.me.0,
                    self.most,
                    search.page.map(|page| page.0),
                    search.from.map(|from| from.0)
                )
            };
        }
        let newest = match search {
            Search { from: Some(_), .. } => among!(
                "(SELECT * FROM messages WHERE author = $6 AND at < $2 ORDER BY at DESC LIMIT 5000)"
            ),
            Search { page: Some(_), .. } => among!(
                "(SELECT * FROM messages WHERE page = $5 AND at < $2 ORDER BY seq DESC LIMIT 5000)"
            ),
            _ => among!("(SELECT * FROM messages WHERE at < $2 ORDER BY at DESC LIMIT 5000)"),
        };
        let found: Vec<FoundRow> = newest?;
        if found.len() as i64 >= self.most {
            return Ok(found);
        }
        if words.is_empty() {
            return among!("(SELECT * FROM messages WHERE author = $6 OFFSET 0)");
        }
        // OFFSET 0: the planner is not to walk through all messages in their order, hoping to meet the words soon.
        among!("(SELECT * FROM messages WHERE words @@ prefixes($1) OFFSET 0)")
    }

    /// The pages that the index is to look on; none where there are too many to name.
    async fn pages(&self, conn: &mut Conn) -> Result<Vec<Uuid>> {
        if let Some(page) = self.search.page {
            return Ok(vec![page.0]);
        }
        let mine: Vec<(Uuid,)> = fetch_all!(
            conn,
            "SELECT page FROM members WHERE account = $1 LIMIT $2",
            self.me.0,
            PAGES + 1
        )?;
        if mine.len() > PAGES as usize {
            return Ok(Vec::new());
        }
        Ok(mine.into_iter().map(|(page,)| page).collect())
    }
}

/// In the words of SQLite's index (FTS5 §3). Nothing in quotes holds one.
fn matching(pages: &[Uuid], words: &[String], from: Option<AccountId>) -> String {
    let quoted = |word: &Uuid| format!("\"{}\"", word.simple());
    let mut all = Vec::new();
    if !pages.is_empty() {
        let pages: Vec<String> = pages.iter().map(quoted).collect();
        all.push(format!("page : ({})", pages.join(" OR ")));
    }
    if let Some(from) = from {
        all.push(format!("author : {}", quoted(&from.0)));
    }
    all.extend(words.iter().map(|word| format!("body : \"{word}\" *")));
    all.join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_hostile_words_nothing_is_left_but_letters() {
        assert_eq!(
            words("\"a* OR (b\0c) NEAR/2 -d:"),
            ["a", "OR", "b", "c", "NEAR", "2", "d"]
        );
        assert!(words("\"'*()-:^{}\0 ").is_empty());
        assert_eq!(words(&"é".repeat(10_000)), ["é".repeat(LETTERS)]);
        assert_eq!(words(&"a ".repeat(10_000)).len(), WORDS);
    }
}
