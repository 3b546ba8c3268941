//! Search: messages that hold all of some words, the newest first. PostgreSQL keeps the words with
//! the messages by itself (`migrations/postgres/0002_chat.sql`), SQLite's index follows them (`index.rs`).

use domain::{AccountId, Found, PageId, Timestamp};
use uuid::Uuid;

use crate::{
    Backend, Result, Viewer,
    access::access,
    db::{Conn, fetch_all, fetch_optional},
    history::{MessageRow, columns, cut, people, whole},
};

/// Messages in one answer, at most.
const LIMIT: u32 = 100;
/// Words that are looked for, and characters of each, at most.
const WORDS: usize = 16;
const LETTERS: usize = 64;
/// Up to so many pages are named to the index, so that it passes over no others.
const PAGES: i64 = 20;
/// In PostgreSQL: of so many of the newest messages each word is counted, and one that is in fewer than one of `SELDOM`
/// of them is left to the index.
const SAMPLE: i64 = 2_000;
const SELDOM: i64 = 30;
/// SQLite is trusted to have written down the messages in the order of their times, but for clocks that were set back
/// by so much (milliseconds).
const SET_BACK: i64 = 86_400_000;

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
        let newest: Option<(i64,)> = fetch_optional!(
            conn,
            "SELECT doc FROM messages WHERE at < $1 ORDER BY at DESC LIMIT 1",
            self.before.saturating_add(SET_BACK)
        )?;
        fetch_all!(
            conn,
            concat!(
                "SELECT ",
                columns!(),
                ", p.name AS page_name
             FROM words CROSS JOIN messages m ON m.doc = words.rowid
             CROSS JOIN pages p ON p.id = m.page ",
                people!(),
                " WHERE words MATCH $1 AND words.rowid <= $5 AND m.at < $2
               AND EXISTS (SELECT 1 FROM members x WHERE x.page = m.page AND x.account = $3)
             ORDER BY words.rowid DESC LIMIT $4"
            ),
            matching,
            self.before,
            self.me.0,
            self.most,
            newest.map_or(0, |(doc,)| doc)
        )
    }

    /// In PostgreSQL's index nothing has an order, and a frequent word costs it as much as there are messages that
    /// hold it. Frequent words are soon found among the newest messages; the index is asked for the seldom ones.
    async fn of_postgres(&self, conn: &mut Conn) -> Result<Vec<FoundRow>> {
        let (search, words) = (self.search, self.words.join(" "));
        macro_rules! among {
            ($messages:expr $(, $seven:expr)?) => {
                fetch_all!(
                    conn,
                    concat!(
                        "SELECT ",
                        columns!(),
                        ", p.name AS page_name FROM (SELECT * FROM messages WHERE ",
                        $messages,
                        ") m JOIN pages p ON p.id = m.page ",
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
                    $(, $seven)?
                )
            };
        }
        // Numbers in the text: with a limit that it does not know, the planner takes the wrong road.
        macro_rules! look_among_the_newest {
            ($count:literal) => {
                let found: Vec<FoundRow> = match search {
                    Search { from: Some(_), .. } => among!(concat!(
                        "author = $6 AND at < $2 ORDER BY at DESC LIMIT ",
                        $count
                    )),
                    Search { page: Some(_), .. } => among!(concat!(
                        "page = $5 AND at < $2 ORDER BY seq DESC LIMIT ",
                        $count
                    )),
                    _ => among!(concat!("at < $2 ORDER BY at DESC LIMIT ", $count)),
                }?;
                if found.len() as i64 >= self.most {
                    return Ok(found);
                }
            };
        }
        look_among_the_newest!("5000");
        // OFFSET 0: the planner is not to walk through all messages in their order, hoping to meet the words soon.
        if words.is_empty() {
            return among!("author = $6 OFFSET 0");
        }
        let mut seldom = seldom_of(conn, &words).await?;
        if seldom.is_empty() {
            look_among_the_newest!("60000");
            seldom.clone_from(&words);
        }
        among!("words @@ prefixes($7) OFFSET 0", &seldom)
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

/// Those of the words that few of PostgreSQL's newest messages hold.
async fn seldom_of(conn: &mut Conn, words: &str) -> Result<String> {
    let counts: Vec<(String, i64)> = fetch_all!(
        conn,
        "SELECT w.word, COUNT(m.words) FROM
           (SELECT DISTINCT word, prefixes(word) AS found FROM unnest(string_to_array($1, ' ')) AS given (word)) w
         LEFT JOIN (SELECT words FROM messages ORDER BY at DESC LIMIT $2) m ON m.words @@ w.found
         WHERE w.found IS NOT NULL GROUP BY w.word",
        words,
        SAMPLE
    )?;
    let few = |(_, count): &(String, i64)| count * SELDOM < SAMPLE;
    let few: Vec<String> = counts
        .into_iter()
        .filter(few)
        .map(|(word, _)| word)
        .collect();
    Ok(few.join(" "))
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
