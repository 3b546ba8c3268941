//! Fills an empty place for trials and benchmarks.

use std::{fmt::Write, sync::Arc};

use domain::{AccountId, Email, MessageId, PageId, PageRole, PersonName, Refusal, Timestamp};
use serde::Serialize;

use crate::{
    Backend, Result, SessionToken, accounts,
    db::{Conn, execute, fetch_one},
    sessions,
    writer::Tx,
};

#[derive(Clone, Copy, Debug)]
pub struct Seeding {
    pub members: u32,
    pub messages: u32,
}

#[derive(Serialize)]
pub struct Seed {
    pub pages: Vec<SeededPage>,
    pub accounts: Vec<SeededAccount>,
}

#[derive(Serialize)]
pub struct SeededPage {
    pub id: PageId,
    pub name: String,
}

/// With its session's cookie in clear: a seeded place is for trials only.
#[derive(Serialize)]
pub struct SeededAccount {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub admin: bool,
    /// `stoa_session=…`
    pub cookie: String,
}

/// Over so many seconds before now the messages are spread.
const SPAN: i64 = 180 * 86_400;
/// Messages in one transaction, and in one statement.
const TRANSACTION: u32 = 20_000;
const STATEMENT: usize = 500;
const PAGE: &str = "Garden renovation";

#[derive(Clone)]
struct Person {
    id: AccountId,
    email: Email,
    name: PersonName,
    session: SessionToken,
}

struct Line {
    id: MessageId,
    author: AccountId,
    seq: i64,
    at: Timestamp,
    body: String,
}

impl Backend {
    /// One page with so many members (the first an admin) and messages. Refuses a place that is in use.
    pub async fn seed(&self, seeding: Seeding) -> Result<Seed> {
        let now = self.now();
        let page = PageId::new(now.minus_secs(SPAN), self.0.random.id()?);
        let people = self.invent_people(seeding.members.max(1), now)?;
        self.seed_people(page, Arc::clone(&people), now).await?;
        let mut next = 0;
        while next < seeding.messages {
            let count = TRANSACTION.min(seeding.messages - next);
            let lines = (next..next + count)
                .map(|n| self.invent_line(n, seeding.messages, &people, now))
                .collect::<Result<Vec<_>>>()?;
            self.seed_lines(page, Arc::new(lines)).await?;
            next += count;
            while self.index(i64::from(TRANSACTION)).await? {}
        }
        let account = |(n, person): (usize, &Person)| SeededAccount {
            id: person.id,
            email: person.email.as_str().to_owned(),
            name: person.name.as_str().to_owned(),
            admin: n == 0,
            cookie: format!("stoa_session={}", person.session.expose()),
        };
        Ok(Seed {
            pages: vec![SeededPage {
                id: page,
                name: PAGE.to_owned(),
            }],
            accounts: people.iter().enumerate().map(account).collect(),
        })
    }

    fn invent_people(&self, count: u32, now: Timestamp) -> Result<Arc<Vec<Person>>> {
        let people = (0..count as usize).map(|n| {
            let (first, last) = (FIRST[n % FIRST.len()], LAST[n / FIRST.len() % LAST.len()]);
            let email = format!("{first}.{last}.{n}@example.org");
            Ok(Person {
                id: AccountId::new(now.minus_secs(SPAN), self.0.random.id()?),
                email: Email::parse(&email)?,
                name: PersonName::parse(&format!("{first} {last}"))?,
                session: self.0.random.token()?,
            })
        });
        Ok(Arc::new(people.collect::<Result<_>>()?))
    }

    fn invent_line(&self, n: u32, of: u32, people: &[Person], now: Timestamp) -> Result<Line> {
        let mut dice = Dice(u64::from(n));
        let pace = SPAN * 1000 / i64::from(of);
        let jitter = dice.roll(pace.clamp(1, 60_000) as usize) as i64;
        let at = Timestamp(now.0 - SPAN * 1000 + i64::from(n) * pace + jitter);
        let mut body = String::new();
        for word in 0..3 + dice.roll(6) * dice.roll(7) {
            if word > 0 {
                body.push_str(if dice.roll(12) == 0 { ", " } else { " " });
            }
            body.push_str(WORDS[dice.roll(WORDS.len())]);
        }
        body.push('.');
        Ok(Line {
            id: MessageId::new(at, self.0.random.id()?),
            author: people[n as usize % people.len()].id,
            seq: i64::from(n) + 1,
            at,
            body,
        })
    }

    async fn seed_people(
        &self,
        page: PageId,
        people: Arc<Vec<Person>>,
        now: Timestamp,
    ) -> Result<()> {
        let work = self.0.db.write(move |tx| {
            let people = Arc::clone(&people);
            Box::pin(async move {
                let (used,): (i64,) = fetch_one!(tx, "SELECT COUNT(*) FROM accounts")?;
                if used > 0 {
                    return Err(Refusal::SetUpAlready.into());
                }
                insert_people(tx, page, &people, now).await
            })
        });
        work.await
    }

