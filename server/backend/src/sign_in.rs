//! Signing in by email: a link, or the six digits in the same mail.

use std::{sync::Arc, time::Duration};

use domain::{AccountId, Email, Refusal, SignInCode, Timestamp};
use uuid::Uuid;

use crate::{
    Backend, Result, Secret, SessionToken, accounts,
    db::{Conn, execute, fetch_all, fetch_optional},
    limits::{Counted, network},
    mail::{self, Kind},
    sessions,
};

/// Wrong codes, after which only the link works.
const TRIES: i32 = 5;
/// How long the answer to a wrong code takes, whoever's it is: what is written down meanwhile must not show.
const WRONG_TAKES: Duration = Duration::from_millis(250);

impl Backend {
    /// Lifetime of a sign-in link and its code.
    pub const SIGN_IN_SECONDS: i64 = 15 * 60;

    /// Sends a link and a code if the account exists; the answer and its time do not tell.
    /// `peer` is the address the request came from, for the limits.
    #[expect(
        clippy::unused_async,
        reason = "callers wait for it like for every other"
    )]
    pub async fn request_sign_in(&self, email: &Email, peer: &str) -> Result<()> {
        let wanted = [
            (Counted::SignInAddress(email.as_str().to_owned()), 1),
            (Counted::SignInPeer(network(peer)), 1),
        ];
        self.0.limits.take_all(&wanted, self.now())?;
        // Beside the answer, so that its time is the same for everybody.
        let (backend, email) = (self.clone(), email.clone());
        tokio::spawn(async move {
            if let Err(error) = backend.mail_sign_in(&email).await {
                tracing::error!(%error, "a sign-in mail could not be written");
            }
        });
        Ok(())
    }

    async fn mail_sign_in(&self, email: &Email) -> Result<()> {
        let account = accounts::find_by_email(&mut self.0.db.read().await?, email).await?;
        let Some(account) = account.filter(|account| !account.disabled) else {
            return Ok(());
        };
        let place = self.place_name().await?.unwrap_or_default();
        let fresh = Arc::new(self.fresh_sign_in(account.id, true)?);
        let letter = mail::sign_in(&place, &fresh.link, &fresh.code, fresh.expires);
        let mail = Arc::new(self.new_mail(Kind::SignIn, email, &letter)?);
        let work = self.0.db.write(move |tx| {
            let (fresh, mail) = (Arc::clone(&fresh), Arc::clone(&mail));
            Box::pin(async move {
                fresh.insert(tx).await?;
                mail.insert(tx).await
            })
        });
        work.await?;
        self.wake_outbox();
        Ok(())
    }

    /// Whose link this is (their email), without using it up. `LinkUnknown` or `LinkExpired` otherwise.
    pub async fn check_sign_in(&self, token: &str) -> Result<String> {
        let hash = Secret::new(token.to_owned()).hash();
        let (account, _) = find(&mut self.0.db.read().await?, &hash, self.now()).await?;
        Ok(account.email)
    }

    pub async fn sign_in_with_link(&self, token: &str) -> Result<SessionToken> {
        let session = self.0.random.token()?;
        let (hash, now) = (Secret::new(token.to_owned()).hash(), self.now());
        let opened = session.clone();
        let work = self.0.db.write(move |tx| {
            let (hash, session) = (hash.clone(), opened.clone());
            Box::pin(async move {
                let (account, hash) = find(tx, &hash, now).await?;
                if !use_up(tx, &hash).await? {
                    return Err(Refusal::LinkUnknown.into());
                }
                sessions::open(tx, &session, account.id, now).await
            })
        });
        work.await?;
        Ok(session)
    }

    /// Five wrong tries end the code.
    pub async fn sign_in_with_code(
        &self,
        email: &Email,
        code: &SignInCode,
        peer: &str,
    ) -> Result<SessionToken> {
        let wanted = [
            (Counted::CodeAddress(email.as_str().to_owned()), 1),
            (Counted::CodePeer(network(peer)), 1),
        ];
        self.0.limits.take_all(&wanted, self.now())?;
        let answer_at = tokio::time::Instant::now() + WRONG_TAKES;
        let session = self.0.random.token()?;
        let (email, code, now) = (email.clone(), code.clone(), self.now());
        let opened = session.clone();
        let work = self.0.db.write(move |tx| {
            let (email, code, session) = (email.clone(), code.clone(), opened.clone());
            Box::pin(async move {
                let account = accounts::find_by_email(tx, &email).await?;
                let Some(account) = account.filter(|account| !account.disabled) else {
                    return Ok(false);
                };
                if !try_code(tx, account.id, &code, now).await? {
                    return Ok(false);
                }
                sessions::open(tx, &session, account.id, now).await?;
                Ok(true)
            })
        });
        if work.await? {
            return Ok(session);
        }
        tokio::time::sleep_until(answer_at).await;
        Err(Refusal::WrongCode.into())
    }

    /// For `stoa sign-in-link`: a link, without any mail. `None` if there is no such account.
    pub async fn sign_in_link(&self, email: &Email) -> Result<Option<String>> {
        let account = accounts::find_by_email(&mut self.0.db.read().await?, email).await?;
        let Some(account) = account.filter(|account| !account.disabled) else {
            return Ok(None);
        };
        let fresh = Arc::new(self.fresh_sign_in(account.id, false)?);
        let link = fresh.link.clone();
        let work = self.0.db.write(move |tx| {
            let fresh = Arc::clone(&fresh);
            Box::pin(async move { fresh.insert(tx).await })
        });
        work.await?;
        Ok(Some(link))
    }

    fn fresh_sign_in(&self, account: AccountId, with_code: bool) -> Result<Fresh> {
        let token = self.0.random.token()?;
        let code = self.0.random.code()?;
        let now = self.now();
        let hash = token.hash();
        Ok(Fresh {
            link: format!("{}/sign-in/{}", self.0.settings.public_url, token.expose()),
            code_hash: with_code.then(|| code_hash(&hash, &code)),
            code,
            hash,
            account,
            created: now,
            expires: now.plus_secs(Self::SIGN_IN_SECONDS),
        })
    }
}

