//! The outbox: mails wait here from the transaction that wanted them until a mail server has taken them.

use domain::{Email, MailId, Mailbox, SentMail};

use crate::{Backend, Result, Viewer};

impl Backend {
    /// The newest 200 mails. Admins of the place only.
    pub async fn mailbox(&self, _viewer: &Viewer) -> Result<Mailbox> {
        unimplemented!()
    }

    /// Sends a test mail at once and tells the mail server's answer in words. Admins of the place only.
    pub async fn send_test_mail(&self, _viewer: &Viewer, _to: &Email) -> Result<SentMail> {
        unimplemented!()
    }

    /// Tries a delayed or failed mail again now. Admins of the place only.
    pub async fn retry_mail(&self, _viewer: &Viewer, _id: MailId) -> Result<()> {
        unimplemented!()
    }
}
