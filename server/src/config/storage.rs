//! Where images lie, and how much room they may take.

use url::Url;

use super::{Given, Wrong};

#[derive(Clone)]
pub(super) struct Storage {
    pub(super) url: Option<String>,
    pub(super) quota: Option<u64>,
    pub(super) quota_page: Option<u64>,
}

impl Storage {
    pub(super) fn of(given: &Given) -> Result<Self, Wrong> {
        Ok(Self {
            url: url(given)?,
            quota: quota(given, "STOA_IMAGE_QUOTA")?,
            quota_page: quota(given, "STOA_IMAGE_QUOTA_PAGE")?,
        })
    }
}

fn url(given: &Given) -> Result<Option<String>, Wrong> {
    const NAME: &str = "STOA_STORAGE_URL";
    let Some(text) = given.get(NAME) else {
        return Ok(None);
    };
    let good = Url::parse(text).is_ok_and(|url| match url.scheme() {
        "file" => text.starts_with("file:///") && url.path().len() > 1,
        // Keys come by the variables that every S3 client knows, so that they never stand in an address.
        "s3" => {
            let bare = url.username().is_empty() && url.password().is_none();
            let host = url.host_str().is_some_and(|host| !host.is_empty());
            bare && host && url.query().is_none()
        }
        _ => false,
    });
    if good {
        Ok(Some(text.to_owned()))
    } else {
        Err(given.wrong(
            NAME,
            "must look like file:///srv/images or s3://bucket/prefix, with keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ))
    }
}

/// Bytes, or so many K, M, G or T of them.
fn quota(given: &Given, name: &str) -> Result<Option<u64>, Wrong> {
    let Some(text) = given.get(name) else {
        return Ok(None);
    };
    let text = text.trim();
    let (number, shift) = match text.to_ascii_uppercase().as_bytes().last() {
        Some(b'K') => (&text[..text.len() - 1], 10),
        Some(b'M') => (&text[..text.len() - 1], 20),
        Some(b'G') => (&text[..text.len() - 1], 30),
        Some(b'T') => (&text[..text.len() - 1], 40),
        _ => (text, 0),
    };
    let bytes = number.trim().parse::<u64>().ok();
    let bytes = bytes.and_then(|bytes| bytes.checked_mul(1 << shift));
    match bytes {
        // The database counts in signed numbers.
        Some(bytes) if bytes > 0 && i64::try_from(bytes).is_ok() => Ok(Some(bytes)),
        _ => Err(given.wrong(
            name,
            "must be a number of bytes, such as 500M or 20G; without it there is no limit",
        )),
    }
}
