//! What the backend must be told at start. Checked by the binary; here they are right.

use std::path::PathBuf;

use domain::Rate;

use crate::Secret;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Without a slash at its end: links in mails begin with it.
    pub public_url: String,
    pub data_dir: PathBuf,
    /// `postgres://…`, or `None` for SQLite in the data directory.
    pub database_url: Option<Secret>,
    /// The `From` of every mail: `Name <address>` or an address.
    pub mail_from: String,
    pub mail: MailSettings,
    /// `mqtt://` or `mqtts://user:password@host:port`, where several nodes meet.
    pub mqtt_url: Option<Secret>,
    /// How fast one account may post. Zeros are no limit.
    pub post_rate: Rate,
    /// How fast one account may upload images.
    pub upload_rate: Rate,
    /// `file:///…` or `s3://bucket/prefix`, or `None` for the data directory.
    pub storage_url: Option<String>,
    /// Bytes that images may take, with their thumbnails: in all, and of one page.
    pub image_quota: Option<u64>,
    pub image_quota_page: Option<u64>,
}

impl Settings {
    /// A queue that was written offline may come at once; then thirty a second.
    pub const POST_RATE: Rate = Rate::new(300, 30, 1);
    /// A few albums at once; then two a second.
    pub const UPLOAD_RATE: Rate = Rate::new(120, 2, 1);
}

#[derive(Clone, Debug)]
pub enum MailSettings {
    /// The built-in mailbox.
    Mailbox,
    /// `smtp://` (`?tls=required` is STARTTLS), `smtps://`, with `user:password@` where the server wants it.
    Smtp(Secret),
    EmailJs(EmailJs),
}

#[derive(Clone, Debug)]
pub struct EmailJs {
    pub service: String,
    pub template: String,
    pub public_key: String,
    pub private_key: Secret,
    /// The API's address; another one only in tests.
    pub url: String,
}