    async fn seed_lines(&self, page: PageId, lines: Arc<Vec<Line>>) -> Result<()> {
        let work = self.0.db.write_page(page.0, move |tx| {
            let lines = Arc::clone(&lines);
            Box::pin(async move {
                for lines in lines.chunks(STATEMENT) {
                    insert_lines(tx, page, lines).await?;
                }
                let Some(last) = lines.last() else {
                    return Ok(());
                };
                execute!(
                    tx,
                    "UPDATE pages SET counter = $1, messages = $1, activity = $2 WHERE id = $3",
                    last.seq,
                    last.at.0,
                    page.0
                )?;
                execute!(
                    tx,
                    "UPDATE members SET read_seq = $1, delivered_seq = $1 WHERE page = $2",
                    last.seq,
                    page.0
                )?;
                Ok(())
            })
        });
        work.await
    }
}

async fn insert_people(tx: &mut Tx, page: PageId, people: &[Person], now: Timestamp) -> Result<()> {
    let begin = now.minus_secs(SPAN);
    execute!(
        tx,
        "INSERT INTO place (one, name, set_up) VALUES (1, 'Stoa', $1)",
        begin.0
    )?;
    for (n, person) in people.iter().enumerate() {
        let admin = n == 0;
        accounts::insert(tx, person.id, &person.email, &person.name, admin, begin).await?;
        sessions::open(tx, &person.session, person.id, now).await?;
        if admin {
            execute!(
                tx,
                "INSERT INTO pages (id, name, about, created, created_by, activity)
                 VALUES ($1, $2, 'Beds, paths and who brings the spade.', $3, $4, $3)",
                page.0,
                PAGE,
                begin.0,
                person.id.0
            )?;
        }
        let role = if admin {
            PageRole::Admin
        } else {
            PageRole::Member
        };
        execute!(
            tx,
            "INSERT INTO members (page, account, role, joined) VALUES ($1, $2, $3, $4)",
            page.0,
            person.id.0,
            role.as_str(),
            begin.0
        )?;
    }
    Ok(())
}

/// Many rows in one statement: a million in one each would take minutes.
async fn insert_lines(conn: &mut Conn, page: PageId, lines: &[Line]) -> Result<()> {
    let mut sql =
        "INSERT INTO messages (id, page, author, seq, changed, at, body) VALUES ".to_owned();
    for row in 0..lines.len() {
        let at = row * 5 + 2;
        let (author, seq, time, body) = (at + 1, at + 2, at + 3, at + 4);
        let comma = if row == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(
            sql,
            "{comma}(${at},$1,${author},${seq},${seq},${time},${body})"
        );
    }
    macro_rules! insert {
        ($conn:expr, $database:ty) => {{
            let mut query = sqlx::query::<$database>(sqlx::AssertSqlSafe(sql)).bind(page.0);
            for line in lines {
                query = query.bind(line.id.0).bind(line.author.0).bind(line.seq);
                query = query.bind(line.at.0).bind(line.body.as_str());
            }
            query.execute(&mut **$conn).await.map(drop)?;
        }};
    }
    match conn.conn() {
        Conn::Sqlite(conn) => insert!(conn, sqlx::Sqlite),
        Conn::Postgres(conn) => insert!(conn, sqlx::Postgres),
    }
    Ok(())
}

/// The same texts with every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
}

const FIRST: [&str; 32] = [
    "Ada", "Mila", "Jon", "Noor", "Sem", "Dana", "Luca", "Ines", "Tariq", "Eva", "Bo", "Yara",
    "Finn", "Zoe", "Omar", "Lena", "Max", "Aylin", "Tom", "Sara", "Nils", "Rosa", "Ivan", "Maya",
    "Hugo", "Nina", "Paul", "Iris", "Kofi", "Tess", "Liam", "Anna",
];

const LAST: [&str; 32] = [
    "Bakker", "Visser", "Novak", "Silva", "Meyer", "Rossi", "Kaya", "Jansen", "Costa", "Lund",
    "Marino", "Okafor", "Peeters", "Dubois", "Fischer", "Horvat", "Ivanov", "Jones", "Kowalski",
    "Lopez", "Moreau", "Nguyen", "Olsen", "Petrov", "Quinn", "Romano", "Smit", "Tanaka", "Urban",
    "Vogel", "Weber", "Young",
];

const WORDS: [&str; 64] = [
    "the", "we", "can", "bring", "tomorrow", "spade", "garden", "path", "and", "then", "you",
    "roses", "water", "before", "noon", "maybe", "with", "a", "few", "stones", "from", "my",
    "place", "I", "have", "time", "on", "Saturday", "who", "else", "comes", "along", "thanks",
    "for", "seeds", "they", "grow", "well", "near", "wall", "sun", "is", "out", "let", "us",
    "meet", "at", "gate", "ten", "good", "idea", "again", "after", "rain", "tools", "are", "in",
    "shed", "key", "under", "pot", "left", "of", "door",
];
