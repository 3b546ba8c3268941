//! The place itself: its name, and its first start by a link that works once.

use domain::{AccountId, Email, PageName, PersonName, Refusal};

use crate::{
    Backend, Result, Secret, SessionToken, accounts,
    db::{Conn, execute, fetch_optional},
    sessions,
};

impl Backend {
    /// The place's name, once it is set up.
    pub async fn place_name(&self) -> Result<Option<String>> {
        // It is given once and asked for with every page.
        if let Some(name) = self.0.place.get() {
            return Ok(Some(name.clone()));
        }
        let name = name(&mut self.0.db.read().await?).await?;
        if let Some(name) = &name {
            let _ = self.0.place.set(name.clone());
        }
        Ok(name)
    }

    /// A new set-up link (the ones before stop working); `None` when the place is set up.
    pub async fn setup_link(&self) -> Result<Option<String>> {
        let token = self.0.random.token()?;
        let link = format!("{}/setup/{}", self.0.settings.public_url, token.expose());
        let (hash, now) = (token.hash(), self.now());
        let work = self.0.db.write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                if name(tx).await?.is_some() {
                    return Ok(false);
                }
                execute!(tx, "DELETE FROM setup_tokens")?;
                execute!(
                    tx,
                    "INSERT INTO setup_tokens (hash, created) VALUES ($1, $2)",
                    hash,
                    now.0
                )?;
                Ok(true)
            })
        });
        Ok(work.await?.then_some(link))
    }

    /// Whether this set-up token works. Refused with `SetUpAlready` or `LinkUnknown`.
    pub async fn check_setup(&self, token: &str) -> Result<()> {
        let hash = Secret::new(token.to_owned()).hash();
        let mut conn = self.0.db.read().await?;
        if name(&mut conn).await?.is_some() {
            return Err(Refusal::SetUpAlready.into());
        }
        let known: Option<(i64,)> = fetch_optional!(
            conn,
            "SELECT created FROM setup_tokens WHERE hash = $1",
            hash
        )?;
        known.map(drop).ok_or(Refusal::LinkUnknown.into())
    }

    /// Makes the place, its first admin and their session, in one transaction.
    pub async fn set_up(
        &self,
        token: &str,
        place: PageName,
        person: PersonName,
        email: Email,
    ) -> Result<SessionToken> {
        let session = self.0.random.token()?;
        let now = self.now();
        let account = AccountId::new(now, self.0.random.id()?);
        let work = {
            let hash = Secret::new(token.to_owned()).hash();
            let session = session.clone();
            self.0.db.write(move |tx| {
                let (hash, session) = (hash.clone(), session.clone());
                let (place, person, email) = (place.clone(), person.clone(), email.clone());
                Box::pin(async move {
                    if name(tx).await?.is_some() {
                        return Err(Refusal::SetUpAlready.into());
                    }
                    let used = execute!(tx, "DELETE FROM setup_tokens WHERE hash = $1", hash)?;
                    if used == 0 {
                        return Err(Refusal::LinkUnknown.into());
                    }
                    execute!(tx, "DELETE FROM setup_tokens")?;
                    execute!(
                        tx,
                        "INSERT INTO place (one, name, set_up) VALUES (1, $1, $2)",
                        place.as_str(),
                        now.0
                    )?;
                    accounts::insert(tx, account, &email, &person, true, now).await?;
                    sessions::open(tx, &session, account, now).await
                })
            })
        };
        work.await?;
        Ok(session)
    }
}

async fn name(conn: &mut Conn) -> Result<Option<String>> {
    let row: Option<(String,)> = fetch_optional!(conn, "SELECT name FROM place")?;
    Ok(row.map(|(name,)| name))
}