/// A way in that is not stored yet.
struct Fresh {
    link: String,
    code: SignInCode,
    hash: Vec<u8>,
    code_hash: Option<Vec<u8>>,
    account: AccountId,
    created: Timestamp,
    expires: Timestamp,
}

impl Fresh {
    async fn insert(&self, conn: &mut Conn) -> Result<()> {
        execute!(
            conn,
            "INSERT INTO sign_ins (hash, account, code_hash, created, expires)
             VALUES ($1, $2, $3, $4, $5)",
            &self.hash,
            self.account.0,
            self.code_hash.as_ref(),
            self.created.0,
            self.expires.0
        )?;
        Ok(())
    }
}

/// A code has few digits: together with its link's hash it is not found in a table of hashes.
fn code_hash(link: &[u8], code: &SignInCode) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(80);
    for byte in link {
        let _ = write!(text, "{byte:02x}");
    }
    text.push_str(code.as_str());
    Secret::new(text).hash()
}

async fn find(
    conn: &mut Conn,
    hash: &[u8],
    now: Timestamp,
) -> Result<(accounts::Account, Vec<u8>)> {
    let row: Option<(Uuid, i64)> = fetch_optional!(
        conn,
        "SELECT account, expires FROM sign_ins WHERE hash = $1",
        hash
    )?;
    let (account, expires) = row.ok_or(Refusal::LinkUnknown)?;
    let account = accounts::find(conn, AccountId(account)).await?;
    let account = account
        .filter(|account| !account.disabled)
        .ok_or(Refusal::LinkUnknown)?;
    if expires <= now.0 {
        return Err(Refusal::LinkExpired.into());
    }
    Ok((account, hash.to_vec()))
}

/// Link and code end together. False if somebody else was faster.
async fn use_up(conn: &mut Conn, hash: &[u8]) -> Result<bool> {
    Ok(execute!(conn, "DELETE FROM sign_ins WHERE hash = $1", hash)? > 0)
}

async fn try_code(
    conn: &mut Conn,
    account: AccountId,
    code: &SignInCode,
    now: Timestamp,
) -> Result<bool> {
    // Taking the tries before looking locks the rows: guesses at the same moment are counted one by one.
    let rows: Vec<(Vec<u8>, Vec<u8>, i32)> = fetch_all!(
        conn,
        "UPDATE sign_ins SET tries = tries + 1
         WHERE account = $1 AND expires > $2 AND code_hash IS NOT NULL AND tries < $3
         RETURNING hash, code_hash, tries",
        account.0,
        now.0,
        TRIES
    )?;
    for (hash, stored, _) in rows {
        if stored == code_hash(&hash, code) {
            return use_up(conn, &hash).await;
        }
    }
    Ok(false)
}
